//! The walk is proven, not believed: the same questions are asked of it and of the kernel.
//!
//! Of each cluster some hundred questions, from everybody to everybody: who answers or what else
//! becomes of a packet, the source that the server sees, and the share of each endpoint. Then some
//! of them once more, packet by packet: the rules that counted it are those that the walk named.

mod clients;
mod compare;
mod docker;
mod examples;
mod ipvs;
mod outcomes;
mod questions;
mod random;
mod rules;
mod servers;
mod site;
mod traced;

use netc_lang::Protocol;
use questions::Asked;
use site::Site;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many questions this run has asked so far.
static ASKED: AtomicUsize = AtomicUsize::new(0);

/// Of so many questions by UDP it is looked which rules they pass.
const BY_RULE: usize = 36;

impl Site {
    /// Asks so many questions; all must be answered as the walk says.
    #[track_caller]
    fn proven(&self, seed: u64, count: usize) {
        let network = netc::compile::network(&self.cluster);
        let all = self.questions(seed, count);
        let mut differences = self.differences(&network, &all);
        let udp = all.iter().filter(|asked| asked.target.protocol == Protocol::Udp);
        let some: Vec<Asked> = udp.take(BY_RULE).cloned().collect();
        let (compared, more) = self.rule_differences(&network, &some);
        differences.extend(more);
        let (name, asked) = (&self.name, all.len());
        assert!(differences.is_empty(), "{name}: {asked} asked\n{}", differences.join("\n"));
        let so_far = ASKED.fetch_add(asked, Ordering::Relaxed) + asked;
        println!("{name}: {asked} questions, {compared} of them rule by rule");
        println!("{so_far} questions, all as the walk says");
    }
}
