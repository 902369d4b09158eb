//! Findings of every kind of thing, each with its likely cause.

use super::*;
use crate::graph::Ordered;
use crate::model::Family;
use crate::object::{
    Address, Aside, Base, Fdb, Field, Flush, Id, Ipset, Lines, Link, LinkKind, Member, Module,
    Neighbour, Netns, NetnsObject, NftChain, NftSet, NftTable, PROTOCOL, Peer, Place, Port, Route,
    SetKind, SetName, Sysctl, Table, Up, VirtualServer, Vxlan,
};
use crate::plan::thing::{Jumps, Rules};
use crate::plan::{Record, converge, diff};
use std::borrow::Cow;
use std::collections::BTreeMap;

const NODE: Netns = Netns::Node;

fn mac(last: u8) -> netc_lang::Mac {
    netc_lang::Mac([2, 0, 0, 0, 0, last])
}

fn vxlan(change: impl FnOnce(&mut Link)) -> State {
    let kind = LinkKind::Vxlan(Vxlan {
        vni: 1,
        port: 8472,
        local: "192.0.2.1".parse().unwrap(),
        device: "eth0".into(),
        learning: false,
        gbp: false,
    });
    let name = "flannel.1".into();
    let mut link = Link {
        netns: NODE,
        name,
        mac: Some(mac(1)),
        mtu: 1450,
        alias: "netc".into(),
        promiscuous: false,
        kind,
    };
    change(&mut link);
    State::Link(link)
}

fn pair(last: u8) -> State {
    let netns = Netns::Named("pod".into());
    let kind = LinkKind::Veth(Peer { netns, name: "eth0".into(), mac: mac(last) });
    let (name, alias) = ("veth0".into(), "netc".into());
    State::Link(Link { netns: NODE, name, mac: None, mtu: 1450, alias, promiscuous: false, kind })
}

fn route(gateway: &str, protocol: u8) -> State {
    State::Route(Route {
        protocol,
        after: vec![Id::Link(NODE, "flannel.1".into())],
        ..Route::via(
            NODE,
            "10.244.1.0/24".parse().unwrap(),
            gateway.parse().unwrap(),
            "flannel.1".into(),
        )
    })
}

fn sysctl(key: &str, value: &str) -> State {
    let (key, value) = (key.into(), value.into());
    State::Sysctl(Sysctl { netns: NODE, key, value, minimum: false, after: None })
}

fn address() -> State {
    let address = "10.244.0.1/24".parse().unwrap();
    State::Address(Address::new(NODE, "cni0".into(), address))
}

fn neighbour(last: u8) -> State {
    let address = "10.244.1.0".parse().unwrap();
    State::Neighbour(Neighbour { netns: NODE, link: "flannel.1".into(), address, mac: mac(last) })
}

fn fdb(destination: &str) -> State {
    let destination = destination.parse().unwrap();
    State::Fdb(Fdb { netns: NODE, link: "flannel.1".into(), mac: mac(9), destination })
}

fn port(bridge: &str, hairpin: bool) -> State {
    State::Port(Port {
        netns: NODE,
        link: "veth0".into(),
        bridge: bridge.into(),
        hairpin,
        isolated: false,
        vlan: None,
    })
}

fn up(link: &str) -> State {
    State::Up(Up { netns: NODE, link: link.into() })
}

fn object(state: &State) -> Thing<'_> {
    Thing::Object(Cow::Borrowed(state))
}

fn change<'t>(from: Option<Thing<'t>>, to: Option<Thing<'t>>) -> Change<'t> {
    let key = to.as_ref().or(from.as_ref()).unwrap().key();
    let kind = match (&from, &to) {
        (None, _) => Kind::Make,
        (_, None) => Kind::Remove,
        _ => Kind::Update,
    };
    Change { key, from, to, kind, was: String::new(), with: None, origin: Origin::Nowhere }
}

/// The only finding of a change: its kind, sentence and cause.
fn one(change: Change) -> (Trouble, String, String) {
    let mut all = drift(&[change], &Live::default(), &[]);
    assert_eq!(all.len(), 1, "{all:?}");
    let finding = all.remove(0);
    (finding.kind, finding.what, finding.cause.unwrap_or_default())
}

fn is(change: Change, kind: Trouble, what: &str, cause: &str) {
    let (found, said, why) = one(change);
    assert_eq!((found, said.as_str()), (kind, what));
    assert!(why.contains(cause) && why.is_empty() == cause.is_empty(), "{said}: {why}");
}

fn missing(state: &State, what: &str, cause: &str) {
    is(change(None, Some(object(state))), Trouble::Missing, what, cause);
}

fn changed(wanted: &State, found: &State, what: &str, cause: &str) {
    is(change(Some(object(found)), Some(object(wanted))), Trouble::Changed, what, cause);
}

fn stale(state: &State, what: &str, cause: &str) {
    is(change(Some(object(state)), None), Trouble::Stale, what, cause);
}

#[test]
fn what_is_missing_is_named() {
    missing(&vxlan(|_| ()), "device flannel.1 is missing", "flannel#1450");
    missing(&up("cni0"), "device cni0 is down", "unmanaged-devices");
    missing(&address(), "device cni0 has no address 10.244.0.1/24", "NetworkManager");
    let way = "route 10.244.1.0/24 via 10.244.1.0 dev flannel.1 is missing";
    missing(&route("10.244.1.0", PROTOCOL), way, "ManageForeignRoutes=no");
    let entry =
        "device flannel.1 has no neighbour entry for 10.244.1.0, which is at 02:00:00:00:00:07";
    missing(&neighbour(7), entry, "flanneld");
    let entry =
        "device flannel.1 has no forwarding entry for 02:00:00:00:00:09, which is at 192.0.2.9";
    missing(&fdb("192.0.2.9"), entry, "flanneld");
    missing(&port("cni0", true), "device veth0 is not in bridge cni0", "taken it out");
    let pod = State::Netns(NetnsObject { name: "pod".into() });
    missing(&pod, "namespace pod is missing", "/run/netns");
    let module = State::Module(Module { name: "br_netfilter".into() });
    missing(&module, "module br_netfilter is not loaded", "/etc/modules-load.d");
    let said = "sysctl net.x is not there; it should be 1";
    missing(&sysctl("net.x", "1"), said, "`sysctl --system`");
}

#[test]
fn what_is_another_is_told_field_by_field() {
    let wanted = vxlan(|_| ());
    let said = "device flannel.1 has the address 02:00:00:00:00:05, not 02:00:00:00:00:01";
    changed(&wanted, &vxlan(|link| link.mac = Some(mac(5))), said, "MACAddressPolicy=none");
    let said = "device flannel.1 has MTU 1400, not 1450";
    changed(&wanted, &vxlan(|link| link.mtu = 1400), said, "an MTU of its own");
    let said = "device flannel.1 has no alias, not \"netc\"";
    changed(&wanted, &vxlan(|link| link.alias = "".into()), said, "flanneld");
    let other = vxlan(|link| link.kind = LinkKind::Other("dummy".into()));
    let said = "device flannel.1 is of the kind dummy, not a vxlan device";
    changed(&wanted, &other, said, "flanneld");
    let other = vxlan(|link| {
        if let LinkKind::Vxlan(Vxlan { vni, port, local, .. }) = &mut link.kind {
            (*vni, *port, *local) = (2, 4789, "192.0.2.2".parse().unwrap());
        }
    });
    let said = "device flannel.1 has VNI 2, not 1; device flannel.1 has UDP port 4789, not 8472; \
                device flannel.1 sends from 192.0.2.2 by eth0, not from 192.0.2.1 by eth0";
    changed(&wanted, &other, said, "flanneld");
    let said = "device eth0 in pod has the address 02:00:00:00:00:03, not 02:00:00:00:00:02";
    changed(&pair(2), &pair(3), said, "MACAddressPolicy=none");
    let said = "sysctl net.ipv4.ip_forward is 0, not 1";
    let forward = |value| sysctl("net.ipv4.ip_forward", value);
    changed(&forward("1"), &forward("0"), said, "/etc/ufw/sysctl.conf");
    let bridged = |value| sysctl("net.bridge.bridge-nf-call-iptables", value);
    let said = "sysctl net.bridge.bridge-nf-call-iptables is 0, not 1";
    changed(&bridged("1"), &bridged("0"), said, "00-system.conf");
    let said = "device veth0 is in bridge docker0, not cni0";
    changed(&port("cni0", true), &port("docker0", true), said, "taken it out");
    let said = "device veth0 has hairpin off, not on";
    changed(&port("cni0", true), &port("cni0", false), said, "hairpinMode");
    let said = "neighbour 10.244.1.0 of flannel.1 has the address 02:00:00:00:00:08, not 02:00:00:00:00:07";
    changed(&neighbour(7), &neighbour(8), said, "flanneld");
    let said = "forwarding entry 02:00:00:00:00:09 of flannel.1 leads to 192.0.2.8, not 192.0.2.9";
    changed(&fdb("192.0.2.9"), &fdb("192.0.2.8"), said, "flanneld");
    let said = "route 10.244.1.0/24 leads via 192.0.2.3 dev flannel.1 proto 3, not via 10.244.1.0 dev flannel.1";
    changed(&route("10.244.1.0", PROTOCOL), &route("192.0.2.3", 3), said, "flanneld");
}

fn served(scheduler: &str, persistence: Option<u32>, reals: &[(&str, u32)]) -> State {
    let server = VirtualServer::sample("10.96.0.1:80", scheduler, reals);
    State::Virtual(VirtualServer { persistence, ..server })
}

fn set(name: &str, ports: std::ops::Range<u16>) -> State {
    let members = ports.map(Member::Port).collect();
    State::Set(Ipset::new(SetName::new(name), SetKind::Port, Family::V4, members))
}

#[test]
fn virtual_servers_are_told_with_their_real_servers() {
    let wanted = served("rr", None, &[("10.244.1.7:80", 1), ("10.244.1.8:80", 1)]);
    missing(&wanted, "virtual server 10.96.0.1:80/tcp is missing", "`ipvsadm -C`");
    let said = "virtual server 10.96.0.1:80/tcp has scheduler wrr, not rr; \
                virtual server 10.96.0.1:80/tcp is persistent for 600 s, and should not be; \
                virtual server 10.96.0.1:80/tcp has no real server 10.244.1.7:80; \
                virtual server 10.96.0.1:80/tcp has a further real server 10.244.1.9:80; \
                virtual server 10.96.0.1:80/tcp has real server 10.244.1.8:80 with weight 0, not 1";
    let found = served("wrr", Some(600), &[("10.244.1.8:80", 0), ("10.244.1.9:80", 1)]);
    changed(&wanted, &found, said, "keepalived");
    stale(&wanted, "virtual server 10.96.0.1:80/tcp is left: nothing asks for it", "kube-proxy");
}

#[test]
fn sets_are_told_with_their_members() {
    let wanted = set("KUBE-NODE-PORT-TCP", 30_001..30_003);
    missing(&wanted, "set KUBE-NODE-PORT-TCP is missing", "ipset(8)");
    let said = "set KUBE-NODE-PORT-TCP lacks 30001, 30002; \
                set KUBE-NODE-PORT-TCP has 30010, 30011, 30012, 30013 and 6 more too many";
    changed(&wanted, &set("KUBE-NODE-PORT-TCP", 30_010..30_020), said, "kube-proxy");
    let all: Vec<State> = (0..6).map(|number| set(&format!("S{number}"), 0..1)).collect();
    let changes: Vec<Change> = all.iter().map(|state| change(None, Some(object(state)))).collect();
    let found = drift(&changes, &Live::default(), &[]);
    let [finding] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(finding.what, "6 sets are missing: S0, S1, S2, S3 and 2 more");
}

fn table(name: &str, change: impl FnOnce(&mut NftTable)) -> State {
    let mut table = NftTable::new(Family::V4, name, None);
    let mut chain =
        NftChain::base("input", Base::new("filter", "input", 0), netc_lang::Span::default());
    chain.rules = Lines::found("jump services\nth dport vmap @ports\n".into());
    table.chains.push(chain);
    let mut services = NftChain::new("services", netc_lang::Span::default());
    services.rules = Lines::found("accept\n".into());
    table.chains.push(services);
    let mut ports = NftSet::new("ports", &[Field::Port], &[Field::Verdict]);
    ports.elements = Lines::found("1 : drop\n2 : drop\n".into());
    table.sets.push(ports);
    change(&mut table);
    State::NftTable(table)
}

#[test]
fn tables_are_told_part_by_part() {
    let wanted = table("kube-proxy", |_| ());
    missing(&wanted, "table ip kube-proxy is missing", "`nft flush ruleset`");
    let is = |change: fn(&mut NftTable), said: &str, cause: &str| {
        changed(&wanted, &table("kube-proxy", change), said, cause);
    };
    let said = "table ip kube-proxy lacks chain services; \
                table ip kube-proxy has chain mine, set own too many";
    is(
        |found| {
            found.chains[1].name = "mine".into();
            found.sets.push(NftSet::new("own", &[Field::Port], &[]));
        },
        said,
        "kube-proxy runs here too, or has run since: only one of both may program a node, or",
    );
    let said = "chain services of table ip kube-proxy is empty, and should have 1 rule";
    is(|found| found.chains[1].rules = Lines::default(), said, "by hand");
    let said = "chain input of table ip kube-proxy is filter at input, priority 10, \
                not filter at input, priority 0";
    is(|found| found.chains[0].base = Some(Base::new("filter", "input", 10)), said, "by hand");
    let said =
        "map ports of table ip kube-proxy lacks 1, has 3 too many, has 2 : accept, not 2 : drop";
    let elements = |found: &mut NftTable| {
        found.sets[0].elements = Lines::found("2 : accept\n3 : drop\n".into());
    };
    is(elements, said, "by hand");
    let said = "map ports of table ip kube-proxy is of type inet_service : verdict, flags interval, \
                not of type inet_service : verdict";
    is(|found| found.sets[0].interval = true, said, "by hand");
    let said = "all chains of table ip kube-proxy are empty";
    let flushed = |found: &mut NftTable| {
        found.chains.iter_mut().for_each(|chain| chain.rules = Lines::default());
    };
    is(flushed, said, "`nft flush table`");
}

#[test]
fn rules_of_tables_that_differ_are_shown() {
    let wanted = table("flannel-ipv4", |_| ());
    let found = table("flannel-ipv4", |found| {
        found.chains[0].rules = Lines::found("jump services\ndrop\n".into());
    });
    let all = drift(&[change(Some(object(&found)), Some(object(&wanted)))], &Live::default(), &[]);
    let [finding] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!(finding.what, "chain input of table ip flannel-ipv4 has 2 rules, 1 differs");
    assert_eq!(finding.details, ["is      drop", "not     th dport vmap @ports"]);
    assert!(finding.cause.as_ref().unwrap().starts_with("a flanneld runs here too"));
    let many = |number| {
        let chain = |name| NftChain {
            rules: Lines::found(format!("drop {number}\n")),
            ..NftChain::new(format!("{name}"), netc_lang::Span::default())
        };
        table("mine", |table| table.chains.extend((0..6).map(chain)))
    };
    let (one, other) = (many(1), many(2));
    let all = drift(&[change(Some(object(&one)), Some(object(&other)))], &Live::default(), &[]);
    assert!(all[0].what.ends_with("; 2 more parts of table ip mine differ"), "{}", all[0].what);
    assert_eq!((all[0].details.len(), all[0].details[6].as_str()), (7, "and 6 more"));
}

#[test]
fn tables_with_one_fate_are_one_finding() {
    let (one, other) = (table("kube-proxy", |_| ()), table("flannel-ipv4", |_| ()));
    let gone = [change(None, Some(object(&one))), change(None, Some(object(&other)))];
    let all = drift(&gone, &Live::default(), &[]);
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].what, "2 tables are missing: ip flannel-ipv4, ip kube-proxy");
    assert!(all[0].cause.as_ref().unwrap().contains("nftables.service"));
    let left = [change(Some(object(&one)), None), change(Some(object(&other)), None)];
    let all = drift(&left, &Live::default(), &[]);
    let said = "2 tables are left, and nothing asks for them: ip flannel-ipv4, ip kube-proxy";
    assert_eq!((all[0].kind, all[0].what.as_str()), (Trouble::Stale, said));
    stale(&one, "table ip kube-proxy is left: nothing asks for it", "kube-proxy");
}

#[test]
fn what_is_left_is_named() {
    stale(&address(), "device cni0 has a further address 10.244.0.1/24", "flannel#1850");
    stale(&vxlan(|_| ()), "device flannel.1 is left: nothing asks for it", "");
    let said = "route 10.244.1.0/24 is left: nothing asks for it";
    stale(&route("10.244.1.0", PROTOCOL), said, "");
    let said =
        "device flannel.1 has a further neighbour entry for 10.244.1.0, at 02:00:00:00:00:07";
    stale(&neighbour(7), said, "flanneld");
    let said =
        "device flannel.1 has a further forwarding entry for 02:00:00:00:00:09, at 192.0.2.9";
    stale(&fdb("192.0.2.9"), said, "flanneld");
    stale(&port("docker0", false), "device veth0 is in bridge docker0", "bridge(8)");
    let flush = State::Flush(Flush {
        family: Family::V4,
        destination: Some("10.96.0.53".parse().unwrap()),
        port: 53,
        keep: Vec::new(),
        table: Aside(None),
    });
    let due = Change {
        kind: Kind::Update,
        was: "2 stale connections".into(),
        ..change(None, Some(object(&flush)))
    };
    let said = "there are 2 stale connections (stale connections to UDP 10.96.0.53:53)";
    is(due, Trouble::Stale, said, "a client of UDP");
}

#[test]
fn what_is_somebody_else_s_is_told_so() {
    let (wanted, found) = (route("10.244.1.0", PROTOCOL), route("10.244.1.0", 3));
    let mut live = Live::default();
    live.insert(found.clone(), false);
    let all = drift(&[change(Some(object(&found)), Some(object(&wanted)))], &live, &[]);
    assert_eq!(all[0].kind, Trouble::Foreign);
    let cause = all[0].cause.as_ref().unwrap();
    assert!(cause.contains("flanneld") && cause.contains("`netc apply --adopt`"), "{cause}");
}

#[test]
fn what_goes_with_its_device_is_one_finding() {
    let (device, route, entry) = (vxlan(|_| ()), route("10.244.1.0", PROTOCOL), neighbour(7));
    let (up, fdb) = (up("flannel.1"), fdb("192.0.2.9"));
    let gone = |state| change(None, Some(object(state)));
    let all = drift(
        &[gone(&device), gone(&up), gone(&entry), gone(&fdb), gone(&route)],
        &Live::default(),
        &[],
    );
    assert_eq!((all.len(), all[0].with.len()), (1, 4), "{all:?}");
    assert_eq!(all[0].what, "device flannel.1 is missing");
    // A device that went down keeps its forwarding entries.
    let all = drift(&[gone(&up), gone(&entry), gone(&fdb), gone(&route)], &Live::default(), &[]);
    let said: Vec<&str> = all.iter().map(|finding| finding.what.as_str()).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert_eq!((said[0], all[0].with.len()), ("device flannel.1 is down", 2));
    // A device with another address has forgotten its neighbours, and nothing else.
    let other = vxlan(|link| link.mac = Some(mac(5)));
    let readdressed = change(Some(object(&other)), Some(object(&device)));
    let all = drift(&[readdressed, gone(&entry), gone(&route)], &Live::default(), &[]);
    assert_eq!((all.len(), all[0].with.len()), (2, 1), "{all:?}");
    // A namespace takes along what is in it, and the pair that leads to it.
    let (pod, pair) = (State::Netns(NetnsObject { name: "pod".into() }), pair(2));
    let inner = State::Up(Up { netns: Netns::Named("pod".into()), link: "eth0".into() });
    let all = drift(&[gone(&pod), gone(&pair), gone(&inner)], &Live::default(), &[]);
    assert_eq!((all.len(), all[0].with.len()), (1, 2), "{all:?}");
    assert_eq!(all[0].what, "namespace pod is missing");
}

fn chain<'t>(name: &str, text: &'t str) -> Thing<'t> {
    let name = crate::object::ChainName::new(&[name]);
    let (family, table) = (Family::V4, Table::Nat);
    Thing::Chain(Rules { family, table, name, text: Cow::Borrowed(text) })
}

#[test]
fn rules_that_differ_are_shown() {
    let name = "KUBE-SVC-X";
    let (a, b, c) = ("-A KUBE-SVC-X -j A\n", "-A KUBE-SVC-X -j B\n", "-A KUBE-SVC-X -j C\n");
    let (wanted, found) = ([a, b].concat(), [a, c].concat());
    let differs = || change(Some(chain(name, &found)), Some(chain(name, &wanted)));
    let said = "IPv4 chain KUBE-SVC-X of table nat has 2 rules, 1 differs";
    is(differs(), Trouble::Changed, said, "kube-proxy runs here");
    let all = drift(&[differs()], &Live::default(), &[]);
    assert_eq!(all[0].details, ["is      -A KUBE-SVC-X -j C", "not     -A KUBE-SVC-X -j B"]);
    let more = change(Some(chain(name, &found)), Some(chain(name, a)));
    let said = "IPv4 chain KUBE-SVC-X of table nat has 2 rules, not 1";
    is(more, Trouble::Changed, said, "kube-proxy runs here");
    let empty = change(Some(chain(name, "")), Some(chain(name, a)));
    let said = "IPv4 chain KUBE-SVC-X of table nat is empty, and should have 1 rule";
    is(empty, Trouble::Changed, said, "the table was flushed");
    let many: String = (0..20).map(|number| format!("-A KUBE-SVC-X -j X{number}\n")).collect();
    let all =
        drift(&[change(Some(chain(name, &many)), Some(chain(name, a)))], &Live::default(), &[]);
    assert_eq!((all[0].details.len(), all[0].details[6].as_str()), (7, "and 15 more"));
    let by_hand = change(Some(chain("MINE", c)), Some(chain("MINE", a)));
    is(by_hand, Trouble::Changed, "IPv4 chain MINE of table nat has another rule", "by hand");
}

#[test]
fn chains_that_are_left_say_what_they_were_for() {
    let left = |name: &str, said: &str, cause: &str| {
        let said = format!("IPv4 chain {name} of table nat is left{said}");
        is(change(Some(chain(name, "")), None), Trouble::Stale, &said, cause);
    };
    left("KUBE-SEP-X", " from an endpoint that is gone", "kube-proxy");
    left("KUBE-SVC-X", " from a service that is gone", "kube-proxy");
    left("KUBE-XLB-X", " from a service that is gone", "kube-proxy");
    left("FLANNEL-FWD", ": nothing asks for it", "flanneld");
}

#[test]
fn chains_with_one_fate_are_one_finding() {
    let names = ["A", "B", "C", "D", "E"];
    let gone: Vec<Change> = names.map(|name| change(None, Some(chain(name, "")))).into();
    let all = drift(&gone, &Live::default(), &[]);
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].what, "5 IPv4 chains of table nat are missing: A, B, C, D and 1 more");
    assert_eq!((all[0].kind, all[0].with.len()), (Trouble::Missing, 4));
    let empty = names.map(|name| change(Some(chain(name, "")), Some(chain(name, "-A X\n"))));
    let all = drift(&empty, &Live::default(), &[]);
    assert_eq!(all[0].what, "5 IPv4 chains of table nat are empty: A, B, C, D and 1 more");
    assert!(all[0].cause.as_ref().unwrap().contains("`iptables -F`"));
    let left = names.map(|name| change(Some(chain(name, "")), None));
    let all = drift(&left, &Live::default(), &[]);
    assert!(all[0].what.contains("are left from services"), "{all:?}");
}

fn jumps(rules: &[(Place, &str)]) -> Thing<'static> {
    let rules = rules.iter().map(|(place, to)| (*place, format!("-A FORWARD -j {to}"))).collect();
    let (family, table, hook) = (Family::V4, Table::Filter, crate::object::Hook::Forward);
    Thing::Jumps(Jumps { family, table, hook, rules })
}

#[test]
fn jumps_are_missing_too_many_or_out_of_place() {
    let (top, at) = (Place::Top, Place::Behind);
    let wanted = || jumps(&[(top(0), "KUBE-A"), (top(1), "KUBE-B")]);
    let case = |found: Option<Thing<'static>>, kind, said: &str, cause: &str| {
        is(change(found, Some(wanted())), kind, said, cause);
    };
    let said = "the jumps from IPv4 FORWARD of table filter to KUBE-A, KUBE-B are missing";
    case(None, Trouble::Missing, said, "flushed");
    let said = "the jump from IPv4 FORWARD of table filter to KUBE-B is missing";
    case(Some(jumps(&[(at(0), "KUBE-A")])), Trouble::Missing, said, "flushed");
    let found = jumps(&[(at(2), "KUBE-A"), (at(2), "KUBE-B")]);
    let said = "KUBE-A, KUBE-B in IPv4 FORWARD of table filter are behind 2 rules of others";
    case(Some(found), Trouble::Misplaced, said, "Docker, firewalld or ferm");
    let found = jumps(&[(at(0), "KUBE-B"), (at(0), "KUBE-A")]);
    let said = "the jumps from IPv4 FORWARD of table filter are out of order";
    case(Some(found), Trouble::Misplaced, said, "Docker, firewalld or ferm");
    let found = jumps(&[(at(0), "KUBE-A"), (at(0), "KUBE-B"), (at(0), "KUBE-A")]);
    let said = "IPv4 FORWARD of table filter has a further rule to KUBE-A";
    case(Some(found), Trouble::Stale, said, "kube-proxy runs here");
    let left = change(Some(jumps(&[(at(0), "FLANNEL-FWD")])), None);
    let said = "IPv4 FORWARD of table filter has a further rule to FLANNEL-FWD";
    is(left, Trouble::Stale, said, "flanneld");
}

#[test]
fn rules_of_older_flannels_are_findings_of_their_own() {
    let mut live = Live::default();
    let rules = "*nat\n-A POSTROUTING -s 10.244.0.0/16 -d 10.244.0.0/16 -j RETURN\nCOMMIT\n";
    live.restore(Family::V4, rules);
    let all = drift(&[], &live, &["10.244.0.0/16".parse().unwrap()]);
    let [finding] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!(
        finding.what,
        "IPv4 POSTROUTING of table nat has a rule of flannel 0.7 or older: -A POSTROUTING -s 10.244.0.0/16 -d 10.244.0.0/16 -j RETURN"
    );
    assert!(finding.cause.as_ref().unwrap().contains("`netc apply --adopt`"));
}

#[test]
fn a_node_as_planned_has_no_findings() {
    let (live, record) = (Live::default(), Record::default());
    let nothing = Ordered::default();
    assert!(drift(&diff(&nothing, &live, &record), &live, &[]).is_empty());
    let target = crate::plan::Target::new(BTreeMap::new());
    assert!(converge(&target, &live).is_empty());
}
