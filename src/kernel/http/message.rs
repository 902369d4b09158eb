//! Requests as they are read, responses as they are written.

use crate::kernel::store::http_date;
use std::fmt::Write as _;
use std::time::SystemTime;

/// How long the head of a request may be, in bytes.
pub(super) const HEAD: usize = 16 * 1024;

/// How many fields a head may have.
const FIELDS: usize = 64;

/// A request, without its body: nobody here wants one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::kernel) struct Request {
    /// `GET` and the like.
    pub(in crate::kernel) method: String,
    /// What is asked for: the path, with the query.
    pub(in crate::kernel) target: String,
    /// The fields, in their order.
    fields: Vec<(String, String)>,
    /// The minor version of HTTP/1.
    minor: u8,
}

/// What stands at the beginning of what a client has sent.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Read {
    /// A request, and how long its head is.
    Request(Request, usize),
    /// The beginning of one.
    Partial,
    /// A request that is too large.
    TooLarge,
    /// No HTTP.
    Foreign,
}

/// What follows a head.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Body {
    /// So many bytes.
    Length(u64),
    /// Something whose end is not looked for.
    Open,
}

/// Reads a request (RFC 9112, section 2).
pub(super) fn read(input: &[u8]) -> Read {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS];
    let mut parsed = httparse::Request::new(&mut fields);
    match parsed.parse(input) {
        Ok(httparse::Status::Complete(length)) => {
            let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
            let fields =
                parsed.headers.iter().map(|field| (field.name.to_owned(), text(field.value)));
            let request = Request {
                method: parsed.method.unwrap_or_default().to_owned(),
                target: parsed.path.unwrap_or_default().to_owned(),
                fields: fields.collect(),
                minor: parsed.version.unwrap_or_default(),
            };
            Read::Request(request, length)
        }
        Ok(httparse::Status::Partial) if input.len() < HEAD => Read::Partial,
        Ok(httparse::Status::Partial) | Err(httparse::Error::TooManyHeaders) => Read::TooLarge,
        Err(_) => Read::Foreign,
    }
}

impl Request {
    /// The value of the first field of a name.
    pub(in crate::kernel) fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The head alone is wanted (RFC 9110, section 9.3.2).
    fn is_head(&self) -> bool {
        self.method == "HEAD"
    }

    /// Whether the client wants to go on with the connection (RFC 9112, section 9.3).
    pub(super) fn persists(&self) -> bool {
        let stated = self.field("connection").unwrap_or_default();
        let says = |word| stated.split(',').any(|own| own.trim().eq_ignore_ascii_case(word));
        if self.minor == 0 { says("keep-alive") } else { !says("close") }
    }

    /// What follows (RFC 9112, section 6.3).
    pub(super) fn body(&self) -> Body {
        match (self.field("transfer-encoding"), self.field("content-length")) {
            (Some(_), _) => Body::Open,
            (None, None) => Body::Length(0),
            (None, Some(length)) => length.trim().parse().map_or(Body::Open, Body::Length),
        }
    }
}

/// An answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::kernel) struct Response {
    status: u16,
    fields: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Response {
    /// An answer with a body of a type.
    pub(in crate::kernel) fn new(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Response {
        let fields = vec![("Content-Type", kind.to_owned())];
        Response { status, fields, body: body.into() }
    }

    /// With a further field.
    #[expect(clippy::needless_pass_by_value, reason = "it is given texts and numbers")]
    #[must_use]
    pub(in crate::kernel) fn with(mut self, name: &'static str, value: impl ToString) -> Response {
        self.fields.push((name, value.to_string()));
        self
    }

    /// An answer that says its status and nothing else.
    pub(super) fn plain(status: u16) -> Response {
        let body = format!("{status} {}\n", reason(status));
        Response::new(status, "text/plain; charset=utf-8", body)
    }

    /// The bytes of the answer to a request, or to something that is none.
    pub(in crate::kernel) fn bytes(&self, request: Option<&Request>, persists: bool) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        let mut add = |name: &str, value: &str| {
            let _ = write!(head, "{name}: {value}\r\n");
        };
        add("Date", &http_date(SystemTime::now()));
        self.fields.iter().for_each(|(name, value)| add(name, value));
        add("Content-Length", &self.body.len().to_string());
        match (persists, request) {
            (false, _) => add("Connection", "close"),
            (true, Some(request)) if request.minor == 0 => add("Connection", "keep-alive"),
            (true, _) => {}
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        if !request.is_some_and(Request::is_head) {
            bytes.extend_from_slice(&self.body);
        }
        bytes
    }
}

/// The phrase of a status (RFC 9110, section 15).
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(text: &str) -> Request {
        let Read::Request(request, length) = read(text.as_bytes()) else { panic!("{text}") };
        assert_eq!(length, text.len());
        request
    }

    #[test]
    fn requests_are_told_from_other_things() {
        assert_eq!(read(b"GET / HTTP/1.1\r\nHost: web\r\n"), Read::Partial);
        assert_eq!(read(b"hello\n"), Read::Foreign);
        assert_eq!(read(b"\x16\x03\x01\x02\x00\x01"), Read::Foreign);
        let long = format!("GET /{} HTTP/1.1\r\n", "x".repeat(HEAD));
        assert_eq!(read(long.as_bytes()), Read::TooLarge);
        let fields: String = (0..100).map(|number| format!("x-{number}: 1\r\n")).collect();
        let many = format!("GET / HTTP/1.1\r\n{fields}\r\n");
        assert_eq!(read(many.as_bytes()), Read::TooLarge);
    }

    #[test]
    fn who_goes_on_says_so_by_the_rules_of_the_version() {
        let persists = |text: &str| request(text).persists();
        assert!(persists("GET / HTTP/1.1\r\nHost: web\r\n\r\n"));
        assert!(!persists("GET / HTTP/1.1\r\nConnection: Close\r\n\r\n"));
        assert!(!persists("GET / HTTP/1.0\r\n\r\n"));
        assert!(persists("GET / HTTP/1.0\r\nConnection: x, keep-alive\r\n\r\n"));
    }

    #[test]
    fn bodies_have_a_length_or_an_end_that_is_not_looked_for() {
        let body = |field: &str| request(&format!("POST / HTTP/1.1\r\n{field}\r\n")).body();
        assert_eq!(body(""), Body::Length(0));
        assert_eq!(body("Content-Length: 12\r\n"), Body::Length(12));
        assert_eq!(body("Content-Length: many\r\n"), Body::Open);
        assert_eq!(body("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n"), Body::Open);
    }

    #[test]
    fn heads_are_asked_for_without_bodies() {
        let response = Response::new(200, "text/plain", "hello").with("X-Name", 7);
        let text = |request: &Request, persists| {
            String::from_utf8(response.bytes(Some(request), persists)).unwrap()
        };
        let got = text(&request("GET / HTTP/1.1\r\n\r\n"), false);
        assert!(got.starts_with("HTTP/1.1 200 OK\r\nDate: "), "{got}");
        assert!(got.ends_with(
            "Content-Type: text/plain\r\nX-Name: 7\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"
        ));
        let got = text(&request("HEAD / HTTP/1.1\r\n\r\n"), true);
        assert!(got.ends_with("Content-Length: 5\r\n\r\n"), "{got}");
    }
}
