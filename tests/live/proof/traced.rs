//! Which rules of nf_tables a packet matched: `nft monitor trace`.

use super::rules::Counts;
use super::site::Site;
use crate::lab::run;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// How long there must be nothing more.
const QUIET: Duration = Duration::from_millis(60);

/// A table that has packets traced, before any other sees them.
const TABLE: &str = "add table inet proof
add chain inet proof in { type filter hook prerouting priority -450; }
add chain inet proof out { type filter hook output priority -450; }
add rule inet proof in meta nftrace set 1
add rule inet proof out meta nftrace set 1
";

/// What iptables' own tables are called: their rules have counters.
const OTHERS: [&str; 6] = ["filter", "nat", "mangle", "raw", "security", "proof"];

/// A monitor of each node that has tables of nf_tables.
pub(super) struct Monitors(Vec<Monitor>);

struct Monitor {
    node: String,
    child: Child,
    lines: Receiver<String>,
}

impl Monitors {
    /// Starts to trace what passes the nodes.
    pub(super) fn start(site: &Site) -> Monitors {
        let script = site.lab.file("trace.nft", TABLE);
        let nodes = site.cluster.nodes.iter().map(|node| &node.name);
        let own = nodes.filter(|node| has_tables(node));
        Monitors(own.map(|node| Monitor::start(node, &script.display().to_string())).collect())
    }

    /// Forgets what was seen.
    pub(super) fn clear(&self) {
        self.0.iter().for_each(|monitor| monitor.lines.try_iter().for_each(drop));
    }

    /// How often each rule matched.
    pub(super) fn counts(&self) -> Counts {
        let mut all = Counts::new();
        for monitor in &self.0 {
            while let Ok(line) = monitor.lines.recv_timeout(QUIET) {
                if let Some((table, rule)) = matched(&line) {
                    *all.entry((monitor.node.clone(), table, rule)).or_default() += 1;
                }
            }
        }
        all
    }
}

impl Monitor {
    fn start(node: &str, script: &str) -> Monitor {
        run(&format!("ip netns exec {node} nft -f {script}"));
        let mut command = Command::new("ip");
        command.args(["netns", "exec", node, "nft", "monitor", "trace"]).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || {
            output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        // It listens a little later.
        thread::sleep(4 * QUIET);
        Monitor { node: node.to_owned(), child, lines }
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        run(&format!("ip netns exec {} nft delete table inet proof", self.node));
    }
}

fn has_tables(node: &str) -> bool {
    let tables = run(&format!("ip netns exec {node} nft list tables"));
    tables.lines().any(|line| line.split(' ').nth(2).is_some_and(|name| !OTHERS.contains(&name)))
}

/// The table with the chain, and the rule, of a line
/// `trace id ID FAMILY TABLE CHAIN rule RULE (verdict VERDICT)`.
fn matched(line: &str) -> Option<(String, String)> {
    let words: Vec<&str> = line.splitn(8, ' ').collect();
    let [_, _, _, _, table, chain, "rule", rest] = words.as_slice() else { return None };
    let (rule, _) = rest.rsplit_once(" (verdict ")?;
    (!OTHERS.contains(table)).then(|| (format!("{table} {chain}"), bare(rule)))
}

/// A rule as the monitor shows it: without its comment, and without that it translates ports too.
pub(super) fn bare(rule: &str) -> String {
    rule.split(" comment \"").next().unwrap_or_default().replace(" addr . port to ", " to ")
}
