//! What rules do, and their one form as text.

use super::condition::{push_count, push_mark};
use super::{Portal, family_name};
use crate::model::Family;
use crate::object::text::{push_address, push_number, push_socket};
use std::net::{IpAddr, SocketAddr};

/// What is done with a packet that a rule matches.
#[derive(Clone, Copy, Debug)]
pub enum Statement<'a> {
    /// Sets a bit of the mark.
    SetMark(u32),
    /// Turns a bit of the mark round.
    FlipMark(u32),
    /// Remembers the source in a set.
    Remember(&'a str),
    /// Does what a map says of what the packet is for.
    Lookup(Portal, &'a str),
    /// Does what a map says of the device that the packet came in by.
    LookupIn(&'a str),
    /// Does what a map says of the device that it is to go out by.
    LookupOut(&'a str),
    /// Translates the destination.
    Dnat(SocketAddr),
    /// Translates the source.
    Snat(IpAddr),
    /// Translates the destination to one of these, each as likely.
    DnatAmong(&'a [SocketAddr]),
    /// Translates it to what a map says of what the packet is for; nothing, if it says nothing.
    DnatBy(Portal, &'a str),
    /// Goes on in one of these chains, each as likely.
    GotoAmong(&'a [&'a str]),
    /// Gives the packet an address of the node.
    Masquerade {
        /// Its ports are picked at random.
        random_fully: bool,
    },
    /// Goes on in a chain, and then behind this rule.
    Jump(&'a str),
    /// Goes on in a chain.
    Goto(&'a str),
    /// Lets the packet pass this base chain.
    Accept,
    /// Drops the packet.
    Drop,
    /// Answers that nobody is there.
    Reject,
    /// Goes back to where the chain was jumped to.
    Return,
}

impl Statement<'_> {
    /// Appends the statement.
    pub(super) fn push(self, out: &mut String, family: Family) {
        match self {
            Statement::SetMark(bit) => push_mark(out, "meta mark set meta mark | ", bit),
            Statement::FlipMark(bit) => push_mark(out, "meta mark set meta mark ^ ", bit),
            Statement::Remember(set) => {
                let pieces = ["update @", set, " { ", family_name(family), " saddr }"];
                pieces.into_iter().for_each(|piece| out.push_str(piece));
            }
            Statement::Lookup(portal, map) => {
                portal.push(out, family);
                named(out, " vmap @", map);
            }
            Statement::LookupIn(map) => named(out, "iifname vmap @", map),
            Statement::LookupOut(map) => named(out, "oifname vmap @", map),
            Statement::Dnat(socket) => {
                out.push_str("dnat to ");
                push_socket(out, socket);
            }
            Statement::Snat(address) => {
                out.push_str("snat to ");
                push_address(out, address);
            }
            Statement::DnatAmong(sockets) => {
                out.reserve(64 + 24 * sockets.len());
                push_dnat(out, family);
                push_random(out, sockets.len());
                push_numbered(out, " map { ", sockets, |out, socket| {
                    push_address(out, socket.ip());
                    out.push_str(" . ");
                    push_number(out, socket.port().into());
                });
            }
            Statement::DnatBy(portal, map) => {
                push_dnat(out, family);
                portal.push(out, family);
                named(out, " map @", map);
            }
            Statement::GotoAmong(chains) => {
                push_random(out, chains.len());
                push_numbered(out, " vmap { ", chains, |out, chain| named(out, "goto ", chain));
            }
            Statement::Masquerade { random_fully: true } => out.push_str("masquerade fully-random"),
            Statement::Masquerade { random_fully: false } => out.push_str("masquerade"),
            Statement::Jump(chain) => named(out, "jump ", chain),
            Statement::Goto(chain) => named(out, "goto ", chain),
            Statement::Accept => out.push_str("accept"),
            Statement::Drop => out.push_str("drop"),
            Statement::Reject => out.push_str("reject"),
            Statement::Return => out.push_str("return"),
        }
    }
}

fn named(out: &mut String, before: &str, name: &str) {
    out.push_str(before);
    out.push_str(name);
}

fn push_dnat(out: &mut String, family: Family) {
    named(out, "dnat ", family_name(family));
    out.push_str(" addr . port to ");
}

/// A number below `count`.
fn push_random(out: &mut String, count: usize) {
    out.push_str("numgen random mod ");
    push_count(out, count);
}

fn push_numbered<T>(out: &mut String, begin: &str, all: &[T], push: impl Fn(&mut String, &T)) {
    out.push_str(begin);
    for (place, one) in all.iter().enumerate() {
        if place > 0 {
            out.push_str(", ");
        }
        push_count(out, place);
        out.push_str(" : ");
        push(out, one);
    }
    out.push_str(" }");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(statement: Statement) -> String {
        let mut out = String::new();
        statement.push(&mut out, Family::V6);
        out
    }

    #[test]
    fn statements_are_in_the_form_of_nft() {
        let sockets: Vec<SocketAddr> =
            ["[fd00::1]:80", "[fd00::2]:81"].map(|socket| socket.parse().unwrap()).into();
        assert_eq!(said(Statement::Dnat(sockets[0])), "dnat to [fd00::1]:80");
        let among = "dnat ip6 addr . port to numgen random mod 2 map { 0 : fd00::1 . 80, 1 : fd00::2 . 81 }";
        assert_eq!(said(Statement::DnatAmong(&sockets)), among);
        let by = "dnat ip6 addr . port to meta l4proto . th dport map @m";
        assert_eq!(said(Statement::DnatBy(Portal::NodePort, "m")), by);
        let gotos = "numgen random mod 2 vmap { 0 : goto a, 1 : goto b }";
        assert_eq!(said(Statement::GotoAmong(&["a", "b"])), gotos);
        assert_eq!(said(Statement::Remember("s")), "update @s { ip6 saddr }");
        assert_eq!(said(Statement::FlipMark(0x4000)), "meta mark set meta mark ^ 0x00004000");
    }
}
