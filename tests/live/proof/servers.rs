//! Servers at every address of a laboratory, in one thread that ends with it.

use super::site::Spot;
use crate::lab::within;
use netc_lang::{Port, Protocol};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::io::Write;
use std::net::{Ipv6Addr, SocketAddr, TcpListener, UdpSocket};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

/// How long the servers may go on after the end of their test, in milliseconds.
const PAUSE: u16 = 100;

/// Servers of TCP and UDP: each answers with its name and the address that it saw the client at.
pub(super) struct Servers {
    end: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

struct Served {
    name: String,
    socket: Socket,
}

enum Socket {
    Tcp(TcpListener),
    Udp(UdpSocket),
}

impl Servers {
    /// Servers in these namespaces.
    pub(super) fn start(spots: &[Spot]) -> Servers {
        let all: Vec<Served> = spots.iter().flat_map(opened).collect();
        let end = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&end);
        let thread = thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                serve(&all);
            }
        });
        Servers { end, thread: Some(thread) }
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the servers go on to the end");
        }
    }
}

/// The sockets of one namespace. TCP answers from the address that it is asked at by itself; UDP
/// does so if it is bound to it.
fn opened(spot: &Spot) -> Vec<Served> {
    let Spot { netns, addresses, ports, .. } = spot.clone();
    within(&spot.netns, move || {
        let mut all = Vec::new();
        let mut add = |socket| all.push(Served { name: netns.clone(), socket });
        for Port { number, protocol } in ports {
            if protocol == Protocol::Tcp {
                let listener = TcpListener::bind((Ipv6Addr::UNSPECIFIED, number)).unwrap();
                listener.set_nonblocking(true).unwrap();
                add(Socket::Tcp(listener));
                continue;
            }
            for address in &addresses {
                let socket = UdpSocket::bind(SocketAddr::new(*address, number)).unwrap();
                socket.set_nonblocking(true).unwrap();
                add(Socket::Udp(socket));
            }
        }
        all
    })
}

/// Answers whoever asks now, or waits a little.
fn serve(all: &[Served]) {
    let ready: Vec<bool> = {
        let sockets = all.iter().map(|served| match &served.socket {
            Socket::Tcp(listener) => listener.as_fd(),
            Socket::Udp(socket) => socket.as_fd(),
        });
        let mut fds: Vec<PollFd> = sockets.map(|fd| PollFd::new(fd, PollFlags::POLLIN)).collect();
        let _ = poll(&mut fds, PollTimeout::from(PAUSE));
        fds.iter().map(|fd| fd.any().unwrap_or(false)).collect()
    };
    for (served, _) in all.iter().zip(ready).filter(|(_, ready)| *ready) {
        answer(served);
    }
}

fn answer(served: &Served) {
    // A server of both families sees IPv4 clients by IPv6 addresses.
    let said = |peer: SocketAddr| format!("{} {}", served.name, peer.ip().to_canonical());
    match &served.socket {
        Socket::Tcp(listener) => {
            while let Ok((mut stream, peer)) = listener.accept() {
                let _ = stream.write_all(said(peer).as_bytes());
            }
        }
        Socket::Udp(socket) => {
            while let Ok((_, peer)) = socket.recv_from(&mut [0; 16]) {
                let _ = socket.send_to(said(peer).as_bytes(), peer);
            }
        }
    }
}
