//! Reading `ipset.rules`.

use crate::model::Family;
use crate::object::{Ipset, Member, SetKind, SetName, State};
use crate::plan::Live;
use std::collections::BTreeMap;

pub(super) fn read(live: &mut Live, text: &str) -> Result<(), String> {
    let mut sets: BTreeMap<&str, Ipset> = BTreeMap::new();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.is_empty()) {
        let fault = |what| format!("line {number}: {what}");
        let read = match line.split_once(' ') {
            Some(("create", rest)) => create(&mut sets, rest),
            Some(("add", rest)) => add(&mut sets, rest),
            _ => Err("expected `create SET …` or `add SET …`"),
        };
        read.map_err(fault)?;
    }
    for Ipset { name, kind, family, members } in sets.into_values() {
        live.insert(State::Set(Ipset::new(name, kind, family, members)), true);
    }
    Ok(())
}

/// `NAME TYPE family inet hashsize 1024 maxelem 65536`, or `NAME bitmap:port range 0-65535`.
fn create<'t>(sets: &mut BTreeMap<&'t str, Ipset>, rest: &'t str) -> Result<(), &'static str> {
    let wrong = "expected a set as netc makes it";
    let (name, definition) = rest.split_once(' ').ok_or(wrong)?;
    let kind = definition.split(' ').next().and_then(SetKind::named).ok_or(wrong)?;
    // Sets of ports tell no family: kube-proxy's have it in their names.
    let v6 = definition.contains(" inet6 ") || name.starts_with("KUBE-6-");
    let family = if v6 { Family::V6 } else { Family::V4 };
    let set = Ipset::new(SetName::new(name), kind, family, Vec::new());
    if set.definition() != definition || set.name.as_str() != name {
        return Err(wrong);
    }
    sets.insert(name, set);
    Ok(())
}

/// `NAME MEMBER`
fn add(sets: &mut BTreeMap<&str, Ipset>, rest: &str) -> Result<(), &'static str> {
    let (name, member) = rest.split_once(' ').ok_or("expected `add SET MEMBER`")?;
    let set = sets.get_mut(name).ok_or("a member of a set that is not made before")?;
    let member = Member::parse(set.kind, member).ok_or("a member that the set cannot have")?;
    set.members.push(member);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit;

    #[test]
    fn sets_are_read_as_they_are_written() {
        let text = "create KUBE-6-NODE-PORT-TCP bitmap:port range 0-65535\nadd KUBE-6-NODE-PORT-TCP 30080\ncreate KUBE-CLUSTER-IP hash:ip,port family inet hashsize 1024 maxelem 65536\nadd KUBE-CLUSTER-IP 10.96.0.1,tcp:443\n";
        let mut live = Live::default();
        read(&mut live, text).unwrap();
        assert_eq!(emit::sets(live.states.values().map(|found| &found.state)), text);
        for (text, why) in [
            ("add A 1", "line 1: a member of a set that is not made before"),
            ("create A hash:mac", "line 1: expected a set as netc makes it"),
            ("flush A", "line 1: expected `create SET …` or `add SET …`"),
        ] {
            assert_eq!(read(&mut Live::default(), text).unwrap_err(), why);
        }
    }
}
