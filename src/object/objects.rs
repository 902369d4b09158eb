//! The objects of one node, each once.

use super::{Id, Object, State};
use netc_lang::{Diagnostic, Span, code};

/// Objects as the lowerings hand them in; several may ask for the same one.
#[derive(Default, Debug)]
pub struct Objects {
    handed_in: Vec<Object>,
}

impl Objects {
    /// Asks for an object on behalf of a statement.
    pub fn add(&mut self, state: State, origin: Span) {
        let sequence = u32::try_from(self.handed_in.len()).unwrap_or(u32::MAX);
        self.handed_in.push(Object { state, origin, others: Vec::new(), sequence });
    }

    /// Each object once, sorted by identity. Equal requests are joined; requests for one object
    /// in two states are reported.
    #[must_use]
    pub fn finish(self) -> (Vec<(Id, Object)>, Vec<Diagnostic>) {
        // Identities are sorted with the places of their objects: the objects are large.
        let ids = self.handed_in.iter().map(|object| object.state.id());
        let mut places: Vec<(Id, usize)> = ids.zip(0..).collect();
        places.sort_unstable();
        let mut slots: Vec<Option<Object>> = self.handed_in.into_iter().map(Some).collect();
        let mut all: Vec<(Id, Object)> = Vec::with_capacity(slots.len());
        let mut faults = Vec::new();
        for (id, place) in places {
            let Some(object) = slots.get_mut(place).and_then(Option::take) else { continue };
            match all.last_mut() {
                Some((first_id, first)) if *first_id == id => {
                    faults.extend(join(&id, first, &object));
                }
                _ => all.push((id, object)),
            }
        }
        (all, faults)
    }
}

/// Joins a later request for one object to the first; a conflict if they differ.
fn join(id: &Id, first: &mut Object, later: &Object) -> Option<Diagnostic> {
    if first.state != later.state {
        return Some(conflict(id, first, later));
    }
    if later.origin != first.origin && !first.others.contains(&later.origin) {
        first.others.push(later.origin);
    }
    None
}

fn conflict(id: &Id, first: &Object, second: &Object) -> Diagnostic {
    let message = format!("two statements want {id} differently");
    Diagnostic::at(code::CONFLICTING_OBJECTS, second.origin, message)
        .here("wants it so")
        .label(first.origin, "wants it otherwise")
        .help("change one of them")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{Netns, Sysctl};

    fn sysctl(value: &str) -> State {
        let (key, value) = ("net.ipv4.ip_forward".into(), value.into());
        State::Sysctl(Sysctl { netns: Netns::Node, key, value, after: None })
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
}
