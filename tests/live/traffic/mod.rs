//! Traffic goes on while a node changes: no request to an endpoint that serves fails, and
//! connections to endpoints that stay live on, with both back ends of iptables.

pub(crate) mod clients;
mod modes;

use crate::lab::{Lab, path_with, rules, run, script, text};
use clients::{Kept, Server, during};
use std::path::{Path, PathBuf};

/// A node with a program behind the names of the tools, and a machine outside of the cluster.
struct Site {
    lab: Lab,
    tools: PathBuf,
}

impl Site {
    fn new(backend: &str) -> Site {
        let lab = Lab::enter();
        lab.machine("node0", "eth0", &["192.168.0.10/24"]);
        lab.machine("outside", "eth0", &["192.168.0.200/24"]);
        // Without any route to a service the node's own requests would fail before its rules are asked.
        run("ip -n node0 route add default via 192.168.0.1");
        let tools = lab.tools(backend);
        Site { lab, tools }
    }

    /// Runs netc on the node; it must succeed. What it printed.
    #[track_caller]
    fn run(&self, words: &[&str]) -> String {
        let mut netc = self.lab.netc();
        netc.args(words).args(["--netns", "node0"]).env("PATH", path_with(&self.tools));
        let output = netc.output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    #[track_caller]
    fn apply(&self, source: &str) -> String {
        let source = self.lab.source(source);
        self.run(&["apply", source.to_str().unwrap(), "--node", "node0"])
    }

    /// Empties all chains of the service `other`.
    fn flush_other(&self) {
        let program = |tool: &str| self.tools.join(tool).display().to_string();
        let mut count = 0;
        for ((table, chain), own) in rules("node0", &program("iptables-save")) {
            let service = ["KUBE-SVC-", "KUBE-SEP-"].iter().any(|begin| chain.starts_with(begin));
            if service && own.iter().all(|rule| rule.contains("default/other")) {
                run(&format!(
                    "ip netns exec node0 {} -w -t {table} -F {chain}",
                    program("iptables")
                ));
                count += 1;
            }
        }
        assert_eq!(count, 2, "the chains of the service and of its endpoint");
    }
}

/// The pods are on one node. Their names are in the order of their addresses.
const CLUSTER: &str = "\
cluster lab { pods 10.244.0.0/16; services 10.96.0.0/16; overlay static }
node node0 { address 192.168.0.10 on eth0 }
pod client on node0
";

/// The service under load with these endpoints, and other services.
fn stated(endpoints: [usize; 3], others: &str) -> String {
    let endpoints = endpoints.map(|pod| format!("; endpoint 10.244.0.1{pod}:80")).concat();
    format!(
        "{CLUSTER}\
for i in 0..4 {{ pod web-${{i}} on node0 {{ ip 10.244.0.1${{i}} }} }}
service web {{ ip 10.96.0.80; type node-port; port 80 node-port 30080{endpoints} }}
{others}"
    )
}

const OTHER: &str = "\
service other { ip 10.96.0.81; type node-port; port 80 node-port 30081; endpoint 10.244.0.13:80 }
";

/// Fifty services on a port.
fn fifty(port: u16) -> String {
    format!(
        "\
for i in 0..50 {{
    service many-${{i}} {{ ip 10.96.1.${{i}}; port {port}; endpoint 10.244.0.12:80; endpoint 10.244.0.13:80 }}
}}
"
    )
}

/// The names of pods.
fn names<'s>(servers: impl IntoIterator<Item = &'s Server>) -> Vec<String> {
    servers.into_iter().map(|server| server.pod.clone()).collect()
}

fn goes_on(backend: &str) {
    let site = Site::new(backend);
    let at_first = stated([0, 1, 2], OTHER);
    site.apply(&at_first);
    let servers = ["web-0", "web-1", "web-2", "web-3"].map(Server::new);
    let mut kept = Kept::default();
    kept.open();
    let healthy = names(&servers[..3]);
    let stays = |what: &str, work: &dyn Fn() -> String| {
        let what = format!("{backend}: {what}");
        assert_eq!(during(&kept, &what, || drop(work())), healthy, "{what}");
        kept.break_to(&[], &what);
    };
    stays("nothing is changed", &|| {
        let said = site.apply(&at_first);
        assert_eq!(said, "node0 is as planned: nothing to do\n");
        said
    });
    stays("chains of another service are filled again", &|| {
        site.flush_other();
        let said = site.apply(&at_first);
        assert_eq!(said, "node0 is as planned: 2 changed\n");
        said
    });
    stays("another service is removed", &|| site.apply(&stated([0, 1, 2], "")));
    stays("fifty services come", &|| site.apply(&stated([0, 1, 2], &fifty(80))));
    stays("fifty services change", &|| site.apply(&stated([0, 1, 2], &fifty(81))));
    endpoints_change(&site, backend, &mut kept, &servers);
    kept.end();
}

/// One endpoint leaves and another comes, and back again by a rollback. A server goes when the
/// apply has ended.
fn endpoints_change(site: &Site, backend: &str, kept: &mut Kept, servers: &[Server; 4]) {
    let [a, b, leaving, coming] = servers;
    let (before, after) = (names([a, b, leaving]), names([a, b, coming]));
    let what = format!("{backend}: an endpoint leaves and another comes");
    let change = || drop(site.apply(&stated([0, 1, 3], &fifty(81))));
    assert_eq!(during(kept, &what, change), after, "{what}");
    kept.break_to(&[], &what);
    kept.open();
    let what = format!("{backend}: it does not serve any more");
    assert_eq!(during(kept, &what, || leaving.goes()), after, "{what}");
    kept.break_to(&[leaving], &what);
    leaving.comes();
    let what = format!("{backend}: it is taken back");
    assert_eq!(during(kept, &what, || drop(site.run(&["rollback"]))), before, "{what}");
    kept.break_to(&[leaving], &what);
    let what = format!("{backend}: the other does not serve any more");
    assert_eq!(during(kept, &what, || coming.goes()), before, "{what}");
    kept.break_to(&[leaving, coming], &what);
}

#[test]
fn traffic_goes_on_with_nft() {
    goes_on("nft");
}

#[test]
fn traffic_goes_on_with_legacy() {
    goes_on("legacy");
}

/// Makes every change of the rules slow, so that it is seen what is done before and after it.
fn slow(tool: &Path) {
    let program = tool.read_link().unwrap();
    let program = program.display();
    let name = tool.file_name().unwrap().display();
    let text = format!(
        "\
#!/bin/bash
[ \"$1\" != --noflush ] && exec -a {name} {program} \"$@\"
sleep 0.3
(exec -a {name} {program} \"$@\")
code=$?
sleep 0.3
exit $code
"
    );
    script(tool, &text);
}

/// Pods that are selected: one of them goes, device and all.
fn a_pod_goes(backend: &str) {
    let site = Site::new(backend);
    let source = |replicas: usize| {
        format!(
            "{CLUSTER}\
pods web replicas {replicas} on node0 {{ labels app=web }}
service web {{ ip 10.96.0.80; type node-port; select app=web; port 80 node-port 30080 }}
"
        )
    };
    site.apply(&source(3));
    slow(&site.tools.join("iptables-restore"));
    let [a, b, goes] = ["web-0", "web-1", "web-2"].map(Server::new);
    let mut kept = Kept::default();
    kept.open();
    let what = format!("{backend}: a pod goes");
    let after = during(&kept, &what, || drop(site.apply(&source(2))));
    assert_eq!(after, names([&a, &b]), "{what}");
    // Their packets are lost: it takes them time to notice.
    kept.break_to(&[&goes], &what);
    kept.end();
}

#[test]
fn a_pod_that_goes_is_asked_no_more_with_nft() {
    a_pod_goes("nft");
}

#[test]
fn a_pod_that_goes_is_asked_no_more_with_legacy() {
    a_pod_goes("legacy");
}
