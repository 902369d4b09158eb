//! The servers of a host: each tells who it is, and whom it sees.
//!
//! By HTTP the answer is text or, if JSON is asked for, JSON; its first line is what clients that speak
//! no HTTP get, and what UDP gets for each datagram: `shop/web-0 10.244.1.2:8080 sees 10.244.0.5:40312`.

use crate::kernel::error::KernelError;
use crate::kernel::http::{Answerer, Ends, Request, Response, Server};
use crate::kernel::namespace::Namespace;
use crate::lab::answer::{self, Said};
use crate::lab::serving::Served;
use crate::object::Netns;
use netc_lang::{Port, Protocol};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, SockaddrIn6, bind, setsockopt, socket, sockopt,
};
use serde_json::json;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long the servers may go on after their end is wanted.
const PAUSE: Duration = Duration::from_millis(200);

/// Servers at work. They end with this.
#[must_use = "the servers end when it is dropped"]
pub(in crate::kernel) struct Servers {
    end: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Drop for Servers {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // It has nothing to tell.
            let _ = thread.join();
        }
    }
}

/// Serves, each in its namespace of the host that this process is. A socket stays in the namespace that
/// it was made in, and takes addresses that come and go there. Also gives the ports that could not be
/// opened, and why.
pub(in crate::kernel) fn serve(all: &[Served]) -> (Servers, Vec<String>) {
    more_files();
    let mut opened = Opened { tcp: Server::new(), udp: Vec::new(), failed: Vec::new() };
    for served in all {
        opened.open_all(served);
    }
    let Opened { mut tcp, udp, failed } = opened;
    let end = Arc::new(AtomicBool::new(false));
    let mut threads = Vec::new();
    let ended = Arc::clone(&end);
    threads.push(thread::spawn(move || {
        while !ended.load(Ordering::Relaxed) {
            if tcp.turn(PAUSE, &mut Teller).is_err() {
                thread::sleep(PAUSE);
            }
        }
    }));
    let ended = Arc::clone(&end);
    threads.push(thread::spawn(move || {
        while !ended.load(Ordering::Relaxed) {
            answer_datagrams(&udp);
        }
    }));
    (Servers { end, threads }, failed)
}

/// As many files as this process may have: each connection is one.
fn more_files() {
    if let Ok((_, most)) = getrlimit(Resource::RLIMIT_NOFILE) {
        // Fewer will do for a while.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, most, most);
    }
}

/// Sockets that are open.
struct Opened {
    tcp: Server<Arc<str>>,
    udp: Vec<(UdpSocket, Arc<str>)>,
    failed: Vec<String>,
}

impl Opened {
    /// Opens the sockets of somebody who serves.
    fn open_all(&mut self, served: &Served) {
        let name: Arc<str> = served.name.as_str().into();
        let open = || -> Vec<(Port, io::Result<Socket>)> {
            let ports = served.ports.iter();
            let sockets = ports.flat_map(|port| {
                sockets(*port, &served.addresses).into_iter().map(|socket| (*port, socket))
            });
            sockets.collect()
        };
        let opened = match &served.netns {
            Netns::Node => Ok(open()),
            Netns::Named(netns) => within(netns, open),
        };
        let sockets = opened.unwrap_or_else(|error| {
            self.failed.push(format!("{name}: {error}"));
            Vec::new()
        });
        for (port, socket) in sockets {
            let added = socket.and_then(|socket| match socket {
                Socket::Tcp(listener) => self.tcp.add(listener, Arc::clone(&name)),
                Socket::Udp(socket) => {
                    self.udp.push((socket, Arc::clone(&name)));
                    Ok(())
                }
            });
            if let Err(error) = added {
                self.failed.push(format!("{name}: port {port}: {error}"));
            }
        }
    }
}

fn within<T: Send>(netns: &str, work: impl FnOnce() -> T + Send) -> Result<T, KernelError> {
    let namespace = Namespace::named(netns)?;
    let namespace = namespace.ok_or_else(|| KernelError::Missing(format!("namespace {netns}")))?;
    namespace.within(work)
}

enum Socket {
    Tcp(TcpListener),
    Udp(UdpSocket),
}

/// The sockets of a port. TCP answers from the address that it is asked at by itself; UDP does so if it
/// is bound to it.
fn sockets<'a>(
    port: Port,
    addresses: impl IntoIterator<Item = &'a IpAddr>,
) -> Vec<io::Result<Socket>> {
    match port.protocol {
        Protocol::Udp => {
            let open = |address: &IpAddr| datagrams(SocketAddr::new(*address, port.number));
            addresses.into_iter().map(|own| open(own).map(Socket::Udp)).collect()
        }
        _ => vec![listener(port.number).map(Socket::Tcp)],
    }
}

/// A listener of both families, or of IPv4 where there is no other.
fn listener(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)).or_else(|error| match error.kind() {
        io::ErrorKind::AddrInUse => Err(error),
        _ => TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)),
    })
}

/// A socket at an address that may be there later: one of IPv6 is tentative at first (ip(7),
/// `IP_FREEBIND`).
fn datagrams(at: SocketAddr) -> io::Result<UdpSocket> {
    let family = if at.is_ipv6() { AddressFamily::Inet6 } else { AddressFamily::Inet };
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    let fd: OwnedFd = socket(family, SockType::Datagram, flags, None)?;
    setsockopt(&fd, sockopt::IpFreebind, &true)?;
    match at {
        SocketAddr::V4(at) => bind(fd.as_raw_fd(), &SockaddrIn::from(at))?,
        SocketAddr::V6(at) => bind(fd.as_raw_fd(), &SockaddrIn6::from(at))?,
    }
    Ok(UdpSocket::from(fd))
}

/// Answers the datagrams that come in a while.
fn answer_datagrams(all: &[(UdpSocket, Arc<str>)]) {
    let wait = PollTimeout::try_from(PAUSE).unwrap_or(PollTimeout::ZERO);
    let sockets = all.iter().map(|(socket, _)| PollFd::new(socket.as_fd(), PollFlags::POLLIN));
    let mut fds: Vec<PollFd> = sockets.collect();
    if !matches!(poll(&mut fds, wait), Ok(_) | Err(Errno::EINTR)) {
        thread::sleep(PAUSE);
    }
    let ready = fds.iter().map(|fd| fd.any().unwrap_or(false));
    for ((socket, name), _) in all.iter().zip(ready).filter(|(_, ready)| *ready) {
        let Ok(server) = socket.local_addr() else { continue };
        // A fault that an earlier answer met is told here, too: it is over then.
        while let Ok((_, client)) = socket.recv_from(&mut [0; 64]) {
            let said = Said { by: name.to_string(), server, client };
            let _ = socket.send_to(said.line().as_bytes(), client);
        }
    }
}

/// Tells who it is.
struct Teller;

impl Answerer<Arc<str>> for Teller {
    fn request(&mut self, name: &Arc<str>, ends: Ends, request: &Request) -> Response {
        let said = said(name, ends);
        let fields = answer::FIELDS.iter().filter_map(|name| Some((*name, request.field(name)?)));
        let wants_json = request.field("accept").is_some_and(|kinds| kinds.contains("/json"));
        if wants_json {
            let fields: serde_json::Map<_, _> =
                fields.map(|(name, value)| (name.to_lowercase(), json!(value))).collect();
            let body = json!({
                "name": said.by, "server": said.server, "client": said.client,
                "method": request.method, "path": request.target, "headers": fields,
            });
            return Response::new(200, "application/json", format!("{body}\n"));
        }
        let mut body = said.line();
        body.push_str(&format!("{} {}\n", request.method, request.target));
        fields.for_each(|(name, value)| body.push_str(&format!("{name}: {value}\n")));
        Response::new(200, "text/plain; charset=utf-8", body)
    }

    fn other(&mut self, name: &Arc<str>, ends: Ends) -> Option<Vec<u8>> {
        Some(said(name, ends).line().into_bytes())
    }
}

fn said(name: &Arc<str>, ends: Ends) -> Said {
    Said { by: name.to_string(), server: ends.server, client: ends.client }
}
