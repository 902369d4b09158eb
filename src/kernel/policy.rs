//! Rules of the routing policy over netlink.

use super::error::KernelError;
use super::operation::{Action, NEW, Request};
use super::socket::Socket;
use crate::model::Family;
use crate::object::{Netns, PolicyAction, PolicyRule, Text};
use ipnet::IpNet;
use netlink_packet_route::AddressFamily;
use netlink_packet_route::RouteNetlinkMessage as Message;
use netlink_packet_route::rule::{RuleAction, RuleAttribute, RuleFlags, RuleMessage};
use nix::errno::Errno;
use std::net::IpAddr;

/// The number of a table that is too large for the header, which an attribute holds then
/// (`RT_TABLE_UNSPEC` in linux/rtnetlink.h).
const UNSPECIFIED: u8 = 0;

/// The request that makes a rule or takes it away.
pub(super) fn request(rule: &PolicyRule, action: Action) -> Request {
    let make = (Message::NewRule as fn(_) -> _, NEW);
    Request::new(action, &rule.netns, message(rule), make, Message::DelRule)
}

/// The message that names a rule, to make it or to take it away. The kernel takes away the first
/// rule with all that is named (fib_rules.c, `rule_find`).
fn message(rule: &PolicyRule) -> RuleMessage {
    let mut message = RuleMessage::default();
    message.header.family = family(rule.family);
    message.header.dst_len = rule.to.map_or(0, |to| to.prefix_len());
    message.header.src_len = rule.from.map_or(0, |from| from.prefix_len());
    message.header.action = action(rule.action);
    if rule.not {
        message.header.flags = RuleFlags::Invert;
    }
    let all = &mut message.attributes;
    all.push(RuleAttribute::Priority(rule.priority));
    all.push(RuleAttribute::Protocol(rule.protocol.into()));
    all.extend(rule.from.map(|from| RuleAttribute::Source(from.addr())));
    all.extend(rule.to.map(|to| RuleAttribute::Destination(to.addr())));
    all.extend(rule.iif.as_ref().map(|device| RuleAttribute::Iifname(device.to_string())));
    all.extend(rule.oif.as_ref().map(|device| RuleAttribute::Oifname(device.to_string())));
    if let Some((value, mask)) = rule.mark {
        all.extend([RuleAttribute::FwMark(value), RuleAttribute::FwMask(mask)]);
    }
    match rule.action {
        PolicyAction::Table(table) => {
            message.header.table = u8::try_from(table).unwrap_or(UNSPECIFIED);
            all.push(RuleAttribute::Table(table));
        }
        PolicyAction::Goto(priority) => all.push(RuleAttribute::Goto(priority)),
        _ => {}
    }
    message
}

fn family(family: Family) -> AddressFamily {
    match family {
        Family::V4 => AddressFamily::Inet,
        Family::V6 => AddressFamily::Inet6,
    }
}

fn action(action: PolicyAction) -> RuleAction {
    match action {
        PolicyAction::Table(_) => RuleAction::ToTable,
        PolicyAction::Goto(_) => RuleAction::Goto,
        PolicyAction::Nop => RuleAction::Nop,
        PolicyAction::Blackhole => RuleAction::Blackhole,
        PolicyAction::Unreachable => RuleAction::Unreachable,
        PolicyAction::Prohibit => RuleAction::Prohibit,
    }
}

/// All rules of a namespace, of both families, as if they were of the node's own. A kernel without
/// a family, or without rules at all, has none.
pub(super) fn list(socket: &mut Socket<Message>) -> Result<Vec<PolicyRule>, KernelError> {
    let mut all = Vec::new();
    for one in Family::ALL {
        let mut message = RuleMessage::default();
        message.header.family = family(one);
        let rules = socket.dump(&Message::GetRule(message), |answer| match answer {
            Message::NewRule(message) if message.header.family == family(one) => {
                found(one, &message)
            }
            _ => None,
        });
        match rules {
            Ok(rules) => all.extend(rules),
            Err(KernelError::Netlink {
                errno: Errno::EAFNOSUPPORT | Errno::EOPNOTSUPP, ..
            }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

fn found(family: Family, message: &RuleMessage) -> Option<PolicyRule> {
    let header = &message.header;
    let (mut from, mut to, mut table, mut goto) = (None, None, header.table.into(), 0);
    let (mut value, mut mask) = (0, None);
    let mut rule = PolicyRule {
        netns: Netns::Node,
        family,
        priority: 0,
        not: header.flags.contains(RuleFlags::Invert),
        from: None,
        to: None,
        iif: None,
        oif: None,
        mark: None,
        action: PolicyAction::Nop,
        protocol: 0,
    };
    for attribute in &message.attributes {
        match attribute {
            RuleAttribute::Source(address) => from = Some(*address),
            RuleAttribute::Destination(address) => to = Some(*address),
            RuleAttribute::Iifname(name) => rule.iif = Some(Text::from(name.as_str())),
            RuleAttribute::Oifname(name) => rule.oif = Some(Text::from(name.as_str())),
            RuleAttribute::Priority(number) => rule.priority = *number,
            RuleAttribute::Protocol(number) => rule.protocol = (*number).into(),
            RuleAttribute::FwMark(number) => value = *number,
            RuleAttribute::FwMask(number) => mask = Some(*number),
            RuleAttribute::Table(number) => table = *number,
            RuleAttribute::Goto(number) => goto = *number,
            _ => {}
        }
    }
    let net = |address: Option<IpAddr>, length| IpNet::new(address?, length).ok();
    (rule.from, rule.to) = (net(from, header.src_len), net(to, header.dst_len));
    // The kernel leaves out a mark of zero, and a mask of none where no mark is asked for.
    rule.mark = mask.map(|mask| (value, mask)).filter(|(_, mask)| *mask != 0);
    rule.action = match header.action {
        RuleAction::ToTable => PolicyAction::Table(table),
        RuleAction::Goto => PolicyAction::Goto(goto),
        RuleAction::Nop => PolicyAction::Nop,
        RuleAction::Blackhole => PolicyAction::Blackhole,
        RuleAction::Unreachable => PolicyAction::Unreachable,
        RuleAction::Prohibit => PolicyAction::Prohibit,
        _ => return None,
    };
    Some(rule)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::PROTOCOL;

    #[test]
    fn a_rule_is_read_as_it_is_written() {
        let rule = PolicyRule {
            netns: Netns::Node,
            family: Family::V4,
            priority: 1000,
            not: true,
            from: Some("10.1.0.0/16".parse().unwrap()),
            to: Some("10.2.0.1/32".parse().unwrap()),
            iif: Some("br0".into()),
            oif: None,
            mark: Some((0, 0xff)),
            action: PolicyAction::Table(1000),
            protocol: PROTOCOL,
        };
        let read = |rule: &PolicyRule| found(rule.family, &message(rule));
        assert_eq!(read(&rule).as_ref(), Some(&rule));
        assert_eq!(message(&rule).header.table, UNSPECIFIED);
        let action = PolicyAction::Goto(7);
        let other = PolicyRule { not: false, mark: None, from: None, action, ..rule };
        assert_eq!(read(&other), Some(other));
    }
}
