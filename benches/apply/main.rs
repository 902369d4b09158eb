//! Rules in and out of the kernel, against what the tools need for the same, fed as kube-proxy
//! feeds them: `cargo bench --bench apply --features kernel-tests`. It needs root; every run has
//! a network namespace of its own.
//!
//! Everything is measured in one run, in turn, so that ratios hold when the machine's speed does
//! not. `-- --quick` leaves out the largest size; `-- --long` also loads 5,000 services in one
//! transaction of iptables-nft, which takes minutes; `-- layouts` measures only the ways side by side.
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark measures time, runs tools and prints"
)]

#[path = "../compile/cluster.rs"]
#[expect(dead_code, reason = "the other benchmark has more clusters")]
mod cluster;
mod layouts;
mod node;
mod runs;
mod tables;
mod text;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// What iptables-nft took for 5,000 services in one transaction, once: milliseconds on the machine
/// on which it took 3,137 for 1,000.
const RECORDED: f64 = 386_146.0;

/// Both programs of iptables.
const BACKENDS: [&str; 2] = ["nft", "legacy"];

/// What a run came to, by name.
struct Figures(BTreeMap<String, f64>);

impl Figures {
    fn of(&self, name: &str) -> f64 {
        self.0.get(name).copied().expect("a figure")
    }
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [mark, what, services, proxy] = words.as_slice()
        && mark == "--inside"
    {
        return runs::inside(what, services.parse().expect("a number"), proxy);
    }
    let has = |option| words.iter().any(|word| word == option);
    let most = if has("--quick") { 1000 } else { 10_000 };
    println!("services × 10 endpoints, milliseconds");
    if has("layouts") {
        return layouts::all(most);
    }
    first_load("nft", 1000, true);
    if most > 1000 {
        first_load("nft", 5000, has("--long"));
        first_load("nft", most, false);
    }
    first_load("legacy", 1000, true);
    if most > 1000 {
        first_load("legacy", most, true);
    }
    for backend in BACKENDS {
        change(backend, most);
        unchanged(backend, most);
    }
    println!();
    layouts::all(most);
}

/// A first load by netc and by the tool alone, and whether both come to the same.
fn first_load(backend: &str, services: usize, bare: bool) {
    let own = run(backend, "load", services, "iptables");
    let title = format!("{backend} first load {services}×10");
    println!(
        "{title}: {} transactions, netc's own part {:.0} ms",
        own.of("transactions"),
        own.of("own")
    );
    if bare {
        let bare = run(backend, "bare", services, "iptables");
        assert!(
            own.of("hash").to_bits() == bare.of("hash").to_bits(),
            "the rules are not the same"
        );
        row(&title, own.of("ms"), "one transaction for each table", bare.of("ms"));
    } else if services == 5000 {
        row(&title, own.of("ms"), "one transaction, as recorded elsewhere", RECORDED);
    } else {
        println!("    netc {:>9.1}", own.of("ms"));
    }
}

fn change(backend: &str, services: usize) {
    let own = run(backend, "change", services, "iptables");
    let title = format!("{backend} one endpoint of {services}×10");
    println!(
        "{title}: diff {:.1} ms, {} lines against {}",
        own.of("diff"),
        own.of("lines"),
        own.of("partial-lines")
    );
    row(&title, own.of("ms"), "kube-proxy's payload", own.of("partial"));
}

fn unchanged(backend: &str, services: usize) {
    let own = run(backend, "unchanged", services, "iptables");
    let title = format!("{backend} nothing changed {services}×10");
    println!("{title}: diff {:.1} ms, index {:.1} ms", own.of("diff"), own.of("index"));
    row(&title, own.of("ms"), "iptables-save", own.of("save"));
}

fn row(title: &str, own: f64, other: &str, time: f64) {
    println!("    {title:<36} netc {own:>9.1}  {other} {time:>9.1}  ratio {:>6.2}", time / own);
}

/// Runs this program in a process of its own, with a back end behind the names of the tools.
fn run(backend: &str, what: &str, services: usize, proxy: &str) -> Figures {
    let folder = std::env::temp_dir().join(format!("netc-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    for family in ["iptables", "ip6tables"] {
        for verb in ["restore", "save"] {
            link(&folder, &format!("{family}-{backend}-{verb}"), &format!("{family}-{verb}"));
        }
    }
    let path = format!(
        "{}:/usr/sbin:/sbin:{}",
        folder.display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let own = std::env::current_exe().expect("a program");
    let output = Command::new(own)
        .args(["--inside", what, &services.to_string(), proxy])
        .env("PATH", path)
        .output()
        .expect("it runs");
    std::fs::remove_dir_all(&folder).expect("it was ours");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{backend} {what}: {said}");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let pairs = printed.lines().filter_map(|line| line.split_once(' '));
    Figures(
        pairs.map(|(name, value)| (name.to_owned(), value.parse().expect("a number"))).collect(),
    )
}

/// Puts a tool into a folder under another name.
fn link(folder: &Path, tool: &str, name: &str) {
    let paths = ["/usr/sbin", "/sbin", "/usr/bin"].map(|place| Path::new(place).join(tool));
    let found = paths.iter().find(|path| path.exists()).expect("iptables is installed");
    let real = std::fs::canonicalize(found).expect("a program");
    std::os::unix::fs::symlink(real, folder.join(name)).expect("a link");
}
