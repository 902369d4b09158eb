//! Rules that drop and refuse.

use super::super::render::brief;
use super::super::{Event, RuleTable};
use super::{Case, Diagnosis};

/// Why a rule of one of the systems drops or refuses: what its line or its chain has, and what that
/// means.
struct Reason {
    sign: &'static str,
    headline: &'static str,
    explanation: &'static str,
    help: &'static str,
}

const REASONS: &[Reason] = &[
    Reason {
        sign: "--ctstate INVALID",
        headline: "connection tracking takes the packet for none of a known connection",
        explanation: "such packets would leave with addresses that were not translated back",
        help: "look for answers that come by another way than the requests went",
    },
    Reason {
        sign: "KUBE-FIREWALL",
        headline: "KUBE-FIREWALL drops it: only the node itself may use 127.0.0.0/8",
        explanation: "`localhost-node-ports` lets the kernel route these addresses, so neighbours are kept off",
        help: "use an address of the node",
    },
    Reason {
        sign: "KUBE-IPVS-FILTER",
        headline: "the node has the service address, but no virtual server at this port",
        explanation: "IPVS needs the address on kube-ipvs0; KUBE-IPVS-FILTER keeps the node's own processes from answering there",
        help: "ask for a port that the service has",
    },
    Reason {
        sign: "KUBE-IPVS-OUT-FILTER",
        headline: "the node may not reach this service port",
        explanation: "its policy leaves it no endpoint on this node",
        help: "run a pod of the service on this node",
    },
    Reason {
        sign: "DOCKER-ISOLATION",
        headline: "Docker keeps its networks apart",
        explanation: "containers of different networks do not reach one another by their own addresses",
        help: "put both into one network, or publish the port",
    },
    Reason {
        sign: "DOCKER-INTERNAL",
        headline: "the network of the container is internal",
        explanation: "Docker lets nothing out of an `internal` network, and nothing in",
        help: "leave out `internal`, or ask from within the network",
    },
    Reason {
        sign: "INTERNAL NETWORK",
        headline: "the network of the container is internal",
        explanation: "Docker lets nothing out of an `internal` network, and nothing in",
        help: "leave out `internal`, or ask from within the network",
    },
    Reason {
        sign: "DROP DIRECT ACCESS",
        headline: "Docker drops what comes for a container's own address from elsewhere",
        explanation: "containers are reached from outside by published ports of their node",
        help: "publish the port and ask for the node's, or state `gateway-mode nat-unprotected`",
    },
    Reason {
        sign: "UNPUBLISHED PORT DROP",
        headline: "the container does not publish this port",
        explanation: "from outside its network Docker lets nothing but published ports in",
        help: "state `publish` for it",
    },
    Reason {
        sign: "cluster-ips-check",
        headline: "no service has this address and port",
        explanation: "kube-proxy answers for the whole network of service addresses",
        help: "ask for an address and a port that a service has",
    },
];

impl Case<'_> {
    /// The last rule that matched, if it is what decided.
    pub(super) fn rule(self) -> Diagnosis {
        let rule = self.ended.way.trail.backwards().find_map(|step| match &step.event {
            Event::Rule { table, chain, .. } => Some((table, chain, step.decided.as_ref())),
            _ => None,
        });
        let Some((table, chain, decided)) = rule else {
            return Diagnosis::new(format!("a policy drops it on {}", self.place()));
        };
        let line = decided.map_or("", |decided| &decided.line);
        let origin = decided.and_then(|decided| decided.origin);
        let said = match table {
            RuleTable::Iptables(table) => format!("{table} {chain}: {}", brief(line)),
            RuleTable::Nft(table) => format!("{table} {chain}: {line}"),
        };
        let diagnosis = self.meant(chain, line).unwrap_or_else(|| {
            let verb = match line.contains("REJECT") || line.contains("reject") {
                true => "refuses",
                false => "drops",
            };
            Diagnosis::new(format!("a rule of {chain} {verb} it on {}", self.place()))
        });
        let mut diagnosis = diagnosis.because(said);
        diagnosis.span = diagnosis.span.or(origin);
        diagnosis
    }

    /// What a rule means, if it is of a kind that is known.
    fn meant(self, chain: &str, line: &str) -> Option<Diagnosis> {
        let firewall = chain == "KUBE-PROXY-FIREWALL"
            || chain.starts_with("firewall-")
            || chain.starts_with("KUBE-LOAD-BALANCER")
            || chain == "KUBE-SOURCE-RANGES-FIREWALL";
        let service = self.service();
        if let Some((service, _)) = service.filter(|_| firewall) {
            let headline =
                format!("service {} takes no connection from this address", service.name);
            let ranges: Vec<String> =
                service.source_ranges.iter().map(ToString::to_string).collect();
            return Some(
                Diagnosis::new(headline)
                    .because(format!("its `source-ranges` are {}", ranges.join(", ")))
                    .help(
                        "ask from an address within them, or state the client's network among them",
                    )
                    .at(Some(service.span)),
            );
        }
        let direct = matches!(chain, "PREROUTING" | "DOCKER") && line.contains(" ! -i ");
        if direct && line.ends_with("-j DROP") {
            return Some(match line.contains("-d 127.") {
                true => Diagnosis::new("the port is published on loopback alone")
                    .because("Docker drops what comes for 127.0.0.0/8 from elsewhere")
                    .help("publish it on an address of the node"),
                false => Diagnosis::new(
                    "Docker drops what comes for a container's own address from elsewhere",
                )
                .because("only the container's network and the node reach it by that address")
                .help("publish the port and ask for the node's, or put both into one network"),
            });
        }
        let unserved = line.contains("has no endpoints")
            || line.contains("has no local endpoints")
            || chain == "reject-chain"
            || line.contains("no-endpoint-")
            || chain == "services-filter";
        if let Some((service, port)) = service
            && unserved
        {
            return Some(self.no_endpoint(service, port));
        }
        let known = REASONS
            .iter()
            .find(|reason| line.contains(reason.sign) || chain.starts_with(reason.sign))?;
        Some(Diagnosis::new(known.headline).because(known.explanation).help(known.help))
    }
}
