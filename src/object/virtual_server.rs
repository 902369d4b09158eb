//! Virtual servers of IPVS, with the real servers behind them.

use super::{Aside, Id, Text};
use crate::model::Family;
use netc_lang::{Protocol, Span};
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

/// What tells one virtual server from every other: its address, port and protocol.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct VirtualAddress {
    /// The address and port.
    pub socket: SocketAddr,
    /// The protocol.
    pub protocol: Protocol,
}

impl VirtualAddress {
    /// The family of the address.
    #[must_use]
    pub fn family(&self) -> Family {
        Family::of(self.socket.ip())
    }
}

impl fmt::Display for VirtualAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.socket, self.protocol)
    }
}

/// A virtual server: connections to its address are handed to its real servers (ipvsadm(8)).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VirtualServer {
    /// Its address, port and protocol.
    pub address: VirtualAddress,
    /// How it picks a real server.
    pub scheduling: Scheduling,
    /// For how many seconds a silent client stays with its real server.
    pub persistence: Option<u32>,
    /// The prefix length of the networks whose clients stay together; that of an address alone,
    /// if each client is on its own.
    pub mask: u8,
    /// The real servers, sorted by address, each once.
    pub reals: Arc<[RealServer]>,
    /// The statement behind each real server, in their order; empty if it was found on a node.
    pub origins: Aside<Arc<[Span]>>,
    /// What must be there before: the module of IPVS.
    pub after: Vec<Id>,
}

/// How a virtual server picks a real server: the scheduler, and the flags that bear on it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Scheduling {
    /// The scheduler's name, as `rr`.
    pub scheduler: Text,
    /// The flags of [`Scheduling::FLAGS`] that are set.
    pub flags: u32,
}

impl Scheduling {
    /// Each packet is scheduled on its own (`IP_VS_SVC_F_ONEPACKET`).
    pub const ONE_PACKET: u32 = 0x4;
    /// The first flag of a scheduler (`IP_VS_SVC_F_SCHED1` in ip_vs.h): with `sh` and `mh`, look
    /// for another real server if the one that is picked has weight 0.
    pub const FLAG_1: u32 = 0x8;
    /// The second one (`IP_VS_SVC_F_SCHED2`): with `sh` and `mh`, heed the source port too.
    pub const FLAG_2: u32 = 0x10;
    /// The third one, which no scheduler uses (`IP_VS_SVC_F_SCHED3`).
    pub const FLAG_3: u32 = 0x20;
    /// All of them.
    pub const FLAGS: u32 =
        Scheduling::ONE_PACKET | Scheduling::FLAG_1 | Scheduling::FLAG_2 | Scheduling::FLAG_3;

    /// The flags that are set, for people: `flags sh-port`.
    #[must_use]
    pub fn flags_shown(&self) -> String {
        let mut names = self.flag_names();
        if self.flags & Scheduling::ONE_PACKET != 0 {
            names.push("ops".to_owned());
        }
        if names.is_empty() { "no flags".to_owned() } else { format!("flags {}", names.join(",")) }
    }

    /// The names of the flags that are set, as `-b` of ipvsadm(8) takes them.
    #[must_use]
    pub fn flag_names(&self) -> Vec<String> {
        let fallback = (Scheduling::FLAG_1, "fallback", "flag-1");
        let port = (Scheduling::FLAG_2, "port", "flag-2");
        let third = (Scheduling::FLAG_3, "flag-3", "flag-3");
        let set = [fallback, port, third].into_iter().filter(|(bit, ..)| self.flags & bit != 0);
        let named = matches!(&*self.scheduler, "sh" | "mh");
        let name = |(bit, word, plain): (u32, &str, &str)| match named && bit != Scheduling::FLAG_3
        {
            true => format!("{}-{word}", self.scheduler),
            false => plain.to_owned(),
        };
        set.map(name).collect()
    }
}

/// A real server.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RealServer {
    /// Its address and port.
    pub socket: SocketAddr,
    /// How much of the connections it gets; none with weight 0.
    pub weight: u32,
    /// How packets get there.
    pub forwarding: Forwarding,
}

/// How packets get to a real server (`IP_VS_CONN_F_FWD_MASK` in ip_vs.h).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub enum Forwarding {
    /// With another destination address: network address translation.
    #[default]
    Masquerade,
    /// The node itself is the real server.
    Local,
    /// In a tunnel.
    Tunnel,
    /// As they are.
    Route,
}

impl Forwarding {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Forwarding::Masquerade => "masquerade",
            Forwarding::Local => "local",
            Forwarding::Tunnel => "tunnel",
            Forwarding::Route => "route",
        }
    }
}

/// How a real server differs, or that it is only on one side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shift<'s> {
    /// As it is.
    pub from: Option<&'s RealServer>,
    /// As it is to be.
    pub to: Option<&'s RealServer>,
}

impl VirtualServer {
    /// The real servers in which it differs from what it is to be, in the order of their addresses.
    #[must_use]
    pub fn shifts<'s>(&'s self, next: &'s VirtualServer) -> Vec<Shift<'s>> {
        let lost = self.losses(Some(next)).map(|real| Shift { from: Some(real), to: None });
        let others = next.reals.iter().filter_map(|real| {
            let from = self.real(real.socket);
            (from != Some(real)).then_some(Shift { from, to: Some(real) })
        });
        let mut all: Vec<Shift> = lost.chain(others).collect();
        all.sort_by_key(|shift| shift.to.or(shift.from).map(|real| real.socket));
        all
    }

    /// Whether both are the same but for their real servers.
    #[must_use]
    pub fn serves_alike(&self, other: &VirtualServer) -> bool {
        let own = |server: &VirtualServer| (server.persistence, server.mask);
        self.scheduling == other.scheduling && own(self) == own(other)
    }

    /// One of TCP with real servers of these weights, for tests.
    #[cfg(test)]
    pub(crate) fn sample(socket: &str, scheduler: &str, reals: &[(&str, u32)]) -> VirtualServer {
        let reals = reals.iter().map(|(socket, weight)| RealServer {
            socket: socket.parse().unwrap(),
            weight: *weight,
            forwarding: Forwarding::Masquerade,
        });
        let address = VirtualAddress { socket: socket.parse().unwrap(), protocol: Protocol::Tcp };
        VirtualServer {
            address,
            scheduling: Scheduling { scheduler: scheduler.into(), flags: 0 },
            persistence: None,
            mask: 32,
            reals: reals.collect(),
            origins: Aside::default(),
            after: Vec::new(),
        }
    }

    pub(super) fn id(&self) -> Id {
        Id::Virtual(self.address)
    }

    /// The real server of an address.
    #[must_use]
    pub fn real(&self, socket: SocketAddr) -> Option<&RealServer> {
        let place = self.reals.binary_search_by_key(&socket, |real| real.socket).ok()?;
        self.reals.get(place)
    }

    /// Its real servers that it is to lose when it becomes another one, or goes.
    pub fn losses<'s>(
        &'s self,
        next: Option<&'s VirtualServer>,
    ) -> impl Iterator<Item = &'s RealServer> {
        let stays =
            move |real: &&RealServer| next.is_some_and(|next| next.real(real.socket).is_some());
        self.reals.iter().filter(move |real| !stays(real))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_named_as_ipvsadm_names_them() {
        let names = |scheduler: &str, flags| {
            Scheduling { scheduler: scheduler.into(), flags }.flag_names().join(",")
        };
        assert_eq!(names("mh", 0x10), "mh-port");
        assert_eq!(names("sh", 0x18), "sh-fallback,sh-port");
        assert_eq!(names("rr", 0x28), "flag-1,flag-3");
        assert_eq!(names("rr", 0), "");
    }
}
