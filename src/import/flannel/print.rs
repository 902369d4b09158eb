//! A configuration and its nodes, in the words of the language.

use super::config::Config;
use super::leases::Lease;
use crate::import::output::{Output, formatted};

/// The statements, formatted.
pub(super) fn print(config: &Config, leases: &[Lease], device: &str) -> String {
    let mut out = Output::default();
    out.block("cluster flannel", |out| {
        let networks = config.networks.values();
        out.list("pods", networks.map(|own| format!("{} per-node /{}", own.network, own.length)));
        overlay(out, config);
    });
    let mut leases: Vec<&Lease> = leases.iter().collect();
    leases.sort_by_key(|lease| lease.addresses.values().map(|own| own.value).min());
    for lease in leases {
        let Some(first) = lease.addresses.values().next() else { continue };
        out.block(format_args!("node {}", name(&first.value.to_string())), |out| {
            let addresses: Vec<String> =
                lease.addresses.values().map(|own| own.value.to_string()).collect();
            out.line(format_args!("address {} on {device}", addresses.join(", ")));
            out.list("pods", lease.blocks.values());
            if config.backend.word == "vxlan" {
                out.list("vtep", lease.vteps.iter());
            }
            if let (Some(key), "wireguard") = (lease.key, config.backend.word) {
                out.line(format_args!("wireguard {{ public-key \"{key}\" }}"));
            }
        });
    }
    formatted(out)
}

fn overlay(out: &mut Output, config: &Config) {
    let mut statements = config.backend.statements.clone();
    if config.nftables && config.backend.word != "none" {
        statements.push("rules nftables".to_owned());
    }
    let word = config.backend.word;
    match statements.as_slice() {
        [] => out.line(format_args!("overlay {word}")),
        all => out.line(format_args!("overlay {word} {{ {} }}", all.join("; "))),
    }
}

/// A node's name after its address: leases know no other.
fn name(address: &str) -> String {
    let name = format!("node-{}", address.replace(['.', ':'], "-"));
    name.trim_end_matches('-').to_owned()
}
