//! Probes: what must be answered after an apply.

mod run;

use super::machine::Machine;
use crate::object::Netns;
use netc_lang::{Diagnostic, code};
use run::{Failed, Why};
use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::thread;
use std::time::Duration;

/// Something that must succeed when it is tried from the node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Probe {
    /// A TCP connection is accepted.
    Tcp(SocketAddr),
    /// ping(8) gets an answer.
    Ping(IpAddr),
    /// A shell command ends with 0.
    Command(String),
}

/// How a probe is written.
const FORM: &str = "a probe is `tcp:ADDRESS:PORT`, `ping:ADDRESS` or `cmd:COMMAND`";

impl FromStr for Probe {
    type Err = String;

    fn from_str(text: &str) -> Result<Probe, String> {
        match text.split_once(':') {
            Some(("tcp", rest)) => end_point(rest).map(Probe::Tcp),
            Some(("ping", rest)) => {
                let parsed = rest.parse().map(Probe::Ping);
                parsed.map_err(|_| format!("`{rest}` is no IP address: {FORM}"))
            }
            Some(("cmd", rest)) if rest.trim().is_empty() => {
                Err("a command is missing: `cmd:COMMAND`".to_owned())
            }
            Some(("cmd", rest)) => Ok(Probe::Command(rest.to_owned())),
            _ => Err(FORM.to_owned()),
        }
    }
}

/// An address and a port, with an IPv6 address in brackets (RFC 3986, section 3.2.2).
fn end_point(text: &str) -> Result<SocketAddr, String> {
    if let Ok(found) = text.parse::<SocketAddr>() {
        return match found.port() {
            0 => Err("nothing can listen on port 0".to_owned()),
            _ => Ok(found),
        };
    }
    if text.parse::<IpAddr>().is_ok_and(|address| address.is_ipv4()) {
        return Err(format!("a port is missing: `tcp:{text}:PORT`"));
    }
    let Some((address, port)) = text.rsplit_once(':') else {
        return Err(format!("a port is missing, or `{text}` is no IP address: {FORM}"));
    };
    if address.parse::<Ipv6Addr>().is_ok() || text.parse::<Ipv6Addr>().is_ok() {
        return Err("an IPv6 address stands in brackets: `tcp:[ADDRESS]:PORT`".to_owned());
    }
    let bare = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(address);
    if bare.parse::<IpAddr>().is_ok() {
        return Err(format!("`{port}` is no port: it must be from 1 to 65535"));
    }
    Err(format!("`{address}` is no IP address; names are not looked up"))
}

impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Probe::Tcp(end) => write!(f, "tcp:{end}"),
            Probe::Ping(address) => write!(f, "ping:{address}"),
            Probe::Command(command) => write!(f, "cmd:{command}"),
        }
    }
}

/// Tries all probes at the same time, from the node's own namespace and each again and again,
/// until they have succeeded or the time is over. Gives the faults of those that have not.
#[must_use]
pub fn probe(machine: &mut Machine, probes: &[Probe], window: Duration) -> Vec<Diagnostic> {
    let namespace = match machine.namespace(&Netns::Node) {
        Ok(namespace) => namespace,
        Err(error) => return vec![Diagnostic::new(code::PROBE_FAILED, error.to_string())],
    };
    let try_one = |probe: &Probe| {
        let tried = namespace.within(|| run::until(probe, window));
        let tried = tried.unwrap_or_else(|error| {
            let why = Why::Never(error.to_string());
            Err(Failed { tries: 0, why })
        });
        tried.err().map(|failed| fault(probe, window, failed))
    };
    thread::scope(|scope| {
        let all: Vec<_> = probes.iter().map(|probe| scope.spawn(|| try_one(probe))).collect();
        let faults = all.into_iter().zip(probes).filter_map(|(one, probe)| {
            one.join().unwrap_or_else(|_| {
                let why = Why::Never("the thread ended".to_owned());
                Some(fault(probe, window, Failed { tries: 0, why }))
            })
        });
        faults.collect()
    })
}

fn fault(probe: &Probe, window: Duration, failed: Failed) -> Diagnostic {
    match failed.why {
        Why::NoTool => Diagnostic::new(
            code::TOOL_FAILED,
            format!("probe {probe} cannot be tried: ping is not installed"),
        )
        .help("install it (Debian: package iputils-ping), or use a `tcp:` or `cmd:` probe"),
        Why::Never(why) => {
            let message = format!("probe {probe} cannot be tried: {why}");
            Diagnostic::new(code::PROBE_FAILED, message)
        }
        Why::NotYet(why) => {
            let tries = failed.tries;
            let times = if tries == 1 { "try" } else { "tries" };
            let message =
                format!("probe {probe} has not succeeded in {window:?} ({tries} {times}): {why}");
            Diagnostic::new(code::PROBE_FAILED, message)
                .help("try it by hand on the node; if it only needs more time, give it more")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Probe, String> {
        text.parse()
    }

    #[test]
    fn what_is_written_is_shown_again() {
        for text in [
            "tcp:10.0.0.1:6443",
            "tcp:[fd00::1]:443",
            "ping:10.0.0.1",
            "ping:fd00::1",
            "cmd:curl -sf http://10.0.0.1/ | grep ok",
        ] {
            assert_eq!(parse(text).map(|probe| probe.to_string()).as_deref(), Ok(text));
        }
    }

    /// The message about a probe that cannot be read.
    fn fault(text: &str) -> String {
        parse(text).unwrap_err()
    }

    #[test]
    fn faults_say_what_to_write() {
        assert_eq!(fault("10.0.0.1:80"), FORM);
        assert_eq!(fault("udp:10.0.0.1:80"), FORM);
        assert_eq!(fault("tcp:10.0.0.1"), "a port is missing: `tcp:10.0.0.1:PORT`");
        assert!(fault("tcp:x").starts_with("a port is missing, or `x` is no IP address"));
        let brackets = "an IPv6 address stands in brackets: `tcp:[ADDRESS]:PORT`";
        assert_eq!(fault("tcp:fd00::1:443"), brackets);
        assert_eq!(fault("tcp:fd00:0:0:0:0:0:0:1:443"), brackets);
        assert_eq!(fault("tcp:10.0.0.1:0"), "nothing can listen on port 0");
        assert!(fault("tcp:10.0.0.1:99999").starts_with("`99999` is no port"));
        assert!(fault("tcp:[fd00::1]:http").starts_with("`http` is no port"));
        assert_eq!(fault("tcp:api:6443"), "`api` is no IP address; names are not looked up");
        assert!(fault("ping:[fd00::1]").starts_with("`[fd00::1]` is no IP address"));
        assert_eq!(fault("cmd: "), "a command is missing: `cmd:COMMAND`");
    }
}
