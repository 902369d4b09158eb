//! Clients in the namespaces of a lab, many at once.

use super::echo::{echo, is_echo_reply, mark};
use crate::lab::reply::{Fate, Reply};
use crate::lab::trial::Trial;
use crate::trace::{Payload, Place};
use netc_lang::{Diagnostic, Protocol};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrIn, SockaddrIn6,
    SockaddrLike, bind, connect, getsockopt, recv, send, setsockopt, socket, sockopt,
};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

/// How many questions are open at once.
const WAVE: usize = 256;

/// When a datagram is sent again: TCP does so by itself.
const AGAIN: Duration = Duration::from_millis(500);

/// How much of an answer is kept.
const MOST: usize = 64 * 1024;

/// A question that is asked by real packets.
#[derive(Clone, Debug)]
pub struct Request {
    /// From where.
    pub place: Place,
    /// The source address, if the kernel is not to pick one.
    pub source: Option<IpAddr>,
    /// To whom; without a port an echo request is sent.
    pub to: SocketAddr,
    /// What is sent.
    pub sent: Sent,
    /// How long an answer is waited for.
    pub patience: Duration,
}

/// What is sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sent {
    /// A text by a connection of TCP.
    Tcp(Vec<u8>),
    /// A datagram.
    Udp(Vec<u8>),
    /// An echo request of ICMP or ICMPv6.
    Echo,
}

/// How long an answer is waited for that is to come: TCP sends a lost packet again after a second.
const LONG: Duration = Duration::from_millis(2500);

/// How long one that is not.
const SHORT: Duration = Duration::from_millis(400);

impl Request {
    /// What a trial asks, by HTTP where there are connections.
    #[must_use]
    pub fn of(trial: &Trial) -> Request {
        let to = trial.to();
        let sent = match trial.question.payload {
            Payload::Ports { protocol: Protocol::Udp, .. } => Sent::Udp(b"who?".to_vec()),
            Payload::Ports { .. } => {
                let path = trial.get.as_ref().map_or("/", |get| &get.path);
                let host = trial.get.as_ref().and_then(|get| get.host.clone());
                let host = host.unwrap_or_else(|| to.to_string());
                let text = format!(
                    "GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: netc\r\nAccept: */*\r\n\
                     Connection: close\r\n\r\n"
                );
                Sent::Tcp(text.into_bytes())
            }
            Payload::Echo { .. } | Payload::Ipip => Sent::Echo,
        };
        let answered = trial.expected.keys().any(Fate::is_answered);
        let patience = if answered { LONG } else { SHORT };
        Request { place: trial.question.place.clone(), source: trial.source, to, sent, patience }
    }
}

/// Where there are namespaces to ask from.
pub trait Spaces {
    /// Does something in the network namespace of a place.
    ///
    /// # Errors
    /// There is no such place, or it cannot be entered.
    fn within<T: Send>(
        &self,
        place: &Place,
        work: impl FnOnce() -> T + Send,
    ) -> Result<T, Diagnostic>;
}

/// Asks everything; what came back, in the same order. `progress` is told how much is done.
///
/// # Errors
/// A namespace cannot be entered.
pub fn ask(
    spaces: &impl Spaces,
    requests: &[Request],
    progress: &mut dyn FnMut(usize),
) -> Result<Vec<Reply>, Diagnostic> {
    let mut replies = vec![Reply::Silence; requests.len()];
    // Those that wait as long together: who is silent by intention keeps nobody else waiting.
    let mut order: Vec<usize> = (0..requests.len()).collect();
    order.sort_by_key(|number| requests.get(*number).map(|request| request.patience));
    let mut done = 0;
    for wave in order.chunks(WAVE) {
        let mut open = begin(spaces, requests, wave, &mut replies)?;
        receive(&mut open, &mut replies);
        done += wave.len();
        progress(done);
    }
    Ok(replies)
}

/// A question that is open.
struct Open<'r> {
    number: usize,
    request: &'r Request,
    fd: OwnedFd,
    connected: bool,
    input: Vec<u8>,
    began: Instant,
    sent: Instant,
}

/// Sends a wave of questions, those of each place in its namespace.
fn begin<'r>(
    spaces: &impl Spaces,
    requests: &'r [Request],
    wave: &[usize],
    replies: &mut [Reply],
) -> Result<Vec<Open<'r>>, Diagnostic> {
    let mut places: BTreeMap<(u32, String), Vec<usize>> = BTreeMap::new();
    for number in wave {
        let Some(request) = requests.get(*number) else { continue };
        places.entry(key(&request.place)).or_default().push(*number);
    }
    let mut all = Vec::new();
    for numbers in places.into_values() {
        let own = numbers.iter().filter_map(|number| Some((*number, requests.get(*number)?)));
        let own: Vec<(usize, &Request)> = own.collect();
        let Some((_, first)) = own.first() else { continue };
        let place = first.place.clone();
        let begun = spaces.within(&place, || {
            let begun =
                own.into_iter().map(|(number, request)| (number, request, first_of(request)));
            begun.collect::<Vec<_>>()
        })?;
        for (number, request, begun) in begun {
            let now = Instant::now();
            match begun {
                Ok(fd) => all.push(Open {
                    number,
                    request,
                    fd,
                    connected: false,
                    input: Vec::new(),
                    began: now,
                    sent: now,
                }),
                Err(errno) => put(replies, number, refusal(errno)),
            }
        }
    }
    Ok(all)
}

fn key(place: &Place) -> (u32, String) {
    match place {
        Place::Node(id, netns) => (id.0, netns.to_string()),
        Place::Outside => (u32::MAX, String::new()),
    }
}

fn put(replies: &mut [Reply], number: usize, reply: Reply) {
    if let Some(place) = replies.get_mut(number) {
        *place = reply;
    }
}

fn raw(address: SocketAddr) -> Box<dyn SockaddrLike> {
    match address {
        SocketAddr::V4(address) => Box::new(SockaddrIn::from(address)),
        SocketAddr::V6(address) => Box::new(SockaddrIn6::from(address)),
    }
}

/// Opens a socket in the namespace of this thread and sends the first packet.
fn first_of(request: &Request) -> Result<OwnedFd, Errno> {
    let v6 = request.to.is_ipv6();
    let family = if v6 { AddressFamily::Inet6 } else { AddressFamily::Inet };
    let (kind, protocol) = match (&request.sent, v6) {
        (Sent::Tcp(_), _) => (SockType::Stream, None),
        (Sent::Udp(_), _) => (SockType::Datagram, None),
        (Sent::Echo, false) => (SockType::Raw, Some(SockProtocol::Icmp)),
        (Sent::Echo, true) => (SockType::Raw, Some(SockProtocol::IcmpV6)),
    };
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    let fd = socket(family, kind, flags, protocol)?;
    if kind != SockType::Stream {
        // All that comes back is told, as TCP tells it while it connects (ip(7), `IP_RECVERR`).
        match v6 {
            false => setsockopt(&fd, sockopt::Ipv4RecvErr, &true)?,
            true => setsockopt(&fd, sockopt::Ipv6RecvErr, &true)?,
        }
    }
    if let Some(source) = request.source {
        bind(fd.as_raw_fd(), &*raw(SocketAddr::new(source, 0)))?;
    }
    let port = if request.sent == Sent::Echo { 0 } else { request.to.port() };
    match connect(fd.as_raw_fd(), &*raw(SocketAddr::new(request.to.ip(), port))) {
        Ok(()) | Err(Errno::EINPROGRESS) => {}
        Err(errno) => return Err(errno),
    }
    match &request.sent {
        Sent::Tcp(_) => Ok(fd),
        _ => send_datagram(&fd, request).map(|()| fd),
    }
}

fn send_datagram(fd: &OwnedFd, request: &Request) -> Result<(), Errno> {
    let sent = match &request.sent {
        Sent::Tcp(_) => return Ok(()),
        Sent::Udp(text) => send(fd.as_raw_fd(), text, MsgFlags::empty()),
        Sent::Echo => {
            send(fd.as_raw_fd(), &echo(request.to.is_ipv6(), mark(fd)), MsgFlags::empty())
        }
    };
    match sent {
        // The node's own rules drop it (`nf_hook_slow` in net/netfilter/core.c); whether they refuse
        // it, too, is told by what there is to be received.
        Ok(_) | Err(Errno::EPERM) => Ok(()),
        Err(errno) => Err(errno),
    }
}

/// Waits for what comes back.
fn receive(open: &mut Vec<Open<'_>>, replies: &mut [Reply]) {
    while !open.is_empty() {
        let now = Instant::now();
        let left = |one: &Open| one.request.patience.saturating_sub(now - one.began);
        let wait = open.iter().map(left).min().unwrap_or_default().min(AGAIN / 4);
        let wait = PollTimeout::try_from(wait.as_millis() + 1).unwrap_or(PollTimeout::ZERO);
        let ready: Vec<bool> = {
            let fds = open.iter().map(|one| PollFd::new(one.fd.as_fd(), one.interest()));
            let mut fds: Vec<PollFd> = fds.collect();
            // A signal is as good as a packet.
            let _ = poll(&mut fds, wait);
            fds.iter().map(|fd| fd.any().unwrap_or(true)).collect()
        };
        let mut ready = ready.into_iter();
        open.retain_mut(|one| {
            let ready = ready.next().unwrap_or(false);
            let reply = if ready { one.advance() } else { None };
            let reply = reply.or_else(|| one.expired());
            match reply {
                Some(reply) => {
                    put(replies, one.number, reply);
                    false
                }
                None => true,
            }
        });
    }
}

impl Open<'_> {
    fn interest(&self) -> PollFlags {
        match (&self.request.sent, self.connected) {
            (Sent::Tcp(_), false) => PollFlags::POLLOUT,
            _ => PollFlags::POLLIN,
        }
    }

    /// What there is to be done now; what has become of the question, if that is known.
    fn advance(&mut self) -> Option<Reply> {
        if let (Sent::Tcp(text), false) = (&self.request.sent, self.connected) {
            match getsockopt(&self.fd, sockopt::SocketError) {
                Ok(0) => {}
                Ok(errno) => return Some(refusal(Errno::from_raw(errno))),
                Err(errno) => return Some(refusal(errno)),
            }
            self.connected = true;
            // It fits the buffer of a new socket.
            return send(self.fd.as_raw_fd(), text, MsgFlags::MSG_NOSIGNAL).err().map(refusal);
        }
        let mut buffer = [0; 4096];
        loop {
            let got = match recv(self.fd.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
                Ok(length) => buffer.get(..length).unwrap_or_default(),
                Err(Errno::EAGAIN) => return None,
                Err(Errno::EINTR) => continue,
                Err(_) if !self.input.is_empty() => return Some(self.text()),
                Err(errno) => return Some(refusal(errno)),
            };
            match &self.request.sent {
                Sent::Echo => {
                    let own = mark(&self.fd);
                    if is_echo_reply(self.request.to.is_ipv6(), got, own) {
                        return Some(Reply::Echoed);
                    }
                }
                Sent::Udp(_) => {
                    self.input.extend_from_slice(got);
                    return Some(self.text());
                }
                Sent::Tcp(_) if got.is_empty() && self.input.is_empty() => {
                    return Some(Reply::Mute);
                }
                Sent::Tcp(_) => {
                    self.input.extend_from_slice(got);
                    if got.is_empty() || self.input.len() > MOST {
                        return Some(self.text());
                    }
                }
            }
        }
    }

    /// What it is once nothing more is waited for.
    fn expired(&mut self) -> Option<Reply> {
        let now = Instant::now();
        if now - self.began >= self.request.patience {
            return Some(match (self.input.is_empty(), self.connected) {
                (false, _) => self.text(),
                (true, true) => Reply::Mute,
                (true, false) => Reply::Silence,
            });
        }
        if now - self.sent >= AGAIN {
            self.sent = now;
            return send_datagram(&self.fd, self.request).err().map(refusal);
        }
        None
    }

    fn text(&self) -> Reply {
        Reply::Text(String::from_utf8_lossy(&self.input).into_owned())
    }
}

/// What an error number says.
fn refusal(errno: Errno) -> Reply {
    match errno {
        Errno::ECONNREFUSED | Errno::ECONNRESET => Reply::Refused,
        Errno::ETIMEDOUT => Reply::Silence,
        other => Reply::Unreachable(other.desc().to_owned()),
    }
}
