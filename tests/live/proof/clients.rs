//! Clients that ask many questions at once.

use crate::lab::start;
use netc_lang::Protocol;
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, SockaddrIn6, SockaddrLike, bind, connect,
    setsockopt, socket, sockopt,
};
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read};
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::os::fd::{AsRawFd, OwnedFd};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long nothing must happen until it is silence.
const PATIENCE: Duration = Duration::from_millis(300);

/// How long an answer may take that must come. Nothing but a lost packet takes so long.
const LONG: Duration = Duration::from_secs(20);

/// When a packet is sent again: while a neighbour is looked for in vain, others get lost.
const AGAIN: Duration = Duration::from_secs(1);

/// How many sockets are open at once.
const WAVE: usize = 300;

/// What a client asks.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// Where it is sent.
    pub(super) netns: String,
    /// The source address, if the client picks one.
    pub(super) source: Option<IpAddr>,
    /// Where it is to go.
    pub(super) to: SocketAddr,
    /// TCP or UDP.
    pub(super) protocol: Protocol,
    /// It may be that there is no answer.
    pub(super) may_be_silent: bool,
}

/// What becomes of a request.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Fate {
    /// There is an answer.
    Answered {
        /// Whose.
        by: String,
        /// The source that the server saw.
        seen: IpAddr,
    },
    /// The port is refused.
    Refused,
    /// The kernel says that there is no way.
    Unreachable,
    /// Nothing.
    Silence,
}

/// A request that is open.
struct Open {
    number: usize,
    socket: Socket,
    text: String,
}

enum Socket {
    Tcp(TcpStream),
    Udp(UdpSocket),
}

/// Asks everything; the fates in the same order.
pub(super) fn ask(requests: &[Request]) -> Vec<Fate> {
    let mut fates = vec![Fate::Silence; requests.len()];
    // Those that may be silent together: they are waited for.
    let mut order: Vec<usize> = (0..requests.len()).collect();
    order.sort_by_key(|number| requests[*number].may_be_silent);
    for wave in order.chunks(WAVE) {
        let mut open = sent(requests, wave, &mut fates);
        receive(requests, &mut open, &mut fates);
    }
    fates
}

/// Sends a wave of requests, those of each namespace in a thread of their own.
fn sent(requests: &[Request], wave: &[usize], fates: &mut [Fate]) -> Vec<Open> {
    let mut places: BTreeMap<&str, Vec<(usize, Request)>> = BTreeMap::new();
    for number in wave {
        let request = &requests[*number];
        places.entry(&request.netns).or_default().push((*number, request.clone()));
    }
    let threads: Vec<_> = places
        .into_iter()
        .map(|(netns, own)| {
            start(netns, || {
                let send = |(number, request): (usize, Request)| (number, send(&request));
                own.into_iter().map(send).collect::<Vec<_>>()
            })
        })
        .collect();
    let mut open = Vec::new();
    for (number, sent) in threads.into_iter().flat_map(|thread| thread.join().unwrap()) {
        match sent {
            Ok(socket) => open.push(Open { number, socket, text: String::new() }),
            Err(errno) => fates[number] = fate(errno),
        }
    }
    open
}

fn raw(address: SocketAddr) -> Box<dyn SockaddrLike> {
    match address {
        SocketAddr::V4(address) => Box::new(SockaddrIn::from(address)),
        SocketAddr::V6(address) => Box::new(SockaddrIn6::from(address)),
    }
}

/// Opens a socket and sends the first packet.
fn send(request: &Request) -> Result<Socket, Errno> {
    let family = if request.to.is_ipv6() { AddressFamily::Inet6 } else { AddressFamily::Inet };
    let kind = match request.protocol {
        Protocol::Udp => SockType::Datagram,
        _ => SockType::Stream,
    };
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    let fd: OwnedFd = socket(family, kind, flags, None)?;
    if kind == SockType::Datagram {
        // All that comes back is told, as TCP tells it while it connects.
        match request.to {
            SocketAddr::V4(_) => setsockopt(&fd, sockopt::Ipv4RecvErr, &true)?,
            SocketAddr::V6(_) => setsockopt(&fd, sockopt::Ipv6RecvErr, &true)?,
        }
    }
    if let Some(source) = request.source {
        bind(fd.as_raw_fd(), &*raw(SocketAddr::new(source, 0)))?;
    }
    match connect(fd.as_raw_fd(), &*raw(request.to)) {
        Ok(()) | Err(Errno::EINPROGRESS) => {}
        Err(errno) => return Err(errno),
    }
    if kind == SockType::Stream {
        return Ok(Socket::Tcp(TcpStream::from(fd)));
    }
    let socket = UdpSocket::from(fd);
    match socket.send(b"who?") {
        Ok(_) => Ok(Socket::Udp(socket)),
        // The node's own rules drop it (`nf_hook_slow` in net/netfilter/core.c); whether they
        // refuse it, too, is told by what there is to be received.
        Err(error) if error.raw_os_error() == Some(Errno::EPERM as i32) => Ok(Socket::Udp(socket)),
        Err(error) => Err(Errno::from_raw(error.raw_os_error().unwrap())),
    }
}

/// Waits for what comes back.
fn receive(requests: &[Request], open: &mut Vec<Open>, fates: &mut [Fate]) {
    let begin = Instant::now();
    let (mut last, mut sent) = (begin, begin);
    loop {
        let before = open.len();
        open.retain_mut(|request| match request.received() {
            Some(fate) => {
                fates[request.number] = fate;
                false
            }
            None => true,
        });
        if open.len() < before {
            last = Instant::now();
        }
        if sent.elapsed() > AGAIN {
            open.iter().for_each(Open::send_again);
            sent = Instant::now();
        }
        let silent = open.iter().all(|request| requests[request.number].may_be_silent);
        let limit = if silent { last + PATIENCE } else { begin + LONG };
        if open.is_empty() || Instant::now() > limit {
            return;
        }
        sleep(Duration::from_millis(2));
    }
}

impl Open {
    /// By UDP, as TCP does by itself.
    fn send_again(&self) {
        if let Socket::Udp(socket) = &self.socket {
            let _ = socket.send(b"who?");
        }
    }

    /// What has become of it, if that is known.
    fn received(&mut self) -> Option<Fate> {
        let mut buffer = [0; 128];
        let length = match &mut self.socket {
            Socket::Tcp(stream) => stream.read(&mut buffer),
            Socket::Udp(socket) => socket.recv(&mut buffer),
        };
        match length {
            Ok(length) => {
                self.text.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
                let ended = length == 0 || matches!(self.socket, Socket::Udp(_));
                ended.then(|| self.answered())
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            Err(error) => Some(fate(Errno::from_raw(error.raw_os_error().unwrap()))),
        }
    }

    fn answered(&self) -> Fate {
        let (by, seen) = self.text.split_once(' ').expect("a name and an address");
        Fate::Answered { by: by.to_owned(), seen: seen.parse().unwrap() }
    }
}

/// What an error number says.
fn fate(errno: Errno) -> Fate {
    match errno {
        Errno::ECONNREFUSED | Errno::ECONNRESET => Fate::Refused,
        // The last three are said of the routes `prohibit` and `blackhole`, and of a family that
        // a namespace has no address of.
        Errno::ENETUNREACH
        | Errno::EHOSTUNREACH
        | Errno::EACCES
        | Errno::EINVAL
        | Errno::EADDRNOTAVAIL => Fate::Unreachable,
        other => panic!("{other}"),
    }
}
