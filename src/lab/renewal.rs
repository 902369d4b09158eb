//! What a lab that runs is to become of when its sources have changed.

use super::layout::{Host, Layout, Wire};
use super::{Entry, Member, Role};
use netc_lang::{Diagnostic, code};
use std::collections::BTreeSet;

/// A lab that is to take over a layout.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Renewal {
    /// What is to be remembered of it.
    pub entry: Entry,
    /// The hosts of which something changes that an apply has no hand in: as they were, and as they are
    /// to be.
    pub changed: Vec<(Host, Host)>,
}

impl Renewal {
    /// What is to change in a lab for a layout.
    ///
    /// # Errors
    /// Its machines or what joins them would have to be others: it has to be brought up anew.
    pub fn of(
        entry: &Entry,
        layout: &Layout,
        left_out: Vec<String>,
    ) -> Result<Renewal, Diagnostic> {
        let reasons = outgrown(entry, layout);
        if !reasons.is_empty() {
            let message = format!(
                "the lab `{}` cannot become what its sources say: {}",
                entry.name,
                reasons.join("; ")
            );
            let help = format!(
                "`netc lab down --name {}` and `netc lab up` bring it up anew: while it runs its machines \
                 stay the same",
                entry.name
            );
            return Err(Diagnostic::new(code::LAB_OUTGROWN, message).help(help));
        }
        let mut changed = Vec::new();
        let mut members = Vec::new();
        for (member, host) in entry.members.iter().zip(&layout.hosts) {
            let (before, after) = (member.host(), host.clone());
            members.push(Member::of(after.clone(), member.process));
            if (Host { pods: after.pods.clone(), ..before.clone() }) != after {
                changed.push((before, after));
            }
        }
        let segments = layout.segments.clone();
        let entry = Entry { segments, members, left_out, ..entry.clone() };
        Ok(Renewal { entry, changed })
    }
}

/// Why the lab would have to consist of other machines, or be joined otherwise.
fn outgrown(entry: &Entry, layout: &Layout) -> Vec<String> {
    let mut reasons = Vec::new();
    let name = |role: Role, name: &str| match role {
        Role::Node => format!("node `{name}`"),
        Role::Router | Role::Outside => format!("the {name}"),
    };
    let was: BTreeSet<String> = entry.members.iter().map(|own| name(own.role, &own.name)).collect();
    let is: BTreeSet<String> = layout.hosts.iter().map(|own| name(own.role, &own.name)).collect();
    reasons.extend(is.difference(&was).map(|name| format!("{name} is new")));
    reasons.extend(was.difference(&is).map(|name| format!("{name} is gone")));
    if !reasons.is_empty() {
        return reasons;
    }
    let form = |wires: &[Wire]| -> Vec<(String, String, usize, u32)> {
        let form = |wire: &Wire| (wire.device.clone(), wire.port.clone(), wire.segment, wire.mtu);
        wires.iter().map(form).collect()
    };
    // Layouts name hosts in one order, whatever that of the sources is.
    for (member, host) in entry.members.iter().zip(&layout.hosts) {
        if form(&member.wires) != form(&host.wires) {
            let name = name(member.role, &member.name);
            reasons.push(format!("{name} has other devices, or is on other segments"));
        }
    }
    reasons
}
