//! Reading `ipvs.rules`.

use crate::model::Family;
use crate::object::{
    Aside, Forwarding, RealServer, Scheduling, State, VirtualAddress, VirtualServer,
};
use crate::plan::Live;
use netc_lang::Protocol;
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// What is read of a virtual server so far.
struct Reading {
    scheduling: Scheduling,
    persistence: Option<u32>,
    reals: Vec<RealServer>,
}

pub(super) fn read(live: &mut Live, text: &str) -> Result<(), String> {
    let mut servers: BTreeMap<VirtualAddress, Reading> = BTreeMap::new();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.is_empty()) {
        let mut words = line.split(' ');
        let read = match words.next() {
            Some("-A") => add(&mut servers, &mut words),
            Some("-a") => add_real(&mut servers, &mut words),
            _ => None,
        };
        read.filter(|()| words.next().is_none())
            .ok_or_else(|| format!("line {number}: expected a virtual or a real server"))?;
    }
    for (address, Reading { scheduling, persistence, mut reals }) in servers {
        reals.sort_unstable();
        reals.dedup_by_key(|real| real.socket);
        let server = VirtualServer {
            address,
            scheduling,
            persistence,
            mask: address.family().bits(),
            reals: reals.into(),
            origins: Aside::default(),
            after: Vec::new(),
        };
        live.insert(State::Virtual(server), true);
    }
    Ok(())
}

/// `-t ADDRESS:PORT`, the protocol by the option.
fn address<'w>(words: &mut impl Iterator<Item = &'w str>) -> Option<VirtualAddress> {
    let protocol = match words.next()? {
        "-t" => Protocol::Tcp,
        "-u" => Protocol::Udp,
        "--sctp-service" => Protocol::Sctp,
        _ => return None,
    };
    Some(VirtualAddress { socket: words.next()?.parse().ok()?, protocol })
}

/// `-A -t ADDRESS:PORT -s SCHEDULER [-p SECONDS] [-b FLAGS]`
fn add<'w>(
    servers: &mut BTreeMap<VirtualAddress, Reading>,
    words: &mut impl Iterator<Item = &'w str>,
) -> Option<()> {
    let address = address(words)?;
    let mut scheduling = Scheduling { scheduler: "".into(), flags: 0 };
    let mut persistence = None;
    while let Some(option) = words.next() {
        let value = words.next()?;
        match option {
            "-s" => scheduling.scheduler = value.into(),
            "-p" => persistence = Some(value.parse().ok()?),
            "-b" => scheduling.flags = flags(value)?,
            _ => return None,
        }
    }
    let reading = Reading { scheduling, persistence, reals: Vec::new() };
    servers.insert(address, reading);
    Some(())
}

fn flags(text: &str) -> Option<u32> {
    text.split(',').try_fold(0, |all, name| {
        let bit = match name {
            "sh-fallback" | "mh-fallback" | "flag-1" => Scheduling::FLAG_1,
            "sh-port" | "mh-port" | "flag-2" => Scheduling::FLAG_2,
            "flag-3" => Scheduling::FLAG_3,
            _ => return None,
        };
        Some(all | bit)
    })
}

/// `-a -t ADDRESS:PORT -r ADDRESS:PORT -m -w WEIGHT`
fn add_real<'w>(
    servers: &mut BTreeMap<VirtualAddress, Reading>,
    words: &mut impl Iterator<Item = &'w str>,
) -> Option<()> {
    let address = address(words)?;
    words.next().filter(|word| *word == "-r")?;
    let socket: SocketAddr = words.next()?.parse().ok()?;
    let forwarding = match words.next()? {
        "-m" => Forwarding::Masquerade,
        "-g" => Forwarding::Route,
        "-i" => Forwarding::Tunnel,
        _ => return None,
    };
    words.next().filter(|word| *word == "-w")?;
    let weight = words.next()?.parse().ok()?;
    let same_family = Family::of(socket.ip()) == address.family();
    let reading = servers.get_mut(&address).filter(|_| same_family)?;
    reading.reals.push(RealServer { socket, weight, forwarding });
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit;

    #[test]
    fn servers_are_read_as_they_are_written() {
        let text = "-A -t 10.96.0.1:443 -s mh -p 10800 -b mh-port\n-a -t 10.96.0.1:443 -r 10.0.0.2:6443 -m -w 1\n-A -u [fd00::1]:53 -s rr\n-A --sctp-service [fd00::1]:53 -s sh -b sh-fallback,sh-port\n";
        let mut live = Live::default();
        read(&mut live, text).unwrap();
        assert_eq!(emit::servers(live.states.values().map(|found| &found.state)), text);
        for text in ["-a -t 10.96.0.1:443 -r 10.0.0.2:6443 -m -w 1", "-A -t x:1 -s rr", "-C"] {
            let why = "line 1: expected a virtual or a real server";
            assert_eq!(read(&mut Live::default(), text).unwrap_err(), why);
        }
    }
}
