//! A step in words.

use super::super::names::{Names, with_port};
use super::super::{Event, RuleTable, Step};
use super::{ends, share};
use crate::object::Side;

/// A step: what happens, and how exactly.
pub(super) struct Line {
    pub(super) label: String,
    pub(super) text: String,
}

/// A step in words; `None` for a hook, which is a heading.
pub(super) fn line(step: &Step, names: Names<'_>) -> Option<Line> {
    let decided = step.decided.as_ref().map(|decided| decided.line.as_ref());
    let or = |other: String| decided.map_or(other, str::to_owned);
    let (label, text) = match &step.event {
        Event::Hook(_) => return None,
        Event::Sent => ("sends", format!("{} {}", ends(step), protocol(step))),
        Event::In(device) => ("in", device.to_string()),
        Event::Out(device) => ("out", device.to_string()),
        Event::Table(table) => ("rule", or(format!("lookup {table}"))),
        Event::Routed { gateway, device, .. } => {
            ("route", or(route(gateway.as_ref(), device.as_deref())))
        }
        Event::Rule { table, chain, mark, chance } => {
            let text = rule(chain, decided, (*mark, *chance));
            return Some(Line { label: table_name(table), text });
        }
        Event::Element { set } => ("", format!("{set}  {}", decided.unwrap_or_default())),
        Event::Unjudged { table, chain } => {
            let line = decided.map_or_else(String::new, brief);
            let text = format!("{chain}  {line}  (cannot be judged: taken as not matching)");
            return Some(Line { label: table_name(table), text });
        }
        Event::Translated { side, from, to } => {
            let label = match side {
                Side::Source => "SNAT",
                Side::Destination => "DNAT",
            };
            let (from, to) = (with_port(&from.0, from.1), with_port(&to.0.into(), to.1));
            (label, format!("{from} becomes {to}"))
        }
        Event::Restored { from, to, .. } => {
            let (from, to) = (with_port(&from.0, from.1), with_port(&to.0, to.1));
            ("un-NAT", format!("{from} becomes {to} again"))
        }
        Event::Scheduled { server, real, scheduler } => {
            ("ipvs", format!("{server} ({scheduler}) hands it to {real}"))
        }
        Event::Bridged { bridge, port, hairpin } => {
            let back = if *hairpin { ", back by hairpin" } else { "" };
            ("bridge", format!("{bridge} to port {port}{back}"))
        }
        Event::Neighbour(address) => ("neigh", or(address.to_string())),
        Event::Wrapped { device, kind } => ("wrap", format!("{device} puts it into {kind}")),
        Event::Unwrapped { device } => ("unwrap", format!("{device} takes it out")),
        Event::Wire { to } => {
            let name = names.address(*to).map_or_else(String::new, |name| format!(" ({name})"));
            ("wire", format!("to {to}{name}"))
        }
        Event::Relayed { program, to } => {
            ("proxy", format!("{program} takes the connection and opens one of its own to {to}"))
        }
        Event::Returned { program } => ("proxy", format!("{program} passes the answer on")),
        Event::Delivered => {
            let from = with_port(&step.source, step.payload.source());
            let at = with_port(&step.destination, step.payload.destination());
            ("gets it", format!("at {at}, from {from}"))
        }
    };
    Some(Line { label: label.to_owned(), text })
}

/// A rule with its chain, the mark that it leaves, and its probability.
fn rule(chain: &str, line: Option<&str>, (mark, chance): (Option<u32>, Option<f64>)) -> String {
    let mut text = format!("{chain}  {}", line.map_or_else(String::new, brief));
    if let Some(mark) = mark {
        text.push_str(&format!("  (mark {mark:#x})"));
    }
    if let Some(chance) = chance {
        text.push_str(&format!("  ({})", share(chance)));
    }
    text
}

/// The protocol as rules name it.
pub(super) fn protocol(step: &Step) -> &'static str {
    step.payload.name(step.destination.family())
}

fn table_name(table: &RuleTable) -> String {
    match table {
        RuleTable::Iptables(table) => table.name().to_owned(),
        RuleTable::Nft(table) => table.to_string(),
    }
}

fn route(gateway: Option<&std::net::IpAddr>, device: Option<&str>) -> String {
    match (gateway, device) {
        (Some(gateway), Some(device)) => format!("via {gateway} dev {device}"),
        (Some(gateway), None) => format!("via {gateway}"),
        (None, Some(device)) => format!("dev {device}"),
        (None, None) => "local".to_owned(),
    }
}

/// A rule without what tells nothing beside the rest: its chain, its comment, and the names of the
/// modules that its options come from.
pub(in super::super) fn brief(line: &str) -> String {
    let mut words = Words(line.trim()).peekable();
    let mut out: Vec<&str> = Vec::new();
    while let Some(word) = words.next() {
        match word {
            "-A" if out.is_empty() => {
                words.next();
            }
            "--comment" => {
                words.next();
            }
            "-m" if words
                .peek()
                .is_some_and(|module| matches!(*module, "comment" | "tcp" | "udp" | "sctp")) =>
            {
                words.next();
            }
            word => out.push(word),
        }
    }
    out.join(" ")
}

/// The words of a line; what is in quotes is one.
struct Words<'l>(&'l str);

impl<'l> Iterator for Words<'l> {
    type Item = &'l str;

    fn next(&mut self) -> Option<&'l str> {
        let text = self.0.trim_start();
        let end = match text.strip_prefix('"') {
            Some(rest) => rest.find('"').map(|end| end + 2),
            None => text.find(' '),
        };
        let (word, rest) = text.split_at_checked(end.unwrap_or(text.len())).unwrap_or((text, ""));
        self.0 = rest;
        (!word.is_empty()).then_some(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_shown_without_what_tells_nothing() {
        let line = "-A KUBE-SERVICES -d 10.96.0.80/32 -p tcp -m comment --comment \"default/web cluster IP\" -m tcp --dport 80 -j KUBE-SVC-X";
        assert_eq!(brief(line), "-d 10.96.0.80/32 -p tcp --dport 80 -j KUBE-SVC-X");
        let chance =
            "-A A -m comment --comment x -m statistic --mode random --probability 0.5 -j B";
        assert_eq!(brief(chance), "-m statistic --mode random --probability 0.5 -j B");
        assert_eq!(brief("ip daddr 10.0.0.1 drop"), "ip daddr 10.0.0.1 drop");
    }
}
