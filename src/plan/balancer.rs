//! When a program that serves does so as wanted, and how its configuration differs.

use super::compare::{Difference, in_place};
use crate::emit::ailment;
use crate::object::{Balancer, Health};
use similar::{ChangeTag, TextDiff};

/// Compares a wanted program with the one that was found.
pub(super) fn compare(new: &Balancer, old: &Balancer) -> Difference {
    // What was found to be at rest once need not be made so again.
    let ails = new.health == Health::Runs && old.health != Health::Runs;
    let same = new.config == old.config && new.material == old.material;
    in_place(same && !ails, || was(new, old))
}

fn was(new: &Balancer, old: &Balancer) -> String {
    if new.config == old.config
        && let Some(ailment) = ailment(old)
    {
        return ailment;
    }
    let (more, fewer) = counts(new, old);
    format!("{}: +{more} -{fewer} lines", new.file())
}

/// How many lines the configuration gets and loses.
pub(super) fn counts(new: &Balancer, old: &Balancer) -> (usize, usize) {
    let (mut more, mut fewer) = (0, 0);
    for (tag, _) in differing(new, old) {
        match tag {
            ChangeTag::Insert => more += 1,
            ChangeTag::Delete => fewer += 1,
            ChangeTag::Equal => {}
        }
    }
    (more, fewer)
}

/// The lines that only one of two configurations has, in order.
pub(super) fn differing(new: &Balancer, old: &Balancer) -> Vec<(ChangeTag, String)> {
    let diff = TextDiff::from_lines(&*old.config, &*new.config);
    let changes = diff.iter_all_changes().filter(|change| change.tag() != ChangeTag::Equal);
    changes.map(|change| (change.tag(), change.value().trim_end().to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Engine;

    #[test]
    fn a_program_is_as_wanted_if_it_runs_by_its_configuration() {
        let of = |config, health| Balancer { health, ..Balancer::new(Engine::Nginx, config) };
        let wanted = of("a\nb\n", Health::Runs);
        let said = |found| compare(&wanted, &found);
        assert_eq!(said(wanted.clone()), Difference::None);
        let update = |text: &str| Difference::InPlace(text.into());
        assert_eq!(said(of("a\nb\n", Health::Stopped)), update("nginx is not running"));
        assert_eq!(said(of("a\nc\nd\n", Health::Runs)), update("nginx.conf: +1 -2 lines"));
        // What an undo goes back to may have been at rest.
        assert_eq!(compare(&of("a\nb\n", Health::Stopped), &wanted), Difference::None);
    }
}
