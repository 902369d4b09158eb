//! Many listeners and connections in one thread.

use super::connection::{Connection, Ends};
use super::message::{Request, Response};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::io::{self, ErrorKind};
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

/// How many connections there may be at once.
const CONNECTIONS: usize = 2048;

/// How long nobody is let in after that failed.
const PAUSE: Duration = Duration::from_millis(100);

/// Who knows the answers. Listeners are told apart by the marks that they were added with.
pub(in crate::kernel) trait Answerer<T> {
    /// To a request.
    fn request(&mut self, mark: &T, ends: Ends, request: &Request) -> Response;

    /// To somebody who says something else, or nothing for a second, as `nc` does; such a client is
    /// told that its request is bad if this gives nothing.
    fn other(&mut self, _mark: &T, _ends: Ends) -> Option<Vec<u8>> {
        None
    }
}

/// Listeners, and the connections that they have taken.
pub(in crate::kernel) struct Server<T> {
    listeners: Vec<(TcpListener, T)>,
    connections: Vec<Connection<T>>,
    /// How many of them there may be.
    places: usize,
    /// Until when nobody is let in.
    closed: Option<Instant>,
}

impl<T: Clone> Server<T> {
    /// Nobody listens yet.
    pub(in crate::kernel) fn new() -> Server<T> {
        let (listeners, connections) = (Vec::new(), Vec::new());
        Server { listeners, connections, places: CONNECTIONS, closed: None }
    }

    /// Listens on. A listener belongs to the namespace that it was made in.
    pub(in crate::kernel) fn add(&mut self, listener: TcpListener, mark: T) -> io::Result<()> {
        listener.set_nonblocking(true)?;
        self.listeners.push((listener, mark));
        Ok(())
    }

    /// Closes the listeners that are not to be kept. Their connections go on to their end.
    pub(in crate::kernel) fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        self.listeners.retain(|(_, mark)| keep(mark));
    }

    /// Answers whoever asks; waits so long at most, or until a signal comes.
    pub(in crate::kernel) fn turn(
        &mut self,
        limit: Duration,
        answerer: &mut impl Answerer<T>,
    ) -> io::Result<()> {
        let now = Instant::now();
        self.closed = self.closed.filter(|until| *until > now);
        let open = self.closed.is_none();
        let waits = self.connections.iter().map(|connection| connection.left(now));
        let paused = self.closed.map(|until| until.saturating_duration_since(now));
        let wait = waits.chain(paused).min().map_or(limit, |wait| wait.min(limit));
        let Some((listeners, connections)) = self.ready(open, wait)? else { return Ok(()) };
        for (connection, ready) in self.connections.iter_mut().zip(connections) {
            connection.advance(ready, answerer);
        }
        self.connections.retain(|connection| !connection.is_over());
        if open {
            self.accept(&listeners);
        }
        Ok(())
    }

    /// Waits; which listeners and connections have something to do.
    fn ready(&self, open: bool, wait: Duration) -> io::Result<Option<(Vec<bool>, Vec<bool>)>> {
        let wanted = if open { PollFlags::POLLIN } else { PollFlags::empty() };
        let listeners =
            self.listeners.iter().map(|(listener, _)| PollFd::new(listener.as_fd(), wanted));
        let connections = self.connections.iter().map(|own| PollFd::new(own.fd(), own.interest()));
        let mut fds: Vec<PollFd> = listeners.chain(connections).collect();
        // Rounded up: a limit of less than a millisecond is not asked about again and again.
        let wait = wait.as_millis().saturating_add(1);
        let wait = PollTimeout::try_from(wait).unwrap_or(PollTimeout::MAX);
        match poll(&mut fds, wait) {
            Ok(_) => {}
            Err(Errno::EINTR) => return Ok(None),
            Err(errno) => return Err(errno.into()),
        }
        let mut ready = fds.iter().map(|fd| fd.any().unwrap_or(true));
        let listeners = ready.by_ref().take(self.listeners.len()).collect();
        Ok(Some((listeners, ready.collect())))
    }

    fn accept(&mut self, ready: &[bool]) {
        let listeners = self.listeners.iter().zip(ready).filter(|(_, ready)| **ready);
        for ((listener, mark), _) in listeners {
            // A flood of one port leaves time for what came by others.
            for _ in 0..self.places {
                match listener.accept() {
                    Ok((stream, _)) => {
                        if self.connections.len() >= self.places {
                            make_room(&mut self.connections);
                        }
                        // A client that is gone already is no loss.
                        let new = Connection::new(stream, mark.clone());
                        self.connections.extend(new.ok());
                    }
                    Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) if lacks_files(&error) && make_room(&mut self.connections) => {}
                    Err(_) => {
                        self.closed = Some(Instant::now() + PAUSE);
                        return;
                    }
                }
            }
        }
    }
}

/// Whether the process has as many files as it may (accept(2)).
fn lacks_files(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::EMFILE as i32)
}

/// Ends the connection that has been waited for longest: those who take all places and say nothing keep nobody
/// out. Whether there was one.
fn make_room<T>(connections: &mut Vec<Connection<T>>) -> bool {
    let all = connections.iter().map(Connection::since).enumerate();
    let longest = all.min_by_key(|(_, since)| *since);
    if let Some((place, _)) = longest {
        connections.swap_remove(place);
    }
    longest.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::{Shutdown, SocketAddr, TcpStream};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    struct Echo;

    impl Answerer<char> for Echo {
        fn request(&mut self, mark: &char, ends: Ends, request: &Request) -> Response {
            assert!(ends.client.is_ipv4());
            let body = format!("{mark} {} {}", request.method, request.target);
            Response::new(200, "text/plain", body)
        }

        fn other(&mut self, mark: &char, _ends: Ends) -> Option<Vec<u8>> {
            (*mark == 'a').then(|| b"line\n".to_vec())
        }
    }

    /// Two listeners, `a` and `b`, for as long as something is tried with them.
    fn served(trial: impl FnOnce(SocketAddr, SocketAddr)) {
        served_by(Server::new(), trial);
    }

    fn served_by(mut server: Server<char>, trial: impl FnOnce(SocketAddr, SocketAddr)) {
        let mut ends = Vec::new();
        for mark in ['a', 'b'] {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            ends.push(listener.local_addr().unwrap());
            server.add(listener, mark).unwrap();
        }
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    server.turn(Duration::from_millis(20), &mut Echo).unwrap();
                }
            });
            let tried = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                trial(ends[0], ends[1]);
            }));
            over.store(true, Ordering::Relaxed);
            if let Err(why) = tried {
                std::panic::resume_unwind(why);
            }
        });
    }

    fn said(end: SocketAddr, text: &[u8]) -> String {
        let mut stream = TcpStream::connect(end).unwrap();
        stream.write_all(text).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        rest(&mut stream)
    }

    fn rest(stream: &mut TcpStream) -> String {
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn a_connection_takes_one_request_after_the_other() {
        served(|_, end| {
            let got = said(
                end,
                b"POST /one HTTP/1.1\r\nContent-Length: 5\r\n\r\n12345HEAD /two HTTP/1.1\r\n\r\n\
                  GET /three HTTP/1.1\r\nConnection: close\r\n\r\nGET /four HTTP/1.1\r\n\r\n",
            );
            assert_eq!(got.matches("HTTP/1.1 200 OK").count(), 3, "{got}");
            assert!(got.contains("b POST /one"), "{got}");
            assert!(!got.contains("b HEAD"), "{got}");
            assert!(got.ends_with("Connection: close\r\n\r\nb GET /three"), "{got}");
        });
    }

    #[test]
    fn who_speaks_no_http_gets_something_too() {
        served(|talks, other| {
            assert_eq!(said(talks, b"hello\n"), "line\n");
            assert_eq!(said(talks, b""), "line\n");
            assert!(said(other, b"hello\n").starts_with("HTTP/1.1 400 Bad Request\r\n"));
            assert_eq!(said(other, b""), "");
            // Somebody who waits to be spoken to.
            let began = Instant::now();
            assert_eq!(rest(&mut TcpStream::connect(talks).unwrap()), "line\n");
            assert!(began.elapsed() >= Duration::from_millis(900));
        });
    }

    #[test]
    fn slow_clients_keep_nobody_waiting() {
        served(|end, _| {
            let mut slow = TcpStream::connect(end).unwrap();
            slow.write_all(b"GET /slow HTTP/1.1\r\nConnec").unwrap();
            let many: Vec<TcpStream> = (0..100).map(|_| TcpStream::connect(end).unwrap()).collect();
            assert!(said(end, b"GET / HTTP/1.0\r\n\r\n").ends_with("a GET /"));
            drop(many);
            slow.write_all(b"tion: close\r\n\r\n").unwrap();
            assert!(rest(&mut slow).ends_with("a GET /slow"));
        });
    }

    #[test]
    fn a_body_without_end_keeps_nobody_waiting() {
        served(|end, _| {
            let mut endless = TcpStream::connect(end).unwrap();
            let head = format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n", u64::MAX);
            endless.write_all(head.as_bytes()).unwrap();
            thread::scope(|scope| {
                let mut sender = endless.try_clone().unwrap();
                scope.spawn(move || while sender.write_all(&[0; 65536]).is_ok() {});
                assert!(said(end, b"GET / HTTP/1.0\r\n\r\n").ends_with("a GET /"));
                endless.shutdown(Shutdown::Both).unwrap();
            });
        });
    }

    #[test]
    fn whoever_is_silent_longest_makes_room() {
        served_by(Server { places: 4, ..Server::new() }, |_, end| {
            let keep = |_| {
                let mut stream = TcpStream::connect(end).unwrap();
                stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
                stream.read_exact(&mut [0; 9]).unwrap();
                stream
            };
            // They are kept for a minute.
            let mut kept: Vec<TcpStream> = (0..8).map(keep).collect();
            assert!(said(end, b"GET / HTTP/1.0\r\n\r\n").ends_with("b GET /"));
            assert!(rest(&mut kept[0]).ends_with("b GET /"));
        });
    }

    #[test]
    fn too_much_is_refused() {
        served(|_, end| {
            let mut text = b"GET / HTTP/1.1\r\nX: ".to_vec();
            text.resize(100_000, b'x');
            assert!(said(end, &text).starts_with("HTTP/1.1 431 "));
        });
    }
}
