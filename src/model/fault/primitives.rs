//! Primitives.

use crate::model::{Family, Policing, Spot};
use crate::object::{Hook, Table};
use ipnet::IpNet;
use netc_lang::suggest::did_you_mean;
use netc_lang::{Diagnostic, Marked, Span, Spanned, code};
use std::net::IpAddr;

pub(crate) fn primitives_twice(node: &str, at: Span, earlier: Span) -> Diagnostic {
    let message = format!("the primitives of node {node} are stated twice");
    Diagnostic::at(code::DUPLICATE_NAME, at, message)
        .here("again here")
        .label(earlier, "first here")
        .help("put all of them into one block")
}

pub(crate) fn address_without_length(address: IpAddr, at: Span) -> Diagnostic {
    let whole = Family::of(address).bits();
    Diagnostic::at(code::WRONG_ARGUMENT, at, format!("`{address}` has no prefix length")).help(
        format!("write the length of its network, such as `{address}/24`, or `/{whole}` for none"),
    )
}

pub(crate) fn unknown_namespace<'n>(
    name: &str,
    at: Span,
    known: impl Iterator<Item = &'n str>,
) -> Diagnostic {
    let help = did_you_mean(name, known).unwrap_or_else(|| format!("state it: `namespace {name}`"));
    Diagnostic::at(code::UNKNOWN_PRIMITIVE, at, format!("there is no namespace `{name}` here"))
        .help(help)
}

pub(crate) fn namespace_of_another(name: &Spanned<String>, whose: &str) -> Diagnostic {
    let message =
        format!("`{}` is a name that netc gives to the namespaces of {whose}", name.value);
    Diagnostic::at(code::RESERVED_NAME, name.span, message).help("choose another name")
}

pub(crate) fn device_of_another(at: &Spanned<Spot>, whose: &str) -> Diagnostic {
    let message = format!("the device {} is {whose}", at.value.name);
    Diagnostic::at(code::RESERVED_NAME, at.span, message).help("choose another name")
}

/// Where a device is, for people.
fn place(spot: &Spot) -> String {
    match &spot.netns {
        Some(netns) => format!("in {netns}"),
        None => "in the node's own namespace".to_owned(),
    }
}

pub(crate) fn device_twice(at: &Spanned<Spot>, earlier: Span) -> Diagnostic {
    let message = format!("there are two devices {} {}", at.value.name, place(&at.value));
    Diagnostic::at(code::DUPLICATE_NAME, at.span, message)
        .here("again here")
        .label(earlier, "first here")
        .help("give one of them another name, or put it into another namespace")
}

pub(crate) fn unknown_device<'n>(
    spot: &Spot,
    at: Span,
    known: impl Iterator<Item = &'n str>,
) -> Diagnostic {
    let (name, place) = (&spot.name, place(spot));
    let help = did_you_mean(name, known)
        .unwrap_or_else(|| format!("state it with `veth` or `bridge`, {place}"));
    Diagnostic::at(code::UNKNOWN_PRIMITIVE, at, format!("there is no device `{name}` {place}"))
        .help(help)
}

pub(crate) fn address_on_foreign_device(on: &Spanned<Spot>) -> Diagnostic {
    let message = format!("the device {} is not one that this block makes", on.value.name);
    Diagnostic::at(code::RESERVED_NAME, on.span, message)
        .help("netc gives addresses to devices of its own only: put it on a bridge or a veth end")
}

pub(crate) fn port_is_no_veth(device: &Spanned<String>) -> Diagnostic {
    let message = format!("the device {} cannot be a port of a bridge", device.value);
    Diagnostic::at(code::CONTRADICTION, device.span, message)
        .help("name a veth end that this block makes in the namespace of the bridge")
}

pub(crate) fn mtu_of_bridge(stated: Spanned<u32>, least: u32) -> Diagnostic {
    let message = format!("a bridge with such ports has the MTU {least}, not {}", stated.value);
    Diagnostic::at(code::CONTRADICTION, stated.span, message)
        .here("the kernel gives it the least of its ports'")
        .help("remove it, or state another MTU for the veth pairs")
}

pub(crate) fn device_too_small_for_v6(name: &str, mtu: u32, least: u32, at: Span) -> Diagnostic {
    let message = format!("the device {name} has an MTU of {mtu}, too small for IPv6");
    Diagnostic::at(code::MTU_TOO_LARGE, at, message)
        .help(format!("IPv6 needs {least}: raise the MTU, or leave out the address"))
}

pub(crate) fn port_twice(device: &Spanned<String>, earlier: Span) -> Diagnostic {
    let message = format!("the device {} is a port already", device.value);
    Diagnostic::at(code::DUPLICATE_NAME, device.span, message)
        .here("again here")
        .label(earlier, "first here")
        .help("a device can be in one bridge only: remove one of them")
}

pub(crate) fn address_of_device_twice(
    address: IpAddr,
    spot: &Spot,
    at: Span,
    earlier: Span,
) -> Diagnostic {
    let message = format!("the address {address} is {} already", place(spot));
    Diagnostic::at(code::DUPLICATE_ADDRESS, at, message)
        .here("again here")
        .label(earlier, "first here")
        .help("give one of them another address")
}

pub(crate) fn mixed_route(destination: Spanned<IpNet>, other: Spanned<IpAddr>) -> Diagnostic {
    let (of, is) = (Family::of_net(destination.value), Family::of(other.value));
    let message = format!("the route is one of {of}, and `{}` is {is}", other.value);
    Diagnostic::at(code::MIXED_FAMILIES, other.span, message)
        .label(destination.span, format!("leads to {of} addresses"))
        .help("a route has addresses of one family; write `0.0.0.0/0` or `::/0` for all of one")
}

pub(crate) fn scope_of_v6(at: Span) -> Diagnostic {
    Diagnostic::at(code::CONTRADICTION, at, "IPv6 routes have no scope").help("remove it")
}

pub(crate) fn mixed_rule(one: Spanned<Family>, other: Spanned<Family>) -> Diagnostic {
    let message = format!("the rule is one of {}, and this is {}", one.value, other.value);
    Diagnostic::at(code::MIXED_FAMILIES, other.span, message)
        .label(one.span, one.value.to_string())
        .help("write a rule for each family")
}

pub(crate) fn rule_for_nothing(at: Span) -> Diagnostic {
    Diagnostic::at(code::CONTRADICTION, at, "the rule holds for no packet at all")
        .help("state what it is `not` for, or remove the `not`")
}

pub(crate) fn everything(net: Spanned<IpNet>) -> Diagnostic {
    let message = format!("`{}` is every address", net.value);
    Diagnostic::at(code::WRONG_ARGUMENT, net.span, message)
        .help("leave it out: a rule that says nothing of it holds for all")
}

pub(crate) fn rule_without_action(at: Span) -> Diagnostic {
    Diagnostic::at(code::MISSING_ARGUMENT, at, "the rule says nothing of what becomes of packets")
        .help("name a table, such as `table 100`, or `goto PRIORITY` or `action prohibit`")
}

pub(crate) fn two_actions(at: Span, earlier: Span) -> Diagnostic {
    Diagnostic::at(code::CONTRADICTION, at, "the rule does two things at once")
        .label(earlier, "the first")
        .help("remove one: a rule has `table`, `goto` or `action`")
}

pub(crate) fn family_of_chain(at: Span, family: Family) -> Diagnostic {
    let other = match family {
        Family::V4 => "ipv6",
        Family::V6 => "ipv4",
    };
    Diagnostic::at(code::MIXED_FAMILIES, at, format!("the chain is one of {family}"))
        .help(format!("put the rule into a chain with `family {other}`; both may have one name"))
}

pub(crate) fn without_protocol(what: &str, at: Span) -> Diagnostic {
    let message = format!("{what} needs a protocol that has ports");
    Diagnostic::at(code::MISSING_STATEMENT, at, message)
        .help("add `protocol tcp`, `protocol udp` or `protocol sctp` to the rule")
}

pub(crate) fn text_too_long(what: &str, most: usize, text: Spanned<&str>) -> Option<Diagnostic> {
    let control = text.value.chars().any(char::is_control);
    if control {
        let message = format!("the {what} has a character that cannot be printed");
        return Some(
            Diagnostic::at(code::WRONG_ARGUMENT, text.span, message).help("write it on one line"),
        );
    }
    (text.value.len() > most).then(|| {
        let message = format!("the {what} has {} bytes", text.value.len());
        Diagnostic::at(code::WRONG_ARGUMENT, text.span, message)
            .help(format!("shorten it to {most}: the kernel takes no more"))
    })
}

pub(crate) fn rule_without_target(at: Span) -> Diagnostic {
    Diagnostic::at(code::MISSING_STATEMENT, at, "the rule has no target")
        .help("say what becomes of the packet: `accept`, `drop`, `masquerade`, …")
}

pub(crate) fn two_targets(at: Span, earlier: Span) -> Diagnostic {
    Diagnostic::at(code::CONTRADICTION, at, "the rule has two targets")
        .label(earlier, "the first")
        .help("write two rules, one behind the other")
}

pub(crate) fn route_without_way(at: Span) -> Diagnostic {
    Diagnostic::at(code::MISSING_ARGUMENT, at, "the route leads nowhere")
        .help("name a gateway or a device (`via ADDRESS`, `dev DEVICE`), or say `blackhole`")
}

pub(crate) fn way_of_no_use(kind: &str, at: Span) -> Diagnostic {
    let message = format!("packets of a `{kind}` route go nowhere");
    Diagnostic::at(code::CONTRADICTION, at, message).help("remove the gateway or the device")
}

pub(crate) fn local_by_gateway(at: Span) -> Diagnostic {
    Diagnostic::at(code::CONTRADICTION, at, "a `local` route has no gateway")
        .help("its packets are the host's own: remove it")
}

pub(crate) fn local_without_device(at: Span) -> Diagnostic {
    Diagnostic::at(code::MISSING_ARGUMENT, at, "a `local` route needs a device")
        .help("add `dev lo`")
}

pub(crate) fn onlink_without_way(at: Span) -> Diagnostic {
    Diagnostic::at(code::CONTRADICTION, at, "`onlink` needs a gateway and a device")
        .help("add `via ADDRESS` and `dev DEVICE`, or remove `onlink`")
}

pub(crate) fn gateway_out_of_reach(
    gateway: &Spanned<IpAddr>,
    device: Option<&str>,
    netns: Option<&str>,
) -> Diagnostic {
    let by = device.map_or_else(String::new, |device| format!(" by {device}"));
    let place = netns.map_or_else(String::new, |netns| format!(" in {netns}"));
    let message = format!("the gateway {} is out of reach{by}{place}", gateway.value);
    Diagnostic::at(code::GATEWAY_OUT_OF_REACH, gateway.span, message)
        .here("no address there has it in its network")
        .help("give a device an address of its network, or say `dev DEVICE` and `{ onlink }`")
}

pub(crate) fn source_not_there(source: &Spanned<IpAddr>) -> Diagnostic {
    let message = format!("no device of the namespace has the address {}", source.value);
    Diagnostic::at(code::GATEWAY_OUT_OF_REACH, source.span, message)
        .help("the source of a route is an address of the host: state it with `address`")
}

pub(crate) fn route_of_address(net: IpNet, at: Span, address: Span) -> Diagnostic {
    let message = format!("the route to {net} comes with an address");
    Diagnostic::at(code::CONTRADICTION, at, message)
        .label(address, "the kernel makes it with this one")
        .help("remove the route")
}

pub(crate) fn priority_twice(rule: &Policing, earlier: Span) -> Diagnostic {
    let message = format!("two {} rules have the priority {}", rule.family, rule.priority.value);
    Diagnostic::at(code::DUPLICATE_NAME, rule.priority.span, message)
        .here("again here")
        .label(earlier, "first here")
        .help("give one of them another: it is what the order of rules goes by")
}

pub(crate) fn goto_nowhere(priority: u32, at: Span) -> Diagnostic {
    let message = format!("there is no rule of the priority {priority} to go to");
    Diagnostic::at(code::UNKNOWN_PRIMITIVE, at, message)
        .help("name the priority of another rule of the block, of the same family and namespace")
}

pub(crate) fn goto_backwards(priority: u32, at: Span) -> Diagnostic {
    let message = format!("the rule goes back to {priority}");
    Diagnostic::at(code::CONTRADICTION, at, message)
        .help("the kernel goes forward only: name a rule of a higher priority")
}

pub(crate) fn chain_of_another(name: &Spanned<String>, whose: &str) -> Diagnostic {
    let message = format!("`{}` is a name of {whose}", name.value);
    Diagnostic::at(code::RESERVED_NAME, name.span, message)
        .help("choose another name: it must not be taken for a chain of somebody else")
}

pub(crate) fn chain_twice(name: &Spanned<String>, table: Table, earlier: Span) -> Diagnostic {
    let message = format!("table {table} has two chains {}", name.value);
    Diagnostic::at(code::DUPLICATE_NAME, name.span, message)
        .here("again here")
        .label(earlier, "first here")
        .help("put all rules into one, or give one of them another name")
}

pub(crate) fn no_such_hook(hook: Hook, table: Table, at: Span, has: &[Hook]) -> Diagnostic {
    let names: Vec<String> =
        has.iter().map(|hook| format!("`{}`", hook.name().to_lowercase())).collect();
    let message = format!("table {table} has no chain {hook}");
    Diagnostic::at(code::CONTRADICTION, at, message).help(format!("it has {}", names.join(", ")))
}

pub(crate) fn hook_twice(hook: Hook, at: Span, earlier: Span) -> Diagnostic {
    let message = format!("{hook} leads to the chain twice");
    Diagnostic::at(code::DUPLICATE_NAME, at, message)
        .here("again here")
        .label(earlier, "first here")
        .help("remove one of them")
}

pub(crate) fn unknown_chain<'n>(
    name: &str,
    table: Table,
    at: Span,
    known: impl Iterator<Item = &'n str>,
) -> Diagnostic {
    let help = did_you_mean(name, known)
        .unwrap_or_else(|| format!("state it: `chain {table} {name} {{ … }}`"));
    let message = format!("the block has no chain `{name}` of table {table} and this family");
    Diagnostic::at(code::UNKNOWN_PRIMITIVE, at, message).help(help)
}

pub(crate) fn chains_in_a_circle(names: &[&str], at: Span) -> Diagnostic {
    let message = format!("the chains {} lead to each other in a circle", names.join(", "));
    Diagnostic::at(code::CONTRADICTION, at, message).help("the kernel refuses it: remove a jump")
}

pub(crate) fn target_of_another_table(
    target: &str,
    table: Table,
    wanted: Table,
    at: Span,
) -> Diagnostic {
    let message = format!("`{target}` is a target of table {wanted}, not of {table}");
    Diagnostic::at(code::CONTRADICTION, at, message)
        .help(format!("put the rule into a chain of table {wanted}"))
}

pub(crate) fn mark_overwritten(set: Spanned<Marked>, mark: u32, other: Span) -> Diagnostic {
    let Marked { value, mask } = set.value;
    let message = format!("the rule changes the mark {mark:#x}, which has a meaning on this node");
    let help = match mask & !mark {
        0 => "choose other bits".to_owned(),
        rest => format!("leave that bit alone: `set-mark {:#x}/{rest:#x}`", value & rest),
    };
    Diagnostic::at(code::MARK_IN_USE, set.span, message).label(other, "used here").help(help)
}

pub(crate) fn not_at_this_hook(what: &str, hook: Hook, at: Span, fits: &[Hook]) -> Diagnostic {
    let names: Vec<String> =
        fits.iter().map(|hook| format!("`{}`", hook.name().to_lowercase())).collect();
    let message = format!("`{what}` can do nothing in {hook}, which leads here");
    Diagnostic::at(code::CONTRADICTION, at, message)
        .help(format!("it is for chains that are reached from {}", names.join(" or ")))
}
