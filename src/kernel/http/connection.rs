//! A connection with a client, which may be slow, silent or broken.

use super::message::{Body, HEAD, Read as Heard, Response, read};
use super::server::Answerer;
use nix::poll::PollFlags;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

/// How long somebody may say nothing before it is taken for a client that waits to be spoken to.
const SILENCE: Duration = Duration::from_secs(1);

/// How long a head may take to come, a body to come, and a response to be fetched, each as a whole.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a connection is kept for the next request.
const IDLE: Duration = Duration::from_secs(60);

/// How long we wait for the other side to close what we have closed.
const FAREWELL: Duration = Duration::from_secs(2);

/// So much is read at once.
const PIECE: usize = 8 * 1024;

/// So many pieces are read before others have their turn: a client may send faster than we read.
const PIECES: usize = 2;

/// Both ends of a connection, IPv4 addresses as such.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::kernel) struct Ends {
    /// The client, as we see it.
    pub(in crate::kernel) client: SocketAddr,
    /// We, as the client sees us, if nothing between translates.
    pub(in crate::kernel) server: SocketAddr,
}

/// A connection, and the mark of who listens there.
pub(super) struct Connection<T> {
    mark: T,
    stream: TcpStream,
    ends: Ends,
    input: Vec<u8>,
    /// How much of a body is still to come.
    body: u64,
    output: Vec<u8>,
    state: State,
    /// It has sent a request.
    spoke: bool,
    /// It sends no more.
    ended: bool,
    /// Since when it is waited for what comes next.
    last: Instant,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Requests are answered.
    Open,
    /// What is to be written is the last.
    Last,
    /// We have closed our side. What the client still sends is thrown away: if it were not read,
    /// the kernel would reset the connection, and the client might lose our answer.
    Closed,
    Over,
}

impl<T> Connection<T> {
    pub(super) fn new(stream: TcpStream, mark: T) -> std::io::Result<Connection<T>> {
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        let (client, server) = (plain(stream.peer_addr()?), plain(stream.local_addr()?));
        Ok(Connection {
            mark,
            stream,
            ends: Ends { client, server },
            input: Vec::new(),
            body: 0,
            output: Vec::new(),
            state: State::Open,
            spoke: false,
            ended: false,
            last: Instant::now(),
        })
    }

    /// What is waited for.
    pub(super) fn interest(&self) -> PollFlags {
        match (self.output.is_empty(), self.ended) {
            // What is not fetched is not added to.
            (false, _) => PollFlags::POLLOUT,
            (true, false) => PollFlags::POLLIN,
            (true, true) => PollFlags::empty(),
        }
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }

    pub(super) fn is_over(&self) -> bool {
        self.state == State::Over
    }

    /// Since when it is waited for what comes next.
    pub(super) fn since(&self) -> Instant {
        self.last
    }

    /// How long it may be left alone.
    pub(super) fn left(&self, now: Instant) -> Duration {
        self.limit().saturating_sub(now.saturating_duration_since(self.last))
    }

    fn limit(&self) -> Duration {
        match self.state {
            State::Open if !self.output.is_empty() || self.body > 0 => PATIENCE,
            State::Open if self.spoke && self.input.is_empty() => IDLE,
            // Whoever sends a line is at it; whoever sends nothing may wait for us.
            State::Open if !self.input.contains(&b'\n') => SILENCE,
            State::Open | State::Last => PATIENCE,
            State::Closed | State::Over => FAREWELL,
        }
    }

    /// Does what can be done now.
    pub(super) fn advance(&mut self, ready: bool, answerer: &mut impl Answerer<T>) {
        if ready {
            self.write();
            self.receive();
        }
        while self.state == State::Open && self.output.is_empty() && self.answer(answerer) {
            self.write();
        }
        // Whoever always has something to send has no more time than others.
        if self.left(Instant::now()).is_zero() {
            self.expire(answerer);
        }
        self.finish();
    }

    /// Takes what has come, not more than one head at a time.
    fn receive(&mut self) {
        let mut piece = [0; PIECE];
        for _ in 0..PIECES {
            if !self.output.is_empty() || self.ended || self.input.len() >= HEAD {
                return;
            }
            match self.stream.read(&mut piece) {
                Ok(0) => self.ended = true,
                Ok(length) => self.take(piece.get(..length).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => {
                    self.state = State::Over;
                    return;
                }
            }
        }
    }

    fn take(&mut self, new: &[u8]) {
        if self.state != State::Open {
            return;
        }
        // Within a body nothing is kept, so this is the beginning of a head or more of a body.
        let begins = self.input.is_empty();
        self.input.extend_from_slice(new);
        self.skip();
        // Time is counted from the first byte of a head, and that of a body from its head: who sends one byte
        // now and then gets no more.
        if begins && self.body == 0 {
            self.last = Instant::now();
        }
    }

    /// Throws away what belongs to a body.
    fn skip(&mut self) {
        let length = u64::try_from(self.input.len()).unwrap_or(u64::MAX).min(self.body);
        self.body -= length;
        self.input.drain(..usize::try_from(length).unwrap_or_default());
    }

    /// Answers the next request, if it is there.
    fn answer(&mut self, answerer: &mut impl Answerer<T>) -> bool {
        if self.body > 0 {
            return false;
        }
        match read(&self.input) {
            Heard::Request(request, length) => {
                self.input.drain(..length);
                self.spoke = true;
                let body = request.body();
                let persists = request.persists() && body != Body::Open;
                let response = answerer.request(&self.mark, self.ends, &request);
                self.output = response.bytes(Some(&request), persists);
                if let Body::Length(length) = body {
                    self.body = length;
                    self.skip();
                }
                if !persists {
                    self.state = State::Last;
                }
            }
            Heard::Partial if self.ended => self.other(answerer),
            Heard::Partial => return false,
            Heard::TooLarge => self.refuse(431),
            Heard::Foreign => self.other(answerer),
        }
        true
    }

    /// Time is over.
    fn expire(&mut self, answerer: &mut impl Answerer<T>) {
        let waits = self.state == State::Open && self.output.is_empty() && self.body == 0;
        match (waits, self.input.is_empty()) {
            (true, true) if self.spoke => self.state = State::Over,
            (true, false) if self.input.contains(&b'\n') => self.refuse(408),
            (true, _) => self.other(answerer),
            (false, _) => self.state = State::Over,
        }
    }

    /// Answers somebody who speaks no HTTP.
    fn other(&mut self, answerer: &mut impl Answerer<T>) {
        if self.spoke && self.input.is_empty() {
            self.state = State::Over;
            return;
        }
        match answerer.other(&self.mark, self.ends) {
            Some(said) => {
                self.output = said;
                self.last = Instant::now();
                self.state = State::Last;
            }
            None if self.input.is_empty() => self.state = State::Over,
            None => self.refuse(400),
        }
    }

    fn refuse(&mut self, status: u16) {
        self.output = Response::plain(status).bytes(None, false);
        self.last = Instant::now();
        self.state = State::Last;
    }

    fn write(&mut self) {
        while !self.output.is_empty() && self.state != State::Over {
            match self.stream.write(&self.output) {
                Ok(length) => {
                    self.last = Instant::now();
                    self.output.drain(..length.min(self.output.len()));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => self.state = State::Over,
            }
        }
    }

    /// Closes what has come to its end.
    fn finish(&mut self) {
        self.write();
        if !self.output.is_empty() {
            return;
        }
        if self.state == State::Last {
            self.input = Vec::new();
            self.last = Instant::now();
            let closed = self.stream.shutdown(Shutdown::Write);
            self.state = if closed.is_ok() { State::Closed } else { State::Over };
        }
        if self.ended && matches!(self.state, State::Open | State::Closed) {
            self.state = State::Over;
        }
    }
}

/// A socket of both families sees IPv4 addresses as IPv6 ones.
fn plain(end: SocketAddr) -> SocketAddr {
    SocketAddr::new(end.ip().to_canonical(), end.port())
}

#[cfg(test)]
mod tests {
    use super::super::message::Request;
    use super::*;
    use std::net::TcpListener;

    struct Silent;

    impl Answerer<()> for Silent {
        fn request(&mut self, _mark: &(), _ends: Ends, _request: &Request) -> Response {
            Response::plain(200)
        }
    }

    /// What a client has sent so far is taken.
    fn hear(connection: &mut Connection<()>, client: &mut TcpStream, text: &[u8]) {
        client.write_all(text).unwrap();
        let (mut peeked, length) = (vec![0; text.len()], text.len());
        connection.stream.set_nonblocking(false).unwrap();
        while connection.stream.peek(&mut peeked).unwrap() < length {}
        connection.stream.set_nonblocking(true).unwrap();
        connection.advance(true, &mut Silent);
    }

    #[test]
    fn a_head_and_a_body_have_their_time_as_a_whole() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let mut own = Connection::new(listener.accept().unwrap().0, ()).unwrap();
        hear(&mut own, &mut client, b"POST / HT");
        let began = own.since();
        hear(&mut own, &mut client, b"TP/1.1\r\nContent-Le");
        assert_eq!(own.since(), began);
        hear(&mut own, &mut client, b"ngth: 10\r\n\r\n12");
        let answered = own.since();
        assert!(answered > began);
        assert_eq!(own.left(answered), PATIENCE);
        hear(&mut own, &mut client, b"34567");
        assert_eq!((own.since(), own.body), (answered, 3));
        hear(&mut own, &mut client, b"890GET");
        assert!(own.since() > answered);
        // However much it has to say: when its time is over it is.
        own.last = began.checked_sub(PATIENCE).unwrap();
        hear(&mut own, &mut client, b" / HTTP/1.1\r\n");
        assert!(own.is_over() || own.state == State::Closed);
    }
}
