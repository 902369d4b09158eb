//! The servers of a host: each tells who it is, and whom it sees.
//!
//! By HTTP the answer is text or, if JSON is asked for, JSON; its first line is what clients that speak
//! no HTTP get, and what UDP gets for each datagram: `shop/web-0 10.244.1.2:8080 sees 10.244.0.5:40312`.
//!
//! Sockets belong to threads that wait by them; who is to serve is told to these threads, so that a server
//! which stays does so without losing a connection.

use super::mark::{Mark, Spaces, marks};
use crate::kernel::http::{Answerer, Ends, Request, Response, Server};
use crate::lab::answer::{self, Said};
use crate::lab::serving::Served;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, SockaddrIn6, bind, setsockopt, socket, sockopt,
};
use serde_json::json;
use std::collections::BTreeSet;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long the servers may go on after something else is wanted of them.
const PAUSE: Duration = Duration::from_millis(200);

/// Servers at work. They end with this.
#[must_use = "the servers end when it is dropped"]
pub struct Servers {
    open: BTreeSet<Arc<Mark>>,
    tcp: Crew<Server<Arc<Mark>>>,
    udp: Crew<Vec<(UdpSocket, Arc<Mark>)>>,
}

impl Servers {
    /// Nobody serves yet.
    pub fn start() -> Servers {
        more_files();
        let tcp = Crew::start(Server::new(), |tcp: &mut Server<Arc<Mark>>| {
            if tcp.turn(PAUSE, &mut Teller).is_err() {
                thread::sleep(PAUSE);
            }
        });
        let udp = Crew::start(Vec::new(), |udp: &mut Vec<_>| answer_datagrams(udp));
        Servers { open: BTreeSet::new(), tcp, udp }
    }

    /// Lets these serve from now on, and nobody else, each in its namespace of the host that this process is.
    /// A socket stays in the namespace that it was made in, and takes addresses that come and go there; who
    /// has a new namespace gets new ones. Where nobody can serve, and why.
    pub fn keep(&mut self, all: &[Served]) -> Vec<String> {
        let mut failed = Vec::new();
        let mut spaces = Spaces::default();
        let wanted: BTreeSet<Arc<Mark>> = all
            .iter()
            .flat_map(|served| match spaces.of(&served.netns) {
                Ok(space) => marks(served, space),
                Err(why) => {
                    failed.push(format!("{}: {why}", served.name));
                    Vec::new()
                }
            })
            .map(Arc::new)
            .collect();
        self.close(&wanted);
        let new: Vec<Arc<Mark>> = wanted.difference(&self.open).cloned().collect();
        for mark in new {
            let opened = spaces.within(&mark, || socket_of(&mark));
            match opened.and_then(|opened| opened.map_err(|error| error.to_string())) {
                Ok(socket) => self.add(socket, mark),
                Err(why) => failed.push(format!("{mark}: {why}")),
            }
        }
        failed
    }

    /// Closes the sockets of all others: another one may want the port.
    fn close(&mut self, wanted: &BTreeSet<Arc<Mark>>) {
        let gone: BTreeSet<Arc<Mark>> = self.open.difference(wanted).cloned().collect();
        if gone.is_empty() {
            return;
        }
        self.open.retain(|mark| !gone.contains(mark));
        let gone = Arc::new(gone);
        let own = Arc::clone(&gone);
        let tcp = self.tcp.tell(move |tcp| tcp.retain(|mark| !own.contains(mark)));
        let udp = self.udp.tell(move |udp| udp.retain(|(_, mark)| !gone.contains(mark)));
        for done in [tcp, udp] {
            // Who has ended has closed everything.
            let _ = done.recv();
        }
    }

    fn add(&mut self, socket: Socket, mark: Arc<Mark>) {
        self.open.insert(Arc::clone(&mark));
        match socket {
            Socket::Tcp(listener) => drop(self.tcp.tell(move |tcp| tcp.add(listener, mark))),
            Socket::Udp(socket) => drop(self.udp.tell(move |udp| udp.push((socket, mark)))),
        }
    }
}

/// A thread that does one thing again and again with something of its own, which it is told to change.
struct Crew<T> {
    tell: Option<Sender<Change<T>>>,
    thread: Option<JoinHandle<()>>,
}

type Change<T> = Box<dyn FnOnce(&mut T) + Send>;

impl<T: Send + 'static> Crew<T> {
    fn start(mut own: T, mut turn: impl FnMut(&mut T) + Send + 'static) -> Crew<T> {
        let (tell, told) = channel();
        let thread = thread::spawn(move || {
            while changed(&told, &mut own) {
                turn(&mut own);
            }
        });
        Crew { tell: Some(tell), thread: Some(thread) }
    }

    /// Has something changed between two turns; what is returned is told when that has been done.
    fn tell<R: Send + 'static>(
        &self,
        change: impl FnOnce(&mut T) -> R + Send + 'static,
    ) -> Receiver<R> {
        let (done, wait) = channel();
        let change = move |own: &mut T| drop(done.send(change(own)));
        if let Some(tell) = &self.tell {
            // It lives as long as this.
            let _ = tell.send(Box::new(change));
        }
        wait
    }
}

/// Makes the changes that were told; whether there will be more.
fn changed<T>(told: &Receiver<Change<T>>, own: &mut T) -> bool {
    loop {
        match told.try_recv() {
            Ok(change) => change(own),
            Err(TryRecvError::Empty) => return true,
            Err(TryRecvError::Disconnected) => return false,
        }
    }
}

impl<T> Drop for Crew<T> {
    fn drop(&mut self) {
        self.tell = None;
        // It has nothing to tell.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// As many files as this process may have: each connection is one.
fn more_files() {
    if let Ok((_, most)) = getrlimit(Resource::RLIMIT_NOFILE) {
        // Fewer will do for a while.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, most, most);
    }
}

enum Socket {
    Tcp(TcpListener),
    Udp(UdpSocket),
}

/// Opens a socket in the namespace of this thread. TCP answers from the address that it is asked at by
/// itself; UDP does so if it is bound to it.
fn socket_of(mark: &Mark) -> io::Result<Socket> {
    match mark.address {
        Some(address) => datagrams(SocketAddr::new(address, mark.port)).map(Socket::Udp),
        None => listener(mark.port).map(Socket::Tcp),
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
fn answer_datagrams(all: &[(UdpSocket, Arc<Mark>)]) {
    let wait = PollTimeout::try_from(PAUSE).unwrap_or(PollTimeout::ZERO);
    let sockets = all.iter().map(|(socket, _)| PollFd::new(socket.as_fd(), PollFlags::POLLIN));
    let mut fds: Vec<PollFd> = sockets.collect();
    if !matches!(poll(&mut fds, wait), Ok(_) | Err(Errno::EINTR)) {
        thread::sleep(PAUSE);
    }
    let ready = fds.iter().map(|fd| fd.any().unwrap_or(false));
    for ((socket, mark), _) in all.iter().zip(ready).filter(|(_, ready)| *ready) {
        let Ok(server) = socket.local_addr() else { continue };
        // A fault that an earlier answer met is told here, too: it is over then.
        while let Ok((_, client)) = socket.recv_from(&mut [0; 64]) {
            let said = Said { by: mark.name.clone(), server, client };
            let _ = socket.send_to(said.line().as_bytes(), client);
        }
    }
}

/// Tells who it is.
struct Teller;

impl Answerer<Arc<Mark>> for Teller {
    fn request(&mut self, mark: &Arc<Mark>, ends: Ends, request: &Request) -> Response {
        let said = said(mark, ends);
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

    fn other(&mut self, mark: &Arc<Mark>, ends: Ends) -> Option<Vec<u8>> {
        Some(said(mark, ends).line().into_bytes())
    }
}

fn said(mark: &Arc<Mark>, ends: Ends) -> Said {
    Said { by: mark.name.clone(), server: ends.server, client: ends.client }
}
