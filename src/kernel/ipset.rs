//! Sets of addresses and ports, by their tool (ipset(8)).

use super::error::KernelError;
use super::machine::Machine;
use super::module;
use super::tool::{NOT_INSTALLED, Tool, run};
use crate::model::Family;
use crate::object::{Ipset, Member, SetKind, SetName};
use std::thread;
use std::time::Duration;

const TOOL: Tool = Tool("ipset");

/// What the tool says of a set that a rule still looks into. Rules of nf_tables that were removed
/// let go of their sets a little later (nf_tables_api.c, `nf_tables_trans_destroy_work`).
const IN_USE: &str = "in use by a kernel component";

/// How often a set that is still in use is tried again, and after how long.
const TRIES: usize = 40;
const PAUSE: Duration = Duration::from_millis(50);

/// The sets with a name that is looked for. None without the module, which is not loaded for the
/// answer, or without the tool: netc has then made none.
///
/// Members of kinds that netc does not know are left out.
pub(super) fn list(
    machine: &mut Machine,
    looked_for: impl Fn(&str) -> bool,
) -> Result<Vec<Ipset>, KernelError> {
    if !module::present("ip_set") {
        return Ok(Vec::new());
    }
    // Others may have sets of millions of members.
    let names = match run(machine, TOOL, &["list", "-name"], None) {
        Err(KernelError::Tool { output, .. }) if output.starts_with(NOT_INSTALLED) => {
            return Ok(Vec::new());
        }
        names => names?,
    };
    if !names.lines().any(&looked_for) {
        return Ok(Vec::new());
    }
    Ok(parse(&run(machine, TOOL, &["save"], None)?, looked_for))
}

/// Feeds `ipset restore`. The lines before the one that it complains about were carried out.
pub(super) fn restore(machine: &mut Machine, input: &str) -> Result<(), KernelError> {
    let mut rest = input;
    let mut done = 0;
    let mut tries = 0;
    loop {
        let Err(error) = run(machine, TOOL, &["restore"], Some(rest)) else { return Ok(()) };
        let KernelError::Tool { tool, output, line } = error else { return Err(error) };
        let before = line.and_then(|line| line.checked_sub(1)).unwrap_or_default();
        done += before;
        tries = if before > 0 { 0 } else { tries + 1 };
        if tries > TRIES || !output.contains(IN_USE) {
            return Err(KernelError::Tool { tool, output, line: line.map(|_| done + 1) });
        }
        rest = behind(rest, before);
        thread::sleep(PAUSE);
    }
}

/// What follows some lines of a text.
fn behind(text: &str, lines: usize) -> &str {
    let skipped = text.split_inclusive('\n').take(lines).map(str::len).sum();
    text.get(skipped..).unwrap_or_default()
}

/// Reads what `ipset save` prints.
fn parse(text: &str, looked_for: impl Fn(&str) -> bool) -> Vec<Ipset> {
    let mut sets: Vec<Ipset> = Vec::new();
    for line in text.lines() {
        if let Some((name, definition)) = words(line, "create ") {
            let known = looked_for(name).then(|| empty(name, definition));
            sets.extend(known);
        } else if let Some((name, member)) = words(line, "add ") {
            // Members follow the set that they are of.
            let set = sets.last_mut().filter(|set| set.name.as_str() == name);
            let member = member.split(' ').next();
            if let Some((set, member)) = set.zip(member) {
                set.members.extend(Member::parse(set.kind, member));
            }
        }
    }
    let all = sets.into_iter();
    all.map(|set| Ipset::new(set.name, set.kind, set.family, set.members)).collect()
}

/// The first word behind a verb, and the rest.
fn words<'l>(line: &'l str, verb: &str) -> Option<(&'l str, &'l str)> {
    line.strip_prefix(verb)?.split_once(' ')
}

/// The set of a definition: `hash:ip,port family inet hashsize 1024 maxelem 65536 bucketsize 12
/// initval 0x86b3a7f1`. How it is kept, and what is counted or noted with a member, says nothing of
/// what is in it.
fn empty(name: &str, definition: &str) -> Ipset {
    let (kind, options) = definition.split_once(' ').unwrap_or((definition, ""));
    let option = |name: &str| {
        let mut words = options.split(' ');
        words.find(|word| *word == name)?;
        words.next()
    };
    let ports = option("range").is_none_or(|range| range == "0-65535");
    let plain = ["timeout", "netmask", "bitmask"].into_iter().all(|name| option(name).is_none());
    let kind = SetKind::named(kind).filter(|_| ports && plain).unwrap_or(SetKind::Other);
    // A set of ports has no family: it is of the rules that look into it.
    let family = match option("family") {
        Some("inet6") => Family::V6,
        None if name.starts_with(V6) => Family::V6,
        _ => Family::V4,
    };
    Ipset { name: SetName::new(name), kind, family, members: Vec::new() }
}

/// How kube-proxy's sets for IPv6 begin (pkg/proxy/ipvs/ipset.go).
const V6: &str = "KUBE-6-";

#[cfg(test)]
mod tests {
    use super::*;

    /// What ipset 7.17 prints.
    const SAVED: &str = "\
create KUBE-CLUSTER-IP hash:ip,port family inet hashsize 2048 maxelem 65536 bucketsize 12 initval 0xa68e3cb5
add KUBE-CLUSTER-IP 10.96.0.10,udp:53
add KUBE-CLUSTER-IP 10.96.0.1,tcp:443
add KUBE-CLUSTER-IP 10.96.0.1,icmp:echo-request
create others hash:net family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0x1
add others 192.0.2.0/24
create KUBE-6-NODE-PORT-TCP bitmap:port range 0-65535
add KUBE-6-NODE-PORT-TCP 30080
create KUBE-6-SOURCE hash:ip,port,net family inet6 hashsize 1024 maxelem 65536 comment bucketsize 12 initval 0x502a175f
add KUBE-6-SOURCE fd00::1,tcp:80,fd00::/64 comment \"hello there\"
create KUBE-NODE-PORT-TCP bitmap:port range 1-1000
add KUBE-NODE-PORT-TCP 80
create KUBE-IPVS-IPS hash:ip family inet hashsize 1024 maxelem 65536 timeout 300 bucketsize 12 initval 0x1
add KUBE-IPVS-IPS 10.96.0.1 timeout 299
";

    #[test]
    fn what_the_tool_prints_is_read() {
        let sets = parse(SAVED, |name| name.starts_with("KUBE-"));
        let shown = sets.iter().map(|set| {
            let members: Vec<String> = set.members.iter().map(ToString::to_string).collect();
            format!("{} {} {}: {}", set.name, set.kind.name(), set.family, members.join(" "))
        });
        assert_eq!(
            shown.collect::<Vec<_>>(),
            [
                "KUBE-CLUSTER-IP hash:ip,port IPv4: 10.96.0.1,tcp:443 10.96.0.10,udp:53",
                "KUBE-6-NODE-PORT-TCP bitmap:port IPv6: 30080",
                "KUBE-6-SOURCE hash:ip,port,net IPv6: fd00::1,tcp:80,fd00::/64",
                "KUBE-NODE-PORT-TCP another type IPv4: ",
                "KUBE-IPVS-IPS another type IPv4: ",
            ]
        );
    }

    #[test]
    fn lines_that_are_done_are_skipped() {
        assert_eq!(behind("a\nb\nc\n", 2), "c\n");
        assert_eq!(behind("a\nb\n", 0), "a\nb\n");
        assert_eq!(behind("a\n", 5), "");
    }
}
