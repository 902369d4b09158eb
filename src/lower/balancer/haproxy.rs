//! `haproxy.cfg` (docs.haproxy.org: Configuration Manual 2.6).

use super::Work;
use super::site::{Host, HostName, Route, Site};
use super::stream::Stream;
use super::words::{Text, any};
use crate::model::{Family, PathKind};
use crate::object::{CERTIFICATES, certificate_line};
use netc_lang::Protocol;
use std::collections::BTreeMap;

/// Times are those of ingress-nginx.
const DEFAULTS: [&str; 10] = [
    "mode http",
    "timeout connect 5s",
    "timeout client 60s",
    "timeout server 60s",
    "timeout http-request 60s",
    "timeout http-keep-alive 75s",
    "timeout tunnel 1h",
    "retries 3",
    "option redispatch 1",
    "option http-keep-alive",
];

/// What is asked of a request: the host without a port, and the path as it is compared. One that cannot be decoded
/// is refused, and one that leads upwards: servers differ in what they make of it. Fields that tell a service of
/// its client are never those that the client sent; `Proxy` would become a variable of some services
/// (CVE-2016-5385).
const ASKED: [&str; 16] = [
    "http-request set-var(txn.host) req.hdr(host),host_only,lower,regsub([.]$,)",
    "http-request set-var(txn.path) path,url_dec,regsub(//+,/,g)",
    "http-request deny deny_status 400 unless { var(txn.path) -m found }",
    "http-request set-var(txn.dir) var(txn.path),concat(/)",
    "http-request deny deny_status 400 if { var(txn.dir) -m sub /./ /../ }",
    "http-request set-header X-Real-IP %[src]",
    "http-request set-header X-Forwarded-For %[src]",
    "http-request set-header X-Forwarded-Host %[req.hdr(host)]",
    "http-request set-header X-Forwarded-Proto https if { ssl_fc }",
    "http-request set-header X-Forwarded-Proto http unless { ssl_fc }",
    "http-request set-header X-Forwarded-Scheme https if { ssl_fc }",
    "http-request set-header X-Forwarded-Scheme http unless { ssl_fc }",
    "http-request set-header X-Scheme https if { ssl_fc }",
    "http-request set-header X-Scheme http unless { ssl_fc }",
    "http-request set-header X-Forwarded-Port %[dst_port]",
    "http-request del-header Proxy",
];

/// The backend for requests that no rule is for.
const NOBODY: &str = "nobody";

pub(super) fn write(work: &Work) -> String {
    if work.site.is_none() && work.streams.is_empty() {
        return String::new();
    }
    let mut text = Text::new(work.site.as_ref());
    work.site.iter().for_each(|site| certificates(&mut text, site));
    section(&mut text, "global", |text| {
        text.lines(&["maxconn 8192", "hard-stop-after 240s"]);
        if work.site.as_ref().is_some_and(|site| site.https.is_some()) {
            text.line("ssl-default-bind-options ssl-min-ver TLSv1.2");
        }
    });
    section(&mut text, "defaults", |text| text.lines(&DEFAULTS));
    if let Some(site) = &work.site {
        http(&mut text, site);
    }
    for stream in work.streams.iter().filter(|stream| !stream.servers.is_empty()) {
        self::stream(&mut text, stream);
    }
    text.finish()
}

fn section(text: &mut Text, head: &str, write: impl FnOnce(&mut Text)) {
    text.gap();
    text.line(head);
    text.deeper();
    write(text);
    text.higher();
}

fn http(text: &mut Text, site: &Site) {
    section(text, "frontend http", |text| {
        for family in &site.families {
            text.line(&format!("bind {}{}", any(*family, site.http), only(*family)));
        }
        text.lines(&ASKED);
        rules(text, site);
    });
    if let Some(port) = site.https {
        section(text, "frontend https", |text| {
            for family in &site.families {
                text.line(&format!(
                    "bind {}{} ssl crt-list {CERTIFICATES}{} alpn h2,http/1.1",
                    any(*family, port),
                    only(*family),
                    strictly(site)
                ));
            }
            text.lines(&ASKED);
            tls_hosts(text, site);
            rules(text, site);
        });
    }
    for (name, upstream) in &site.upstreams {
        text.gap();
        text.line(&format!("# service {}", upstream.title));
        text.line(&format!("backend {name}"));
        text.deeper();
        if upstream.servers.is_empty() {
            text.line("http-request return status 503");
        } else {
            text.line("balance roundrobin");
        }
        for (server, number) in upstream.servers.iter().zip(1..) {
            text.line(&format!("server s{number} {server}"));
        }
        text.higher();
    }
    section(text, &format!("backend {NOBODY}"), |text| {
        text.line("http-request return status 404");
    });
}

/// Listens to one family alone.
fn only(family: Family) -> &'static str {
    match family {
        Family::V4 => "",
        Family::V6 => " v6only",
    }
}

/// So many hosts of a certificate stand in a line of their list; HAProxy takes 64 KiB and 2048 words.
const HOSTS: usize = 100;

/// Which certificate is for which hosts; the one for every other host first, because it is for clients that
/// name none. What names a certificate itself has does not matter, as with nginx.
fn certificates(text: &mut Text, site: &Site) {
    let mut all: BTreeMap<(bool, &String), Vec<String>> = BTreeMap::new();
    let any = site.hosts.iter().find(|host| host.name == HostName::Any);
    let first = any.and_then(|host| host.certificate.as_ref());
    for host in &site.hosts {
        let Some(file) = &host.certificate else { continue };
        let name = match host.name {
            HostName::Any => "*".to_owned(),
            _ => host.name.title(),
        };
        all.entry((Some(file) != first, file)).or_default().push(name);
    }
    for ((_, file), hosts) in &all {
        let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
        hosts.chunks(HOSTS).for_each(|hosts| text.line(&certificate_line(file, hosts)));
    }
}

/// Without a certificate for every other host, clients have to name one that is known.
fn strictly(site: &Site) -> &'static str {
    let any = |host: &Host| host.name == HostName::Any && host.certificate.is_some();
    if site.hosts.iter().any(any) { "" } else { " strict-sni" }
}

/// Refuses requests for hosts that have no certificate.
fn tls_hosts(text: &mut Text, site: &Site) {
    let secured = site.hosts.iter().filter(|host| host.certificate.is_some());
    let conditions: Option<Vec<String>> = secured.map(|host| host_is(&host.name)).collect();
    let Some(conditions) = conditions else { return };
    for condition in conditions {
        text.line(&format!("acl secured var(txn.host) {condition}"));
    }
    text.line("http-request return status 421 unless secured");
}

/// How a host is recognized; `None` for every one.
fn host_is(name: &HostName) -> Option<String> {
    match name {
        HostName::Exact(name) => Some(format!("-m str {name}")),
        HostName::Wildcard(rest) => Some(format!("-m reg ^[^.]+[.]{}$", rest.replace('.', "[.]"))),
        HostName::Any => None,
    }
}

fn rules(text: &mut Text, site: &Site) {
    for host in &site.hosts {
        let condition = host_is(&host.name).map(|one| format!(" {{ var(txn.host) {one} }}"));
        for route in &host.routes {
            let path = path_is(route);
            let conditions = format!("{}{path}", condition.clone().unwrap_or_default());
            let conditions =
                if conditions.is_empty() { conditions } else { format!(" if{conditions}") };
            text.line(&format!(
                "use_backend {}{conditions}  # ingress {}",
                route.upstream, route.ingress
            ));
        }
    }
    let default = site.default.as_deref().unwrap_or(NOBODY);
    text.line(&format!("default_backend {default}"));
}

fn path_is(route: &Route) -> String {
    match (route.kind, route.path.as_str()) {
        (PathKind::Exact, path) => format!(" {{ var(txn.path) -m str {} }}", quoted(path)),
        (PathKind::Prefix, "") => String::new(),
        (PathKind::Prefix, path) => {
            format!(" {{ var(txn.dir) -m beg {} }}", quoted(&format!("{path}/")))
        }
    }
}

/// A path as a word of the configuration: within single quotes nothing has a meaning.
fn quoted(path: &str) -> String {
    let plain = |one: char| one.is_alphanumeric() || "/-._~!*+:@&=%^".contains(one);
    if path.chars().all(plain) {
        return path.to_owned();
    }
    format!("'{}'", path.replace('\'', "'\\''"))
}

/// How many clients are remembered with their endpoint.
const CLIENTS: &str = "100k";

fn stream(text: &mut Text, stream: &Stream) {
    if stream.protocol != Protocol::Tcp {
        return;
    }
    text.gap();
    text.line(&format!("# service {} {}", stream.name, stream.protocol));
    text.line(&format!("listen {}", stream.key()));
    text.deeper();
    text.line("mode tcp");
    text.line(&format!("bind {}{}", stream.listen, only(Family::of(stream.listen.ip()))));
    text.lines(&["timeout client 24h", "timeout server 24h", "balance roundrobin"]);
    if let Some(seconds) = stream.affinity {
        let kind = match Family::of(stream.listen.ip()) {
            Family::V4 => "ip",
            Family::V6 => "ipv6",
        };
        text.line(&format!("stick-table type {kind} size {CLIENTS} expire {seconds}s"));
        text.line("stick on src");
    }
    for (server, number) in stream.servers.iter().zip(1..) {
        text.line(&format!("server s{number} {server}"));
    }
    text.higher();
}
