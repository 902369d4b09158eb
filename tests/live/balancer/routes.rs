//! One table of requests and answers, for both programs.

use super::http::serve;
use super::{ENGINES, Site, certificate};

const INGRESSES: &str = "\
service shop/idle { select app=idle; port 80 }
ingress shop/front {
    host shop.example
    path /welcome -> web:http
    path /welcome/deep -> api:80
    path /exact exact -> api:80
    path /slash/ exact -> api:80
    path /idle -> idle:80
    path \"/a b{;'$\" -> api:80
    tls front-tls
}
ingress shop/wild {
    host *.shop.example { path / -> api:80 }
    host deep.shop.example { path /own -> web:80 }
}
ingress shop/all { path /all -> web:http }
secret shop/front-tls { certificate \"front.crt\"; key \"front.key\" }
";

/// Who answers a request of a host and path: a service, or a status.
const TABLE: &[(&str, &str, &str)] = &[
    // By elements, the longest first.
    ("shop.example", "/welcome", "web"),
    ("shop.example", "/welcome/", "web"),
    ("shop.example", "/welcome/x", "web"),
    ("shop.example", "/welcome?deep", "web"),
    ("shop.example", "/welcomes", "404"),
    ("shop.example", "/welcome/deep", "api"),
    ("shop.example", "/welcome/deep/x", "api"),
    ("shop.example", "/welcome/deeper", "web"),
    ("shop.example", "/welcome//deep", "api"),
    ("SHOP.example", "/welcome", "web"),
    ("shop.example:80", "/welcome", "web"),
    // The whole path.
    ("shop.example", "/exact", "api"),
    ("shop.example", "/exact?x=/y", "api"),
    ("shop.example", "/exact/", "404"),
    ("shop.example", "/exact/x", "404"),
    ("shop.example", "/slash/", "api"),
    ("shop.example", "/slash", "404"),
    // As they are decoded.
    ("shop.example", "/a%20b%7B;'$", "api"),
    ("shop.example", "/a%20b%7B;'$/x", "api"),
    ("shop.example", "/%77elcome", "web"),
    // Nobody is ready; nothing is for it.
    ("shop.example", "/idle", "503"),
    ("shop.example", "/", "404"),
    ("other.example", "/welcome", "404"),
    // One label, behind the very name.
    ("x.shop.example", "/anything", "api"),
    ("x.y.shop.example", "/anything", "404"),
    ("deep.shop.example", "/own", "web"),
    ("deep.shop.example", "/else", "api"),
    // Rules without a host are for every one.
    ("other.example", "/all", "web"),
    ("192.168.0.10", "/all/x", "web"),
    ("shop.example", "/all", "web"),
];

fn table(engine: &'static str) {
    let site = Site::new(engine, INGRESSES);
    certificate(&site, "front", "shop.example");
    site.applied(2);
    ["web-0", "web-1", "api-0"].into_iter().for_each(serve);
    let mut wrong = Vec::new();
    for (host, path, expected) in TABLE {
        let header = format!("Host: {host}");
        let (status, body) =
            site.curl("192.168.0.10", &format!("http://any{path}"), &["-H", &header]);
        let who = match status {
            200 => body.split('-').next().unwrap().to_owned(),
            status => status.to_string(),
        };
        if who != *expected {
            wrong.push(format!("{host}{path}: {who}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{engine}: {wrong:#?}");
    headers(&site);
    secured(&site);
}

/// The path as it was asked for, the host, and who asked, by both families.
fn headers(site: &Site) {
    let said = |address: &str, url: &str| site.curl(address, url, &[]).1;
    let answer = said("192.168.0.10", "http://x.shop.example/a%2Fb/../c?d=e");
    if site.engine == "nginx" {
        assert_eq!(answer, "api-0 /a%2Fb/../c?d=e x.shop.example 192.168.0.9 http");
    }
    let answer = said("[fd01::10]", "http://x.shop.example/a?d=e");
    assert_eq!(answer, "api-0 /a?d=e x.shop.example fd01::9 http");
}

/// The certificate of the host alone.
fn secured(site: &Site) {
    let own = site.source.parent().unwrap().join("front.crt").display().to_string();
    let asked = |url: &str| site.curl("192.168.0.10", url, &["--cacert", &own]);
    let (status, answer) = asked("https://shop.example/welcome");
    assert_eq!(status, 200, "{answer}");
    assert!(answer.ends_with(" /welcome shop.example 192.168.0.9 https"), "{answer}");
    let (status, said) = asked("https://other.example/all");
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("SSL") || said.contains("TLS"), "{said}");
}

#[test]
fn nginx_asks_the_service_that_a_request_is_for() {
    table("nginx");
}

#[test]
fn haproxy_asks_the_service_that_a_request_is_for() {
    table("haproxy");
}

#[test]
fn what_no_rule_is_for_goes_to_the_default_backend() {
    for engine in ENGINES {
        let ingresses = "\
ingress shop/front { host shop.example; path /a -> web:http }
ingress shop/rest { default -> api:80 }
";
        let site = Site::new(engine, ingresses);
        site.applied(2);
        ["web-0", "web-1", "api-0"].into_iter().for_each(serve);
        let who = |url: &str| site.curl("192.168.0.10", url, &[]).1;
        for url in ["http://shop.example/b", "http://other.example/a", "http://shop.example/"] {
            assert!(who(url).starts_with("api-0 "), "{engine} {url}: {}", who(url));
        }
        // In turn.
        let answers: Vec<String> = (0..10).map(|_| who("http://shop.example/a")).collect();
        let first = answers.iter().filter(|answer| answer.starts_with("web-0 ")).count();
        assert_eq!(first, 5, "{engine}: {answers:?}");
    }
}
