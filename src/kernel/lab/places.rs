//! The places of the walk in a lab that runs.

use super::ask::Spaces;
use super::running::{Place, Running};
use crate::model::Cluster;
use crate::object::Netns;
use crate::trace;
use netc_lang::{Diagnostic, code};

/// The namespaces of a lab, as the cluster that runs there knows them.
#[derive(Clone, Copy, Debug)]
pub struct Places<'r> {
    /// The lab.
    pub running: &'r Running,
    /// Its cluster.
    pub cluster: &'r Cluster,
}

impl Spaces for Places<'_> {
    fn within<T: Send>(
        &self,
        place: &trace::Place,
        work: impl FnOnce() -> T + Send,
    ) -> Result<T, Diagnostic> {
        let place = match place {
            trace::Place::Outside => Place::Outside,
            trace::Place::Node(id, netns) => {
                let node = self.cluster.nodes.get(id.0 as usize);
                let node = node.map_or_else(String::new, |node| node.name.clone());
                match netns {
                    Netns::Node => Place::Node(node),
                    Netns::Named(netns) => Place::Pod { node, netns: netns.to_string() },
                }
            }
        };
        self.running.space(&place)?.within(work).map_err(|error| {
            Diagnostic::new(code::NO_LAB, format!("cannot enter {place}: {error}"))
                .help("its sources may have changed since: bring the lab down, and up again")
        })
    }
}
