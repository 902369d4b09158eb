//! Whether packets are in a set of ipset.

use super::verdict::View;
use super::{Holds, Packet, Way};
use crate::object::{Ipset, Member, SetKind, SetName};
use netc_lang::Protocol;
use std::net::IpAddr;

/// For which packets of a way it holds that they are in a set: `directions` tells, as in
/// `-m set --match-set NAME dst,dst,src`, for each part of a member whether it is of the source or of
/// the destination. `None` if the set is not known.
pub(super) fn has(name: &str, directions: &str, way: &Way, view: &View) -> Option<Holds> {
    let set = view.sets.get(&SetName::new(name)).filter(|set| set.name.as_str() == name)?;
    let Packet { payload, .. } = &way.packet;
    if set.kind != SetKind::Port && set.family != way.packet.family() {
        return Some(Holds::No);
    }
    let mut of_source = directions.split(',').map(|one| one == "src");
    let mut next = || of_source.next();
    let first = next()?;
    let port = |of_source| if of_source { payload.source() } else { payload.destination() };
    let of = |of_source, source: IpAddr, destination: IpAddr| {
        if of_source { source } else { destination }
    };
    // A port that can be any free one is in no set.
    let carried = |of_source| Some((payload.protocol()?, port(of_source)?));
    let by = |test: &dyn Fn(IpAddr) -> bool| match first {
        true => way.by_source(test),
        false => way.by_destination(test),
    };
    let missing = Some(Holds::No);
    match set.kind {
        SetKind::Address => Some(by(&|own| set.has(&Member::Address(own)))),
        SetKind::Port => Some(is_port(set, carried(first)).into()),
        SetKind::AddressPort => {
            let Some((protocol, port)) = carried(next()?) else { return missing };
            Some(by(&|own| set.has(&Member::AddressPort(own, protocol, port))))
        }
        SetKind::AddressPortAddress | SetKind::AddressPortNetwork => {
            let (second, third) = (next()?, next()?);
            let Some((protocol, port)) = carried(second) else { return missing };
            let test = |own, other| match set.kind {
                SetKind::AddressPortAddress => {
                    set.has(&Member::AddressPortAddress(own, protocol, port, other))
                }
                _ => has_network(set, (own, protocol, port), other),
            };
            Some(match first == third {
                true => by(&|own| test(own, own)),
                false => way.by_both(|source, destination| {
                    test(of(first, source, destination), of(third, source, destination))
                }),
            })
        }
        SetKind::Other => None,
    }
}

/// Sets of ports are looked into for TCP and UDP only (`ip_set_get_ip_port` in the kernel's
/// ip_set_getport.c).
fn is_port(set: &Ipset, carried: Option<(Protocol, u16)>) -> bool {
    match carried {
        Some((Protocol::Tcp | Protocol::Udp, port)) => set.has(&Member::Port(port)),
        _ => false,
    }
}

/// Whether a set has an address, a port, and a network that another address is of.
fn has_network(set: &Ipset, own: (IpAddr, Protocol, u16), other: IpAddr) -> bool {
    let key = |member: &Member| match *member {
        Member::AddressPortNetwork(address, protocol, port, _) => (address, protocol, port),
        _ => own,
    };
    let start = set.members.partition_point(|member| key(member) < own);
    let mut all = set.members.iter().skip(start).take_while(|member| key(member) == own);
    all.any(|member| matches!(member, Member::AddressPortNetwork(.., net) if net.contains(&other)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Family;
    use crate::trace::{Payload, Who};
    use rustc_hash::FxHashMap;

    fn holds(kind: SetKind, members: &[&str], directions: &str, packet: (&str, &str)) -> Holds {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let name = SetName::new("KUBE-X");
        let members = members.iter().map(|text| Member::parse(kind, text).unwrap()).collect();
        let set = Ipset::new(name, kind, Family::V4, members);
        let sets = FxHashMap::from_iter([(name, set)]);
        let view = View { family: Family::V4, is_local: &|_| false, sets: &sets };
        let sources: Vec<IpAddr> = packet.0.split(' ').map(ip).collect();
        let payload =
            Payload::Ports { protocol: Protocol::Tcp, source: None, destination: Some(80) };
        let way = Way::sample(Who::any(sources).unwrap(), Who::One(ip(packet.1)), payload);
        assert!(has("KUBE-Y", directions, &way, &view).is_none());
        has("KUBE-X", directions, &way, &view).unwrap()
    }

    #[test]
    fn members_are_put_together_as_the_directions_say() {
        let to = ("10.0.0.1", "10.0.0.2");
        let yes =
            |kind, member, directions| matches!(holds(kind, &[member], directions, to), Holds::Yes);
        assert!(yes(SetKind::Address, "10.0.0.1", "src"));
        assert!(!yes(SetKind::Address, "10.0.0.1", "dst"));
        assert!(yes(SetKind::AddressPort, "10.0.0.2,tcp:80", "dst,dst"));
        assert!(!yes(SetKind::AddressPort, "10.0.0.2,udp:80", "dst,dst"));
        assert!(!yes(SetKind::AddressPort, "10.0.0.2,tcp:80", "dst,src"), "any free port");
        assert!(yes(SetKind::AddressPortAddress, "10.0.0.2,tcp:80,10.0.0.1", "dst,dst,src"));
        assert!(!yes(SetKind::AddressPortAddress, "10.0.0.2,tcp:80,10.0.0.2", "dst,dst,src"));
        assert!(yes(SetKind::AddressPortAddress, "10.0.0.2,tcp:80,10.0.0.2", "dst,dst,dst"));
        assert!(yes(SetKind::Port, "80", "dst"));
        assert!(!yes(SetKind::Port, "81", "dst"));
    }

    #[test]
    fn networks_contain_addresses_and_tell_sources_apart() {
        let members = ["10.0.0.2,tcp:80,10.1.0.0/16", "10.0.0.2,tcp:80,10.3.0.1"];
        let ask = |sources| {
            holds(SetKind::AddressPortNetwork, &members, "dst,dst,src", (sources, "10.0.0.2"))
        };
        assert!(matches!(ask("10.1.0.7"), Holds::Yes));
        assert!(matches!(ask("10.3.0.1"), Holds::Yes));
        assert!(matches!(ask("10.3.0.2"), Holds::No));
        let Holds::Partly(both) = ask("10.1.0.7 10.2.0.1") else { panic!("they differ") };
        assert_eq!(both.0.packet.source.to_string(), "10.1.0.7");
        assert_eq!(both.1.packet.source.to_string(), "10.2.0.1");
    }
}
