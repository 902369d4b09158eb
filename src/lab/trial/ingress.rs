//! What is asked of ingresses: every rule, by a request of its host and path, and who is to answer.

use super::{Expected, Of, Planner, times};
use crate::lab::reply::Fate;
use crate::lower::ingress_servers;
use crate::model::{
    Backend, Cluster, Family, IngressRule, Node, NodeId, PathKind, decoded, is_below,
};
use crate::object::Netns;
use crate::trace::{Payload, Place, Question, Who};
use netc_lang::{Diagnostic, Protocol};
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

/// A label that stands where a rule is for every one.
const ANY: &str = "any";

/// A request of HTTP.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Get {
    /// The path, as it is sent.
    pub path: String,
    /// The host; the address that is asked if there is none.
    pub host: Option<String>,
}

impl Get {
    /// As one types it: `shop.example/cart`.
    #[must_use]
    pub fn words(&self) -> String {
        format!("{}{}", self.host.as_deref().unwrap_or_default(), self.path)
    }
}

/// A request that somebody is to answer.
struct Request {
    /// The place of the ingress among those of the cluster.
    ingress: usize,
    get: Get,
    /// Who is to answer; nobody if that is not there.
    backend: Option<Backend>,
}

impl Planner<'_> {
    /// Takes a request for each rule of the ingresses, from outside, to the nodes that serve in turn.
    ///
    /// # Errors
    /// A node could not be compiled.
    pub fn ingresses(&mut self) -> Result<(), Vec<Diagnostic>> {
        let Some(controller) = &self.cluster.ingress_controller else { return Ok(()) };
        let nodes = controller.nodes.iter().filter_map(|id| Some((*id, self.node(*id)?)));
        let ends = nodes.flat_map(|(id, node)| {
            let own = Family::ALL.into_iter().filter_map(|family| node.address(family));
            own.map(move |own| (id, own.address)).collect::<Vec<_>>()
        });
        let (ends, requests): (Vec<_>, Vec<_>) = (ends.collect(), requests(self.cluster));
        // Each at least once.
        let most = ends.len().max(requests.len());
        let all = requests.iter().cycle().zip(ends.iter().cycle()).take(most);
        for (request, end) in all {
            self.request(request, *end, controller.http)?;
        }
        for (place, ingress) in self.cluster.ingresses.iter().enumerate() {
            if ingress.served && !ingress.tls.is_empty() {
                self.unasked(Of::Ingress(place), "what comes by HTTPS is not asked for");
            }
        }
        Ok(())
    }

    /// Takes a request that comes to an address of a node.
    fn request(
        &mut self,
        request: &Request,
        (id, address): (NodeId, IpAddr),
        port: u16,
    ) -> Result<(), Vec<Diagnostic>> {
        let of = Of::Ingress(request.ingress);
        *self.plan.all.entry(of).or_default() += 1;
        let mut trial =
            match self.trial(of, to_port(Place::Outside, SocketAddr::new(address, port)))? {
                Ok(trial) => trial,
                Err(why) => {
                    self.unasked(of, why);
                    return Ok(());
                }
            };
        trial.get = Some(request.get.clone());
        // What comes to the program goes on to who answers.
        if trial.expected.keys().all(|fate| *fate == Fate::Strange) {
            trial.expected = self.passed_on(id, request.backend)?;
            trial.times = times(trial.expected.len(), true);
        }
        self.plan.trials.push(trial);
        Ok(())
    }

    /// What becomes of requests that the program on a node passes on, to each that answers as often.
    fn passed_on(&self, id: NodeId, backend: Option<Backend>) -> Result<Expected, Vec<Diagnostic>> {
        let found = self.node(id).zip(backend);
        let servers = found.map(|(node, backend)| ingress_servers(self.cluster, node, backend));
        let servers = servers.unwrap_or_default();
        if servers.is_empty() {
            return Ok(Expected::from([(Fate::Strange, 1.0)]));
        }
        let mut expected = Expected::new();
        for server in &servers {
            let question = to_port(Place::Node(id, Netns::Node), *server);
            for (fate, share) in self.expected(&question)? {
                *expected.entry(fate).or_default() += share / servers.len() as f64;
            }
        }
        Ok(expected)
    }

    fn node(&self, id: NodeId) -> Option<&Node> {
        self.cluster.nodes.get(id.0 as usize)
    }
}

/// A question by TCP.
fn to_port(place: Place, to: SocketAddr) -> Question {
    let (protocol, destination) = (Protocol::Tcp, Some(to.port()));
    let payload = Payload::Ports { protocol, source: None, destination };
    Question { place, source: None, destination: Who::One(to.ip()), payload, through: None }
}

/// A request for each rule of the ingresses that are served, and for what is served where none is.
/// Where another rule takes it, that rule's backend is to answer.
fn requests(cluster: &Cluster) -> Vec<Request> {
    let served = cluster.ingresses.iter().enumerate().filter(|(_, ingress)| ingress.served);
    let wanted = served.flat_map(|(place, own)| {
        let rules = own.rules.iter().map(|rule| (rule.host.as_deref(), rule.path.as_str()));
        let rest = own.default.map(|_| (None, "/"));
        rules.chain(rest).map(move |wanted| (place, wanted, own.default))
    });
    let request = |(ingress, (host, path), default): (usize, (Option<&str>, &str), _)| {
        let host = host.map(|host| match host.strip_prefix('*') {
            Some(rest) => format!("{ANY}{rest}"),
            None => host.to_owned(),
        });
        let taker = taker(cluster, host.as_deref(), path);
        let backend = taker.map_or(default, |rule| rule.backend);
        Request { ingress, get: Get { path: encoded(path), host }, backend }
    };
    wanted.map(request).collect()
}

/// The rule that takes a request (Kubernetes' Ingress): one for the very host goes before one for
/// `*.example.com`, which goes before one for all hosts; of those of one host the exact path goes before
/// the longest prefix.
fn taker<'c>(cluster: &'c Cluster, host: Option<&str>, path: &str) -> Option<&'c IngressRule> {
    let path = decoded(path);
    let rules = cluster.served_ingresses().flat_map(|own| &own.rules);
    let fitting = rules.filter_map(|rule| {
        let near = nearness(rule.host.as_deref(), host)?;
        let own = decoded(&rule.path);
        let takes = match rule.kind {
            PathKind::Exact => own == path,
            PathKind::Prefix => is_below(&path, own.trim_end_matches('/')),
        };
        takes.then_some(((near, rule.kind == PathKind::Exact, own.len()), rule))
    });
    fitting.max_by_key(|(order, _)| *order).map(|(_, rule)| rule)
}

/// How near a rule's host is to the one that is asked for, if it is for that.
fn nearness(rule: Option<&str>, host: Option<&str>) -> Option<u8> {
    match (rule, host) {
        (None, _) => Some(0),
        (Some(rule), Some(host)) if rule == host => Some(2),
        (Some(rule), Some(host)) => {
            let (_, rest) = host.split_once('.')?;
            (rule.strip_prefix("*.") == Some(rest)).then_some(1)
        }
        (Some(_), None) => None,
    }
}

/// A path as it can be sent: what no path of a request has is written as `%20` (RFC 3986, section 2.1).
fn encoded(path: &str) -> String {
    path.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_graphic() && !b"?#".contains(&byte) {
            out.push(byte.into());
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_host_counts() {
        let near = |rule, host| nearness(rule, Some(host));
        assert_eq!(near(Some("a.example"), "a.example"), Some(2));
        assert_eq!(near(Some("*.example"), "a.example"), Some(1));
        assert_eq!(near(Some("*.example"), "b.a.example"), None);
        assert_eq!(near(Some("*.example"), "example"), None);
        assert_eq!(near(None, "a.example"), Some(0));
        assert_eq!(nearness(Some("a.example"), None), None);
    }

    #[test]
    fn paths_are_sent_as_requests_have_them() {
        assert_eq!(encoded("/a b/ä?"), "/a%20b/%C3%A4%3F");
        assert_eq!(encoded("/a%20b"), "/a%20b");
    }
}
