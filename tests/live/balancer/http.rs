//! A server in pods and a client that says what became of each request.

use crate::lab::within;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// Serves HTTP in a pod until the test ends: the answer is the pod's name, the path and some headers
/// as they came.
pub(super) fn serve(pod: &str) {
    let name = pod.to_owned();
    let listener = within(&format!("pod-shop.{pod}"), || TcpListener::bind("[::]:8080").unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let name = name.clone();
            thread::spawn(move || answer(&name, stream?));
        }
    });
}

fn answer(name: &str, mut stream: TcpStream) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let head = head(&mut reader)?;
        let Some(first) = head.first() else { return Ok(()) };
        let path = first.split(' ').nth(1).unwrap_or_default();
        let field = |wanted: &str| {
            let mut fields = head.iter().filter_map(|line| line.split_once(": "));
            let found = fields.find(|(key, _)| key.eq_ignore_ascii_case(wanted));
            found.map_or("-", |(_, value)| value).to_owned()
        };
        if path == "/slow" {
            thread::sleep(Duration::from_millis(300));
        }
        if path == "/head" {
            let body = head.join("\n");
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())?;
            continue;
        }
        if path == "/large" {
            let large = "x".repeat(12 * 1024);
            write!(stream, "HTTP/1.1 200 OK\r\nX-Large: {large}\r\nContent-Length: 0\r\n\r\n")?;
            continue;
        }
        if path == "/socket" {
            let protocol = field("upgrade");
            // What a client that sends the key of RFC 6455 section 1.3 is answered.
            let agreed = format!(
                "Upgrade: {protocol}\r\nConnection: Upgrade\r\n\
                 Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
            );
            write!(stream, "HTTP/1.1 101 Switching Protocols\r\n{agreed}\r\n")?;
            return io::copy(&mut reader, &mut stream).map(|_| ());
        }
        let body = format!(
            "{name} {path} {} {} {}",
            field("host"),
            field("x-forwarded-for"),
            field("x-forwarded-proto")
        );
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())?;
    }
}

/// The lines before the empty one.
fn head(reader: &mut BufReader<TcpStream>) -> io::Result<Vec<String>> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(Vec::new());
        }
        let line = line.trim_end();
        if line.is_empty() {
            return Ok(lines);
        }
        lines.push(line.to_owned());
    }
}

/// A client, which keeps its connection if it is to.
pub(super) struct Client {
    to: SocketAddr,
    keeps: bool,
    open: Option<BufReader<TcpStream>>,
}

impl Client {
    pub(super) fn new(to: &str, keeps: bool) -> Client {
        Client { to: to.parse().unwrap(), keeps, open: None }
    }

    /// The answer to a request. A kept connection may be closed at any time, so a request that got
    /// no answer at all on one is sent again on a new one (RFC 9112 section 9.3.1).
    pub(super) fn get(&mut self, host: &str, path: &str) -> io::Result<String> {
        if let Some(mut open) = self.open.take()
            && let Ok(body) = self.ask(&mut open, host, path)
        {
            self.open = Some(open);
            return Ok(body);
        }
        let stream = TcpStream::connect_timeout(&self.to, Duration::from_secs(5))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let mut open = BufReader::new(stream);
        let body = self.ask(&mut open, host, path)?;
        self.open = self.keeps.then_some(open);
        Ok(body)
    }

    /// The answers to two requests on one connection. One that is closed between both is taken for
    /// none.
    pub(super) fn together(&mut self, host: &str, paths: [&str; 2]) -> io::Result<[String; 2]> {
        loop {
            self.open = None;
            let first = self.get(host, paths[0])?;
            if let Some(mut open) = self.open.take()
                && let Ok(second) = self.ask(&mut open, host, paths[1])
            {
                return Ok([first, second]);
            }
        }
    }

    fn ask(&self, open: &mut BufReader<TcpStream>, host: &str, path: &str) -> io::Result<String> {
        let connection = if self.keeps { "keep-alive" } else { "close" };
        write!(
            open.get_mut(),
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: {connection}\r\n\r\n"
        )?;
        let head = head(open)?;
        let status = head.first().ok_or(io::ErrorKind::UnexpectedEof)?;
        if !status.contains(" 200 ") {
            return Err(io::Error::other(status.clone()));
        }
        let length = head.iter().filter_map(|line| line.split_once(": "));
        let mut length = length.filter(|(key, _)| key.eq_ignore_ascii_case("content-length"));
        let length: usize = length.next().unwrap().1.parse().unwrap();
        let mut body = vec![0; length];
        open.read_exact(&mut body)?;
        Ok(String::from_utf8(body).unwrap())
    }
}
