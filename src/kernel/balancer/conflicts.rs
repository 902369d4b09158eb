//! What can be known to keep a program from serving, before anything is changed.

use super::folder;
use super::process::{all, command_line};
use super::program::Program;
use crate::kernel::error::KernelError;
use crate::kernel::machine::Machine;
use crate::kernel::sockets::{TCP, UDP, look};
use crate::kernel::tool::{Place, find, search};
use crate::model::{Engine, Family};
use crate::object::{Balancer, Health, Netns, State};
use crate::plan::{Change, Thing};
use netc_lang::{Diagnostic, Protocol, Span, code};
use nix::errno::Errno;
use nix::sys::socket::sockopt::ReuseAddr;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrIn, bind, setsockopt, socket};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddrV4};
use std::os::fd::AsRawFd;
use std::path::Path;

/// Programs that are not installed, certificates that are not there, ports that somebody else
/// listens on.
///
/// # Errors
/// The node's namespace cannot be entered, or its sockets not be read.
pub fn conflicts(
    machine: &mut Machine,
    changes: &[Change],
) -> Result<Vec<Diagnostic>, KernelError> {
    let wanted = changes
        .iter()
        .filter_map(|change| Some((balancer(change.to.as_ref())?, change.origin.span())));
    let wanted: Vec<(&Balancer, Option<Span>)> = wanted.collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let ports = wanted.iter().flat_map(|(wanted, _)| wanted.listens());
    let ports: BTreeSet<_> = ports.map(|(_, port, protocol)| (protocol, port)).collect();
    let used = machine.namespace(&Netns::Node)?.within(|| listeners(&ports))?;
    let used = used.map_err(KernelError::io("cannot read the sockets of the node"))?;
    let held = held(changes);
    let mut faults = Vec::new();
    for (wanted, at) in wanted {
        faults.extend(not_installed(wanted, at));
        faults.extend(no_files(wanted));
        let folder = folder(machine, wanted.engine)?;
        let own = Own { held: &held, processes: Program::new(wanted.engine, &folder).processes() };
        faults.extend(taken(wanted, &own, &used, at));
    }
    Ok(faults)
}

/// What need not be free.
struct Own<'h> {
    /// Ports of programs that change, or end.
    held: &'h BTreeSet<(u16, Protocol)>,
    /// The processes of the program: those that a killed master has left are ended first.
    processes: Vec<i32>,
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
    let found = find(program, &search()) != Place::Missing;
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

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        _ => error.to_string(),
    }
}

/// The ports that something listens on: at which addresses, each with the number of the socket.
type Used = BTreeMap<(Protocol, u16), Vec<(IpAddr, u64)>>;

/// What listens at ports, in the namespace of the calling thread.
fn listeners(ports: &BTreeSet<(Protocol, u16)>) -> io::Result<Used> {
    let mut all = Used::new();
    // A socket of UDP that has no other end is in the state of one of TCP that is closed.
    for (protocol, lists, listens) in [(Protocol::Tcp, TCP, "0A"), (Protocol::Udp, UDP, "07")] {
        for list in lists {
            look(list, |entry| {
                let at = (protocol, entry.own.port());
                if entry.state == listens && ports.contains(&at) {
                    all.entry(at).or_default().push((entry.own.ip(), entry.inode));
                }
            })?;
        }
    }
    for (at, sockets) in &mut all {
        let open = sockets.iter().find(|(address, _)| *address == Ipv6Addr::UNSPECIFIED);
        let open = open.map(|(_, inode)| (IpAddr::from(Ipv4Addr::UNSPECIFIED), *inode));
        if let Some(open) = open.filter(|_| is_refused(*at)) {
            sockets.push(open);
        }
    }
    Ok(all)
}

/// Whether the kernel gives nobody a port in IPv4. A socket of IPv6 may have it too, unless it is for
/// IPv6 alone (`IPV6_V6ONLY` in ipv6(7)), and no list tells that.
fn is_refused((protocol, port): (Protocol, u16)) -> bool {
    let kind = if protocol == Protocol::Udp { SockType::Datagram } else { SockType::Stream };
    let bound = || -> nix::Result<()> {
        let own = socket(AddressFamily::Inet, kind, SockFlag::SOCK_CLOEXEC, None)?;
        // Connections that have ended keep nobody from a port of TCP; sockets of UDP would share it.
        setsockopt(&own, ReuseAddr, &(kind == SockType::Stream))?;
        bind(own.as_raw_fd(), &SockaddrIn::from(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port)))
    };
    bound() == Err(Errno::EADDRINUSE)
}

/// The ports that somebody else has. Those that the program has already are its own.
fn taken(wanted: &Balancer, own: &Own<'_>, used: &Used, at: Option<Span>) -> Vec<Diagnostic> {
    let mut seen = BTreeSet::new();
    let mut faults = Vec::new();
    for (address, port, protocol) in wanted.listens() {
        let others = used.get(&(protocol, port)).into_iter().flatten();
        let mut others = others.filter(|(other, _)| overlap(address, *other));
        let Some((_, inode)) = others.next() else { continue };
        let holder = holder(*inode);
        let is_own = holder.as_ref().is_some_and(|(pid, _)| own.processes.contains(pid));
        if own.held.contains(&(port, protocol)) || is_own || !seen.insert((port, protocol)) {
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

/// The program of a command line.
fn program(line: &str) -> &str {
    let first = line.split(' ').next().unwrap_or(line).trim_end_matches(':');
    first.rsplit('/').next().unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let used = listeners(&[(Protocol::Tcp, port)].into()).unwrap();
        let (_, inode) = used[&(Protocol::Tcp, port)][0];
        assert_eq!(holder(inode).unwrap().0, i32::try_from(std::process::id()).unwrap());
        let config = format!("listen 0.0.0.0:{port};\nlisten 0.0.0.0:{port};\n");
        let wanted = Balancer::new(Engine::Nginx, &config);
        let (none, held) = (BTreeSet::new(), [(port, Protocol::Tcp)].into());
        let own = |held, processes| Own { held, processes };
        let faults = taken(&wanted, &own(&none, Vec::new()), &used, None);
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].message.starts_with(&format!("nginx is to listen on {port}/tcp, and ")));
        assert_eq!(taken(&wanted, &own(&held, Vec::new()), &used, None), []);
        let this = i32::try_from(std::process::id()).unwrap();
        assert_eq!(taken(&wanted, &own(&none, vec![this]), &used, None), []);
    }
}
