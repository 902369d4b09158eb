//! `nginx.conf` (nginx.org: `ngx_http_core_module`, `ngx_http_proxy_module`,
//! `ngx_stream_core_module`). Limits and times are those of ingress-nginx.

use super::Work;
use super::site::{Host, HostName, Route, Site, Upstream};
use super::stream::Stream;
use super::words::{Text, any};
use crate::model::PathKind;
use netc_lang::Protocol;
use std::collections::BTreeSet;

/// Where Debian has the module for connections that are not HTTP (package libnginx-mod-stream).
const STREAM_MODULE: &str = "/usr/lib/nginx/modules/ngx_stream_module.so";

/// What all requests have in common. Bodies are passed on as they come: nothing is kept on the disk,
/// and how large one may be is the service's own business. The head of an answer may be as large as
/// with HAProxy. Fields that tell a service of its client are never those that the client sent.
const HTTP: [&str; 32] = [
    "access_log off;",
    "server_tokens off;",
    "server_names_hash_max_size 4096;",
    "server_names_hash_bucket_size 512;",
    "client_max_body_size 0;",
    "keepalive_timeout 75s;",
    "proxy_http_version 1.1;",
    "proxy_buffering off;",
    "proxy_request_buffering off;",
    "proxy_buffer_size 16k;",
    "proxy_buffers 4 16k;",
    "proxy_connect_timeout 5s;",
    "proxy_read_timeout 60s;",
    "proxy_send_timeout 60s;",
    "proxy_next_upstream error timeout;",
    "proxy_next_upstream_tries 3;",
    "proxy_set_header Host $netc_host;",
    "proxy_set_header X-Real-IP $remote_addr;",
    "proxy_set_header X-Forwarded-For $remote_addr;",
    "proxy_set_header X-Forwarded-Proto $scheme;",
    "proxy_set_header X-Forwarded-Scheme $scheme;",
    "proxy_set_header X-Scheme $scheme;",
    "proxy_set_header X-Forwarded-Port $server_port;",
    "proxy_set_header X-Forwarded-Host $netc_host;",
    "proxy_set_header Proxy '';",
    "proxy_set_header Upgrade $http_upgrade;",
    "proxy_set_header Connection $netc_connection;",
    "client_body_temp_path body;",
    "proxy_temp_path proxy;",
    "fastcgi_temp_path fastcgi;",
    "uwsgi_temp_path uwsgi;",
    "scgi_temp_path scgi;",
];

pub(super) fn write(work: &Work) -> String {
    if work.site.is_none() && work.streams.is_empty() {
        return String::new();
    }
    let mut text = Text::new(work.site.as_ref());
    if !work.streams.is_empty() {
        text.line(&format!("load_module {STREAM_MODULE};"));
    }
    text.lines(&[
        "pid nginx.pid;",
        "error_log error.log;",
        "worker_processes auto;",
        "worker_rlimit_nofile 16384;",
        "worker_shutdown_timeout 240s;",
    ]);
    text.gap();
    text.block("events", |text| text.line("worker_connections 8192;"));
    if let Some(site) = &work.site {
        text.gap();
        text.block("http", |text| http(text, site));
    }
    if !work.streams.is_empty() {
        text.gap();
        text.block("stream", |text| streams(text, &work.streams));
    }
    text.finish()
}

fn http(text: &mut Text, site: &Site) {
    text.lines(&HTTP);
    if site.https.is_some() {
        text.lines(&[
            "ssl_protocols TLSv1.2 TLSv1.3;",
            "ssl_session_cache shared:tls:10m;",
            "ssl_session_tickets off;",
        ]);
    }
    text.gap();
    // The field as the client sent it, unless the target of the request names another host (RFC 9112 section
    // 3.2.2) or there is none.
    text.block("map \"$host|$http_host\" $netc_host", |text| {
        text.lines(&["default $host;", r#""~*^(.+)[|]\1[.]?(:[0-9]*)?$" $http_host;"#]);
    });
    text.block("map $http_upgrade $netc_connection", |text| {
        text.lines(&["default upgrade;", "'' '';"]);
    });
    for (name, upstream) in site.upstreams.iter().filter(|(_, one)| !one.servers.is_empty()) {
        text.gap();
        http_upstream(text, name, upstream);
    }
    if let Some(port) = site.https
        && site.hosts.iter().all(|host| host.name != HostName::Any || host.certificate.is_none())
    {
        text.gap();
        text.line("# hosts without a certificate");
        text.block("server", |text| {
            for family in &site.families {
                text.line(&format!("listen {} ssl http2 default_server;", any(*family, port)));
            }
            text.lines(&["ssl_reject_handshake on;", "return 421;"]);
        });
    }
    for host in &site.hosts {
        text.gap();
        text.line(&format!("# {}", host.name.title()));
        text.block("server", |text| server(text, site, host));
    }
}

/// The endpoints are asked in turn by all workers together, and again right after a failure: which
/// ones are ready is known to the cluster.
fn http_upstream(text: &mut Text, name: &str, upstream: &Upstream) {
    text.line(&format!("# service {}", upstream.title));
    text.block(&format!("upstream {name}"), |text| {
        text.line(&zone(name, upstream.servers.len()));
        for server in &upstream.servers {
            text.line(&format!("server {server} max_fails=0;"));
        }
        text.line("keepalive 64;");
    });
}

/// The memory that workers share to take turns (`ngx_http_upstream_module`, `zone`). A server takes less
/// than 1 KiB of it (its state, its address and its name, each rounded up to a power of two); what is too
/// small is refused when nginx starts.
fn zone(name: &str, servers: usize) -> String {
    const LEAST: usize = 64;
    format!("zone {name} {}k;", LEAST + servers.saturating_sub(LEAST / 2))
}

fn server(text: &mut Text, site: &Site, host: &Host) {
    let default = if host.name == HostName::Any { " default_server" } else { "" };
    for family in &site.families {
        text.line(&format!("listen {}{default};", any(*family, site.http)));
    }
    if let (Some(port), Some(certificate)) = (site.https, &host.certificate) {
        for family in &site.families {
            text.line(&format!("listen {} ssl http2{default};", any(*family, port)));
        }
        text.line(&format!("ssl_certificate {certificate};"));
        text.line(&format!("ssl_certificate_key {certificate}.key;"));
    }
    match &host.name {
        HostName::Exact(name) => text.line(&format!("server_name {name};")),
        HostName::Wildcard(rest) => {
            let rest = rest.replace('.', "[.]");
            text.line(&format!("server_name \"~^[^.]+[.]{rest}$\";"));
        }
        HostName::Any => text.line("server_name _;"),
    }
    locations(text, site, &site.effective(host));
}

/// Where paths lead. nginx takes `=` before the longest prefix, so their order says nothing.
fn locations(text: &mut Text, site: &Site, routes: &[&Route]) {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut add = |text: &mut Text, place: String, route: Option<&Route>| {
        if seen.insert(place.clone()) {
            location(text, site, &place, route);
        }
    };
    for route in routes.iter().filter(|route| route.kind == PathKind::Exact) {
        add(text, format!("= {}", quoted(&route.path)), Some(route));
    }
    // To a path that lacks the last `/` nginx would answer with a redirection, unless it is told
    // otherwise.
    for route in routes {
        let bare = match route.kind {
            PathKind::Prefix => route.path.as_str(),
            PathKind::Exact => route.path.strip_suffix('/').unwrap_or_default(),
        };
        if !bare.is_empty() {
            let taker = routes.iter().find(|route| route.takes(bare));
            add(text, format!("= {}", quoted(bare)), taker.copied());
        }
    }
    for route in routes.iter().filter(|route| route.kind == PathKind::Prefix) {
        add(text, quoted(&format!("{}/", route.path)), Some(route));
    }
    add(text, "/".to_owned(), None);
}

fn location(text: &mut Text, site: &Site, place: &str, route: Option<&Route>) {
    let upstream = route.map(|route| &route.upstream).or(site.default.as_ref());
    let from = route.map_or_else(String::new, |route| format!("  # ingress {}", route.ingress));
    let ready = |name: &&String| {
        site.upstreams.get(*name).is_some_and(|upstream| !upstream.servers.is_empty())
    };
    let answer = match upstream {
        None => "return 404;".to_owned(),
        Some(name) if ready(&name) => format!("proxy_pass http://{name};"),
        Some(_) => "return 503;".to_owned(),
    };
    text.line(&format!("location {place} {{ {answer} }}{from}"));
}

/// A path as a word of the configuration (`ngx_conf_read_token`).
fn quoted(path: &str) -> String {
    let plain = |one: char| one.is_alphanumeric() || "/-._~!*+,:@&=()%|^".contains(one);
    if path.chars().all(plain) {
        return path.to_owned();
    }
    format!("\"{}\"", path.replace('\\', "\\\\").replace('"', "\\\""))
}

fn streams(text: &mut Text, all: &[Stream]) {
    text.lines(&["proxy_connect_timeout 5s;", "proxy_socket_keepalive on;"]);
    for stream in all.iter().filter(|stream| !stream.servers.is_empty()) {
        let (listen, name) = (stream.listen, stream.key());
        text.gap();
        text.line(&format!("# service {} {}", stream.name, stream.protocol));
        text.block(&format!("upstream {name}"), |text| {
            text.line(&zone(&name, stream.servers.len()));
            if stream.affinity.is_some() {
                text.line("hash $remote_addr consistent;");
            }
            for server in &stream.servers {
                text.line(&format!("server {server} max_fails=0;"));
            }
        });
        text.block("server", |text| {
            let (udp, silence) = match stream.protocol {
                Protocol::Udp => (" udp reuseport", "10s"),
                _ => (" so_keepalive=on", "24h"),
            };
            text.line(&format!("listen {listen}{udp};"));
            text.line(&format!("proxy_timeout {silence};"));
            text.line(&format!("proxy_pass {name};"));
        });
    }
}
