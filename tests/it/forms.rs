//! Whatever is written as JSON is read back exactly.

use crate::support::nodes;
use netc::form;
use netc::model::{Family, PublicKey};
use netc::object::{
    Address, Aside, Base, ChainName, Fdb, Field, Flush, Forwarding, Hook, Id, Ipset, Lines, Link,
    LinkKind, Member, Module, Neighbour, Netns, NetnsObject, NftChain, NftSet, NftTable, Peer,
    Place, PolicyAction, PolicyRule, Port, RealServer, Route, RouteKind, RouteScope, Scheduling,
    SetKind, SetName, State, Sysctl, Table, Text, Underlay, Up, VirtualAddress, VirtualServer,
    Vxlan, Wireguard, WireguardPeer,
};
use netc::plan::{Jumps, Key, Record, Rules, Target, Thing};
use netc_lang::{Mac, Protocol, Span};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

/// By way of bytes: numbers and texts come back as a file holds them.
fn stored(value: &Value) -> Value {
    serde_json::from_str(&value.to_string()).unwrap()
}

fn comes_back(thing: &Thing) {
    let value = stored(&form::thing(thing));
    assert_eq!(form::read_thing(&value).as_ref(), Ok(thing), "{value}");
    let key = thing.key();
    let value = stored(&form::key(&key));
    assert_eq!(form::read_key(&value), Ok(key), "{value}");
}

#[test]
fn every_object_of_every_cluster_comes_back() {
    for (node, ordered) in nodes() {
        for place in &ordered.nodes {
            match &place.object.state {
                State::Ruleset(ruleset) => {
                    for chain in ruleset.chains() {
                        let (family, table, name) = (chain.family, chain.table, chain.name);
                        let text = Cow::Borrowed(chain.text);
                        comes_back(&Thing::Chain(Rules { family, table, name, text }));
                    }
                }
                State::Jump(jump) => {
                    let (family, table, hook) = (jump.family, jump.table, jump.hook);
                    let rules = vec![(jump.place, jump.line.clone())];
                    comes_back(&Thing::Jumps(Jumps { family, table, hook, rules }));
                }
                // Which virtual servers answer to an address is told by themselves.
                State::Address(own) => {
                    let own = Address { after: Vec::new(), ..own.clone() };
                    comes_back(&Thing::Object(Cow::Owned(State::Address(own))));
                }
                state => comes_back(&Thing::Object(Cow::Borrowed(state))),
            }
            let id = place.id();
            assert_eq!(form::read_id(&form::id(&id)), Ok(id), "{node}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn things_come_back(thing in thing()) {
        comes_back(&thing);
    }

    #[test]
    fn identities_come_back(id in id()) {
        let value = stored(&form::id(&id));
        prop_assert_eq!(form::read_id(&value), Ok(id));
    }

    #[test]
    fn targets_come_back(
        things in vec((thing(), any::<bool>()), 0..20), rules in btree_set(owned_rule(), 0..4),
    ) {
        let things = things.into_iter().map(|(thing, there)| (thing.key(), there.then_some(thing)));
        let target = Target::new(things.collect()).with(rules);
        let read = form::read_target(&stored(&form::target(&target))).unwrap();
        prop_assert!(read.things().eq(target.things()), "{:?} became {:?}", target, read);
        prop_assert!(read.rules().eq(target.rules()), "{:?} became {:?}", target, read);
    }

    #[test]
    fn records_come_back(
        managed in any::<bool>(), netns in btree_set(text(), 0..4),
        chains in btree_set((family(), table(), name()), 0..4),
        virtuals in btree_set(virtual_address(), 0..4), rules in btree_set(owned_rule(), 0..4),
        tables in btree_set((family(), text()), 0..4),
        own in vec(sysctl(), 0..4), all in vec(sysctl(), 0..4), held in vec(thing(), 0..4),
    ) {
        let by_id = |all: Vec<State>| all.into_iter().map(|state| (state.id(), state)).collect();
        let (parameters, originals) = (by_id(own), by_id(all));
        let addresses = held.iter().filter_map(|thing| Some(thing.state()?.id())).collect();
        let record = Record {
            managed, netns, chains, virtuals, addresses, tables, rules, parameters, originals,
        };
        let value = stored(&form::record(&record));
        prop_assert_eq!(form::read_record(&value), Ok(record));
    }

    /// Whatever a file holds, reading it ends, and a fault points to a place that is there.
    #[test]
    fn faults_point_to_what_is_there(thing in thing(), spoiled in 0..10_usize, other in other()) {
        let mut value = form::thing(&thing);
        let fields = value.as_object_mut().unwrap();
        let field = fields.keys().nth(spoiled % fields.len()).unwrap().clone();
        fields.insert(field, other);
        if let Err(fault) = form::read_thing(&value) {
            prop_assert!(value.pointer(&fault.pointer).is_some(), "{}: {}", fault, value);
        }
    }
}

#[test]
fn faults_say_where_and_what_was_expected() {
    let said = |value: Value| form::read_thing(&value).unwrap_err().to_string();
    assert_eq!(said(json!([])), "expected an object");
    assert_eq!(said(json!({})), "expected a field `kind`");
    assert!(said(json!({ "kind": "x" })).starts_with("expected the kind of an object: underlay, "));
    let link = json!({
        "kind": "link", "name": "eth0", "mtu": 1500, "alias": "", "type": "veth",
        "peer": { "name": "eth1", "mac": "02:00" },
    });
    assert_eq!(said(link), "expected an Ethernet address at /peer/mac");
    let port = json!({ "kind": "conntrack-flush", "family": "ipv4", "port": 65536, "keep": [] });
    assert_eq!(said(port), "expected a whole number up to 65535 at /port");
    let chain = |name: &str| json!({ "kind": "chain", "family": "ipv4", "table": "nat", "name": name, "rules": ["", 1] });
    assert_eq!(said(chain("A")), "expected a string at /rules/1");
    assert_eq!(
        said(chain("KUBE-SEP-0123456789ABCDEFGHIJ")),
        "expected the name of a chain, at most 28 characters at /name"
    );
    let set = |name: &str, member: &str| {
        json!({
            "kind": "set", "name": name, "type": "hash:ip,port", "family": "ipv4", "members": [member],
        })
    };
    assert_eq!(said(set("S", "10.0.0.1")), "expected a member of hash:ip,port at /members/0");
    assert_eq!(
        said(set("KUBE-6-LOAD-BALANCER-SOURCE-CIDR", "")),
        "expected the name of a set, at most 31 characters at /name"
    );
    let target = json!({
        "chains": { "ipv4": { "nat": { "A/B": [], "C": 3 } } }, "jumps": {},
    });
    let fault = form::read_target(&target).unwrap_err();
    assert_eq!(fault.to_string(), "expected an array at /chains/ipv4/nat/C");
    let target = json!({ "chains": { "ipv4": { "security": {} } }, "jumps": {} });
    let fault = form::read_target(&target).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "expected `raw` or `mangle` or `filter` or `nat` at /chains/ipv4/security"
    );
}

/// What does not count when tables are compared is kept all the same: an undo puts it back.
#[test]
fn comments_of_tables_come_back() {
    let mut table = NftTable::new(Family::V6, "kube-proxy", Some("rules"));
    let mut chain = NftChain::base("c", Base::new("nat", "output", -100), Span::default());
    chain.comment = Aside(Some("of a chain".into()));
    table.chains.push(chain);
    let mut set = NftSet::new("s", &[Field::Port], &[]);
    set.comment = Aside(Some("of a set".into()));
    table.sets.push(set);
    let value = stored(&form::state(&State::NftTable(table)).unwrap());
    let expected = json!({
        "kind": "nft-table", "family": "ipv6", "name": "kube-proxy", "comment": "rules",
        "sets": [{ "name": "s", "key": ["inet_service"], "comment": "of a set", "elements": [] }],
        "chains": [{
            "name": "c", "type": "nat", "hook": "output", "priority": -100,
            "comment": "of a chain", "rules": [],
        }],
    });
    assert_eq!(value, expected);
    assert_eq!(form::state(&form::read_state(&value).unwrap()), Some(expected));
    let faulty = json!({
        "kind": "nft-table", "family": "ipv6", "name": "t",
        "chains": [{ "name": "c", "hook": "output", "priority": "raw" }],
    });
    let fault = form::read_state(&faulty).unwrap_err();
    assert_eq!(fault.to_string(), "expected a whole number at /chains/0/priority");
}

#[test]
fn a_chain_that_is_not_to_be_there_takes_few_bytes() {
    let key = |number| {
        let name = ChainName::new(&["KUBE-SEP-", &format!("{number:016}")]);
        (Key::Chain(Family::V4, Table::Nat, name), None)
    };
    let target = Target::new((0..1000).map(key).collect());
    let text = form::target(&target).to_string();
    assert!(text.len() < 1000 * 40, "{}", text.len());
}

fn thing() -> impl Strategy<Value = Thing<'static>> {
    prop_oneof![
        4 => state().prop_map(|state| Thing::Object(Cow::Owned(state))),
        1 => chain(),
        1 => jumps(),
    ]
}

fn chain() -> impl Strategy<Value = Thing<'static>> {
    (family(), table(), name(), vec("[ -~]{0,30}", 0..4)).prop_map(
        |(family, table, name, lines)| {
            let text = lines.iter().map(|line| format!("-A {name} {line}\n")).collect();
            Thing::Chain(Rules { family, table, name, text: Cow::Owned(text) })
        },
    )
}

fn jumps() -> impl Strategy<Value = Thing<'static>> {
    let rules = vec((place(), "[ -~]{0,30}"), 1..4);
    (family(), table(), hook(), rules)
        .prop_map(|(family, table, hook, rules)| Thing::Jumps(Jumps { family, table, hook, rules }))
}

fn state() -> impl Strategy<Value = State> {
    let address_on = (netns(), text(), network());
    let up = (netns(), text()).prop_map(|(netns, link)| State::Up(Up { netns, link }));
    prop_oneof![
        (text(), vec(address(), 0..3))
            .prop_map(|(name, addresses)| State::Underlay(Underlay { name, addresses })),
        text().prop_map(|name| State::Module(Module { name })),
        text().prop_map(|name| State::Netns(NetnsObject { name })),
        sysctl(),
        link(),
        (netns(), text(), text(), any::<([bool; 2], Option<u16>)>()).prop_map(
            |(netns, link, bridge, ([hairpin, isolated], vlan))| {
                State::Port(Port { netns, link, bridge, hairpin, isolated, vlan })
            }
        ),
        (address_on, any::<bool>()).prop_map(|((netns, link, address), routed)| {
            State::Address(Address { routed, ..Address::new(netns, link, address) })
        }),
        up,
        (netns(), text(), address(), mac()).prop_map(|(netns, link, address, mac)| {
            State::Neighbour(Neighbour { netns, link, address, mac })
        }),
        (netns(), text(), mac(), address()).prop_map(|(netns, link, mac, destination)| {
            State::Fdb(Fdb { netns, link, mac, destination })
        }),
        wireguard(),
        wireguard_peer(),
        route(),
        policy_rule(),
        set(),
        virtual_server(),
        nft_table().prop_map(State::NftTable),
        (family(), option::of(address()), any::<u16>(), btree_set(address(), 0..4)).prop_map(
            |(family, destination, port, keep)| {
                let keep = keep.into_iter().collect();
                State::Flush(Flush { family, destination, port, keep, table: Aside(None) })
            }
        ),
    ]
}

fn sysctl() -> impl Strategy<Value = State> {
    (netns(), text(), text(), any::<bool>(), option::of(id())).prop_map(
        |(netns, key, value, minimum, after)| {
            State::Sysctl(Sysctl { netns, key, value, minimum, after })
        },
    )
}

fn key() -> impl Strategy<Value = PublicKey> {
    any::<[u8; 32]>().prop_map(PublicKey)
}

fn wireguard() -> impl Strategy<Value = State> {
    (netns(), text(), any::<u16>(), option::of(key()), option::of(text())).prop_map(
        |(netns, link, port, public_key, file)| {
            let private_key_file = Aside(file);
            State::Wireguard(Wireguard { netns, link, port, public_key, private_key_file })
        },
    )
}

fn wireguard_peer() -> impl Strategy<Value = State> {
    let more = (option::of(socket()), vec(network(), 0..3), option::of(any::<u16>()));
    (netns(), text(), key(), more, option::of(text())).prop_map(
        |(netns, link, public_key, (endpoint, allowed, keepalive), file)| {
            State::WireguardPeer(WireguardPeer {
                netns,
                link,
                public_key,
                endpoint,
                allowed,
                keepalive,
                preshared_key_file: file.map(Aside),
            })
        },
    )
}

fn route() -> impl Strategy<Value = State> {
    let way = (network(), option::of(address()), option::of(text()), any::<bool>());
    let kind = prop::sample::select(&RouteKind::ALL[..]);
    let scope = prop::sample::select(&RouteScope::ALL[..]);
    let more = (kind, scope, option::of(address()), any::<u8>(), vec(id(), 0..3));
    (netns(), prop_oneof![Just(254), any::<u32>()], way, more).prop_map(
        |(netns, table, way, (kind, scope, source, protocol, after))| {
            let (destination, gateway, link, onlink) = way;
            State::Route(Route {
                netns,
                table,
                kind,
                destination,
                gateway,
                link,
                onlink,
                scope,
                source,
                protocol,
                after,
            })
        },
    )
}

fn policy_rule() -> impl Strategy<Value = State> {
    let words = prop::sample::select(&PolicyAction::WORDS[..]);
    let action = prop_oneof![
        any::<u32>().prop_map(PolicyAction::Table),
        any::<u32>().prop_map(PolicyAction::Goto),
        words,
    ];
    let nets = (option::of(network()), option::of(network()));
    let devices = (option::of(text()), option::of(text()));
    let more = (any::<bool>(), option::of(any::<(u32, u32)>()), action, any::<u8>());
    (netns(), family(), any::<u32>(), nets, devices, more).prop_map(
        |(netns, family, priority, (from, to), (iif, oif), (not, mark, action, protocol))| {
            let rule = PolicyRule {
                netns,
                family,
                priority,
                not,
                from,
                to,
                iif,
                oif,
                mark,
                action,
                protocol,
            };
            State::PolicyRule(rule)
        },
    )
}

fn link() -> impl Strategy<Value = State> {
    let peer = (netns(), text(), mac())
        .prop_map(|(netns, name, mac)| LinkKind::Veth(Peer { netns, name, mac }));
    let vxlan = (any::<u32>(), any::<u16>(), address(), text(), any::<(bool, bool)>()).prop_map(
        |(vni, port, local, device, (learning, gbp))| {
            LinkKind::Vxlan(Vxlan { vni, port, local, device, learning, gbp })
        },
    );
    let bridge = any::<bool>().prop_map(|vlan_filtering| LinkKind::Bridge { vlan_filtering });
    let ipip = address().prop_map(|local| LinkKind::Ipip { local });
    let tunnel = prop_oneof![vxlan, ipip, Just(LinkKind::Wireguard), Just(LinkKind::Tun)];
    // No bridge, no dummy and no device of wireguard is ever found to be something else.
    let others = vec!["", "veth", "vxlan", "ipip", "tap", "macvlan"];
    let other = prop::sample::select(others).prop_map(|kind| LinkKind::Other(kind.into()));
    let kind = prop_oneof![bridge, Just(LinkKind::Dummy), peer, tunnel, other];
    (netns(), text(), option::of(mac()), any::<(u32, bool)>(), text(), kind).prop_map(
        |(netns, name, mac, (mtu, promiscuous), alias, kind)| {
            State::Link(Link { netns, name, mac, mtu, alias, promiscuous, kind })
        },
    )
}

fn set() -> impl Strategy<Value = State> {
    let parts = vec((address(), protocol(), any::<u16>(), address(), network()), 0..4);
    let kind = prop::sample::select(&SetKind::ALL[..]);
    (set_name(), family(), prop_oneof![Just(SetKind::Other), kind], parts).prop_map(
        |(name, family, kind, parts)| {
            let member = |(ip, protocol, port, other, net)| match kind {
                SetKind::Address => Some(Member::Address(ip)),
                SetKind::AddressPort => Some(Member::AddressPort(ip, protocol, port)),
                SetKind::AddressPortAddress => {
                    Some(Member::AddressPortAddress(ip, protocol, port, other))
                }
                SetKind::AddressPortNetwork => {
                    Some(Member::AddressPortNetwork(ip, protocol, port, net))
                }
                SetKind::Port => Some(Member::Port(port)),
                SetKind::Other => None,
            };
            let members = parts.into_iter().filter_map(member).collect();
            State::Set(Ipset::new(name, kind, family, members))
        },
    )
}

fn virtual_server() -> impl Strategy<Value = State> {
    const WAYS: [Forwarding; 4] =
        [Forwarding::Masquerade, Forwarding::Local, Forwarding::Tunnel, Forwarding::Route];
    let real = (any::<u32>(), prop::sample::select(&WAYS[..]));
    let reals = btree_map(socket(), real, 0..4).prop_map(|reals| {
        let real = |(socket, (weight, forwarding))| RealServer { socket, weight, forwarding };
        reals.into_iter().map(real).collect::<Vec<_>>()
    });
    let own = (text(), any::<u32>(), option::of(any::<u32>()), any::<u8>());
    (virtual_address(), own, reals, vec(id(), 0..3)).prop_map(
        |(address, (scheduler, flags, persistence, mask), reals, after)| {
            State::Virtual(VirtualServer {
                address,
                scheduling: Scheduling { scheduler, flags },
                persistence,
                mask,
                reals: reals.into(),
                origins: Aside::default(),
                after,
            })
        },
    )
}

fn nft_table() -> impl Strategy<Value = NftTable> {
    let comment = || option::of(text()).prop_map(Aside);
    let parts = (vec(nft_set(), 0..3), vec(nft_chain(), 0..3));
    (family(), text(), comment(), parts).prop_map(|(family, name, comment, (sets, chains))| {
        NftTable { family, name, comment, sets, chains }
    })
}

fn nft_set() -> impl Strategy<Value = NftSet> {
    const NAMES: [&str; 8] = [
        "ipv4_addr",
        "ipv6_addr",
        "inet_proto",
        "inet_service",
        "ifname",
        "integer",
        "verdict",
        "mark",
    ];
    let fields = || vec(prop::sample::select(&NAMES[..]).prop_map(Field::named), 0..3);
    let own = (any::<bool>(), option::of(any::<u32>()), option::of(text()).prop_map(Aside));
    (text(), fields(), fields(), own, lines()).prop_map(
        |(name, key, value, (interval, timeout, comment), elements)| NftSet {
            name: name.to_string(),
            key,
            value,
            interval,
            timeout,
            comment,
            elements: elements.sorted(),
        },
    )
}

fn nft_chain() -> impl Strategy<Value = NftChain> {
    let base = (text(), text(), any::<i32>(), any::<bool>());
    let base = base.prop_map(|(kind, hook, priority, drops)| Base { kind, hook, priority, drops });
    (text(), option::of(base), option::of(text()).prop_map(Aside), lines()).prop_map(
        |(name, base, comment, rules)| NftChain {
            base,
            comment,
            rules,
            ..NftChain::new(&*name, Span::default())
        },
    )
}

fn lines() -> impl Strategy<Value = Lines> {
    let joined = |lines: Vec<String>| lines.iter().map(|line| format!("{line}\n")).collect();
    vec("[ -~]{0,30}", 0..4).prop_map(move |lines| Lines::found(joined(lines)))
}

fn virtual_address() -> impl Strategy<Value = VirtualAddress> {
    (socket(), protocol()).prop_map(|(socket, protocol)| VirtualAddress { socket, protocol })
}

fn socket() -> impl Strategy<Value = SocketAddr> {
    (address(), any::<u16>()).prop_map(|(address, port)| SocketAddr::new(address, port))
}

fn protocol() -> impl Strategy<Value = Protocol> {
    prop::sample::select(&[Protocol::Tcp, Protocol::Udp, Protocol::Sctp][..])
}

fn set_name() -> impl Strategy<Value = SetName> {
    "[A-Z6/~-]{1,31}".prop_map(|name| SetName::new(&name))
}

fn id() -> impl Strategy<Value = Id> {
    let flush = (family(), option::of(address()), any::<u16>());
    prop_oneof![
        text().prop_map(Id::Underlay),
        text().prop_map(Id::Module),
        (netns(), text()).prop_map(|(netns, name)| Id::Link(netns, name)),
        (netns(), text(), network()).prop_map(|(netns, link, to)| Id::Address(netns, link, to)),
        (netns(), text()).prop_map(|(netns, link)| Id::Wireguard(netns, link)),
        (netns(), text(), key()).prop_map(|(netns, link, key)| Id::WireguardPeer(netns, link, key)),
        (netns(), any::<u32>(), network())
            .prop_map(|(netns, table, to)| Id::Route(netns, table, to)),
        (netns(), family(), any::<u32>())
            .prop_map(|(netns, family, priority)| Id::PolicyRule(netns, family, priority)),
        set_name().prop_map(Id::Set),
        virtual_address().prop_map(Id::Virtual),
        (family(), text()).prop_map(|(family, name)| Id::NftTable(family, name)),
        (family(), table()).prop_map(|(family, table)| Id::Ruleset(family, table)),
        (family(), table(), hook(), place(), name())
            .prop_map(|(family, table, hook, place, to)| Id::Jump(family, table, hook, place, to)),
        flush.prop_map(|(family, destination, port)| Id::Flush(family, destination, port)),
    ]
}

fn owned_rule() -> impl Strategy<Value = (Family, Table, String)> {
    (family(), table(), "[ -~]{0,30}")
}

fn place() -> impl Strategy<Value = Place> {
    prop_oneof![
        any::<u16>().prop_map(Place::Top),
        any::<u32>().prop_map(Place::Behind),
        any::<u16>().prop_map(Place::Bottom),
    ]
}

fn netns() -> impl Strategy<Value = Netns> {
    option::of(text()).prop_map(|name| name.map_or(Netns::Node, Netns::Named))
}

fn text() -> impl Strategy<Value = Text> {
    prop_oneof!["[a-z0-9.~/-]{1,12}", "\\PC{0,6}"].prop_map(Text::from)
}

fn name() -> impl Strategy<Value = ChainName> {
    "[A-Z/~-]{1,28}".prop_map(|name| ChainName::new(&[&name]))
}

fn family() -> impl Strategy<Value = Family> {
    prop::sample::select(&Family::ALL[..])
}

fn table() -> impl Strategy<Value = Table> {
    prop::sample::select(&Table::ALL[..])
}

fn hook() -> impl Strategy<Value = Hook> {
    prop::sample::select(&Hook::ALL[..])
}

fn mac() -> impl Strategy<Value = Mac> {
    any::<[u8; 6]>().prop_map(Mac)
}

fn address() -> impl Strategy<Value = IpAddr> {
    any::<IpAddr>()
}

fn network() -> impl Strategy<Value = ipnet::IpNet> {
    (address(), 0..=32_u8).prop_map(|(address, prefix)| ipnet::IpNet::new(address, prefix).unwrap())
}

/// Something that is in no field, or rarely.
fn other() -> impl Strategy<Value = Value> {
    let name = text().prop_map(|text| Value::from(&*text));
    let map = btree_map("[a-z]{1,4}", 0..9, 0..2).prop_map(|map| json!(map));
    prop_oneof![Just(Value::Null), any::<i64>().prop_map(Value::from), name, map]
}
