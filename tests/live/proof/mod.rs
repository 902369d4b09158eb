//! The walk is proven, not believed: the same questions are asked of it and of the kernel.
//!
//! Of each cluster some hundred questions, from everybody to everybody: who answers or what else
//! becomes of a packet, the source that the server sees, and the share of each endpoint. Then some
//! of them once more, packet by packet: the rules that counted it are those that the walk named.

mod clients;
mod compare;
mod examples;
mod questions;
mod servers;
mod site;

use site::Site;

impl Site {
    /// Asks so many questions; all must be answered as the walk says.
    #[track_caller]
    fn proven(&self, seed: u64, count: usize) {
        let network = netc::compile::network(&self.cluster);
        let all = self.questions(seed, count);
        let differences = self.differences(&network, &all);
        println!("{}: {} questions, {} differ", self.name, all.len(), differences.len());
        assert!(differences.is_empty(), "{}", differences.join("\n"));
    }
}
