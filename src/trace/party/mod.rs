//! From names to questions: who asks whom, as people say it, becomes packets to follow.

mod aim;
mod fault;
mod find;
mod ports;
mod sender;

pub use crate::model::Carried;
pub use fault::{Fault, Part};
pub use find::Found;

use super::{Place, Question, Who};
use crate::model::{Cluster, Family, NodeId};
use aim::Aim;
use netc_lang::Party;
use sender::{Sender, sender};

/// What is left open by who asks whom.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Manner {
    /// What is sent, if it does not follow from the port.
    pub carried: Option<Carried>,
    /// In which families.
    pub families: Families,
    /// The node by which it is to come in from outside; if none is named, each that it may.
    pub through: Option<String>,
}

/// In which families something is asked.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Families {
    /// In the first that both have.
    #[default]
    First,
    /// In each that both have.
    All,
    /// In this one.
    One(Family),
}

/// A question, and who it is about.
#[derive(Clone, PartialEq, Debug)]
pub struct Asked {
    /// Who asks.
    pub from: Found,
    /// Who is asked.
    pub to: Found,
    /// The place of the port among those of the service that is asked, if it is one.
    pub port: Option<usize>,
    /// The packet.
    pub question: Question,
}

/// The questions that somebody asks somebody: several, if several ports, families, addresses or
/// nodes to come in by are meant.
///
/// Without a port a service is asked at all its ports, a pod or container at those that are stated
/// of it, and whoever has none is sent an echo request. From outside a service is asked at the
/// addresses of its load balancer and its external ones; if it has none, at its node ports; and if it
/// has none of these either, at its own address.
///
/// # Errors
/// Names that nobody has or that several have, and questions that make no sense.
pub fn questions(
    cluster: &Cluster,
    from: &Party,
    to: &Party,
    manner: &Manner,
) -> Result<Vec<Asked>, Fault> {
    let sender = sender(cluster, from)?;
    let through = match &manner.through {
        Some(name) => Some(through(cluster, &sender, name)?),
        None => None,
    };
    let asked = aim::Asker { cluster, sender: &sender, through, carried: manner.carried };
    let found = find::find(cluster, &to.name, Part::To)?;
    let mut all = Vec::new();
    for family in asked.families(to, found, manner.families)? {
        let aims = asked.aims(to, found, family)?;
        all.extend(aims.into_iter().map(|aim| question(&sender, found, &aim)));
    }
    Ok(all)
}

/// The node that packets are to come in by.
fn through(cluster: &Cluster, sender: &Sender, name: &str) -> Result<NodeId, Fault> {
    if sender.place != Place::Outside {
        let message =
            format!("`through` says nothing of packets of {}", sender.found.name(cluster));
        let help = "only what is sent from outside comes in by a node";
        return Err(fault::senseless(Part::Through, message, help));
    }
    find::node(cluster, name, Part::Through)
}

fn question(sender: &Sender, to: Found, aim: &Aim) -> Asked {
    let question = Question {
        place: sender.place.clone(),
        source: sender.source.map(Who::One),
        destination: Who::One(aim.destination),
        payload: aim.payload,
        through: aim.through,
    };
    Asked { from: sender.found, to, port: aim.port, question }
}
