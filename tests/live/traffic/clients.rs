//! Servers, and clients that go on asking them.

use crate::lab::{start, within};
use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};

/// How long an answer may take. Nothing but a lost packet takes so long.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long there are requests before and after a change.
const A_WHILE: Duration = Duration::from_millis(150);

/// The service from within the cluster and from outside, and the clients of each.
const CLIENTS: [(&str, &str); 3] = [
    ("pod-default.client", "10.96.0.80:80"),
    ("outside", "192.168.0.10:30080"),
    ("node0", "10.96.0.80:80"),
];

/// How long a client waits before its next request, after one that took so long: a slow machine has
/// other things to do, too.
fn pace(begin: Instant) -> Duration {
    Duration::from_millis(2) + 5 * begin.elapsed()
}

/// How many requests there are at least while a node changes, and as many afterwards.
const LEAST: usize = 100;

/// A server in a pod.
pub(crate) struct Server {
    pub(crate) pod: String,
    gone: Arc<AtomicBool>,
}

impl Server {
    pub(crate) fn new(pod: &str) -> Server {
        let pod = format!("pod-default.{pod}");
        let server = Server { pod, gone: Arc::default() };
        let listener = within(&server.pod, || TcpListener::bind("[::]:80").unwrap());
        let (name, gone) = (server.pod.clone(), Arc::clone(&server.gone));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (name, gone) = (name.clone(), Arc::clone(&gone));
                thread::spawn(move || answer(stream?, &name, &gone));
            }
            io::Result::Ok(())
        });
        server
    }

    /// From now on it answers nobody.
    pub(crate) fn goes(&self) {
        self.gone.store(true, Ordering::Relaxed);
    }

    pub(crate) fn comes(&self) {
        self.gone.store(false, Ordering::Relaxed);
    }
}

/// Answers every line with the server's name; after the line `once` it ends the connection.
fn answer(mut stream: TcpStream, name: &str, gone: &AtomicBool) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut lines = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    while lines.read_line(&mut line)? > 0 && !gone.load(Ordering::Relaxed) {
        stream.write_all(format!("{name}\n").as_bytes())?;
        if line == "once\n" {
            break;
        }
        line.clear();
    }
    Ok(())
}

/// One request on a connection of its own: who answers.
fn request(to: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&to, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(b"once\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let whole = answer.strip_suffix('\n').map(str::to_owned);
    whole.ok_or_else(|| io::Error::new(ErrorKind::UnexpectedEof, "no answer"))
}

/// Clients that ask again and again, each time on a new connection.
struct Asking {
    over: Arc<AtomicBool>,
    /// How many requests were answered so far.
    answered: Arc<AtomicUsize>,
    clients: Vec<JoinHandle<Asked>>,
}

/// What they have seen.
#[derive(Default)]
struct Asked {
    /// How many requests each server has answered.
    answers: BTreeMap<String, usize>,
    failures: Vec<String>,
}

impl Asking {
    fn begin() -> Asking {
        let over = Arc::<AtomicBool>::default();
        let answered = Arc::<AtomicUsize>::default();
        let clients = CLIENTS.iter().cycle().take(2 * CLIENTS.len()).map(|(netns, to)| {
            let (over, answered) = (Arc::clone(&over), Arc::clone(&answered));
            start(netns, move || ask(netns, to, &over, &answered))
        });
        Asking { clients: clients.collect(), over, answered }
    }

    /// Who has answered, and how often. No request may have failed.
    #[track_caller]
    fn end(self, what: &str) -> BTreeMap<String, usize> {
        let begin = Instant::now();
        while self.answered.load(Ordering::Relaxed) < LEAST && begin.elapsed() < 3 * PATIENCE {
            sleep(A_WHILE);
        }
        self.over.store(true, Ordering::Relaxed);
        let mut all = Asked::default();
        for client in self.clients {
            let asked = client.join().unwrap();
            all.failures.extend(asked.failures);
            for (server, count) in asked.answers {
                *all.answers.entry(server).or_default() += count;
            }
        }
        let count: usize = all.answers.values().sum();
        let failed = all.failures.len();
        assert_eq!(failed, 0, "{what}: {count} answered, these failed: {:#?}", all.failures);
        assert!(count >= LEAST, "{what}: only {count} requests");
        all.answers
    }
}

fn ask(netns: &str, to: &str, over: &AtomicBool, answered: &AtomicUsize) -> Asked {
    let (address, mut asked) = (to.parse().unwrap(), Asked::default());
    while !over.load(Ordering::Relaxed) {
        let begin = Instant::now();
        match request(address) {
            Ok(server) => {
                *asked.answers.entry(server).or_default() += 1;
                answered.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => {
                let after = begin.elapsed().as_millis();
                asked.failures.push(format!("{netns} to {to} after {after} ms: {error}"));
            }
        }
        sleep(pace(begin));
    }
    asked
}

/// Connections on which a line is exchanged every few milliseconds.
#[derive(Default)]
pub(crate) struct Kept {
    over: Arc<AtomicBool>,
    lines: Arc<AtomicUsize>,
    /// How many broke, by their servers.
    broken: Arc<Mutex<BTreeMap<String, usize>>>,
    /// How many were opened, by their servers.
    opened: BTreeMap<String, usize>,
    threads: Vec<JoinHandle<()>>,
}

impl Kept {
    /// Opens more of them, some from each client.
    pub(crate) fn open(&mut self) {
        self.open_each(8);
    }

    /// Opens so many from each client.
    pub(crate) fn open_each(&mut self, times: usize) {
        for (netns, to) in CLIENTS.iter().cycle().take(times * CLIENTS.len()) {
            let (mut stream, server) = within(netns, || open(to).unwrap());
            *self.opened.entry(server.clone()).or_default() += 1;
            let (over, lines) = (Arc::clone(&self.over), Arc::clone(&self.lines));
            let broken = Arc::clone(&self.broken);
            self.threads.push(thread::spawn(move || {
                if keep(&mut stream, &server, &over, &lines).is_err() {
                    *broken.lock().unwrap().entry(server).or_default() += 1;
                }
            }));
        }
    }

    /// Those to these servers break, if not at once, and no others.
    #[track_caller]
    pub(crate) fn break_to(&self, servers: &[&Server], what: &str) {
        let those = |name: &String| servers.iter().any(|server| server.pod == *name);
        let opened = self.opened.iter().filter(|(name, _)| those(name));
        let expected: BTreeMap<String, usize> =
            opened.map(|(name, count)| (name.clone(), *count)).collect();
        let broken = || self.broken.lock().unwrap().clone();
        let begin = Instant::now();
        while broken() != expected && begin.elapsed() < 2 * PATIENCE {
            sleep(A_WHILE);
        }
        assert_eq!(broken(), expected, "{what}");
    }

    pub(crate) fn end(self) {
        self.over.store(true, Ordering::Relaxed);
        self.threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}

/// Opens a connection to be kept: it, and who answers.
fn open(to: &str) -> io::Result<(TcpStream, String)> {
    let mut stream = TcpStream::connect_timeout(&to.parse().unwrap(), PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    stream.write_all(b"more\n")?;
    let mut server = String::new();
    BufReader::new(stream.try_clone()?).read_line(&mut server)?;
    Ok((stream, server.trim_end().to_owned()))
}

/// Exchanges lines until it is over.
fn keep(
    stream: &mut TcpStream,
    server: &str,
    over: &AtomicBool,
    count: &AtomicUsize,
) -> io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?);
    while !over.load(Ordering::Relaxed) {
        let begin = Instant::now();
        stream.write_all(b"more\n")?;
        let mut line = String::new();
        lines.read_line(&mut line)?;
        if line.trim_end() != server {
            return Err(io::Error::new(ErrorKind::UnexpectedEof, "no answer"));
        }
        count.fetch_add(1, Ordering::Relaxed);
        sleep(2 * pace(begin));
    }
    Ok(())
}

/// Does something while there are requests, none of which may fail. Who answers afterwards.
#[track_caller]
pub(crate) fn during(kept: &Kept, what: &str, work: impl FnOnce()) -> Vec<String> {
    let (begin, lines) = (Instant::now(), kept.lines.load(Ordering::Relaxed));
    let asking = Asking::begin();
    sleep(A_WHILE);
    work();
    sleep(A_WHILE);
    let count: usize = asking.end(what).values().sum();
    let lines = kept.lines.load(Ordering::Relaxed) - lines;
    let time = begin.elapsed().as_millis();
    println!("{what}: {count} requests and {lines} lines in {time} ms, none lost");
    let asking = Asking::begin();
    sleep(2 * A_WHILE);
    asking.end(what).into_keys().collect()
}

/// A connection that is kept open.
pub(crate) struct Held {
    stream: TcpStream,
    /// Who answers.
    pub(crate) server: String,
}

impl Held {
    pub(crate) fn open(netns: &str, to: &str) -> Held {
        let to = to.to_owned();
        let (stream, server) = within(netns, move || open(&to).unwrap());
        Held { stream, server }
    }

    /// Where it comes from.
    pub(crate) fn source(&self) -> SocketAddr {
        self.stream.local_addr().unwrap()
    }

    /// One more line is answered by the same server.
    pub(crate) fn goes_on(&mut self) -> bool {
        let mut line = String::new();
        let asked = self.stream.write_all(b"more\n");
        let answered = BufReader::new(&self.stream).read_line(&mut line);
        asked.is_ok() && answered.is_ok() && line.trim_end() == self.server
    }
}

/// One request from a namespace: who answers.
pub(crate) fn request_from(netns: &str, to: &str) -> io::Result<String> {
    let to = to.parse().unwrap();
    within(netns, move || request(to))
}
