//! Netlink operations in batches, against the same messages ready as bytes and against iproute2:
//! `cargo bench --bench kernel --features kernel-tests`, as root. With `-- services` only what IPVS
//! mode needs, which few kernels have.
//!
//! It works in network and mount namespaces of its own, which end with it. Everything is
//! measured in one run, in turn, so that ratios hold when the machine's speed does not.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark measures time, starts processes and prints"
)]

mod raw;
mod services;

use netc::kernel::{Machine, trial};
use netc::object::{Fdb, Link, LinkKind, Neighbour, Netns, Peer, Route, State};
use netc_lang::Mac;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use std::fmt::Write;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::process::Command;
use std::time::Instant;

/// How many objects of a kind there are.
const COUNT: u16 = 5000;

/// How many devices are removed.
const DEVICES: u16 = 500;

/// How often each is measured.
const TURNS: usize = 9;

/// The next hop of all routes.
const GATEWAY: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);

/// An object as each of the ways wants it.
struct Way {
    name: &'static str,
    tool: &'static str,
    state: fn(u16) -> State,
    /// The message, given the indices of the two devices.
    bytes: fn(u16, [u32; 2]) -> Vec<u8>,
    line: fn(u16) -> String,
}

const WAYS: [Way; 3] = [
    Way {
        name: "routes",
        tool: "ip",
        state: |number| {
            let destination = net(number).to_string() + "/32";
            let destination = destination.parse().expect("a network");
            State::Route(Route::via(Netns::Node, destination, GATEWAY.into(), "lan".into()))
        },
        bytes: |number, [lan, _]| raw::route(net(number), GATEWAY, lan),
        line: |number| format!("route replace {} via {GATEWAY} dev lan proto 110", net(number)),
    },
    Way {
        name: "neighbours",
        tool: "ip",
        state: |number| {
            let (address, mac) = (net(number).into(), mac(number));
            State::Neighbour(Neighbour { netns: Netns::Node, link: "vx".into(), address, mac })
        },
        bytes: |number, [_, vx]| raw::neighbour(net(number), mac(number), vx),
        line: |number| {
            format!("neigh replace {} lladdr {} dev vx nud permanent", net(number), mac(number))
        },
    },
    Way {
        name: "fdb entries",
        tool: "bridge",
        state: |number| {
            let (destination, mac) = (net(number).into(), mac(number));
            State::Fdb(Fdb { netns: Netns::Node, link: "vx".into(), mac, destination })
        },
        bytes: |number, [_, vx]| raw::fdb(net(number), mac(number), vx),
        line: |number| {
            format!("fdb replace {} dev vx dst {} self permanent", mac(number), net(number))
        },
    },
];

fn net(number: u16) -> Ipv4Addr {
    let [high, low] = number.to_be_bytes();
    Ipv4Addr::new(10, 9, high, low)
}

fn mac(number: u16) -> Mac {
    let [high, low] = number.to_be_bytes();
    Mac([2, 0, 0, 0, high, low])
}

fn main() {
    let flags = CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWNS;
    unshare(flags).expect("root is needed, or a user namespace");
    let private = MsFlags::MS_PRIVATE | MsFlags::MS_REC;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>).expect("mounts of our own");
    mount(Some("tmpfs"), "/run", Some("tmpfs"), MsFlags::empty(), None::<&str>).expect("a folder");
    if std::env::args().any(|word| word == "services") {
        return services::all();
    }
    run("ip link add lan type bridge");
    run("ip addr add 192.0.2.1/24 dev lan");
    run("ip link set lan up");
    run("ip link add vx type vxlan id 1 local 192.0.2.1 dev lan dstport 8472 nolearning");
    run("ip link set vx up");
    let mut machine = Machine::open(None).expect("this node");
    println!("{COUNT} objects, milliseconds (median of {TURNS} turns)");
    println!("raw: ready bytes, the end of each datagram acknowledged; acked: each message");
    println!(
        "{:12} {:>8} {:>8} {:>8} {:>8} {:>9} {:>8}",
        "", "netc", "raw", "acked", "tool", "netc/raw", "tool/netc"
    );
    WAYS.iter().for_each(|way| entries(&mut machine, way));
    println!();
    devices(&mut machine);
    namespaces(&mut machine);
    println!();
    services::all();
}

/// Makes objects in each of the ways, in turn.
fn entries(machine: &mut Machine, way: &Way) {
    let states: Vec<State> = (0..COUNT).map(way.state).collect();
    let indices = ["lan", "vx"].map(index);
    let messages: Vec<Vec<u8>> = (0..COUNT).map(|number| (way.bytes)(number, indices)).collect();
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    let lines = (0..COUNT).fold(String::new(), |mut all, number| {
        let _ = writeln!(all, "{}", (way.line)(number));
        all
    });
    file.write_all(lines.as_bytes()).expect("written");
    let batch = format!("{} -batch {}", way.tool, file.path().display());
    let socket = raw::open();
    let mut times: [Vec<f64>; 5] = Default::default();
    for _ in 0..TURNS {
        let [ours, ends, acked, tool, gone] = &mut times;
        let mut clear = |machine: &mut Machine| {
            gone.push(time(|| trial::remove(machine, &states).expect("removed")));
        };
        ours.push(time(|| trial::make(machine, &states).expect("made")));
        clear(machine);
        ends.push(time(|| raw::send(&socket, &messages, false)));
        clear(machine);
        acked.push(time(|| raw::send(&socket, &messages, true)));
        clear(machine);
        tool.push(time(|| run(&batch)));
        clear(machine);
    }
    let [ours, ends, acked, tool, gone] = times.map(median);
    println!(
        "{:12} {ours:8.2} {ends:8.2} {acked:8.2} {tool:8.2} {:9.2} {:8.2}   removed in {gone:.2}",
        way.name,
        ours / ends,
        tool / ours
    );
}

/// Makes many devices and removes them, all at once and one by one.
fn devices(machine: &mut Machine) {
    let make = |number: u16| {
        let peer = format!("c{number}").into();
        let kind = LinkKind::Veth(Peer { netns: Netns::Node, name: peer, mac: mac(number) });
        let name = format!("v{number}").into();
        State::Link(Link {
            netns: Netns::Node,
            name,
            mac: None,
            mtu: 1500,
            alias: "netc".into(),
            promiscuous: false,
            kind,
        })
    };
    let states: Vec<State> = (0..DEVICES).map(make).collect();
    let names: Vec<String> = (0..DEVICES).map(|number| format!("v{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let made = time(|| trial::make(machine, &states).expect("made"));
    let group = time(|| trial::remove_links(machine, &Netns::Node, &names).expect("removed"));
    trial::make(machine, &states).expect("made");
    let alone = time(|| trial::remove(machine, &states).expect("removed"));
    println!(
        "{DEVICES} veth pairs: made in {made:.0} ms, removed in {group:.0} ms, one by one in \
         {alone:.0} ms"
    );
}

/// Makes many namespaces.
fn namespaces(machine: &mut Machine) {
    let names: Vec<String> = (0..DEVICES).map(|number| format!("n{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let made = time(|| trial::make_namespaces(machine, &names).expect("made"));
    let floor = time(|| {
        let make = |_| unshare(CloneFlags::CLONE_NEWNET).expect("a namespace");
        std::thread::scope(|scope| scope.spawn(|| (0..DEVICES).for_each(make)).join())
            .expect("a thread");
    });
    println!("{DEVICES} namespaces: made in {made:.0} ms, without names in {floor:.0} ms");
}

fn time(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e3
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn index(name: &str) -> u32 {
    let output = Command::new("ip").args(["-o", "link", "show", name]).output().expect("ip");
    let text = String::from_utf8(output.stdout).expect("text");
    text.split(':').next().and_then(|index| index.parse().ok()).expect("a number")
}

/// Runs a command line; it must succeed.
fn run(line: &str) {
    let mut words = line.split(' ');
    let program = words.next().expect("a program");
    let status = Command::new(program).args(words).status().expect(program);
    assert!(status.success(), "{line}");
}
