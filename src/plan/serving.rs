//! When sets and virtual servers are as wanted, and how they differ.

use super::compare::{Difference, in_place};
use crate::object::{Ipset, Member, RealServer, Shift, VirtualServer};

/// So many real servers are named.
const NAMED: usize = 3;

/// Compares a wanted set with the one of its name, which has its type and family for life.
pub(super) fn set(new: &Ipset, old: &Ipset) -> Difference {
    if (new.kind, new.family) != (old.kind, old.family) {
        let of = match new.family == old.family {
            true => String::new(),
            false => format!(" of {}", old.family),
        };
        return Difference::Remake(format!("was {}{of}", old.kind.name()));
    }
    in_place(new.members == old.members, || {
        let lacked = members(new.beyond(old)).map(|text| format!("lacked {text}"));
        let more = members(old.beyond(new)).map(|text| format!("had {text} more"));
        lacked.into_iter().chain(more).collect::<Vec<_>>().join("; ")
    })
}

/// The only member, or how many there are.
fn members<'m>(mut all: impl Iterator<Item = &'m Member>) -> Option<String> {
    let first = all.next()?;
    Some(match all.count() {
        0 => first.to_string(),
        more => format!("{} members", more + 1),
    })
}

/// Compares a wanted virtual server with the one that has its address. The kernel changes all of it
/// in place (ip_vs_edit_service and ip_vs_edit_dest in net/netfilter/ipvs/ip_vs_ctl.c).
pub(super) fn server(new: &VirtualServer, old: &VirtualServer) -> Difference {
    let same = new.serves_alike(old) && new.reals == old.reals;
    in_place(same, || {
        let own = service(new, old);
        let own = (!own.is_empty()).then(|| format!("was {}", own.join(", ")));
        own.into_iter().chain(reals(new, old)).collect::<Vec<_>>().join("; ")
    })
}

/// What a virtual server was, apart from its real servers.
fn service(new: &VirtualServer, old: &VirtualServer) -> Vec<String> {
    let mut was = Vec::new();
    if new.scheduling.scheduler != old.scheduling.scheduler {
        was.push(format!("scheduler {}", old.scheduling.scheduler));
    }
    if new.scheduling.flags != old.scheduling.flags {
        was.push(format!("with {}", old.scheduling.flags_shown()));
    }
    if new.persistence != old.persistence {
        was.push(match old.persistence {
            Some(seconds) => format!("persistent for {seconds} s"),
            None => "not persistent".to_owned(),
        });
    }
    if new.mask != old.mask {
        was.push(format!("persistent by /{}", old.mask));
    }
    was
}

/// What was different about real servers. Each is named, or all that differ in the same way are
/// counted.
fn reals(new: &VirtualServer, old: &VirtualServer) -> impl Iterator<Item = String> {
    let shifts = old.shifts(new);
    let pick = |wanted: fn(&Shift) -> bool| -> Vec<Shift> {
        shifts.iter().filter(|shift| wanted(shift)).copied().collect()
    };
    let lacked = pick(|shift| shift.from.is_none());
    let more = pick(|shift| shift.to.is_none());
    let weight = pick(|shift| differs(shift, |new, old| new.weight != old.weight));
    let way = pick(|shift| differs(shift, |new, old| new.forwarding != old.forwarding));
    let lacked = told(
        &lacked,
        |real| format!("lacked real server {}", real.socket),
        |count| format!("lacked {count} real servers"),
    );
    let more = told(
        &more,
        |real| format!("had real server {} more", real.socket),
        |count| format!("had {count} real servers more"),
    );
    let weight = told(
        &weight,
        |real| format!("real server {} had weight {}", real.socket, real.weight),
        |count| format!("{count} real servers had other weights"),
    );
    let way = told(
        &way,
        |real| format!("real server {} had forwarding {}", real.socket, real.forwarding.word()),
        |count| format!("{count} real servers had another forwarding"),
    );
    [lacked, more, weight, way].into_iter().flatten()
}

fn differs(shift: &Shift, how: fn(&RealServer, &RealServer) -> bool) -> bool {
    matches!((shift.to, shift.from), (Some(new), Some(old)) if how(new, old))
}

fn told(
    shifts: &[Shift],
    each: impl Fn(&RealServer) -> String,
    all: impl Fn(usize) -> String,
) -> Vec<String> {
    if shifts.len() > NAMED {
        return vec![all(shifts.len())];
    }
    shifts.iter().filter_map(|shift| shift.from.or(shift.to)).map(each).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Family;
    use crate::object::{Forwarding, Scheduling, SetKind, SetName};

    fn server(scheduler: &str, reals: &[(&str, u32)]) -> VirtualServer {
        VirtualServer::sample("10.96.0.1:80", scheduler, reals)
    }

    fn was(new: &VirtualServer, old: &VirtualServer) -> String {
        match super::server(new, old) {
            Difference::InPlace(was) => was,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn servers_differ_in_what_they_are_and_in_whom_they_serve() {
        let wanted = server("rr", &[("10.0.0.1:80", 1), ("10.0.0.2:80", 1)]);
        assert_eq!(was(&wanted, &wanted.clone()), "None");
        let old = server("wrr", &[("10.0.0.1:80", 0), ("10.0.0.2:80", 1)]);
        assert_eq!(was(&wanted, &old), "was scheduler wrr; real server 10.0.0.1:80 had weight 0");
        let old = server("rr", &[("10.0.0.2:80", 1), ("10.0.0.3:80", 0)]);
        let said = "lacked real server 10.0.0.1:80; had real server 10.0.0.3:80 more";
        assert_eq!(was(&wanted, &old), said);
        let mut old = wanted.clone();
        old.scheduling.flags = Scheduling::FLAG_2;
        (old.persistence, old.mask) = (Some(600), 24);
        old.reals = old
            .reals
            .iter()
            .map(|real| RealServer { forwarding: Forwarding::Tunnel, ..*real })
            .collect();
        let said = "was with flags flag-2, persistent for 600 s, persistent by /24; \
                    real server 10.0.0.1:80 had forwarding tunnel; \
                    real server 10.0.0.2:80 had forwarding tunnel";
        assert_eq!(was(&wanted, &old), said);
        let said = "was with no flags, not persistent, persistent by /32; ";
        assert!(was(&old, &wanted).starts_with(said));
        let many: Vec<String> = (10..20).map(|last| format!("10.0.0.{last}:80")).collect();
        let many: Vec<(&str, u32)> = many.iter().map(|socket| (socket.as_str(), 1)).collect();
        let said = "lacked 10 real servers; had real server 10.0.0.1:80 more; \
                    had real server 10.0.0.2:80 more";
        assert_eq!(was(&server("rr", &many), &wanted), said);
    }

    #[test]
    fn sets_differ_in_members_and_are_made_anew_for_another_type() {
        let set = |kind, family, members: &[&str]| {
            let members = members.iter().map(|text| Member::parse(kind, text).unwrap());
            Ipset::new(SetName::new("KUBE-CLUSTER-IP"), kind, family, members.collect())
        };
        let of = |members| set(SetKind::AddressPort, Family::V4, members);
        let wanted = of(&["10.96.0.1,tcp:80", "10.96.0.2,tcp:80"]);
        let said = |old: &Ipset| super::set(&wanted, old);
        let in_place = |text: &str| Difference::InPlace(text.to_owned());
        assert_eq!(said(&wanted), Difference::None);
        assert_eq!(said(&of(&["10.96.0.1,tcp:80"])), in_place("lacked 10.96.0.2,tcp:80"));
        let other = of(&["10.96.0.3,tcp:80"]);
        assert_eq!(said(&other), in_place("lacked 2 members; had 10.96.0.3,tcp:80 more"));
        let remake = |text: &str| Difference::Remake(text.to_owned());
        let other = set(SetKind::Address, Family::V4, &[]);
        assert_eq!(said(&other), remake("was hash:ip"));
        let other = set(SetKind::AddressPort, Family::V6, &[]);
        assert_eq!(said(&other), remake("was hash:ip,port of IPv6"));
    }
}
