//! Connection tracking as kube-proxy sets it by default (its `pkg/proxy/conntrack/sysctls.go`).

use crate::lower::Context;
use crate::model::Proxy;
use crate::object::{Id, Module, Netns, State, Sysctl, Text};

/// How many connections can be tracked at least (`--conntrack-min`), and for each processor
/// (`--conntrack-max-per-core`).
const LEAST: u32 = 131_072;
const PER_CORE: u32 = 32_768;

/// Seconds after which a silent TCP connection is forgotten (`--conntrack-tcp-timeout-*`).
const TIMEOUTS: [(&str, &str); 2] = [
    ("net.netfilter.nf_conntrack_tcp_timeout_close_wait", "3600"),
    ("net.netfilter.nf_conntrack_tcp_timeout_established", "86400"),
];

pub(super) fn lower(cx: &mut Context, proxy: &Proxy) {
    let module = Module { name: "nf_conntrack".into() };
    let after = Some(Id::Module(Text::clone(&module.name)));
    cx.objects.add(State::Module(module), proxy.span);
    let most = cx.node.cores.map_or(LEAST, |cores| PER_CORE.saturating_mul(cores).max(LEAST));
    // All namespaces of a machine share the table: what others need of it stays.
    let max = ("net.netfilter.nf_conntrack_max", most.to_string(), true);
    let timeouts = TIMEOUTS.map(|(key, seconds)| (key, seconds.to_owned(), false));
    for (key, value, minimum) in [max].into_iter().chain(timeouts) {
        let (netns, key, value, after) = (Netns::Node, key.into(), value.into(), after.clone());
        cx.objects.add(State::Sysctl(Sysctl { netns, key, value, minimum, after }), proxy.span);
    }
}
