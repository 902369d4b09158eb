//! Makes a lab hold what is broken of it: ports of the switch that are down, queues that are slow, tables
//! that lose packets, and processes that stand still.

use super::look::{Device, devices, socket};
use super::mishap::failed;
use super::{Place, Running, Space};
use crate::kernel::error::KernelError;
use crate::kernel::tool::{Tool, kept};
use crate::lab::mishap::{Broken, Inmate, Pair, Strain, between, discipline, hooks, parted};
use crate::lab::{Member, Role};
use netc_lang::{Diagnostic, code};
use netlink_packet_route::RouteNetlinkMessage as Message;
use netlink_packet_route::link::{LinkAttribute, LinkFlags, LinkMessage};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

const TC: Tool = Tool("tc");
const NFT: Tool = Tool("nft");

/// What tc says of a discipline that the kernel does not have: by the extended acknowledgement, and
/// without one.
const UNKNOWN: [&str; 2] = ["qdisc kind is unknown", "No such file or directory"];

/// What the kernel is to hold for what is broken.
#[derive(Default)]
struct Held {
    /// Ports of the switch that are down.
    down: BTreeSet<String>,
    /// What devices suffer otherwise, place by place.
    strained: BTreeMap<Place, BTreeMap<String, Strain>>,
    /// Hosts that stand still.
    still: BTreeSet<String>,
    /// Hosts that are parted.
    pairs: Vec<Pair>,
}

/// Makes a lab hold what is broken of it now, instead of what was.
pub(super) fn hold(lab: &Running, before: &Broken, after: &Broken) -> Result<(), Diagnostic> {
    let (before, after) = (held(lab, before), held(lab, after));
    ports(lab, &before, &after)?;
    let nothing = BTreeMap::new();
    let places: BTreeSet<&Place> = before.strained.keys().chain(after.strained.keys()).collect();
    for place in places {
        let then = before.strained.get(place).unwrap_or(&nothing);
        let now = after.strained.get(place).unwrap_or(&nothing);
        if then != now {
            match lab.space(place) {
                Ok(space) => strain(&space, then, now)?,
                // What is gone is healed.
                Err(_) if now.is_empty() => {}
                Err(fault) => return Err(fault),
            }
        }
    }
    part(lab, &before.pairs, &after.pairs)?;
    for name in before.still.symmetric_difference(&after.still) {
        let signal = if after.still.contains(name) { Signal::SIGSTOP } else { Signal::SIGCONT };
        let members = lab.members().iter().filter(|member| member.name == *name);
        members.for_each(|member| signal_all(member, signal));
    }
    Ok(())
}

/// What is to be held for what is broken. What is gone holds nothing.
fn held(lab: &Running, broken: &Broken) -> Held {
    let mut held = Held::default();
    for member in lab.members() {
        let Some(mishap) = broken.hosts.get(&member.name) else { continue };
        if mishap.down {
            held.still.insert(member.name.clone());
        }
        for wire in &member.wires {
            let strain = mishap.strain(&wire.device);
            if strain.cut {
                held.down.insert(wire.port.clone());
            }
            let strain = Strain { cut: false, ..strain };
            held.add(place(member), &wire.device, strain);
            held.add(Place::Switch, &wire.port, strain);
        }
    }
    for (inmate, mishap) in &broken.pods {
        for (device, strain) in &mishap.links {
            let pod = Place::Pod { node: inmate.node.clone(), netns: inmate.netns.clone() };
            if let Some(end) = other_end(lab, inmate, device) {
                held.add(Place::Node(inmate.node.clone()), &end, *strain);
            }
            held.add(pod, device, *strain);
        }
    }
    let host = |name: &String| lab.members().iter().find(|member| member.name == *name);
    for (one, other) in &broken.parted {
        if let (Some(one), Some(other)) = (host(one), host(other)) {
            held.pairs.extend(between(one, other));
        }
    }
    held
}

impl Held {
    fn add(&mut self, place: Place, device: &str, strain: Strain) {
        if !strain.is_none() {
            self.strained.entry(place).or_default().insert(device.to_owned(), strain);
        }
    }
}

/// Where a host is.
fn place(member: &Member) -> Place {
    match member.role {
        Role::Node => Place::Node(member.name.clone()),
        Role::Router => Place::Router,
        Role::Outside => Place::Outside,
    }
}

/// The device on the node that a device of a pod is joined with.
fn other_end(lab: &Running, inmate: &Inmate, device: &str) -> Option<String> {
    let pod = Place::Pod { node: inmate.node.clone(), netns: inmate.netns.clone() };
    let of = |place: &Place| -> Option<Vec<Device>> { devices(&lab.space(place).ok()?).ok() };
    let own = of(&pod)?.into_iter().find(|own| own.name == device)?;
    let ends = of(&Place::Node(inmate.node.clone()))?;
    // Both must say so: numbers are of their namespaces.
    let end = ends.into_iter().find(|end| end.index == own.other && end.other == own.index)?;
    end.veth.then_some(end.name)
}

/// Brings ports of the switch up and down.
fn ports(lab: &Running, before: &Held, after: &Held) -> Result<(), Diagnostic> {
    let changed: Vec<&String> = before.down.symmetric_difference(&after.down).collect();
    if changed.is_empty() {
        return Ok(());
    }
    let mut socket = socket(&lab.space(&Place::Switch)?).map_err(|error| failed(&error))?;
    for port in changed {
        let mut message = LinkMessage::default();
        message.attributes.push(LinkAttribute::IfName(port.clone()));
        message.header.change_mask = LinkFlags::Up;
        if !after.down.contains(port) {
            message.header.flags = LinkFlags::Up;
        }
        socket.request(&Message::SetLink(message), 0).map_err(|error| failed(&error))?;
    }
    Ok(())
}

/// Gives the devices of a place other queues, and a table that loses what is to be lost.
fn strain(
    space: &Space,
    before: &BTreeMap<String, Strain>,
    after: &BTreeMap<String, Strain>,
) -> Result<(), Diagnostic> {
    let queue = |all: &BTreeMap<String, Strain>, device: &String| {
        all.get(device).copied().and_then(discipline)
    };
    let all: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for device in all {
        let (then, now) = (queue(before, device), queue(after, device));
        if then != now {
            queue_of(space, device, now.as_deref())?;
        }
    }
    let table = |all: &BTreeMap<String, Strain>| {
        hooks(&all.iter().map(|(device, strain)| (device.clone(), *strain)).collect::<Vec<_>>())
    };
    let now = table(after);
    if table(before) == now { Ok(()) } else { load(space, &now) }
}

/// Gives a device a queue, or back the one that it had.
fn queue_of(space: &Space, device: &str, queue: Option<&str>) -> Result<(), Diagnostic> {
    let verb = if queue.is_some() { "replace" } else { "delete" };
    let mut words = vec!["qdisc", verb, "dev", device, "root"];
    words.extend(queue.unwrap_or_default().split_whitespace());
    match within(space, || TC.run(&words, None)) {
        // It is back already, or the device is gone.
        Err(KernelError::Tool { .. }) if queue.is_none() => Ok(()),
        Err(KernelError::Tool { output, .. })
            if words.contains(&"netem") && UNKNOWN.iter().any(|said| output.contains(said)) =>
        {
            let message = "this kernel cannot delay packets: it has no netem";
            let help = "load its module as root with `modprobe sch_netem`, if the kernel comes \
                        with it; `--loss`, `--rate` and `--link` do without";
            Err(Diagnostic::new(code::NO_DELAYS, message).help(help))
        }
        other => other.map(drop).map_err(|error| failed(&error)),
    }
}

/// Parts hosts, and joins others again.
fn part(lab: &Running, before: &[Pair], after: &[Pair]) -> Result<(), Diagnostic> {
    let (then, now) = (parted(before), parted(after));
    if then.0 != now.0 {
        load(&lab.space(&Place::Switch)?, &now.0)?;
    }
    if then.1 != now.1 && lab.member(&Place::Router).is_some() {
        load(&lab.space(&Place::Router)?, &now.1)?;
    }
    Ok(())
}

/// Loads a table.
fn load(space: &Space, table: &str) -> Result<(), Diagnostic> {
    let input = kept(table).map_err(KernelError::io("cannot keep a table"));
    let loaded = input.and_then(|input| within(space, || NFT.run(&["-f", "-"], Some(input))));
    loaded.map(drop).map_err(|error| failed(&error))
}

fn within<T: Send>(
    space: &Space,
    work: impl FnOnce() -> Result<T, KernelError> + Send,
) -> Result<T, KernelError> {
    space.within(work).map_err(KernelError::io("cannot enter a network namespace"))?
}

/// Sends a signal to all processes of a host: to those that see its mounts.
fn signal_all(member: &Member, signal: Signal) {
    let mounts = |pid: i32| fs::read_link(format!("/proc/{pid}/ns/mnt")).ok();
    let Some(own) = mounts(member.process.pid) else { return };
    let all = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    let pids = all.filter_map(|found| found.file_name().to_str()?.parse::<i32>().ok());
    for pid in pids.filter(|pid| mounts(*pid).as_ref() == Some(&own)) {
        // One that has ended meanwhile stands still.
        let _ = kill(Pid::from_raw(pid), signal);
    }
}
