//! Sets in the words of ipset(8): `ipset.rules`, the input of `ipset restore`, and commands.

use crate::object::{Ipset, Member, SetName, State};

/// The sets among some objects, with their members; empty if there are none.
#[must_use]
pub fn sets<'s>(states: impl Iterator<Item = &'s State>) -> String {
    let mut out = String::new();
    for state in states {
        if let State::Set(set) = state {
            push_create(&mut out, set);
            let members = set.members.iter();
            members.for_each(|member| push_member(&mut out, "add", set.name, member));
        }
    }
    out
}

/// Appends the line that makes an empty set.
pub(crate) fn push_create(out: &mut String, set: &Ipset) {
    for part in ["create ", set.name.as_str(), " ", &set.definition(), "\n"] {
        out.push_str(part);
    }
}

/// Appends the line that adds a member to a set (`add`) or takes it away (`del`).
pub(crate) fn push_member(out: &mut String, verb: &str, set: SetName, member: &Member) {
    for part in [verb, " ", set.as_str(), " "] {
        out.push_str(part);
    }
    member.push(out);
    out.push('\n');
}

/// Appends the line that removes a set.
pub(crate) fn push_destroy(out: &mut String, set: SetName) {
    for part in ["destroy ", set.as_str(), "\n"] {
        out.push_str(part);
    }
}
