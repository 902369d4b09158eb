//! Modules and parameters of IPVS, as kube-proxy sets them when it starts (`NewProxier` of its
//! `pkg/proxy/ipvs/proxier.go`).

use crate::lower::{Context, host};
use crate::model::{Ipvs, Proxy};
use crate::object::{Id, Module, Netns, State, Sysctl};
use std::ops::Range;

/// The kernels on which connections must not be reused: before 4.1 the parameter is not there, and
/// from 5.9 on the kernel gets it right by itself (`connReuseMinSupportedKernelVersion`,
/// `connReuseFixedKernelVersion`).
const MISTAKEN_REUSE: Range<(u16, u16)> = (4, 1)..(5, 9);

/// What keeps a node from answering ARP on any device for addresses that are on another one.
pub(in crate::lower) const STRICT_ARP: [(&str, &str); 2] =
    [("net.ipv4.conf.all.arp_ignore", "1"), ("net.ipv4.conf.all.arp_announce", "2")];

/// The module of IPVS.
pub(super) const MODULE: &str = "ip_vs";

pub(super) fn lower(cx: &mut Context, proxy: &Proxy, settings: &Ipvs) {
    let span = proxy.span;
    // The parameters come with the module. Those of schedulers the kernel loads when it needs them.
    cx.objects.add(State::Module(Module { name: MODULE.into() }), span);
    let after = Some(Id::Module(MODULE.into()));
    let mut own = vec![
        // Rules see the packets of IPVS with their connections.
        ("net.ipv4.vs.conntrack", "1"),
        // What is sent to an endpoint that has gone is told so.
        ("net.ipv4.vs.expire_nodest_conn", "1"),
        // A client is not held to an endpoint that gets no new connections.
        ("net.ipv4.vs.expire_quiescent_template", "1"),
    ];
    if cx.node.kernel.or(cx.facts.kernel).is_some_and(|kernel| MISTAKEN_REUSE.contains(&kernel)) {
        own.push(("net.ipv4.vs.conn_reuse_mode", "0"));
    }
    for (key, value) in own {
        cx.objects.add(sysctl(key, value, after.clone()), span);
    }
    cx.objects.add(host::sysctl("net.ipv4.ip_forward", None), span);
    if settings.strict_arp {
        for (key, value) in STRICT_ARP {
            cx.objects.add(sysctl(key, value, None), span);
        }
    }
}

fn sysctl(key: &str, value: &str, after: Option<Id>) -> State {
    let (key, value) = (key.into(), value.into());
    State::Sysctl(Sysctl { netns: Netns::Node, key, value, minimum: false, after })
}
