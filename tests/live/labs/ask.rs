//! Servers in the pods of a lab, `netc lab curl`, and `netc lab test`.

use super::Labs;
use crate::lab::text;
use serde_json::Value;

const SOURCE: &str = "
cluster shop {
    pods     10.244.0.0/16 per-node /24, fd00:10:244::/56 per-node /64
    services 10.96.0.0/16, fd00:10:96::/112
    overlay  vxlan
    proxy    iptables
}
node node0 { address 172.16.16.202/24 on eth0; address fd00:1::202/64 on eth0 }
node node1 { address 172.16.16.203/24 on eth0; address fd00:1::203/64 on eth0 }
pods shop/web replicas 2 on node0, node1 { labels app=web; port http 8080 }
pod shop/dns-0 on node1 { labels app=dns; port dns 53/udp }
pod shop/client on node0 { labels app=client }
pod kube-system/agent on node0 { host-network; labels app=agent; port http 9100 }
service shop/web { select app=web; type node-port; ip 10.96.0.80; port http 80 -> http node-port 30080 }
service shop/dns { select app=dns; ip 10.96.0.53; port 53/udp -> dns }
service shop/db  { ip 10.96.0.99; port 5432; endpoint 192.168.50.7:5432 }
service shop/later { select app=later; ip 10.96.0.81; port 80 }
assert pod shop/client reaches service shop/web
assert pod shop/client reaches service shop/dns { proto udp }
assert pod shop/client reaches service shop/db
assert pod shop/client reaches pod shop/web-1 { family ipv6; keeps-source }
assert outside 198.51.100.7 reaches node node1:30080
assert pod shop/client cannot-reach service shop/later
assert pod shop/client cannot-reach 10.96.0.77:80
";

/// The lab of this source.
fn up() -> Labs {
    let labs = Labs::new();
    let source = labs.file("cluster.netc", SOURCE);
    labs.up(&source, &[]);
    labs
}

/// What `netc lab curl` printed, with the code that it must end with.
fn curl(labs: &Labs, line: &str, code: i32) -> String {
    let mut arguments = vec!["curl"];
    arguments.extend(line.split_whitespace());
    let output = labs.run(&arguments);
    let said = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{line}: {said}");
    said
}

#[test]
fn pods_serve_http() {
    let labs = up();
    let sh = |line: &str| labs.done(&["exec", "pod/shop/client", "--", "sh", "-c", line]);
    let address = labs.exec("shop", "pod/shop/web-0", "ip -4 -o addr show dev eth0");
    let address = address.split_whitespace().nth(3).unwrap().split('/').next().unwrap().to_owned();
    let url = format!("http://{address}:8080");
    // Who it is, at which address, and whom it sees.
    let said = sh(&format!("curl -s {url}/welcome -H 'X-Forwarded-For: 192.0.2.1'"));
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[0].starts_with(&format!("shop/web-0 {address}:8080 sees 10.244.0.")), "{said}");
    assert_eq!(lines[1], "GET /welcome");
    assert!(said.contains("X-Forwarded-For: 192.0.2.1"), "{said}");
    let json: Value =
        serde_json::from_str(&sh(&format!("curl -s -H 'Accept: application/json' {url}/")))
            .unwrap();
    assert_eq!(json["name"], "shop/web-0");
    // One connection for both, and heads without bodies.
    let said = sh(&format!("curl -sv {url}/1 {url}/2 2>&1"));
    assert!(said.contains("Re-using existing connection"), "{said}");
    assert!(said.contains("GET /1") && said.contains("GET /2"), "{said}");
    assert!(sh(&format!("curl -sI {url}/")).starts_with("HTTP/1.1 200 OK"));
    assert!(sh(&format!("curl -s -d 12345 {url}/ {url}/")).contains("POST /"));
    // A slow client keeps nobody waiting, and many come at once.
    let tcp = format!("/dev/tcp/{address}/8080");
    let slow = format!(
        "exec 3<>{tcp}; printf 'GET /slow HT' >&3; sleep 0.5; printf 'TP/1.0\\r\\n\\r\\n' >&3; cat <&3"
    );
    let many = format!("curl -s --parallel --parallel-max 200 {url}/[1-200]");
    let said = sh(&format!("bash -c \"{slow}\" & {many}; wait"));
    assert_eq!(said.matches(" sees ").count(), 201, "{said}");
    assert!(said.contains("GET /slow"), "{said}");
    // Who speaks no HTTP is told the same.
    let said = sh(&format!("bash -c \"exec 3<>{tcp}; echo hello >&3; cat <&3\""));
    assert_eq!((said.lines().count(), said.contains("shop/web-0")), (1, true), "{said}");
    // Who uses its node's network serves there.
    assert!(sh("curl -s http://172.16.16.202:9100/").starts_with("kube-system/agent "));
}

#[test]
fn anybody_asks_anybody() {
    let labs = up();
    assert!(
        curl(&labs, "pod/shop/client service/shop/web /a --host x.example", 0)
            .contains("Host: x.example")
    );
    assert!(curl(&labs, "pod/client service/dns", 0).starts_with("shop/dns-0 "));
    assert!(curl(&labs, "pod/client service/dns --udp", 0).starts_with("shop/dns-0 "));
    assert!(curl(&labs, "pod/client pod/web-1 --family 6", 0).contains(" sees [fd00:10:244:"));
    assert!(curl(&labs, "node/node1 service/db", 0).starts_with("outside 192.168.50.7:5432 sees "));
    assert!(curl(&labs, "outside node/node0:30080", 0).contains("shop/web-"));
    let table = curl(&labs, "outside node/node0:30080 --count 50", 0);
    assert!(table.contains(": 50 of 50 answered\nanswers  share  expected  by\n"), "{table}");
    assert_eq!(table.matches("     50%  shop/web-").count(), 2, "{table}");
    let json = curl(&labs, "pod/client service/web --count 3 --format json", 0);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["answered"], &json["port"]), (&Value::from(3), &Value::from(80)));
    // No answer, and why.
    let said = curl(&labs, "pod/client service/later", 4);
    assert!(said.contains("is refused by service shop/later at 10.96.0.81:80"), "{said}");
    assert!(said.contains("netc trace pod/shop/client 10.96.0.81:80"), "{said}");
    let said = curl(&labs, "pod/client 10.96.0.77:80 --format json", 4);
    assert!(said.contains("gets no answer of 10.96.0.77:80"), "{said}");
    // What makes no sense.
    assert!(curl(&labs, "pod/clint service/web", 1).contains("did you mean"));
    assert!(curl(&labs, "pod/client node/node1", 1).contains("at which port"));
    assert!(curl(&labs, "pod/client service/web welcome", 1).contains("begins with a slash"));
    assert!(curl(&labs, "pod/client pod/dns-0:53 --name none", 1).contains("no lab `none` runs"));
}

#[test]
fn what_is_claimed_is_tested() {
    let labs = up();
    let good = labs.done(&["test"]);
    assert!(good.contains("lab shop: 11 as claimed, 0 not, 3 not to be asked"), "{good}");
    // Somebody breaks a node behind netc's back.
    labs.exec("shop", "node/node1", "iptables -I FORWARD -p tcp -j DROP");
    let output = labs.run(&["test"]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let line = |begin: &str| said.lines().find(|line| line.starts_with(begin)).expect(begin);
    assert!(line("assert pod shop/client reaches service shop/web ").contains("FAILED"), "{said}");
    assert!(line("assert pod shop/client reaches service shop/dns ").contains(" ok "), "{said}");
    assert!(line("assert pod shop/client reaches pod shop/web-1 ").contains(" ok "), "{said}");
    assert!(line("check services-reach-endpoints ").contains("FAILED"), "{said}");
    assert!(said.contains("see why: netc trace pod/shop/client 10.96.0.80:80 "), "{said}");
    let json = labs.run(&["test", "--format", "json", "--check", "services-reach-endpoints"]);
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&json["ok"], json["claims"].as_array().unwrap().len()), (&Value::Bool(false), 1));
    assert_eq!(json["claims"][0]["questions"][0]["ok"], false);
    // Without tcp, echo requests pass.
    labs.done(&["test", "--check", "pods-reach-pods"]);
    labs.exec("shop", "node/node1", "iptables -D FORWARD -p tcp -j DROP");
    labs.done(&["test", "--most", "10"]);
    assert!(labs.refused(&["test", "--check", "pods-reach-pod"]).contains("did you mean"));
}
