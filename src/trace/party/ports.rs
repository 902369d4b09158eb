//! Which port of who is asked, and how.

use super::Carried;
use super::fault::{Fault, Part, senseless, unknown_port};
use crate::trace::Payload;
use netc_lang::{PartyPort, Port, Protocol};

/// The ports of somebody.
pub(super) struct Ports<'c> {
    /// Whose they are, for people.
    pub(super) whose: String,
    /// Those that are known, with their names.
    pub(super) known: Vec<(Option<&'c str>, Port)>,
    /// There are no others.
    pub(super) complete: bool,
    /// Without a port all that are known are meant.
    pub(super) all: bool,
}

/// What is sent to ask somebody: at each port that is meant, and if none is, an echo request.
pub(super) fn payloads(
    ports: &Ports,
    wanted: Option<&PartyPort>,
    carried: Option<Carried>,
) -> Result<Vec<Payload>, Fault> {
    let protocol = match (carried, wanted) {
        (Some(Carried::Echo), Some(port)) => {
            let help = "leave the port out, or ask for another protocol";
            let message = format!("ICMP has no ports, so none that is `{port}`");
            return Err(senseless(Part::Protocol, message, help));
        }
        (Some(Carried::Echo), None) if ports.complete => {
            let message = format!("{} answers at its ports alone, not to ICMP", ports.whose);
            return Err(senseless(Part::Protocol, message, "ask for one of its ports"));
        }
        (Some(Carried::Echo), None) => return Ok(vec![Payload::Echo { reply: false }]),
        (Some(Carried::Ports(one)), Some(PartyPort::Number(number, Some(other))))
            if one != *other =>
        {
            let message = format!("port `{number}/{other}` is none of {one}");
            return Err(senseless(Part::Protocol, message, "name the protocol once"));
        }
        (Some(Carried::Ports(protocol)), _) => Some(protocol),
        (None, Some(PartyPort::Number(_, protocol))) => *protocol,
        (None, _) => None,
    };
    let fits = |port: &Port| protocol.is_none_or(|protocol| port.protocol == protocol);
    let fitting = ports.known.iter().filter(|(_, port)| fits(port));
    let found: Vec<Port> = match wanted {
        None if ports.all => fitting.map(|(_, port)| *port).collect(),
        None => Vec::new(),
        Some(PartyPort::Number(number, _)) => {
            fitting.map(|(_, port)| *port).filter(|port| port.number == *number).collect()
        }
        Some(PartyPort::Name(wanted)) => fitting
            .filter(|(name, _)| name.is_some_and(|name| name == wanted))
            .map(|(_, port)| *port)
            .collect(),
    };
    if !found.is_empty() {
        return Ok(found.into_iter().map(payload).collect());
    }
    match (wanted, protocol) {
        (Some(PartyPort::Number(number, _)), protocol) if !ports.complete => {
            let protocol = protocol.unwrap_or_default();
            Ok(vec![payload(Port { number: *number, protocol })])
        }
        (Some(wanted), _) => Err(unknown(ports, wanted)),
        (None, None) if !ports.complete => Ok(vec![Payload::Echo { reply: false }]),
        (None, Some(protocol)) => Err(without_port(ports, protocol)),
        (None, None) => {
            let message = format!("{} has no port", ports.whose);
            Err(senseless(Part::To, message, "state one"))
        }
    }
}

fn payload(port: Port) -> Payload {
    let Port { number, protocol } = port;
    Payload::Ports { protocol, source: None, destination: Some(number) }
}

fn unknown(ports: &Ports, wanted: &PartyPort) -> Fault {
    let by_name = matches!(wanted, PartyPort::Name(_));
    let shown = ports.known.iter().filter_map(|(name, port)| match name {
        Some(name) => Some((*name).to_owned()),
        None => (!by_name).then(|| port.to_string()),
    });
    let shown: Vec<String> = shown.collect();
    let nameless = shown.is_empty() && !ports.known.is_empty();
    let fault = unknown_port(Part::To, &ports.whose, &wanted.to_string(), shown);
    if !nameless {
        return fault;
    }
    let numbers: Vec<String> = ports.known.iter().map(|(_, port)| port.to_string()).collect();
    Fault { help: Some(format!("its ports have no names: {}", numbers.join(", "))), ..fault }
}

fn without_port(ports: &Ports, protocol: Protocol) -> Fault {
    let message = format!("no port of {protocol} is known of {}", ports.whose);
    senseless(Part::To, message, "name one behind a colon: `NAME:80`")
}
