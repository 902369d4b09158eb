//! From changes to the steps of an apply: single operations, changes of sets in one go, for each
//! family the input of iptables-restore and one search for stale connections, and the wait for
//! connections that are still open.

use super::Live;
use super::change::{Change, Kind};
use super::payload::{Backend, Payload, payloads};
use super::sets::{Leave, grows, leaves};
use super::thing::{Key, Thing};

use crate::model::Family;
use crate::object::{Flush, Id, State, Table};
use std::ops::Range;

/// One step of an apply.
#[derive(Clone, Debug)]
pub enum Step<'c> {
    /// One operation: the place of the change.
    Object(usize),
    /// Changes that make sets or add members, all in one `ipset restore`: their places.
    Sets(Vec<usize>),
    /// Changes that remove members or sets, the same way.
    Leave(Vec<usize>),
    /// Changes of tables of nf_tables, all in one transaction but for the large ones that are made:
    /// their places.
    Tables(Vec<usize>),
    /// Input of iptables-restore.
    Restore(Payload),
    /// Flushes of one family: the connections are listed once for all of them.
    Flush(Family, Vec<&'c Flush>),
    /// Virtual servers lose real servers, which may have open connections: the places of their
    /// changes. Those that stay have everything else by then.
    Drain(Vec<usize>),
}

/// The steps of changes that are in order. `flushes` are all that are desired: a change of the
/// rules for first packets can make any connection stale after it was looked at.
#[must_use]
pub fn steps<'c>(
    changes: &'c [Change],
    live: &Live,
    backend: Backend,
    flushes: &[&'c Flush],
) -> Vec<Step<'c>> {
    let (start, end) = middle(changes);
    let restores = payloads(changes, live, backend).into_iter().map(Step::Restore);
    let flushes = Family::ALL.into_iter().filter_map(|family| {
        let due = due(changes, family, flushes);
        (!due.is_empty()).then_some(Step::Flush(family, due))
    });
    let drained: Vec<usize> = changes.iter().zip(0..).filter_map(drained).collect();
    let drain = (!drained.is_empty()).then_some(Step::Drain(drained));
    let made = tables(changes, |kind| kind != Kind::Remove);
    let gone = tables(changes, |kind| kind == Kind::Remove);
    let before = objects(changes, 0..start).into_iter();
    let before = before.chain(made).chain(restores).chain(gone).chain(flushes);
    let early = leaving(changes, Leave::Early).into_iter().chain(drain);
    let after = objects(changes, end..changes.len());
    before.chain(early).chain(after).chain(leaving(changes, Leave::Late)).collect()
}

/// The step that changes tables of nf_tables in some way.
fn tables<'c>(changes: &[Change], how: fn(Kind) -> bool) -> Option<Step<'c>> {
    let all = changes.iter().zip(0..).filter(|(change, _)| is_table(change) && how(change.kind));
    let places: Vec<usize> = all.map(|(_, place)| place).collect();
    (!places.is_empty()).then_some(Step::Tables(places))
}

/// Whether a table of nf_tables changes.
pub(super) fn is_table(change: &Change) -> bool {
    matches!(change.key, Key::Object(Id::NftTable(..)))
}

/// The step with which members leave at some time.
fn leaving<'c>(changes: &[Change], when: Leave) -> Option<Step<'c>> {
    let places = changes.iter().zip(0..).filter(|(change, _)| leaves(change) == Some(when));
    let places: Vec<usize> = places.map(|(_, place)| place).collect();
    (!places.is_empty()).then_some(Step::Leave(places))
}

/// Where the changes of rules begin and end. Without any, it is where nothing more is made and what
/// is no longer wanted goes.
fn middle(changes: &[Change]) -> (usize, usize) {
    let amid =
        |change: &Change| change.key.rules().is_some() || change.recurs() || is_table(change);
    match (changes.iter().position(amid), changes.iter().rposition(amid)) {
        (Some(start), Some(last)) => (start, last + 1),
        _ => {
            let last = changes.iter().rposition(|change| change.kind != Kind::Remove);
            let end = last.map_or(0, |last| last + 1);
            (end, end)
        }
    }
}

/// The operations of some changes, and those of sets that follow each other in one.
fn objects<'c>(changes: &[Change], places: Range<usize>) -> Vec<Step<'c>> {
    let mut steps = Vec::new();
    for place in places {
        let Some(change) = changes.get(place).filter(|change| change.with.is_none()) else {
            continue;
        };
        match (&change.key, steps.last_mut()) {
            (Key::Object(Id::NftTable(..)), _) => {}
            (Key::Object(Id::Set(_)), _) if !grows(change) => {}
            (Key::Object(Id::Set(_)), Some(Step::Sets(sets))) => sets.push(place),
            (Key::Object(Id::Set(_)), _) => steps.push(Step::Sets(vec![place])),
            _ => steps.push(Step::Object(place)),
        }
    }
    steps
}

/// The place of a change with which a virtual server loses real servers.
fn drained((change, place): (&Change, usize)) -> Option<usize> {
    let Some(State::Virtual(old)) = change.from.as_ref()?.state() else { return None };
    let new = match change.to.as_ref().and_then(Thing::state) {
        Some(State::Virtual(new)) => Some(new),
        _ => None,
    };
    old.losses(new).next().map(|_| place)
}

/// The flushes of a family that are due.
fn due<'c>(changes: &'c [Change], family: Family, flushes: &[&'c Flush]) -> Vec<&'c Flush> {
    let translates = |change: &Change| match &change.key {
        Key::Object(Id::NftTable(of, _)) => *of == family,
        key => key.rules() == Some((family, Table::Nat)),
    };
    if changes.iter().any(translates) {
        return flushes.iter().copied().filter(|flush| flush.family == family).collect();
    }
    let found = changes.iter().filter_map(|change| match change.to.as_ref()?.state()? {
        State::Flush(flush) if flush.family == family => Some(flush),
        _ => None,
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Ordered, order_known};
    use crate::object::{
        Address, Ipset, Link, LinkKind, Member, Netns, Object, SERVICE_DEVICE, SetKind, SetName,
        VirtualServer,
    };
    use crate::plan::{Record, between, diff, leave_input, set_input};
    use netc_lang::{Protocol, Span};
    use std::net::IpAddr;

    const NAME: &str = "KUBE-IPVS-IPS";

    /// Services with a virtual server, an address and a member of each of two sets.
    fn node(services: &[(&str, &[&str])]) -> Vec<State> {
        let ip = |text: &str| -> IpAddr { text.parse().unwrap() };
        let addresses = || services.iter().map(|(address, _)| ip(address));
        let set = |name: &str, kind, members: Vec<Member>| {
            State::Set(Ipset::new(SetName::new(name), kind, Family::V4, members))
        };
        let ports = addresses().map(|ip| Member::AddressPort(ip, Protocol::Tcp, 80));
        let mut all = vec![
            set("KUBE-CLUSTER-IP", SetKind::AddressPort, ports.collect()),
            set(NAME, SetKind::Address, addresses().map(Member::Address).collect()),
            State::Link(Link {
                netns: Netns::Node,
                name: SERVICE_DEVICE.into(),
                mac: None,
                mtu: 1500,
                alias: "netc".into(),
                promiscuous: false,
                kind: LinkKind::Dummy,
            }),
        ];
        for (address, reals) in services {
            let reals: Vec<(&str, u32)> = reals.iter().map(|socket| (*socket, 1)).collect();
            let server = VirtualServer::sample(&format!("{address}:80"), "rr", &reals);
            all.push(State::Virtual(server));
            all.push(State::Address(Address::new(
                Netns::Node,
                SERVICE_DEVICE.into(),
                ip(address).into(),
            )));
        }
        all
    }

    fn ordered(states: Vec<State>) -> Ordered {
        let object = |state: State| {
            (state.id(), Object { state, origin: Span::default(), others: Vec::new() })
        };
        let mut objects: Vec<(Id, Object)> = states.into_iter().map(object).collect();
        objects.sort_by(|(left, _), (right, _)| left.cmp(right));
        order_known(objects)
    }

    /// The steps from one state to another, a line each, and those of sets a line for each line of
    /// their input.
    fn told(from: Vec<State>, to: Vec<State>) -> Vec<String> {
        let (live, to) = (Live::of(&ordered(from)), ordered(to));
        let record = Record::default();
        let changes = diff(&to, &live, &record);
        let mut lines = Vec::new();
        for step in steps(&changes, &live, Backend::Nft, &[]) {
            let of = |places: &[usize]| {
                let keys = places.iter().map(|place| changes[*place].key.to_string());
                keys.collect::<Vec<_>>().join(", ")
            };
            let input = |(text, places): (String, Vec<usize>)| {
                assert_eq!(text.lines().count(), places.len());
                text.lines().map(str::to_owned).collect::<Vec<_>>()
            };
            match step {
                Step::Object(place) => {
                    lines.push(format!("{} {}", changes[place].kind.mark(), of(&[place])));
                }
                Step::Sets(places) => lines.extend(input(set_input(&changes, &places))),
                Step::Leave(places) => lines.extend(input(leave_input(&changes, &places))),
                Step::Drain(places) => lines.push(format!("drain {}", of(&places))),
                step => panic!("{step:?}"),
            }
        }
        lines
    }

    #[test]
    fn sets_and_servers_come_before_their_addresses() {
        let made = told(Vec::new(), node(&[("10.96.0.1", &["10.0.0.1:80"])]));
        let expected = [
            "+ device kube-ipvs0",
            "create KUBE-CLUSTER-IP hash:ip,port family inet hashsize 1024 maxelem 65536",
            "add KUBE-CLUSTER-IP 10.96.0.1,tcp:80",
            "create KUBE-IPVS-IPS hash:ip family inet hashsize 1024 maxelem 65536",
            "add KUBE-IPVS-IPS 10.96.0.1",
            "+ virtual server 10.96.0.1:80/tcp",
            "+ address 10.96.0.1/32 on kube-ipvs0",
        ];
        assert_eq!(made, expected);
    }

    #[test]
    fn connections_have_their_time_before_anything_goes() {
        let old = node(&[
            ("10.96.0.1", &["10.0.0.1:80", "10.0.0.2:80"]),
            ("10.96.0.2", &["10.0.0.2:80"]),
        ]);
        let new = node(&[
            ("10.96.0.1", &["10.0.0.1:80", "10.0.0.3:80"]),
            ("10.96.0.3", &["10.0.0.3:80"]),
        ]);
        let expected = [
            "add KUBE-CLUSTER-IP 10.96.0.3,tcp:80",
            "add KUBE-IPVS-IPS 10.96.0.3",
            "~ virtual server 10.96.0.1:80/tcp",
            "+ virtual server 10.96.0.3:80/tcp",
            "+ address 10.96.0.3/32 on kube-ipvs0",
            "del KUBE-CLUSTER-IP 10.96.0.2,tcp:80",
            "drain virtual server 10.96.0.1:80/tcp, virtual server 10.96.0.2:80/tcp",
            "- address 10.96.0.2/32 on kube-ipvs0",
            "- virtual server 10.96.0.2:80/tcp",
            "del KUBE-IPVS-IPS 10.96.0.2",
        ];
        assert_eq!(told(old.clone(), new), expected);
        let expected = [
            "drain virtual server 10.96.0.2:80/tcp, virtual server 10.96.0.1:80/tcp",
            "- virtual server 10.96.0.2:80/tcp",
            "- virtual server 10.96.0.1:80/tcp",
            "- device kube-ipvs0",
            "destroy KUBE-IPVS-IPS",
            "destroy KUBE-CLUSTER-IP",
        ];
        assert_eq!(told(old, Vec::new()), expected);
    }

    #[test]
    fn a_server_that_loses_nothing_has_nothing_to_wait_for() {
        let old = node(&[("10.96.0.1", &["10.0.0.1:80"])]);
        let new = node(&[("10.96.0.1", &["10.0.0.1:80", "10.0.0.2:80"])]);
        assert_eq!(told(old.clone(), new), ["~ virtual server 10.96.0.1:80/tcp"]);
        assert!(told(old.clone(), old).is_empty());
    }

    #[test]
    fn a_set_of_another_type_is_made_anew() {
        let old = Ipset::new(SetName::new(NAME), SetKind::Port, Family::V4, vec![Member::Port(1)]);
        let wanted = node(&[("10.96.0.1", &[])]);
        let one = |live: &[State]| Live::of(&ordered(live.to_vec()));
        let is = |state: &State| matches!(state, State::Set(set) if set.name.as_str() == NAME);
        let new: Vec<State> = wanted.into_iter().filter(is).collect();
        let changes = between(&one(&[State::Set(old)]), &one(&new));
        let [Step::Sets(places)] = &steps(&changes, &Live::default(), Backend::Nft, &[])[..] else {
            panic!("{changes:?}");
        };
        let (text, lines) = set_input(&changes, places);
        let expected = "destroy KUBE-IPVS-IPS\n\
            create KUBE-IPVS-IPS hash:ip family inet hashsize 1024 maxelem 65536\n\
            add KUBE-IPVS-IPS 10.96.0.1\n";
        assert_eq!((text.as_str(), lines), (expected, vec![0, 0, 0]));
    }
}
