//! For machines, as `lang/trace.schema.json` describes it.

use super::super::names::with_port;
use super::super::{Cause, Decided, Ended, Event, Place, RuleTable, Server, Step, Symptom, Who};
use super::seen::seen;
use super::{Reaches, Report};
use crate::object::{Netns, Side};
use netc_lang::Span;
use serde_json::{Value, json};

impl Report<'_> {
    /// For machines: every way with all its steps.
    #[must_use]
    pub fn json(&self) -> Value {
        let question = self.question;
        let probability = match Reaches::of(self.answer) {
            Reaches::Always => 1.0,
            Reaches::Sometimes(share) | Reaches::Unknown(share) => share,
            Reaches::Never => 0.0,
        };
        let ways: Vec<Value> = self.answer.ways.iter().map(|ended| self.ended(ended)).collect();
        json!({
            "from": self.from,
            "to": self.to,
            "question": {
                "place": self.place(&question.place),
                "source": question.source.as_ref().map(all),
                "destination": all(&question.destination),
                "protocol": question.payload.name(question.destination.family()),
                "port": question.payload.destination(),
                "through": question.through.map(|id| self.names().node_name(id)),
            },
            "live": self.live.map(|id| self.names().node_name(id)),
            "reaches": probability == 1.0,
            "probability": probability,
            "ways": ways,
        })
    }

    fn ended(&self, ended: &Ended) -> Value {
        let (there, back) = super::both_ways(ended);
        let steps = |steps: Vec<&Step>| -> Vec<Value> {
            steps.into_iter().map(|step| self.step_json(step)).collect()
        };
        json!({
            "share": ended.way.share,
            "clients": all(&ended.way.client),
            "server": ended.server().map(|server| self.server(server)),
            "failure": self.failure(ended),
            "packet": steps(there),
            "answer": steps(back),
            "seen": seen(ended).into_iter().map(|seen| json!({
                "place": self.place(&seen.place), "device": seen.device,
                "packet": seen.packet, "answer": seen.answer,
            })).collect::<Vec<_>>(),
        })
    }

    fn server(&self, server: &Server) -> Value {
        json!({
            "place": self.place(&server.place),
            "address": all(&server.address),
            "port": server.port,
            "client": all(&server.client),
        })
    }

    fn failure(&self, ended: &Ended) -> Option<Value> {
        let (failure, diagnosis) = (ended.failure.as_ref()?, self.diagnosis(ended)?);
        Some(json!({
            "place": self.place(&failure.place),
            "symptom": symptom(failure.symptom),
            "cause": cause(&failure.cause),
            "headline": diagnosis.headline,
            "explanation": diagnosis.explanation,
            "help": diagnosis.help,
            "statement": self.position(diagnosis.span),
        }))
    }

    fn step_json(&self, step: &Step) -> Value {
        let (name, mut detail) = event(&step.event);
        let decided = step.decided.as_ref();
        let own = json!({
            "place": self.place(&step.place),
            "event": name,
            "line": decided.map(|decided: &Decided| &*decided.line),
            "statement": self.position(decided.and_then(|decided| decided.origin)),
            "source": with_port(&step.source, step.payload.source()),
            "destination": with_port(&step.destination, step.payload.destination()),
            "protocol": step.payload.name(step.destination.family()),
        });
        if let (Value::Object(detail), Value::Object(own)) = (&mut detail, own) {
            let detail = std::mem::take(detail);
            return Value::Object(own.into_iter().chain(detail).collect());
        }
        detail
    }

    fn place(&self, place: &Place) -> Value {
        match place {
            Place::Outside => json!({ "outside": true }),
            Place::Node(id, netns) => json!({
                "node": self.names().node_name(*id),
                "namespace": match netns {
                    Netns::Node => None,
                    Netns::Named(name) => Some(name.to_string()),
                },
                "name": self.names().tenant(place),
            }),
        }
    }

    fn position(&self, span: Option<Span>) -> Option<Value> {
        let span = span?;
        let position = self.sources.position(span);
        let file = self.sources.get(span.file).map(|source| source.name.as_str());
        Some(json!({ "file": file, "line": position.line, "column": position.column }))
    }
}

fn all(who: &Who) -> Vec<String> {
    who.all().iter().map(ToString::to_string).collect()
}

fn symptom(symptom: Symptom) -> &'static str {
    match symptom {
        Symptom::Silence => "silence",
        Symptom::Refused => "refused",
        Symptom::Unreachable => "unreachable",
        Symptom::Unknown => "unknown",
    }
}

fn cause(cause: &Cause) -> &'static str {
    match cause {
        Cause::Rule => "rule",
        Cause::Hairpin { .. } => "hairpin",
        Cause::Isolated { .. } => "isolated",
        Cause::Vlan { .. } => "vlan",
        Cause::NoRoute(_) => "no-route",
        Cause::RouteRefuses => "route-refuses",
        Cause::NotForwarding { .. } => "not-forwarding",
        Cause::ReversePath { .. } => "reverse-path",
        Cause::Loopback => "loopback",
        Cause::OwnSource(_) => "own-source",
        Cause::NoNeighbour { .. } => "no-neighbour",
        Cause::Down(_) => "down",
        Cause::NoPeer { .. } => "no-peer",
        Cause::Lost(_) => "lost",
        Cause::NotListening { .. } => "not-listening",
        Cause::NoRealServer => "no-real-server",
        Cause::OtherAnswer { .. } => "other-answer",
        Cause::TooLong { .. } => "too-long",
        Cause::Loop => "loop",
        Cause::Windows => "windows",
    }
}

/// The name of an event, and what is its own.
fn event(event: &Event) -> (&'static str, Value) {
    match event {
        Event::Sent => ("sent", json!({})),
        Event::In(device) => {
            ("in", json!({ "device": &*device.name, "port": device.port.as_deref() }))
        }
        Event::Out(device) => {
            ("out", json!({ "device": &*device.name, "port": device.port.as_deref() }))
        }
        Event::Table(table) => ("rule-of-policy", json!({ "table": table })),
        Event::Routed { table, gateway, device } => {
            let gateway = gateway.map(|gateway| gateway.to_string());
            ("routed", json!({ "table": table, "gateway": gateway, "device": device.as_deref() }))
        }
        Event::Hook(hook) => ("hook", json!({ "hook": hook.name() })),
        Event::Rule { table, chain, mark, chance } => {
            let table = table_name(table);
            let own = json!({ "table": table, "chain": &**chain, "mark": mark, "chance": chance });
            ("rule", own)
        }
        Event::Element { set } => ("element", json!({ "set": &**set })),
        Event::Unjudged { table, chain } => {
            ("unjudged", json!({ "table": table_name(table), "chain": &**chain }))
        }
        Event::Translated { side, from, to } => {
            let (from, to) = (with_port(&from.0, from.1), with_port(&to.0.into(), to.1));
            ("translated", json!({ "side": name(*side), "was": from, "is": to }))
        }
        Event::Restored { side, from, to } => {
            let (from, to) = (with_port(&from.0, from.1), with_port(&to.0, to.1));
            ("restored", json!({ "side": name(*side), "was": from, "is": to }))
        }
        Event::Scheduled { server, real, scheduler } => (
            "scheduled",
            json!({ "server": server.to_string(), "real": real.to_string(), "scheduler": &**scheduler }),
        ),
        Event::Bridged { bridge, port, hairpin } => {
            ("bridged", json!({ "bridge": &**bridge, "port": &**port, "hairpin": hairpin }))
        }
        Event::Neighbour(address) => ("neighbour", json!({ "address": address.to_string() })),
        Event::Wrapped { device, kind } => {
            ("wrapped", json!({ "device": &**device, "kind": kind }))
        }
        Event::Unwrapped { device } => ("unwrapped", json!({ "device": &**device })),
        Event::Wire { to } => ("wire", json!({ "to": to.to_string() })),
        Event::Relayed { program, to } => {
            ("relayed", json!({ "program": program, "to": to.to_string() }))
        }
        Event::Returned { program } => ("returned", json!({ "program": program })),
        Event::Delivered => ("delivered", json!({})),
    }
}

fn name(side: Side) -> &'static str {
    match side {
        Side::Source => "source",
        Side::Destination => "destination",
    }
}

fn table_name(table: &RuleTable) -> &str {
    match table {
        RuleTable::Iptables(table) => table.name(),
        RuleTable::Nft(table) => table,
    }
}
