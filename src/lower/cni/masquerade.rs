//! A chain for each pod, in which what leaves its block takes the node's address.

use super::{APPENDED, names};
use crate::lower::{Context, multicast};
use crate::model::Attachment;
use crate::object::{Chains, Hook, Jump, Match, Place, Ruleset, State, Table, Target};

pub(super) fn lower(cx: &mut Context, attachment: &Attachment, legacy: bool) {
    for (family, block) in cx.node.blocks.iter() {
        let mut chains = Chains::new(family);
        let mut place = APPENDED;
        for pod in cx.pods() {
            let Some(own) = pod.addresses.get(family) else { continue };
            let (network, span) = (&attachment.network, pod.span);
            let comment = names::comment("", network, &pod.sandbox);
            let comment = [comment.as_str()];
            let name = names::masquerade(network, &pod.sandbox);
            chains.begin(name, span);
            let within = Match::Destination { not: false, net: *block };
            chains.rule(&[within, Match::Comment(&comment)], Target::Accept, span);
            let out = Match::Destination { not: true, net: multicast(family) };
            let masquerade = Target::Masquerade { random_fully: false };
            chains.rule(&[out, Match::Comment(&comment)], masquerade, span);
            let from = if legacy { *block } else { (*own).into() };
            let from = [Match::Source { not: false, net: from }, Match::Comment(&comment)];
            let at = (Hook::Postrouting, Place::Bottom(place));
            let jump = Jump::new((family, Table::Nat), at, name, &from);
            cx.objects.add(State::Jump(jump), span);
            place = place.saturating_add(1);
        }
        if place > APPENDED {
            let ruleset = Ruleset::new(family, Table::Nat, vec![chains]);
            cx.objects.add(State::Ruleset(ruleset), attachment.span);
        }
    }
}
