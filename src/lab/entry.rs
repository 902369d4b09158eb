//! What is remembered of a lab that runs: who finds it by its name finds its processes here.

use super::layout::{Host, Route, Segment};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// The version of the form.
pub const VERSION: u32 = 1;

/// A lab that runs, as it was when it had come up.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// The version of this form.
    pub version: u32,
    /// The lab's name.
    pub name: String,
    /// The sources of its cluster, as absolute paths.
    pub sources: Vec<String>,
    /// The lock file, if one was named, as an absolute path.
    pub lock: Option<String>,
    /// When it came up, in seconds since 1970.
    pub since: u64,
    /// The process whose end is the lab's end. Its network namespace is the switch.
    pub hub: Process,
    /// Whether the lab has a user namespace of its own.
    pub rootless: bool,
    /// What joins the hosts.
    pub segments: Vec<Segment>,
    /// The hosts: the nodes, the router if there is one, the outside.
    pub members: Vec<Member>,
    /// Nodes of the sources that are not in the lab: those that run Windows.
    pub left_out: Vec<String>,
}

/// A process, told from others that may have its number later.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Process {
    /// Its number.
    pub pid: i32,
    /// When it was started, in ticks since the boot (proc_pid_stat(5), field 22).
    pub start: u64,
}

/// A host of a lab that runs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Member {
    /// What it is.
    pub role: Role,
    /// Its name.
    pub name: String,
    /// The process that holds its namespaces: the first one in its PID namespace.
    pub process: Process,
    /// Addresses of its own that are on no wire.
    pub own: Vec<IpAddr>,
    /// Those of them by which its neighbours know it, instead of its addresses on the wire.
    pub senders: Vec<IpAddr>,
    /// Its underlay devices.
    pub wires: Vec<super::Wire>,
    /// Its routes.
    pub routes: Vec<Route>,
    /// Its pods and containers that have namespaces of their own.
    pub pods: Vec<Pod>,
}

impl Member {
    /// A host that is up.
    #[must_use]
    pub fn of(host: Host, process: Process) -> Member {
        let Host { role, name, wires, own, senders, routes, pods } = host;
        Member { role, name, process, own, senders, wires, routes, pods }
    }

    /// What it was made to be.
    #[must_use]
    pub fn host(&self) -> Host {
        let Member { role, name, process: _, own, senders, wires, routes, pods } = self.clone();
        Host { role, name, wires, own, senders, routes, pods }
    }
}

/// What a host is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// A node of the cluster.
    Node,
    /// The router between the segments, which knows nothing of the cluster.
    Router,
    /// The rest of the world.
    Outside,
}

/// A pod, or a container of Docker, with a namespace of its own on a node.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Pod {
    /// `pod` or `container`.
    pub kind: String,
    /// `NAMESPACE/NAME` of a pod, the name of a container.
    pub name: String,
    /// The namespace, as `ip netns` on its node knows it.
    pub netns: String,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
}

impl Entry {
    /// The nodes of the cluster.
    pub fn nodes(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.role == Role::Node)
    }

    /// The host of a role other than node.
    #[must_use]
    pub fn host(&self, role: Role) -> Option<&Member> {
        self.members.iter().find(|member| member.role == role)
    }
}
