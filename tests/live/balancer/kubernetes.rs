//! What the Ingress API says of hosts and paths (kubernetes.io, Concepts, Ingress: the tables of path types
//! and of hosts), row by row, and what services are told of clients, asked of both programs.

use super::http::serve;
use super::{ENGINES, Site, certificate};
use crate::lab::{text, within};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

/// Rules of a host, a path that is asked for, and which of the rules it is for.
const PATHS: &[(&str, &str, Option<usize>)] = &[
    ("Prefix /", "/", Some(0)),
    ("Prefix /", "/any/path", Some(0)),
    ("Exact /foo", "/foo", Some(0)),
    ("Exact /foo", "/bar", None),
    ("Exact /foo", "/foo/", None),
    ("Exact /foo/", "/foo", None),
    ("Exact /foo/", "/foo/", Some(0)),
    ("Exact /", "/", Some(0)),
    ("Exact /", "/foo", None),
    ("Prefix /foo", "/foo", Some(0)),
    ("Prefix /foo", "/foo/", Some(0)),
    ("Prefix /foo", "/FOO", None),
    ("Prefix /foo/", "/foo", Some(0)),
    ("Prefix /foo/", "/foo/", Some(0)),
    ("Prefix /aaa/bb", "/aaa/bbb", None),
    ("Prefix /aaa/bbb", "/aaa/bbb", Some(0)),
    ("Prefix /aaa/bbb/", "/aaa/bbb", Some(0)),
    ("Prefix /aaa/bbb", "/aaa/bbb/", Some(0)),
    ("Prefix /aaa/bbb", "/aaa/bbb/ccc", Some(0)),
    ("Prefix /aaa/bbb", "/aaa/bbbxyz", None),
    ("Prefix /, Prefix /aaa", "/aaa/ccc", Some(1)),
    ("Prefix /, Prefix /aaa, Prefix /aaa/bbb", "/aaa/bbb", Some(2)),
    ("Prefix /, Prefix /aaa, Prefix /aaa/bbb", "/ccc", Some(0)),
    ("Prefix /aaa", "/ccc", None),
    ("Prefix /foo, Exact /foo", "/foo", Some(1)),
    ("Prefix /foo, Exact /foo", "/foo/", Some(0)),
    ("Prefix /foo, Exact /foo/", "/foo", Some(0)),
    ("Prefix /foo, Exact /foo/", "/foo/", Some(1)),
    ("Prefix /, Exact /foo/", "/foo", Some(0)),
];

/// A host of a rule, one that is asked for, and whether the rule is for it.
const HOSTS: &[(&str, &str, bool)] = &[
    ("*.foo.com", "bar.foo.com", true),
    ("*.foo.com", "baz.bar.foo.com", false),
    ("*.foo.com", "foo.com", false),
    ("*.foo.com", "BAR.Foo.COM", true),
    ("*.foo.com", "bar.foo.com:8080", true),
    ("*.foo.com", "bar.foo.com.", true),
    ("*.foo.com", "barxfoo.com", false),
    ("foo.bar", "foo.bar", true),
    ("foo.bar", "fooxbar", false),
    ("foo.bar", "x.foo.bar", false),
];

/// Who serves the rules of a host, in their order; the last one has no endpoints.
const BACKENDS: [&str; 3] = ["web", "api", "idle"];

fn paths_as_ingresses() -> String {
    let mut text = "service shop/idle { select app=idle; port http 80 }\n".to_owned();
    for ((rules, _, _), number) in PATHS.iter().zip(0..) {
        text += &format!("ingress shop/t{number} {{ host t{number}.example {{\n");
        for (rule, backend) in rules.split(", ").zip(BACKENDS) {
            let (kind, path) = rule.split_once(' ').unwrap();
            let kind = if kind == "Exact" { " exact" } else { "" };
            text += &format!("path {path}{kind} -> {backend}:http\n");
        }
        text += "} }\n";
    }
    text
}

/// Who answers: a service, or a status. Whoever has no endpoints is told by 503.
fn who(site: &Site, host: &str, path: &str) -> String {
    let header = format!("Host: {host}");
    let (status, body) = site.curl("192.168.0.10", &format!("http://any{path}"), &["-H", &header]);
    match status {
        200 => body.split('-').next().unwrap().to_owned(),
        503 => "idle".to_owned(),
        status => status.to_string(),
    }
}

#[test]
fn paths_lead_where_the_api_says() {
    for engine in ENGINES {
        let site = Site::new(engine, &paths_as_ingresses());
        site.applied(1);
        ["web-0", "api-0"].into_iter().for_each(serve);
        let mut wrong = Vec::new();
        for ((rules, path, expected), number) in PATHS.iter().zip(0..) {
            let expected = expected.map_or("404", |rule| BACKENDS[rule]);
            let found = who(&site, &format!("t{number}.example"), path);
            if found != expected {
                wrong.push(format!("{rules}: {path}: {found}, not {expected}"));
            }
        }
        assert!(wrong.is_empty(), "{engine}: {wrong:#?}");
    }
}

#[test]
fn hosts_are_those_that_the_api_says() {
    let ingresses = "\
ingress shop/wild { host *.foo.com; path / -> web:http }
ingress shop/name { host foo.bar; path / -> web:http }
";
    for engine in ENGINES {
        let site = Site::new(engine, ingresses);
        site.applied(1);
        serve("web-0");
        for (rule, host, fits) in HOSTS {
            let expected = if *fits { "web" } else { "404" };
            assert_eq!(who(&site, host, "/"), expected, "{engine}: {host} of {rule}");
        }
    }
}

/// What is no path at all is nobody's, not even that of whoever has every path.
#[test]
fn requests_that_cannot_be_decoded_are_refused() {
    for engine in ENGINES {
        let site = Site::new(engine, "ingress shop/front { path / -> web:http }\n");
        site.applied(1);
        serve("web-0");
        for path in ["/100%", "/%zz", "/a/%2"] {
            assert_eq!(who(&site, "shop.example", path), "400", "{engine}: {path}");
        }
    }
}

/// Fields by which services know who asks, and by which way.
const OF_CLIENTS: [(&str, &str); 8] = [
    ("x-real-ip", "192.168.0.9"),
    ("x-forwarded-for", "192.168.0.9"),
    ("x-forwarded-host", "shop.example:80"),
    ("x-forwarded-port", "80"),
    ("x-forwarded-proto", "http"),
    ("x-forwarded-scheme", "http"),
    ("x-scheme", "http"),
    ("host", "shop.example:80"),
];

#[test]
fn no_client_says_who_it_is() {
    for engine in ENGINES {
        let site = Site::new(engine, "ingress shop/front { path / -> web:http }\n");
        site.applied(1);
        serve("web-0");
        let mut claims = vec!["-H".to_owned(), "Host: shop.example:80".to_owned()];
        for (name, _) in OF_CLIENTS.iter().filter(|(name, _)| *name != "host") {
            claims.extend(["-H".to_owned(), format!("{name}: claimed")]);
        }
        claims.extend(["-H", "Proxy: claimed", "-H", "X-Own: mine"].map(str::to_owned));
        let claims: Vec<&str> = claims.iter().map(String::as_str).collect();
        let (_, head) = site.curl("192.168.0.10", "http://any/head", &claims);
        assert!(!head.contains("claimed"), "{engine}: {head}");
        let mut fields: Vec<(String, &str)> = head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim()))
            .collect();
        fields.sort();
        for (name, value) in OF_CLIENTS {
            let own: Vec<&str> =
                fields.iter().filter(|(own, _)| own == name).map(|(_, value)| *value).collect();
            assert_eq!(own, [value], "{engine}: {name} in {head}");
        }
        assert!(fields.contains(&("x-own".to_owned(), "mine")), "{engine}: {head}");
    }
}

#[test]
fn large_heads_and_other_protocols_pass() {
    for engine in ENGINES {
        let site = Site::new(engine, "ingress shop/front { path / -> web:http }\n");
        site.applied(1);
        serve("web-0");
        let long = format!("X-Long: {}", "x".repeat(7 * 1024));
        let (status, _) = site.curl("192.168.0.10", "http://any/a", &["-H", &long]);
        assert_eq!(status, 200, "{engine}");
        let (status, said) = site.curl("192.168.0.10", "http://any/large", &[]);
        assert_eq!(status, 200, "{engine}: {said}");
        assert_eq!(conversation(), "ping\n", "{engine}");
    }
}

/// What a client outside that has sent this gets: the lines of the head, and what else there is to read.
fn sent(request: &str) -> (Vec<String>, BufReader<TcpStream>) {
    let to = "192.168.0.10:80";
    let stream = within("client", move || TcpStream::connect(to).unwrap());
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut reader = BufReader::new(stream);
    reader.get_mut().write_all(request.as_bytes()).unwrap();
    let mut lines = Vec::new();
    while lines.last().is_none_or(|line| line != "\r\n") {
        let mut line = String::new();
        assert_ne!(reader.read_line(&mut line).unwrap(), 0, "{lines:?}");
        lines.push(line);
    }
    (lines, reader)
}

/// A request for another protocol (RFC 9110 section 7.8), and what comes back once it is agreed to.
fn conversation() -> String {
    let (head, mut reader) = sent(
        "GET /socket HTTP/1.1\r\nHost: any\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    assert!(head[0].starts_with("HTTP/1.1 101 "), "{head:?}");
    reader.get_mut().write_all(b"ping\n").unwrap();
    let mut back = String::new();
    reader.read_line(&mut back).unwrap();
    back
}

/// A target may name the host itself (RFC 9112 section 3.2.2). A field that says otherwise leads nobody astray:
/// nginx does not heed it, HAProxy refuses the request.
#[test]
fn a_request_is_for_one_host() {
    let ingresses = "\
ingress shop/web { host web.example; path / -> web:http }
ingress shop/api { host api.example; path / -> api:http }
";
    for engine in ENGINES {
        let site = Site::new(engine, ingresses);
        site.applied(1);
        ["web-0", "api-0"].into_iter().for_each(serve);
        let asked = |host: &str| {
            let (head, mut reader) = sent(&format!(
                "GET http://web.example/a HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
            ));
            let mut body = String::new();
            reader.read_to_string(&mut body).unwrap();
            (head[0].split(' ').nth(1).unwrap().to_owned(), body)
        };
        let (status, body) = asked("web.example");
        assert_eq!(status, "200", "{engine}");
        assert!(body.starts_with("web-0 ") && body.contains(" web.example "), "{engine}: {body}");
        let (status, body) = asked("api.example");
        match engine {
            "nginx" => assert!(body.contains("web-0 ") && !body.contains("api"), "{body}"),
            _ => assert_eq!(status, "400", "{body}"),
        }
    }
}

/// Whose certificate a client gets that names a host (RFC 6066 section 3); nothing if it gets none.
fn presented(host: &str) -> Option<String> {
    let asked = format!("openssl s_client -connect 192.168.0.10:443 -servername {host}");
    let output = Command::new("ip")
        .args(["netns", "exec", "client", "sh", "-c", &format!("{asked} </dev/null 2>&1")])
        .output()
        .unwrap();
    let said = text(&output.stdout);
    let subject = said.lines().find_map(|line| line.strip_prefix("subject="))?;
    Some(subject.trim().replace("CN = ", "").replace("CN=", ""))
}

/// What an ingress says counts, not what stands in a certificate.
#[test]
fn a_host_has_the_certificate_that_its_ingress_states() {
    let secret =
        |name| format!("secret shop/{name} {{ certificate \"{name}.crt\"; key \"{name}.key\" }}\n");
    let hosts = "\
ingress shop/a { host two.example; path / -> web:http; tls one }
ingress shop/b { host *.b.example; path / -> web:http; tls two }
"
    .to_owned()
        + &secret("one")
        + &secret("two");
    let every = "ingress shop/c { path / -> web:http; tls any }\n".to_owned() + &secret("any");
    for engine in ENGINES {
        let mut site = Site::new(engine, &hosts);
        ["one", "two", "any"].iter().for_each(|name| {
            certificate(&site, name, &format!("{name}.example"));
        });
        site.applied(1);
        let told = || {
            ["two.example", "x.b.example", "x.y.b.example", "one.example", "any.example"]
                .map(|host| presented(host).unwrap_or_default())
        };
        assert_eq!(told(), ["one.example", "two.example", "", "", ""], "{engine}");
        site.ingresses = hosts.clone() + &every;
        site.applied(1);
        let rest = "any.example";
        assert_eq!(told(), ["one.example", "two.example", rest, rest, rest], "{engine}");
    }
}
