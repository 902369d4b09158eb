//! What IPVS does with the first packet of a connection (net/netfilter/ipvs/ip_vs_core.c).

use super::{Decided, Event, Packet, TrackState, Way, Who};
use crate::emit::push_real;
use crate::object::{RealServer, Scheduling, VirtualAddress, VirtualServer};
use netc_lang::Span;
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// A way that IPVS has decided about.
#[derive(Clone, Debug)]
pub(super) struct Scheduled {
    /// The way.
    pub(super) way: Way,
    /// The virtual server.
    pub(super) server: VirtualAddress,
    /// The real server; `None` if there is none for it, and it is refused (`ip_vs_leave`).
    pub(super) real: Option<RealServer>,
}

/// To which real servers a packet may be handed, and with what probability; `None`, if it is for no
/// virtual server, or belongs to a connection that has one already.
///
/// Nobody is known to have been here before, and no connection is known to be open. So whoever takes
/// turns begins anywhere, and whoever hashes may find any.
pub(super) fn schedule(
    servers: &BTreeMap<VirtualAddress, (VirtualServer, Span)>,
    way: &Way,
) -> Option<Vec<Scheduled>> {
    let Packet { destination: Who::One(address), payload, tracked, .. } = &way.packet else {
        return None;
    };
    let known = tracked.server.is_some() || tracked.reply;
    if known || matches!(tracked.state, TrackState::Established | TrackState::Invalid) {
        return None;
    }
    let socket = SocketAddr::new(*address, payload.destination()?);
    let (server, origin) =
        servers.get(&VirtualAddress { socket, protocol: payload.protocol()? })?;
    let scheduled = shares(server).into_iter().map(|(place, share)| {
        let mut way = Way { share: way.share * share, ..way.clone() };
        let real = place.and_then(|place| Some((place, *server.reals.get(place)?)));
        if let Some((place, real)) = real {
            // Of one that was found, the statement behind the virtual server is known at most.
            let origin = server.origins.0.get(place).or(Some(origin));
            let origin = origin.copied().filter(|origin| *origin != Span::default());
            note(&mut way, server, &real, origin);
        }
        Scheduled { way, server: server.address, real: real.map(|(_, real)| real) }
    });
    Some(scheduled.collect())
}

/// With what probability a client that is new gets to each real server, by its place: with any that
/// is left, to none.
fn shares(server: &VirtualServer) -> Vec<(Option<usize>, f64)> {
    let weights: Vec<u32> = server.reals.iter().map(|real| parts(server, real)).collect();
    let takes = |real: &RealServer| real.weight > 0;
    let most = server.reals.iter().map(|real| real.weight).max().unwrap_or_default();
    // These two go on only when what has the highest weight goes away, or has enough.
    let highest = matches!(&*server.scheduling.scheduler, "fo" | "ovf");
    let weight = |(real, weight): (&RealServer, &u32)| match highest {
        true => u32::from(real.weight == most),
        false => *weight,
    };
    let weights: Vec<u32> = server.reals.iter().zip(&weights).map(weight).collect();
    let all: f64 = weights.iter().copied().map(f64::from).sum();
    let mut shares: Vec<(Option<usize>, f64)> = Vec::new();
    let mut refused = if all > 0.0 { 0.0 } else { 1.0 };
    for ((place, real), weight) in server.reals.iter().enumerate().zip(weights) {
        let share = if all > 0.0 { f64::from(weight) / all } else { 0.0 };
        match takes(real) {
            true if share > 0.0 => shares.push((Some(place), share)),
            true => {}
            false => refused += share,
        }
    }
    if refused > 0.0 {
        shares.push((None, refused));
    }
    shares
}

/// How many parts of all clients a real server gets. A hash of one finds real servers of weight 0
/// too, and then there is none for it (`ip_vs_sh_reassign` and `ip_vs_dh_reassign` in ip_vs_sh.c and
/// ip_vs_dh.c), unless it is told to look further.
fn parts(server: &VirtualServer, real: &RealServer) -> u32 {
    let looks_further = server.scheduling.flags & Scheduling::FLAG_1 != 0;
    match &*server.scheduling.scheduler {
        "none" => 0,
        "wrr" | "wlc" | "sed" | "mh" | "twos" => real.weight,
        "sh" if looks_further => real.weight,
        "sh" => real.weight.max(1),
        "dh" => 1,
        _ => u32::from(real.weight > 0),
    }
}

/// Notes that a connection is handed to a real server.
fn note(way: &mut Way, server: &VirtualServer, real: &RealServer, origin: Option<Span>) {
    let mut line = String::new();
    push_real(&mut line, "-a", server.address, real);
    let mut scheduler = server.scheduling.scheduler.to_string();
    if let Some(seconds) = server.persistence {
        scheduler.push_str(&format!(", persistent for {seconds} s"));
    }
    let event =
        Event::Scheduled { server: server.address, real: real.socket, scheduler: scheduler.into() };
    way.note(event, Some(Decided::new(line, origin)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{Payload, Tracked};
    use netc_lang::Protocol;

    const ADDRESS: &str = "10.96.0.80:80";

    fn way(to: &str, protocol: Protocol) -> Way {
        let to: SocketAddr = to.parse().unwrap();
        let payload = Payload::Ports { protocol, source: None, destination: Some(to.port()) };
        Way::sample(Who::One("10.244.0.9".parse().unwrap()), Who::One(to.ip()), payload)
    }

    fn of(server: VirtualServer) -> BTreeMap<VirtualAddress, (VirtualServer, Span)> {
        BTreeMap::from([(server.address, (server, Span::default()))])
    }

    /// The shares of the real servers, in their order, and of those that are refused.
    fn spread(scheduler: &str, flags: u32, weights: &[u32]) -> (Vec<f64>, f64) {
        let sockets: Vec<String> =
            (1..=weights.len()).map(|number| format!("10.244.0.{number}:8080")).collect();
        let reals: Vec<(&str, u32)> =
            sockets.iter().map(String::as_str).zip(weights.iter().copied()).collect();
        let mut server = VirtualServer::sample(ADDRESS, scheduler, &reals);
        server.scheduling.flags = flags;
        let all = schedule(&of(server), &way(ADDRESS, Protocol::Tcp)).unwrap();
        let sum: f64 = all.iter().map(|one| one.way.share).sum();
        assert!((sum - 1.0).abs() < 1e-9, "{scheduler}: {sum}");
        let share = |real: Option<&str>| {
            let real: Option<SocketAddr> = real.map(|socket| socket.parse().unwrap());
            let own = all.iter().filter(|one| one.real.map(|real| real.socket) == real);
            own.map(|one| one.way.share).sum::<f64>()
        };
        (sockets.iter().map(|socket| share(Some(socket))).collect(), share(None))
    }

    #[test]
    fn real_servers_get_what_their_scheduler_gives_them() {
        assert_eq!(spread("rr", 0, &[1, 3]), (vec![0.5, 0.5], 0.0));
        assert_eq!(spread("wrr", 0, &[1, 3, 0]), (vec![0.25, 0.75, 0.0], 0.0));
        assert_eq!(spread("rr", 0, &[1, 0]), (vec![1.0, 0.0], 0.0));
        assert_eq!(spread("fo", 0, &[1, 3, 2]), (vec![0.0, 1.0, 0.0], 0.0));
    }

    #[test]
    fn a_hash_may_find_a_real_server_that_takes_nobody() {
        assert_eq!(spread("sh", 0, &[1, 0]), (vec![0.5, 0.0], 0.5));
        assert_eq!(spread("sh", Scheduling::FLAG_1, &[1, 0]), (vec![1.0, 0.0], 0.0));
        assert_eq!(spread("dh", 0, &[3, 0]), (vec![0.5, 0.0], 0.5));
        assert_eq!(spread("mh", 0, &[3, 0]), (vec![1.0, 0.0], 0.0));
    }

    #[test]
    fn without_real_servers_all_are_refused() {
        assert_eq!(spread("rr", 0, &[]), (vec![], 1.0));
        assert_eq!(spread("wlc", 0, &[0, 0]), (vec![0.0, 0.0], 1.0));
        assert_eq!(spread("fo", 0, &[0]), (vec![0.0], 1.0));
    }

    #[test]
    fn only_what_begins_a_connection_to_a_virtual_server_is_scheduled() {
        let mut server = VirtualServer::sample(ADDRESS, "rr", &[("10.244.0.1:8080", 1)]);
        server.persistence = Some(10800);
        let servers = of(server);
        assert!(schedule(&servers, &way("10.96.0.80:81", Protocol::Tcp)).is_none());
        assert!(schedule(&servers, &way(ADDRESS, Protocol::Udp)).is_none());
        let mut later = way(ADDRESS, Protocol::Tcp);
        later.packet.tracked =
            Tracked { server: Some(*servers.keys().next().unwrap()), ..Tracked::NEW };
        assert!(schedule(&servers, &later).is_none());
        let all = schedule(&servers, &way(ADDRESS, Protocol::Tcp)).unwrap();
        let step = all[0].way.trail.steps()[0];
        let line = "-a -t 10.96.0.80:80 -r 10.244.0.1:8080 -m -w 1";
        assert_eq!(&*step.decided.as_ref().unwrap().line, line);
        let Event::Scheduled { scheduler, .. } = &step.event else { panic!("{step:?}") };
        assert_eq!(&**scheduler, "rr, persistent for 10800 s");
    }
}
