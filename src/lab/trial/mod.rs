//! What is asked in a lab: the questions of asserts and checks, each from one address to one other.

mod ingress;

pub use ingress::Get;

use super::reply::Fate;
use super::serving::Everybody;
use super::{Host, Layout, Role};
use crate::lower::pod_namespace;
use crate::model::{Check, Cluster, IngressController, NodeId};
use crate::object::Netns;
use crate::trace::names::Names;
use crate::trace::{Ended, Network, Payload, Place, Question, Symptom, Who};
use crate::verify;
use ipnet::IpNet;
use netc_lang::{Diagnostic, Port, Protocol};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

/// How often a service is asked whose answers are not all of the same.
const OFTEN: usize = 32;

/// So many questions are asked of all checks together.
pub const MOST: usize = 2000;

/// What is expected of a question: the fates, and how likely each is.
pub type Expected = BTreeMap<Fate, f64>;

/// Whose question it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Of {
    /// The assert at this place of [`Cluster::asserts`].
    Assert(usize),
    /// The ingress at this place of [`Cluster::ingresses`].
    Ingress(usize),
    /// A check.
    Check(Check),
    /// Somebody's who just wants to know.
    Asked,
}

/// A question to both, the walk and the kernel.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Whose it is.
    pub of: Of,
    /// The question.
    pub question: Question,
    /// The source address, if the kernel is not to pick one.
    pub source: Option<IpAddr>,
    /// What is asked for by HTTP, if it matters.
    pub get: Option<Get>,
    /// What the walk says.
    pub expected: Expected,
    /// How often the kernel is asked.
    pub times: usize,
    /// How often each answer comes is left to chance; it is not if clients stay with their endpoints.
    pub by_chance: bool,
}

/// What is to be asked, and what cannot be.
#[derive(Clone, Default, Debug)]
pub struct Plan {
    /// The questions.
    pub trials: Vec<Trial>,
    /// How many there are of whose, those that are not asked included.
    pub all: BTreeMap<Of, usize>,
    /// Why some are not asked, once for each reason.
    pub unasked: BTreeMap<Of, BTreeSet<String>>,
}

/// Makes a plan of what is asked.
pub struct Planner<'p> {
    network: &'p Network<'p>,
    cluster: &'p Cluster,
    layout: &'p Layout,
    everybody: Everybody,
    places: BTreeMap<(NodeId, IpAddr), Place>,
    plan: Plan,
}

impl<'p> Planner<'p> {
    /// For the lab of a cluster.
    #[must_use]
    pub fn new(network: &'p Network<'p>, layout: &'p Layout) -> Planner<'p> {
        let cluster = network.cluster();
        let pods = cluster.pods.iter().filter(|pod| !pod.state.host_network);
        let places = pods.filter_map(|pod| {
            let id = pod.node?;
            let place = Place::Node(id, Netns::Named(pod_namespace(pod).into()));
            let own = pod.addresses.values();
            Some(own.map(move |address| ((id, *address), place.clone())).collect::<Vec<_>>())
        });
        let places = places.flatten().collect();
        let everybody = Everybody::of(cluster);
        Planner { network, cluster, layout, everybody, places, plan: Plan::default() }
    }

    /// Takes the questions of an assert.
    ///
    /// # Errors
    /// A node could not be compiled.
    pub fn assert(&mut self, place: usize) -> Result<(), Vec<Diagnostic>> {
        let Some(assert) = self.cluster.asserts.get(place) else { return Ok(()) };
        let of = Of::Assert(place);
        if !assert.via.is_empty() {
            self.unasked(of, "packets do not tell what they pass: `via` is left to the walk");
        }
        // Faulty names were reported when the lab was brought up.
        for asked in verify::asked(self.cluster, assert).unwrap_or_default() {
            *self.plan.all.entry(of).or_default() += 1;
            self.add(of, asked.question)?;
        }
        Ok(())
    }

    /// Takes the questions that checks ask, each of some for all of whom it is, so many in all at most.
    ///
    /// # Errors
    /// A node could not be compiled.
    pub fn checks(
        &mut self,
        all: &[(Check, Question)],
        most: usize,
    ) -> Result<(), Vec<Diagnostic>> {
        let wide: usize = all.iter().map(|(_, question)| pairs(question)).sum();
        // Where all cannot be asked, every question still is for somebody, and each time for others.
        let share = |pairs: usize| (pairs * most).checked_div(wide).unwrap_or(0).max(1);
        for (turn, (check, question)) in all.iter().enumerate() {
            let of = Of::Check(*check);
            let pairs = pairs(question);
            *self.plan.all.entry(of).or_default() += pairs;
            let taken = if wide <= most { pairs } else { share(pairs).min(pairs) };
            for (source, destination) in some(question, turn, taken) {
                let question = self.one(question, source, destination);
                self.add(of, question)?;
            }
        }
        Ok(())
    }

    /// The plan.
    #[must_use]
    pub fn done(self) -> Plan {
        self.plan
    }

    /// A question for one of those that ask, and one of those that are asked.
    fn one(&self, all: &Question, source: Option<IpAddr>, destination: IpAddr) -> Question {
        let place = match (&all.place, source) {
            (Place::Node(id, Netns::Named(_)), Some(source)) => {
                self.places.get(&(*id, source)).unwrap_or(&all.place).clone()
            }
            (place, _) => place.clone(),
        };
        Question {
            place,
            source: source.map(Who::One),
            destination: Who::One(destination),
            ..all.clone()
        }
    }

    fn unasked(&mut self, of: Of, why: impl Into<String>) {
        self.plan.unasked.entry(of).or_default().insert(why.into());
    }

    fn add(&mut self, of: Of, question: Question) -> Result<(), Vec<Diagnostic>> {
        match self.trial(of, question)? {
            Ok(trial) => self.plan.trials.push(trial),
            Err(why) => self.unasked(of, why),
        }
        Ok(())
    }

    /// A single question of one to one; or why it cannot be asked in the lab.
    ///
    /// # Errors
    /// A node could not be compiled.
    pub fn trial(
        &self,
        of: Of,
        mut question: Question,
    ) -> Result<Result<Trial, String>, Vec<Diagnostic>> {
        if question.payload.protocol() == Some(Protocol::Sctp) {
            return Ok(Err("SCTP is not served in labs".into()));
        }
        let mut source = None;
        if question.place == Place::Outside {
            match self.outside_source(of, &question) {
                Ok(own) => source = Some(own),
                Err(why) => return Ok(Err(why)),
            }
            question.source = source.map(Who::One);
        }
        let expected = self.expected(&question)?;
        let port = question.payload.destination().unwrap_or_default();
        let protocol = question.payload.protocol().unwrap_or_default();
        let service = Names(self.cluster).service(question.destination.first(), port, protocol);
        let by_chance = service.is_none_or(|(service, _)| service.affinity.is_none());
        let times = times(expected.len(), service.is_some());
        Ok(Ok(Trial { of, question, source, get: None, expected, times, by_chance }))
    }

    /// What the walk says.
    fn expected(&self, question: &Question) -> Result<Expected, Vec<Diagnostic>> {
        let mut expected = Expected::new();
        let answer = self.network.ask(question)?;
        for ended in answer.ways.iter().filter(|ended| ended.way.share > 0.0) {
            *expected.entry(self.fate(ended)).or_default() += ended.way.share;
        }
        Ok(expected)
    }

    /// The address that somebody outside asks from, if packets can come in as the question wants it.
    fn outside_source(&self, of: Of, question: &Question) -> Result<IpAddr, String> {
        let to = question.destination.first();
        let wanted = question.source.as_ref().map(Who::first);
        let family = to.is_ipv6();
        let Some(outside) = outside(self.layout) else { return Err("nobody is outside".into()) };
        let wires = outside.wires.iter().flat_map(|wire| &wire.addresses).map(IpNet::addr);
        let own: Vec<IpAddr> = outside.own.iter().copied().chain(wires).collect();
        let source = match wanted.filter(|wanted| own.contains(wanted)) {
            Some(wanted) => wanted,
            // Who is named by no statement may be anybody.
            None if !matches!(of, Of::Check(_) | Of::Ingress(_)) => {
                let wanted = wanted.map_or_else(String::new, |wanted| wanted.to_string());
                return Err(format!("nobody outside has {wanted} in the lab"));
            }
            None => {
                let first = outside.senders.iter().chain(&own).find(|one| one.is_ipv6() == family);
                *first.ok_or("the lab's outside has no address of the family")?
            }
        };
        if self.network.node_of(to).is_some() {
            return Ok(source);
        }
        // Who has the address of a load balancer says so on the segment.
        let balancers = self.cluster.load_balancers.as_ref();
        let holder = balancers.and_then(|own| own.held(to)?.holder);
        let routed = || entry_to(self.layout, to).and_then(|hop| self.network.node_of(hop));
        let entry = holder.or_else(routed);
        match (entry, question.through) {
            (None, _) => Err(format!("from outside, the lab has no way to {to}")),
            (Some(own), Some(through)) if own != through => Err(format!(
                "from outside, the lab reaches {to} by {} alone",
                Names(self.cluster).node_name(own)
            )),
            _ => Ok(source),
        }
    }

    /// What a client sees at the end of a way, where the servers of the lab are.
    fn fate(&self, ended: &Ended) -> Fate {
        match (ended.server(), ended.failure.as_ref().map(|failure| failure.symptom)) {
            (Some(server), None) => {
                let address = server.address.first();
                let Payload::Ports { protocol, .. } = ended.way.packet.payload else {
                    return Fate::Echoed;
                };
                let port = Port { number: server.port.unwrap_or_default(), protocol };
                match self.everybody.at(&server.place, address, port) {
                    Some(by) => Fate::Answered { by: by.to_owned(), seen: server.client.first() },
                    None if server.place == Place::Outside => Fate::Silence,
                    // The program for ingresses is not the lab's own.
                    None if self.is_controller(&server.place, port) => Fate::Strange,
                    None => Fate::Refused,
                }
            }
            (_, Some(Symptom::Refused)) => Fate::Refused,
            (_, Some(Symptom::Unreachable)) => Fate::Unreachable,
            _ => Fate::Silence,
        }
    }

    /// Whether what serves ingresses listens on a port.
    fn is_controller(&self, place: &Place, port: Port) -> bool {
        let Place::Node(id, Netns::Node) = place else { return false };
        let listens = |own: &IngressController| [own.http, own.https].contains(&port.number);
        port.protocol == Protocol::Tcp && self.cluster.ingress_on(*id).is_some_and(listens)
    }
}

impl Trial {
    /// Where it goes; the port is 0 if it has none.
    #[must_use]
    pub fn to(&self) -> SocketAddr {
        let port = self.question.payload.destination().unwrap_or_default();
        SocketAddr::new(self.question.destination.first(), port)
    }
}

/// Of how many pairs of one and one a question is.
fn pairs(question: &Question) -> usize {
    let sources = question.source.as_ref().map_or(1, |who| who.all().len());
    sources * question.destination.all().len()
}

/// Some of these pairs, at another turn other ones: as many clients and servers as there can be.
fn some(question: &Question, turn: usize, most: usize) -> Vec<(Option<IpAddr>, IpAddr)> {
    let sources: Vec<Option<IpAddr>> = match &question.source {
        Some(who) => who.all().iter().copied().map(Some).collect(),
        None => vec![None],
    };
    let destinations = question.destination.all();
    let (rows, columns) = (sources.len().max(1), destinations.len().max(1));
    // Along diagonals; where one comes back to its beginning, the next one follows.
    let round = rows / gcd(rows, columns) * columns;
    let all = (0..rows * columns).take(most).filter_map(|step| {
        let row = (step + turn) % rows;
        let column = (step + step / round + turn) % columns;
        Some((*sources.get(row)?, *destinations.get(column)?))
    });
    all.collect()
}

fn gcd(one: usize, other: usize) -> usize {
    if other == 0 { one } else { gcd(other, one % other) }
}

/// The host that plays the rest of the world.
fn outside(layout: &Layout) -> Option<&Host> {
    layout.hosts.iter().find(|host| host.role == Role::Outside)
}

/// How often something is asked that may meet so many fates, of one or of whom a service has.
fn times(fates: usize, of_service: bool) -> usize {
    match (fates, of_service) {
        (0 | 1, false) => 1,
        (0 | 1, true) => 2,
        (several, _) => OFTEN.max(several * 8),
    }
}

/// By whom packets from outside get to an address.
fn entry_to(layout: &Layout, to: IpAddr) -> Option<IpAddr> {
    let router = layout.hosts.iter().find(|host| host.role == Role::Router);
    let routes = &router.or_else(|| outside(layout))?.routes;
    let fitting = routes.iter().filter(|route| route.to.contains(&to) && route.to.prefix_len() > 0);
    fitting.max_by_key(|route| route.to.prefix_len())?.via
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(network: u8, count: u8) -> Who {
        Who::any((1..=count).map(|last| IpAddr::from([10, 0, network, last])).collect()).unwrap()
    }

    #[test]
    fn some_pairs_are_of_everybody() {
        for (rows, columns) in [(1, 1), (3, 3), (2, 6), (5, 4), (1, 7), (8, 6)] {
            let payload = Payload::Echo { reply: false };
            let question = Question {
                place: Place::Outside,
                source: Some(who(1, rows)),
                destination: who(2, columns),
                payload,
                through: None,
            };
            let (rows, columns) = (usize::from(rows), usize::from(columns));
            assert_eq!(pairs(&question), rows * columns);
            let all: BTreeSet<_> = some(&question, 5, usize::MAX).into_iter().collect();
            assert_eq!(all.len(), rows * columns);
            let few = some(&question, 1, rows.max(columns));
            let clients: BTreeSet<_> = few.iter().map(|(client, _)| client).collect();
            let servers: BTreeSet<_> = few.iter().map(|(_, server)| server).collect();
            assert_eq!((clients.len(), servers.len()), (rows, columns));
        }
    }
}
