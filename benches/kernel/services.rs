//! What IPVS mode puts into the kernel: 10,000 virtual servers of 10 real ones each, their addresses
//! and sets; netc's way against ready bytes and against the tools.
//!
//! Each load is made in a fresh namespace: the kernel keeps removed real servers for a while, and
//! looks through them for each new one (ip_vs_ctl.c, `ip_vs_trash_get_dest`).

use crate::{raw, run, time};
use netc::kernel::{Machine, trial};
use netc::model::Family;
use netc::object::{
    Address, Aside, Forwarding, Ipset, Link, LinkKind, Member, Netns, RealServer, Scheduling,
    SetKind, SetName, State, VirtualAddress, VirtualServer,
};
use netc_lang::Protocol;
use nix::sched::{CloneFlags, unshare};
use std::fmt::Write;
use std::fs::File;
use std::io::{Seek, Write as _};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::process::{Command, Stdio};

/// How many virtual servers there are, and real ones of each.
const VIRTUAL: u16 = 10_000;
const REAL: u8 = 10;

/// How often netc's way and the bare messages are measured.
const TURNS: usize = 3;

/// Measures all, if the kernel has IPVS.
pub(super) fn all() {
    let loads = |module: &str| {
        let tried = Command::new("modprobe").arg(module).stderr(Stdio::null()).status();
        tried.is_ok_and(|status| status.success())
    };
    if !["ip_vs", "ip_vs_rr", "dummy"].into_iter().all(loads) {
        println!("virtual servers: this kernel has no IPVS");
        return;
    }
    println!("{VIRTUAL} virtual servers of {REAL} real ones, milliseconds");
    servers();
    reading();
    addresses();
    sets();
}

/// A namespace that nothing was in before.
fn fresh() -> Machine {
    unshare(CloneFlags::CLONE_NEWNET).expect("a namespace");
    // Without any address the kernel takes no address for one of a real server.
    run("ip link set lo up");
    Machine::open(None).expect("this node")
}

fn address(number: u16) -> SocketAddrV4 {
    let [high, low] = number.to_be_bytes();
    SocketAddrV4::new(Ipv4Addr::new(10, 96, high, low), 80)
}

fn real(number: u16, last: u8) -> SocketAddrV4 {
    let [high, low] = number.to_be_bytes();
    SocketAddrV4::new(Ipv4Addr::new(10, 128 + last, high, low), 8080)
}

fn state(number: u16) -> State {
    let real = |last| RealServer {
        socket: real(number, last).into(),
        weight: 1,
        forwarding: Forwarding::Masquerade,
    };
    State::Virtual(VirtualServer {
        address: VirtualAddress { socket: address(number).into(), protocol: Protocol::Tcp },
        scheduling: Scheduling { scheduler: "rr".into(), flags: 0 },
        persistence: None,
        mask: 32,
        reals: (0..REAL).map(real).collect(),
        origins: Aside::default(),
        after: Vec::new(),
    })
}

/// A file with lines, to be read from its beginning.
fn file(lines: &str) -> File {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(lines.as_bytes()).expect("written");
    file.rewind().expect("at its beginning");
    file
}

/// Runs a tool with a file as its input; it must succeed.
fn feed(tool: &str, argument: &str, lines: &str) {
    let status = Command::new(tool).arg(argument).stdin(file(lines)).status().expect(tool);
    assert!(status.success(), "{tool}");
}

fn best(times: impl Iterator<Item = f64>) -> f64 {
    times.fold(f64::INFINITY, f64::min)
}

fn servers() {
    let states: Vec<State> = (0..VIRTUAL).map(state).collect();
    let ours = best((0..TURNS).map(|_| {
        let mut machine = fresh();
        time(|| trial::make(&mut machine, &states).expect("made"))
    }));
    let floor = best((0..TURNS).map(|_| {
        fresh();
        let socket = raw::open_generic();
        let family = raw::ipvs(&socket);
        let messages: Vec<Vec<u8>> = (0..VIRTUAL)
            .flat_map(|number| {
                let first = raw::virtual_server(family, address(number));
                let reals = (0..REAL)
                    .map(move |last| raw::real_server(family, address(number), real(number, last)));
                [first].into_iter().chain(reals)
            })
            .collect();
        time(|| raw::send(&socket, &messages, false))
    }));
    let lines = (0..VIRTUAL).fold(String::new(), |mut all, number| {
        let _ = writeln!(all, "-A -t {} -s rr", address(number));
        for last in 0..REAL {
            let _ = writeln!(all, "-a -t {} -r {} -m -w 1", address(number), real(number, last));
        }
        all
    });
    fresh();
    let tool = time(|| feed("ipvsadm", "--restore", &lines));
    println!(
        "made         netc {ours:9.0}  raw {floor:9.0}  ipvsadm --restore {tool:9.0}  netc/raw \
         {:5.2}  tool/netc {:5.1}",
        ours / floor,
        tool / ours
    );
}

fn reading() {
    let states: Vec<State> = (0..VIRTUAL).map(state).collect();
    let mut machine = fresh();
    trial::make(&mut machine, &states).expect("made");
    let ours = best((0..TURNS).map(|_| {
        time(|| {
            let found = trial::virtual_servers(&mut machine).expect("listed");
            assert_eq!(found.len(), states.len());
        })
    }));
    let tool = time(|| {
        let output = Command::new("ipvsadm").arg("-Sn").output().expect("ipvsadm");
        assert!(output.status.success(), "ipvsadm");
    });
    println!("read         netc {ours:9.0}  ipvsadm -Sn {tool:9.0}  tool/netc {:5.1}", tool / ours);
}

fn addresses() {
    let device = "kube-ipvs0";
    let link = State::Link(Link {
        netns: Netns::Node,
        name: device.into(),
        mac: None,
        mtu: 1500,
        alias: "netc".into(),
        promiscuous: false,
        kind: LinkKind::Dummy,
    });
    let state = |number| {
        let address = format!("{}/32", address(number).ip()).parse().expect("a network");
        State::Address(Address::new(Netns::Node, device.into(), address))
    };
    let states: Vec<State> = (0..VIRTUAL).map(state).collect();
    let mut machine = fresh();
    trial::make(&mut machine, std::slice::from_ref(&link)).expect("made");
    let ours = time(|| trial::make(&mut machine, &states).expect("made"));
    let lines = (0..VIRTUAL).fold(String::new(), |mut all, number| {
        let _ = writeln!(all, "addr add {}/32 dev {device}", address(number).ip());
        all
    });
    let mut machine = fresh();
    trial::make(&mut machine, &[link]).expect("made");
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(lines.as_bytes()).expect("written");
    let tool = time(|| run(&format!("ip -batch {}", file.path().display())));
    println!("addresses    netc {ours:9.0}  ip -batch {tool:9.0}  tool/netc {:5.1}", tool / ours);
}

fn sets() {
    let members = |number| Member::AddressPort((*address(number).ip()).into(), Protocol::Tcp, 80);
    let set = Ipset::new(
        SetName::new("KUBE-CLUSTER-IP"),
        SetKind::AddressPort,
        Family::V4,
        (0..VIRTUAL).map(members).collect(),
    );
    let text = set.members.iter().fold(
        format!("create {} {}\n", set.name, set.definition()),
        |mut all, member| {
            let _ = writeln!(all, "add {} {member}", set.name);
            all
        },
    );
    let mut machine = fresh();
    let ours = time(|| trial::restore_sets(&mut machine, &text).expect("made"));
    fresh();
    let tool = time(|| feed("ipset", "restore", &text));
    println!("set members  netc {ours:9.0}  ipset restore {tool:9.0}");
}
