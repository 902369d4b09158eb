//! Whether the kernel does what is claimed, and what the walk says.

use super::reply::Fate;
use super::trial::{Expected, Of, Trial};
use crate::model::{Assert, Cluster};
use std::collections::BTreeMap;

/// How unlikely a count may be: a lab is asked for some hundreds of them.
const UNLIKELY: f64 = 1e-9;

/// How often each fate was met.
pub type Counts = BTreeMap<Fate, usize>;

/// The fates of a trial, counted.
#[must_use]
pub fn counted(fates: &[Fate]) -> Counts {
    let mut counts = Counts::new();
    for fate in fates {
        *counts.entry(fate.clone()).or_default() += 1;
    }
    counts
}

/// What is not as it is claimed to be, if something is not.
#[must_use]
pub fn breach(cluster: &Cluster, trial: &Trial, counts: &Counts) -> Option<String> {
    match trial.of {
        Of::Assert(place) => claimed(cluster.asserts.get(place)?, trial, counts),
        Of::Ingress(_) | Of::Check(_) | Of::Asked => differs(trial, counts),
    }
}

fn claimed(assert: &Assert, trial: &Trial, counts: &Counts) -> Option<String> {
    let total: usize = counts.values().sum();
    let wrong = |(fate, _): &(&Fate, &usize)| fate.is_answered() != assert.reaches;
    if let Some((fate, count)) = counts.iter().find(wrong) {
        return Some(format!("{}{}", fate.words(), of(*count, total)));
    }
    let told = assert.keeps_source.is_some() || assert.same_node.is_some();
    if assert.reaches && told { differs(trial, counts) } else { None }
}

/// ` 3 of 24 times`, unless it is always so.
fn of(count: usize, total: usize) -> String {
    if count == total { String::new() } else { format!(" {count} of {total} times") }
}

/// Where the kernel does not do what the walk says.
fn differs(trial: &Trial, counts: &Counts) -> Option<String> {
    let expected = unheard(&trial.expected);
    let total: usize = counts.values().sum();
    let known = |fate: &Fate| expected.contains_key(&alike(fate));
    if let Some((fate, count)) = counts.iter().find(|(fate, _)| !known(fate)) {
        return Some(format!("{}{}", fate.words(), of(*count, total)));
    }
    if !trial.by_chance {
        return None;
    }
    let count = |wanted: &Fate| -> usize {
        counts.iter().filter(|(fate, _)| alike(fate) == *wanted).map(|(_, count)| count).sum()
    };
    let unlikely = expected.iter().find(|(fate, share)| !is_likely(count(fate), total, **share));
    unlikely.map(|(fate, share)| {
        let (count, percent) = (count(fate), share * 100.0);
        format!("{} {count} of {total} times, not {percent:.0} of 100", fate.words())
    })
}

/// Who cannot be reached may not be told so before the patience is over.
fn alike(fate: &Fate) -> Fate {
    match fate {
        Fate::Unreachable => Fate::Silence,
        other => other.clone(),
    }
}

fn unheard(expected: &Expected) -> Expected {
    let mut all = Expected::new();
    for (fate, share) in expected {
        *all.entry(alike(fate)).or_default() += share;
    }
    all
}

/// What may become of a question, in a phrase.
#[must_use]
pub fn words(expected: &Expected) -> String {
    const SHOWN: usize = 3;
    let mut all: Vec<String> = expected.keys().take(SHOWN).map(Fate::words).collect();
    if expected.len() > SHOWN {
        all.push(format!("{} others", expected.len() - SHOWN));
    }
    all.join(" or ")
}

/// Whether so many of so many can have come by chance: Chernoff's bound of the binomial
/// distribution's tails.
#[must_use]
pub fn is_likely(count: usize, total: usize, share: f64) -> bool {
    let share = share.clamp(0.0, 1.0);
    // Shares are sums of products of rounded numbers.
    if share > 1.0 - 1e-6 {
        return count == total;
    }
    if total == 0 {
        return true;
    }
    let found = count as f64 / total as f64;
    let part = |own: f64, other: f64| if own > 0.0 { own * (own / other).ln() } else { 0.0 };
    let divergence = part(found, share) + part(1.0 - found, 1.0 - share);
    (-divergence * total as f64).exp() > UNLIKELY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_may_be_off_by_chance_only() {
        assert!(is_likely(10, 32, 0.5));
        assert!(is_likely(0, 32, 0.33));
        assert!(!is_likely(0, 100, 0.33));
        assert!(!is_likely(31, 32, 1.0));
        assert!(is_likely(32, 32, 0.999_999_999));
        assert!(!is_likely(5, 32, 0.0));
    }
}
