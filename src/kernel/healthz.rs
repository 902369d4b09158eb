//! Answers to load balancers that ask whether a node has endpoints of a service
//! (`pkg/proxy/healthcheck/service_health.go` of kube-proxy), and whether it programs services at all
//! (`proxy_health.go`).

use super::error::KernelError;
use super::http::{Answerer, Ends, Request, Response, Server};
use super::namespace::Namespace;
use super::store::rfc3339;
use crate::lower::HealthCheck;
use nix::errno::Errno;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, SockaddrIn6, bind, listen, setsockopt,
    socket, sockopt,
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::{Duration, SystemTime};

/// How long a signal waits at most until it is heeded.
const TURN: Duration = Duration::from_millis(200);

/// What is told at a port.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Told {
    /// The ready endpoints of a service on the node.
    Service(HealthCheck),
    /// That the node takes connections for services.
    Proxy,
}

/// What somebody wants of the process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wish {
    /// That it reads its sources again.
    Reload,
    /// That it ends.
    End,
}

/// Who answers.
pub(crate) struct Responder {
    namespace: Option<Namespace>,
    signals: SignalFd,
    server: Server<SocketAddr>,
    open: BTreeSet<SocketAddr>,
    answers: Answers,
}

/// The answer at each port, and since when they hold.
struct Answers {
    told: BTreeMap<u16, Told>,
    since: SystemTime,
}

impl Responder {
    /// For the namespace that is named, or this one. From now on SIGHUP, SIGTERM and SIGINT are wishes.
    pub(crate) fn new(netns: Option<&str>) -> Result<Responder, KernelError> {
        let namespace = match netns {
            Some(name) => {
                let missing = || io::Error::from(io::ErrorKind::NotFound);
                let what = format!("cannot open the namespace {name}");
                let found = Namespace::named(name)?;
                Some(found.ok_or_else(missing).map_err(KernelError::io(what))?)
            }
            None => None,
        };
        let mut set = SigSet::empty();
        [Signal::SIGHUP, Signal::SIGTERM, Signal::SIGINT].into_iter().for_each(|one| set.add(one));
        let taken = set.thread_block().and_then(|()| {
            SignalFd::with_flags(&set, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
        });
        let signals = taken
            .map_err(|errno| KernelError::io("cannot wait for signals")(io::Error::from(errno)))?;
        let answers = Answers { told: BTreeMap::new(), since: SystemTime::now() };
        let (server, open) = (Server::new(), BTreeSet::new());
        Ok(Responder { namespace, signals, server, open, answers })
    }

    /// Answers for these services from now on, and for the proxy itself at a port. `at` says where a port
    /// is asked; what could not be opened is returned.
    pub(crate) fn tell(
        &mut self,
        checks: &[HealthCheck],
        proxy: Option<u16>,
        at: impl Fn(u16) -> Vec<SocketAddr>,
    ) -> Vec<(SocketAddr, io::Error)> {
        let services = checks.iter().map(|check| (check.port, Told::Service(check.clone())));
        let told: BTreeMap<u16, Told> =
            services.chain(proxy.map(|port| (port, Told::Proxy))).collect();
        let wanted: BTreeSet<SocketAddr> = told.keys().flat_map(|port| at(*port)).collect();
        self.answers = Answers { told, since: SystemTime::now() };
        self.server.retain(|address| wanted.contains(address));
        self.open.retain(|address| wanted.contains(address));
        let mut failed = Vec::new();
        for address in wanted {
            if self.open.contains(&address) {
                continue;
            }
            match self.listen(address).and_then(|own| self.server.add(own, address)) {
                Ok(()) => {
                    self.open.insert(address);
                }
                // Where there is no IPv6, nobody asks by it.
                Err(error) if lacks_family(address, &error) => {}
                Err(error) => failed.push((address, error)),
            }
        }
        failed
    }

    fn listen(&self, address: SocketAddr) -> io::Result<TcpListener> {
        match &self.namespace {
            None => listener(address),
            Some(namespace) => {
                let opened = namespace.within(|| listener(address));
                opened.unwrap_or_else(|error| Err(io::Error::other(error.to_string())))
            }
        }
    }

    /// Answers until somebody wants something.
    pub(crate) fn wait(&mut self) -> Result<Wish, KernelError> {
        loop {
            let read = self.signals.read_signal();
            let signal = read.map_err(|errno| {
                KernelError::io("cannot wait for signals")(io::Error::from(errno))
            })?;
            match signal.map(|signal| i32::try_from(signal.ssi_signo)) {
                Some(Ok(number)) if number == Signal::SIGHUP as i32 => return Ok(Wish::Reload),
                Some(_) => return Ok(Wish::End),
                None => {}
            }
            let turned = self.server.turn(TURN, &mut self.answers);
            turned.map_err(KernelError::io("cannot wait for connections"))?;
        }
    }
}

impl Answerer<SocketAddr> for Answers {
    fn request(&mut self, mark: &SocketAddr, _ends: Ends, request: &Request) -> Response {
        match self.told.get(&mark.port()) {
            Some(Told::Service(check)) => service(check),
            Some(Told::Proxy) => self.proxy(&request.target),
            None => Response::new(404, "text/plain; charset=utf-8", "404 page not found\n"),
        }
    }
}

impl Answers {
    fn proxy(&self, target: &str) -> Response {
        let path = target.split('?').next().unwrap_or(target);
        if !matches!(path, "/healthz" | "/livez") {
            return Response::new(404, "text/plain; charset=utf-8", "404 page not found\n");
        }
        let mut body = json!({
            "lastUpdated": rfc3339(self.since), "currentTime": rfc3339(SystemTime::now()),
        });
        if let (true, Some(fields)) = (path == "/healthz", body.as_object_mut()) {
            fields.insert("nodeEligible".to_owned(), true.into());
        }
        let answer = Response::new(200, "application/json", body.to_string());
        answer.with("X-Content-Type-Options", "nosniff")
    }
}

/// Whether the node has endpoints, and how many. Any path is asked.
fn service(check: &HealthCheck) -> Response {
    let body = json!({
        "service": { "namespace": check.service.namespace, "name": check.service.name },
        "localEndpoints": check.endpoints,
        "serviceProxyHealthy": true,
    });
    Response::new(status(check), "application/json", body.to_string())
        .with("X-Content-Type-Options", "nosniff")
        .with("X-Load-Balancing-Endpoint-Weight", check.endpoints)
}

/// The status that a load balancer gets for a service.
pub(crate) fn status(check: &HealthCheck) -> u16 {
    if check.endpoints > 0 { 200 } else { 503 }
}

/// Listens at an address of its own family alone.
fn listener(address: SocketAddr) -> io::Result<TcpListener> {
    let family = if address.is_ipv6() { AddressFamily::Inet6 } else { AddressFamily::Inet };
    let fd: OwnedFd = socket(family, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
    // A port that was closed just now is free.
    setsockopt(&fd, sockopt::ReuseAddr, &true)?;
    match address {
        SocketAddr::V4(own) => bind(fd.as_raw_fd(), &SockaddrIn::from(own))?,
        SocketAddr::V6(own) => {
            setsockopt(&fd, sockopt::Ipv6V6Only, &true)?;
            bind(fd.as_raw_fd(), &SockaddrIn6::from(own))?;
        }
    }
    listen(&fd, Backlog::new(128)?)?;
    Ok(TcpListener::from(fd))
}

/// Whether the kernel has no IPv6, which every address stands for.
fn lacks_family(address: SocketAddr, error: &io::Error) -> bool {
    let lacks = [Errno::EAFNOSUPPORT, Errno::EADDRNOTAVAIL].map(|errno| Some(errno as i32));
    address.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED) && lacks.contains(&error.raw_os_error())
}

#[cfg(test)]
mod tests {
    use super::*;
    use netc_lang::QualifiedName;

    #[test]
    fn a_node_without_endpoints_is_not_to_be_asked() {
        let name = QualifiedName { namespace: "shop".into(), name: "web".into() };
        let check = |endpoints| HealthCheck { service: name.clone(), port: 30100, endpoints };
        assert_eq!((status(&check(0)), status(&check(2))), (503, 200));
        let text = String::from_utf8(service(&check(2)).bytes(None, false)).unwrap();
        let body = r#"{"service":{"namespace":"shop","name":"web"},"localEndpoints":2,"serviceProxyHealthy":true}"#;
        for wanted in [
            "HTTP/1.1 200 OK",
            "Content-Type: application/json",
            "X-Content-Type-Options: nosniff",
            "X-Load-Balancing-Endpoint-Weight: 2",
            body,
        ] {
            assert!(text.contains(wanted), "{text}");
        }
    }

    #[test]
    fn the_proxy_answers_for_itself_at_two_paths() {
        let answers = Answers { told: BTreeMap::new(), since: SystemTime::now() };
        let text = |path| String::from_utf8(answers.proxy(path).bytes(None, false)).unwrap();
        assert!(text("/healthz?x").contains("\"nodeEligible\":true"));
        assert!(text("/livez").contains("lastUpdated") && !text("/livez").contains("nodeEligible"));
        assert!(text("/").contains("404"));
    }
}
