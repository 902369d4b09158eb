//! Why there is no answer, in words, and what helps.

mod delivery;
mod device;
mod routing;
mod rule;
mod service;

use super::names::Names;
use super::{Cause, Ended, Failure, Question, Step, Symptom};
use crate::model::{Cluster, Service, ServicePort};
use netc_lang::Span;

/// Why there is no answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnosis {
    /// The cause in a phrase.
    pub headline: String,
    /// How it comes about, in sentences.
    pub explanation: Vec<String>,
    /// What to do.
    pub help: Option<String>,
    /// The statement that it comes of, or that is to be changed.
    pub span: Option<Span>,
    /// Whether nothing can be told rather than that there is no answer.
    pub is_unknown: bool,
}

/// What a diagnosis is made from.
#[derive(Clone, Copy)]
struct Case<'c> {
    names: Names<'c>,
    question: &'c Question,
    ended: &'c Ended,
    failure: &'c Failure,
}

/// Why a way fails; `None` if it does not.
#[must_use]
pub fn of(cluster: &Cluster, question: &Question, ended: &Ended) -> Option<Diagnosis> {
    let failure = ended.failure.as_ref()?;
    let case = Case { names: Names(cluster), question, ended, failure };
    let mut diagnosis = case.cause();
    let sees = match failure.symptom {
        Symptom::Silence => "the client hears nothing until it no longer waits",
        Symptom::Refused => "the client is told that the connection is refused",
        Symptom::Unreachable => "the client is told that nothing there can be reached",
        Symptom::Unknown => "what the client sees of it cannot be told",
    };
    diagnosis.explanation.push(sees.to_owned());
    diagnosis.is_unknown = failure.symptom == Symptom::Unknown;
    Some(diagnosis)
}

impl Diagnosis {
    fn new(headline: impl Into<String>) -> Diagnosis {
        let (headline, explanation) = (headline.into(), Vec::new());
        Diagnosis { headline, explanation, help: None, span: None, is_unknown: false }
    }

    fn because(mut self, why: impl Into<String>) -> Diagnosis {
        self.explanation.push(why.into());
        self
    }

    fn help(mut self, help: impl Into<String>) -> Diagnosis {
        self.help = Some(help.into());
        self
    }

    fn at(mut self, span: Option<Span>) -> Diagnosis {
        self.span = span.or(self.span);
        self
    }
}

impl<'c> Case<'c> {
    fn cause(self) -> Diagnosis {
        if let Some(diagnosis) = self.wrong_port() {
            return diagnosis;
        }
        match &self.failure.cause {
            Cause::Rule => self.rule(),
            Cause::NoRealServer => self.without_real_server(),
            Cause::Hairpin { bridge, port } => self.hairpin(bridge, port),
            Cause::Isolated { bridge, port, other } => self.isolated(bridge, port, other),
            Cause::Vlan { bridge } => self.vlan(bridge),
            Cause::Down(device) => self.down(device),
            Cause::NoPeer { device, address } => self.no_peer(device, *address),
            Cause::TooLong { device, mtu } => self.too_long(device, *mtu),
            Cause::NoNeighbour { address, device } => self.no_neighbour(*address, device),
            Cause::NoRoute(address) => self.no_route(*address),
            Cause::RouteRefuses => self.route_refuses(),
            Cause::NotForwarding { parameter } => self.not_forwarding(parameter),
            Cause::ReversePath { parameter } => self.reverse_path(parameter),
            Cause::Loopback => self.loopback(),
            Cause::OwnSource(source) => self.own_source(*source),
            Cause::Lost(address) => self.lost(*address),
            Cause::Loop => self.runs_in_a_circle(),
            Cause::NotListening { port } => self.not_listening(*port),
            Cause::OtherAnswer { from } => self.other_answer(*from),
            Cause::Windows => self.windows(),
        }
    }

    /// Where the packet was in the end.
    fn place(self) -> String {
        self.names.place(&self.failure.place)
    }

    /// The last step.
    fn last(self) -> Option<&'c Step> {
        self.ended.way.trail.backwards().next()
    }

    /// The line that the last step was decided by, and its statement.
    fn decided(self) -> (String, Option<Span>) {
        let decided = self.last().and_then(|step| step.decided.as_ref());
        decided.map_or((String::new(), None), |decided| (decided.line.to_string(), decided.origin))
    }

    /// The service port that was asked for.
    fn service(self) -> Option<(&'c Service, &'c ServicePort)> {
        let Question { destination, payload, .. } = self.question;
        let (port, protocol) = (payload.destination()?, payload.protocol()?);
        self.names.service(destination.first(), port, protocol)
    }

    /// What people call an address: its owner's name, and the address.
    fn named(self, address: std::net::IpAddr) -> String {
        match self.names.address(address) {
            Some(name) => format!("{name} ({address})"),
            None => address.to_string(),
        }
    }
}
