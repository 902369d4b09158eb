//! Virtual servers in the words of ipvsadm(8): `ipvs.rules`, the input of `ipvsadm --restore`, and
//! commands.

use crate::object::text::{push_number, push_socket};
use crate::object::{Forwarding, RealServer, State, VirtualAddress, VirtualServer};
use netc_lang::Protocol;

/// The virtual servers among some objects, each with its real servers; empty if there are none.
#[must_use]
pub fn servers<'s>(states: impl Iterator<Item = &'s State>) -> String {
    let mut out = String::new();
    for state in states {
        if let State::Virtual(server) = state {
            push_virtual(&mut out, "-A", server);
            out.push('\n');
            for real in server.reals.iter() {
                push_real(&mut out, "-a", server.address, real);
                out.push('\n');
            }
        }
    }
    out
}

/// Appends what makes (`-A`) or changes (`-E`) a virtual server.
pub(crate) fn push_virtual(out: &mut String, verb: &str, server: &VirtualServer) {
    push_address(out, verb, server.address);
    out.push_str(" -s ");
    out.push_str(&server.scheduling.scheduler);
    if let Some(seconds) = server.persistence {
        out.push_str(" -p ");
        push_number(out, seconds);
    }
    let flags = server.scheduling.flag_names();
    if !flags.is_empty() {
        out.push_str(" -b ");
        out.push_str(&flags.join(","));
    }
}

/// Appends what names a virtual server, behind a verb: `-D` removes it.
pub(crate) fn push_address(out: &mut String, verb: &str, address: VirtualAddress) {
    out.push_str(verb);
    out.push_str(match address.protocol {
        Protocol::Tcp => " -t ",
        Protocol::Udp => " -u ",
        Protocol::Sctp => " --sctp-service ",
    });
    push_socket(out, address.socket);
}

/// Appends what adds (`-a`) or changes (`-e`) a real server.
pub(crate) fn push_real(out: &mut String, verb: &str, at: VirtualAddress, real: &RealServer) {
    push_address(out, verb, at);
    out.push_str(" -r ");
    push_socket(out, real.socket);
    out.push_str(match real.forwarding {
        // To itself a node forwards as it would to any neighbour.
        Forwarding::Route | Forwarding::Local => " -g -w ",
        Forwarding::Tunnel => " -i -w ",
        Forwarding::Masquerade => " -m -w ",
    });
    push_number(out, real.weight);
}

/// Appends what removes a real server.
pub(crate) fn push_real_removal(out: &mut String, at: VirtualAddress, real: &RealServer) {
    push_address(out, "-d", at);
    out.push_str(" -r ");
    push_socket(out, real.socket);
}
