//! Sets that would have to be made anew while rules look into them: the kernel refuses that.

use super::compare::Difference;
use super::serving;
use super::{Live, LiveTable};
use crate::object::{Ipset, State};
use netc_lang::{Diagnostic, Span, code};

/// Sets of another type or family than is wanted, which live rules look into. A set with its
/// members can be swapped for another one only if both are of one type, and removed only if no rule
/// names it (ip_set_swap and ip_set_destroy in net/netfilter/ipset/ip_set_core.c).
pub(super) fn in_use(desired: &[(&State, Span)], live: &Live) -> Vec<Diagnostic> {
    let all = desired.iter().filter_map(|(state, origin)| {
        let State::Set(wanted) = state else { return None };
        let State::Set(found) = &live.states.get(&state.id())?.state else { return None };
        let Difference::Remake(was) = serving::set(wanted, found) else { return None };
        is_used(found, live).then(|| fault(wanted, &was, *origin))
    });
    all.collect()
}

fn is_used(set: &Ipset, live: &Live) -> bool {
    let word = format!(" --match-set {} ", set.name);
    let mut chains = live.rules.values().flat_map(LiveTable::chains);
    chains.any(|chain| chain.rules.contains(&word))
}

fn fault(wanted: &Ipset, was: &str, origin: Span) -> Diagnostic {
    let is = was.replacen("was ", "", 1);
    let name = wanted.name;
    let message = format!(
        "set {name} is {is}, not {}, and rules look into it: the kernel keeps it as it is",
        wanted.kind.name()
    );
    Diagnostic::at(code::FOREIGN_OBJECT, origin, message)
        .here("wanted by this statement")
        .help(format!("remove the rules that name it, then `ipset destroy {name}`"))
}
