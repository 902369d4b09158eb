//! What can be known to keep a program from serving, before anything is changed.

use super::process::{all, command_line};
use super::program::search;
use crate::kernel::error::KernelError;
use crate::kernel::machine::Machine;
use crate::model::{Engine, Family};
use crate::object::{Balancer, Health, Netns, State};
use crate::plan::{Change, Thing};
use netc_lang::{Diagnostic, Protocol, Span, code};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::IpAddr;
use std::path::Path;

/// Programs that are not installed, certificates that are not there, ports that somebody else
/// listens on.
///
/// # Errors
/// The node's namespace cannot be entered.
pub fn conflicts(
    machine: &mut Machine,
    changes: &[Change],
) -> Result<Vec<Diagnostic>, KernelError> {
    let mut faults = Vec::new();
    let held = held(changes);
    for change in changes {
        let Some(wanted) = balancer(change.to.as_ref()) else { continue };
        let at = change.origin.span();
        faults.extend(not_installed(wanted, at));
        faults.extend(no_files(wanted));
        let used = machine.namespace(&Netns::Node)?.within(listeners)?;
        faults.extend(taken(wanted, &held, &used, at));
    }
    Ok(faults)
}

fn balancer<'t>(thing: Option<&'t Thing>) -> Option<&'t Balancer> {
    match thing.and_then(Thing::state) {
        Some(State::Balancer(own)) => Some(own),
        _ => None,
    }
}

/// The ports that programs of netc's have by now: those that change have them still, and those that
/// end leave them.
fn held(changes: &[Change]) -> BTreeSet<(u16, Protocol)> {
    let found = changes.iter().filter_map(|change| balancer(change.from.as_ref()));
    let found = found.filter(|found| found.health != Health::Stopped);
    found.flat_map(Balancer::listens).map(|(_, port, protocol)| (port, protocol)).collect()
}

fn labelled(fault: Diagnostic, at: Option<Span>) -> Diagnostic {
    match at {
        Some(at) => fault.label(at, "asked for here"),
        None => fault,
    }
}

fn not_installed(wanted: &Balancer, at: Option<Span>) -> Option<Diagnostic> {
    let program = wanted.engine.word();
    let modules: Vec<&str> = wanted
        .config
        .lines()
        .filter_map(|line| line.strip_prefix("load_module ")?.strip_suffix(';'))
        .collect();
    let found = std::env::split_paths(&search()).any(|folder| folder.join(program).is_file());
    let absent = modules.iter().find(|path| !Path::new(path).is_file());
    let message = match (found, absent) {
        (false, _) => format!("{program} is not installed"),
        (true, Some(path)) => format!("{program} has no {path}, which passes on TCP and UDP"),
        (true, None) => return None,
    };
    let packages = match wanted.engine {
        Engine::Nginx if !modules.is_empty() => "nginx libnginx-mod-stream",
        Engine::Nginx => "nginx",
        Engine::Haproxy => "haproxy",
    };
    let help = format!(
        "install it: `apt-get install {packages}`; netc runs one of its own, so the distribution's \
         service may stay stopped: `systemctl disable --now {program}`"
    );
    Some(labelled(Diagnostic::new(code::NO_BALANCER, message), at).help(help))
}

fn no_files(wanted: &Balancer) -> Vec<Diagnostic> {
    let absent = wanted.material.iter().filter_map(|copy| {
        let path = copy.path.0.as_deref().unwrap_or(&copy.from);
        let why = fs::read(path).err()?;
        let message = format!("cannot read {path}: {}", reason(&why));
        let fault = Diagnostic::new(code::NO_CERTIFICATE, message);
        let fault = match copy.stated.0 {
            at if at == Span::default() => fault,
            at => fault.label(at, "stated here"),
        };
        Some(fault.help(
            "put the certificate and its key there, in PEM form, or remove `tls` from the ingress",
        ))
    });
    absent.collect()
}

fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        _ => error.to_string(),
    }
}

/// A port that something listens on.
type Used = BTreeMap<(Protocol, u16), Vec<(IpAddr, u64)>>;

/// What listens in the namespace of the calling thread: /proc/net/tcp and its kin (proc(5)).
fn listeners() -> Used {
    let mut all = Used::new();
    for (protocol, file, state) in [
        (Protocol::Tcp, "tcp", "0A"),
        (Protocol::Tcp, "tcp6", "0A"),
        (Protocol::Udp, "udp", "07"),
        (Protocol::Udp, "udp6", "07"),
    ] {
        let text = fs::read_to_string(format!("/proc/thread-self/net/{file}")).unwrap_or_default();
        for line in text.lines().skip(1) {
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            let (Some(place), Some(found), Some(inode)) =
                (words.get(1), words.get(3), words.get(9))
            else {
                continue;
            };
            if let (true, Some((address, port))) = (*found == state, socket(place)) {
                let inode = inode.parse().unwrap_or_default();
                all.entry((protocol, port)).or_default().push((address, inode));
            }
        }
    }
    all
}

/// `0100007F:0050`: words of four bytes in the order of the processor, and the port.
fn socket(text: &str) -> Option<(IpAddr, u16)> {
    let (address, port) = text.split_once(':')?;
    let words: Option<Vec<u32>> = (0..address.len() / 8)
        .map(|at| u32::from_str_radix(address.get(at * 8..at * 8 + 8)?, 16).ok())
        .collect();
    let bytes: Vec<u8> = words?.into_iter().flat_map(u32::to_ne_bytes).collect();
    let address = match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(four) => IpAddr::from(four),
        Err(_) => IpAddr::from(<[u8; 16]>::try_from(bytes.as_slice()).ok()?),
    };
    Some((address, u16::from_str_radix(port, 16).ok()?))
}

/// The ports that somebody else has. Those that the program has already are its own.
fn taken(
    wanted: &Balancer,
    held: &BTreeSet<(u16, Protocol)>,
    used: &Used,
    at: Option<Span>,
) -> Vec<Diagnostic> {
    let mut seen = BTreeSet::new();
    let mut faults = Vec::new();
    for (address, port, protocol) in wanted.listens() {
        let others = used.get(&(protocol, port)).into_iter().flatten();
        let mut others = others.filter(|(other, _)| overlap(address, *other));
        let Some((_, inode)) = others.next() else { continue };
        let holder = holder(*inode);
        let strays = holder.as_ref().is_some_and(|(_, line)| is_stray(wanted, line));
        if held.contains(&(port, protocol)) || strays || !seen.insert((port, protocol)) {
            continue;
        }
        let who = holder.map_or_else(
            || "something else".to_owned(),
            |(pid, line)| format!("{} (process {pid})", program(&line)),
        );
        let message = format!(
            "{} is to listen on {port}/{protocol}, and {who} does already",
            wanted.engine.word()
        );
        let fault = labelled(Diagnostic::new(code::PORT_TAKEN, message), at);
        faults.push(fault.help(
            "end it, or give it another port; `http` and `https` of the cluster's `ingress` choose \
             those of ingresses",
        ));
    }
    faults
}

/// Whether two sockets cannot have one port: the same address, or any of the same family.
fn overlap(one: IpAddr, other: IpAddr) -> bool {
    let any = one.is_unspecified() || other.is_unspecified();
    one == other || any && Family::of(one) == Family::of(other)
}

/// The process that has a socket, and its command line.
fn holder(inode: u64) -> Option<(i32, String)> {
    let name = format!("socket:[{inode}]");
    let has = |pid: &i32| {
        let entries = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        let mut files = entries.filter_map(|entry| fs::read_link(entry.path()).ok());
        files.any(|file| file.as_os_str() == name.as_str())
    };
    let pid = all().find(has)?;
    Some((pid, command_line(pid)?))
}

/// Whether it is a worker that a killed master has left behind: those are ended first.
fn is_stray(wanted: &Balancer, line: &str) -> bool {
    wanted.engine == Engine::Nginx && line.starts_with("nginx: worker process")
}

/// The program of a command line.
fn program(line: &str) -> &str {
    let first = line.split(' ').next().unwrap_or(line).trim_end_matches(':');
    first.rsplit('/').next().unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_read() {
        let any = u32::from_ne_bytes([127, 0, 0, 1]);
        let found = socket(&format!("{any:08X}:0050"));
        assert_eq!(found, Some(("127.0.0.1".parse().unwrap(), 80)));
        let six = "0".repeat(32);
        assert_eq!(socket(&format!("{six}:01BB")), Some(("::".parse().unwrap(), 443)));
        assert_eq!(socket("x:1"), None);
    }

    #[test]
    fn a_port_is_taken_if_addresses_overlap() {
        let of = |one: &str, other: &str| overlap(one.parse().unwrap(), other.parse().unwrap());
        assert!(of("0.0.0.0", "10.0.0.1"));
        assert!(of("10.0.0.1", "10.0.0.1"));
        assert!(!of("10.0.0.2", "10.0.0.1"));
        assert!(!of("0.0.0.0", "::"));
    }

    #[test]
    fn who_has_a_port_is_named() {
        assert_eq!(program("nginx: master process /usr/sbin/nginx"), "nginx");
        assert_eq!(program("/usr/sbin/apache2 -k start"), "apache2");
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        let used = listeners();
        let (_, inode) = used[&(Protocol::Tcp, port)][0];
        assert_eq!(holder(inode).unwrap().0, i32::try_from(std::process::id()).unwrap());
        let config = format!("listen 0.0.0.0:{port};\nlisten 0.0.0.0:{port};\n");
        let wanted = Balancer::new(Engine::Nginx, &config);
        let faults = taken(&wanted, &BTreeSet::new(), &used, None);
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].message.starts_with(&format!("nginx is to listen on {port}/tcp, and ")));
        assert_eq!(taken(&wanted, &[(port, Protocol::Tcp)].into(), &used, None), []);
    }
}
