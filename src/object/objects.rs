//! The objects of one node, each once.

use super::{Id, Object, State};
use netc_lang::{Diagnostic, Span, code};

/// Objects as the lowerings hand them in; several may ask for the same one.
#[derive(Default, Debug)]
pub struct Objects {
    handed_in: Vec<Object>,
    faults: Vec<Diagnostic>,
}

impl Objects {
    /// Asks for an object on behalf of a statement.
    pub fn add(&mut self, state: State, origin: Span) {
        self.handed_in.push(Object { state, origin, others: Vec::new() });
    }

    /// What has been asked for so far.
    pub fn states(&self) -> impl Iterator<Item = &State> {
        self.handed_in.iter().map(|object| &object.state)
    }

    /// Reports what no kernel could hold.
    pub fn reject(&mut self, fault: Diagnostic) {
        self.faults.push(fault);
    }

    /// Each object once, sorted by identity. Equal requests are joined, the parts of a ruleset
    /// put together, and what flushes of one port spare spared by all; requests for one object in
    /// two states, or for one chain in two parts, are reported.
    #[must_use]
    pub fn finish(self) -> (Vec<(Id, Object)>, Vec<Diagnostic>) {
        // Identities are sorted with the places of their objects: the objects are large.
        let ids = self.handed_in.iter().map(|object| object.state.id());
        let mut places: Vec<(Id, usize)> = ids.zip(0..).collect();
        places.sort_unstable();
        let mut slots: Vec<Option<Object>> = self.handed_in.into_iter().map(Some).collect();
        let mut all: Vec<(Id, Object)> = Vec::with_capacity(slots.len());
        let mut faults = self.faults;
        for (id, place) in places {
            let Some(object) = slots.get_mut(place).and_then(Option::take) else { continue };
            match all.last_mut() {
                Some((first_id, first)) if *first_id == id => {
                    join(&id, first, object, &mut faults);
                }
                _ => all.push((id, object)),
            }
        }
        (all, faults)
    }
}

/// Joins a later request for one object to the first; a conflict if they differ.
fn join(id: &Id, first: &mut Object, later: Object, faults: &mut Vec<Diagnostic>) {
    match (&mut first.state, later.state) {
        (State::Ruleset(own), State::Ruleset(parts)) => {
            let (family, table) = (own.family, own.table);
            faults.extend(own.append(parts).iter().map(|(name, first, second)| {
                conflict(&format!("{family} chain {name} of table {table}"), *first, *second)
            }));
        }
        (State::Flush(own), State::Flush(other)) => own.join(&other),
        (own, other) if *own != other => {
            faults.push(conflict(&id.to_string(), first.origin, later.origin));
            return;
        }
        _ => {}
    }
    if later.origin != first.origin && !first.others.contains(&later.origin) {
        first.others.push(later.origin);
    }
}

/// Two statements want one thing in two ways.
pub(crate) fn conflict(what: &str, first: Span, second: Span) -> Diagnostic {
    let message = format!("two statements want {what} differently");
    Diagnostic::at(code::CONFLICTING_OBJECTS, second, message)
        .here("wants it so")
        .label(first, "wants it otherwise")
        .help("change one of them")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Family;
    use crate::object::{Aside, ChainName, Chains, Flush, Netns, Ruleset, Sysctl, Table};

    fn sysctl(value: &str) -> State {
        let (key, value) = ("net.ipv4.ip_forward".into(), value.into());
        State::Sysctl(Sysctl { netns: Netns::Node, key, value, minimum: false, after: None })
    }

    #[test]
    fn equal_requests_are_joined_and_others_are_conflicts() {
        let at = |start| Span { start, ..Span::default() };
        let mut objects = Objects::default();
        objects.add(sysctl("1"), at(1));
        objects.add(sysctl("1"), at(2));
        let (all, faults) = objects.finish();
        assert_eq!((all.len(), faults.len()), (1, 0));
        assert_eq!((all[0].1.origin, &all[0].1.others), (at(1), &vec![at(2)]));
        let mut objects = Objects::default();
        objects.add(sysctl("1"), at(1));
        objects.add(sysctl("0"), at(2));
        assert_eq!(objects.finish().1[0].code, code::CONFLICTING_OBJECTS);
    }

    #[test]
    fn the_parts_of_a_ruleset_are_put_together_and_a_chain_has_one_owner() {
        let at = |start| Span { start, ..Span::default() };
        let ruleset = |name: &str, start| {
            let chains = Chains::one(Family::V4, ChainName::new(&[name]), at(start));
            State::Ruleset(Ruleset::new(Family::V4, Table::Nat, vec![chains]))
        };
        let finish = |names: [&str; 2]| {
            let mut objects = Objects::default();
            for (name, start) in names.iter().zip(1..) {
                objects.add(ruleset(name, start), at(start));
            }
            objects.finish()
        };
        let (all, faults) = finish(["B", "A"]);
        assert_eq!((all.len(), faults.len()), (1, 0));
        assert_eq!((all[0].1.origin, &all[0].1.others), (at(1), &vec![at(2)]));
        let State::Ruleset(ruleset) = &all[0].1.state else { panic!("{all:?}") };
        let names: Vec<String> = ruleset.chains().map(|chain| chain.name.to_string()).collect();
        assert_eq!(names, ["B", "A"]);
        let (_, faults) = finish(["A", "A"]);
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].code, code::CONFLICTING_OBJECTS);
        assert_eq!(faults[0].message, "two statements want IPv4 chain A of table nat differently");
    }

    #[test]
    fn flushes_of_one_port_spare_what_any_of_them_spares() {
        let flush = |keep: &[&str]| {
            let keep = keep.iter().map(|address| address.parse().unwrap()).collect();
            let (family, table) = (Family::V4, Aside(None));
            State::Flush(Flush { family, destination: None, port: 53, keep, table })
        };
        let mut objects = Objects::default();
        objects.add(flush(&["10.0.0.2", "10.0.0.9"]), Span::default());
        objects.add(flush(&["10.0.0.10", "10.0.0.2"]), Span::default());
        let (all, faults) = objects.finish();
        assert_eq!((all.len(), faults.len()), (1, 0));
        assert_eq!(all[0].1.state, flush(&["10.0.0.2", "10.0.0.9", "10.0.0.10"]));
    }
}
