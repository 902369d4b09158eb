//! What is stated of Docker, in the words of the language.

use super::join::Joint;
use crate::import::output::{Output, formatted, joined};
use crate::model::stated::{ContainerDecl, Mode, NetworkDecl};
use crate::model::{Family, Published};
use netc_lang::{Port, Protocol};
use std::net::IpAddr;

/// `docker NODE { … }`, formatted.
pub(super) fn print(node: &str, stated: &Joint) -> String {
    let mut out = Output::default();
    out.block(format_args!("docker {node}"), |out| {
        for one in &stated.networks {
            network(out, one);
        }
        for one in &stated.containers {
            container(out, one);
        }
    });
    formatted(out)
}

fn network(out: &mut Output, one: &NetworkDecl) {
    out.block(format_args!("network {}", one.name.value), |out| {
        out.list("address", one.gateways.values().map(|own| own.value));
        if one.internal {
            out.line("internal");
        }
        for (word, on) in [("icc", one.icc), ("masquerade", one.masquerade)] {
            if !on {
                out.line(format_args!("{word} off"));
            }
        }
        let modes: Vec<_> = one.modes.iter().collect();
        match modes.as_slice() {
            [(_, first), rest @ ..]
                if rest.iter().all(|(_, mode)| mode.value == first.value)
                    && modes.len() == one.gateways.families().count() =>
            {
                out.line(format_args!("gateway-mode {}", first.value.word()));
            }
            modes => {
                for (family, mode) in modes {
                    let end = if *family == Family::V4 { "ipv4" } else { "ipv6" };
                    out.line(format_args!("gateway-mode {} {end}", mode.value.word()));
                }
            }
        }
        out.list("snat", one.snat.values().map(|own| own.value));
        out.list("bind", one.bind.iter().map(|own| own.value));
        out.list("name", one.device.iter().map(|own| &own.value));
        if one.mtu.value != 1500 {
            out.line(format_args!("mtu {}", one.mtu.value));
        }
    });
}

fn container(out: &mut Output, one: &ContainerDecl) {
    out.block(format_args!("container {}", one.name.value), |out| {
        match &one.mode.value {
            Mode::Host => out.line("network host"),
            Mode::None => out.line("network none"),
            Mode::Network(name) => out.line(format_args!("network {name}")),
            Mode::Container(name) => out.line(format_args!("network container:{name}")),
        }
        out.list("ip", one.addresses.values().map(|own| own.value));
        for range in ranges(&one.published) {
            out.line(range);
        }
    });
}

/// Published ports that follow one another as one range.
fn ranges(published: &[Published]) -> Vec<String> {
    let mut all: Vec<Range> = Vec::new();
    let mut sorted: Vec<&Published> = published.iter().collect();
    sorted.sort_by_key(|one| (one.target.protocol, one.address, one.port, one.target.number));
    for one in sorted {
        let Published { address, port, target, .. } = *one;
        match all.last_mut() {
            Some(last) if last.goes_on(one) => last.length += 1,
            _ => all.push(Range { address, port, target, length: 1 }),
        }
    }
    all.iter().map(Range::statement).collect()
}

/// Ports that follow one another.
struct Range {
    address: Option<IpAddr>,
    port: u16,
    target: Port,
    length: u16,
}

impl Range {
    fn goes_on(&self, one: &Published) -> bool {
        let next = |first: u16| first.checked_add(self.length);
        one.address == self.address
            && one.target.protocol == self.target.protocol
            && Some(one.port) == next(self.port)
            && Some(one.target.number) == next(self.target.number)
    }

    fn statement(&self) -> String {
        let range = |first: u16| match self.length {
            1 => first.to_string(),
            length => format!("{first}-{}", first.saturating_add(length - 1)),
        };
        let at = match self.address {
            Some(IpAddr::V6(address)) => format!("[{address}]:"),
            Some(address) => format!("{address}:"),
            None => String::new(),
        };
        let end = match self.target.protocol {
            Protocol::Tcp => String::new(),
            other => format!("/{}", other.name()),
        };
        joined(
            ["publish".to_owned(), format!("{at}{}", range(self.port)), "->".to_owned()]
                .into_iter()
                .chain([format!("{}{end}", range(self.target.number))]),
            " ",
        )
    }
}
