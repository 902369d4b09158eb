//! `netc trace`

use super::args::{self, Carried as Word, SourceArgs, TraceFormat};
use super::exit;
use super::project::Ready;
use super::site::{Site, cannot_read};
use super::suited;
use super::ui::Ui;
use crate::compile::{network, network_with};
use crate::kernel::survey;
use crate::model::NodeId;
use crate::trace::machine::Machine;
use crate::trace::party::{Asked, Carried, Families, Manner, questions};
use crate::trace::render::{Reaches, Report};
use crate::trace::words::{self, Typed};
use crate::trace::{Answer, Network, Place};
use netc_lang::{Diagnostic, Party, Protocol, code};
use serde_json::{Value, json};

pub(super) fn run(args: &args::Trace, ui: &mut Ui) -> u8 {
    trace(args, ui).unwrap_or_else(|code| code)
}

fn trace(args: &args::Trace, ui: &mut Ui) -> Result<u8, u8> {
    let format = args.format.diagnostics();
    let Typed { from, to, rest } = words::read(&args.words).map_err(|f| ui.fail(f, format))?;
    let to = at_port(to, args.port.as_deref()).map_err(|fault| ui.fail(fault, format))?;
    let sources = if rest.is_empty() { vec![".".to_owned()] } else { rest.to_vec() };
    let sources = SourceArgs { sources, lock: args.lock.clone() };
    let ready = Ready::open(&sources, format, ui)?;
    let asked = questions(&ready.cluster, &from, &to, &manner(args));
    let asked = asked.map_err(|fault| ui.fail(fault.diagnostic(None), format))?;
    let found = if args.live { Some(found(args, &ready, ui)?) } else { None };
    let live = found.as_ref().map(|machine| machine.id);
    let network = match found {
        Some(machine) => network_with(&ready.cluster, machine),
        None => network(&ready.cluster),
    };
    let answers = answers(&network, &asked).map_err(|faults| {
        ui.report(&ready.sources, &faults, format);
        exit::ERROR
    })?;
    show(args, &ready, (&asked, &answers, live), ui);
    let always = answers.iter().all(|answer| Reaches::of(answer) == Reaches::Always);
    Ok(if always { exit::OK } else { exit::UNREACHED })
}

/// The answer to each question.
fn answers(network: &Network<'_>, asked: &[Asked]) -> Result<Vec<Answer>, Vec<Diagnostic>> {
    asked.iter().map(|asked| network.ask(&asked.question)).collect()
}

/// The node that this is, as it is now.
fn found(args: &args::Trace, ready: &Ready, ui: &mut Ui) -> Result<Machine, u8> {
    let format = args.format.diagnostics();
    let mut site = Site::open(args.netns.as_deref(), format, ui)?;
    let (id, node) = site.node(args.node.as_ref(), ready, ui)?;
    let ordered = suited::objects(ready, (id, node), format, ui)?;
    let wanted = ordered.nodes.iter().map(|place| &place.object.state);
    let record = site.known();
    let live = survey(&mut site.machine, wanted, &record);
    let live = live.map_err(|error| ui.fail(cannot_read(&error), format))?;
    let compiled = ordered.nodes.into_iter().map(|place| place.object);
    Ok(Machine::found(id, node, &live, compiled))
}

/// Shows what was asked, each question with its answer.
fn show(
    args: &args::Trace,
    ready: &Ready,
    (asked, answers, live): (&[Asked], &[Answer], Option<NodeId>),
    ui: &mut Ui,
) {
    let (cluster, sources) = (&ready.cluster, &ready.sources);
    let mut all: Vec<Value> = Vec::new();
    for (number, (asked, answer)) in asked.iter().zip(answers).enumerate() {
        let outside = if asked.question.place == Place::Outside { "outside " } else { "" };
        let from = format!("{outside}{}", asked.from.name(cluster));
        let to = asked.to.name(cluster);
        let question = &asked.question;
        let report = Report { cluster, sources, from: &from, to: &to, question, answer, live };
        if number > 0 && args.format != TraceFormat::Json {
            ui.out("\n");
        }
        match args.format {
            TraceFormat::Text | TraceFormat::Short => ui.out(&report.text(args.all)),
            TraceFormat::Mermaid => ui.out(&report.mermaid()),
            TraceFormat::Json => all.push(report.json()),
        }
    }
    if args.format == TraceFormat::Json {
        ui.json(&json!({ "version": 1, "traces": all }));
    }
}

/// Who is asked, at the port that an option names.
fn at_port(to: Party, port: Option<&str>) -> Result<Party, Diagnostic> {
    let Some(port) = port else { return Ok(to) };
    if to.port.is_some() {
        let message = format!("`{to}` names a port, and so does `--port`");
        return Err(Diagnostic::new(code::FAULTY_QUESTION, message).help("name it once"));
    }
    // Any name would do: only what stands behind the colon is read.
    let read = Party::read(Some("node"), &format!("node:{port}"));
    let read = read.map_err(|why| {
        let message = format!("port `{port}` {}", why.reason);
        Diagnostic::new(code::FAULTY_QUESTION, message).maybe_help(why.help.map(Into::into))
    })?;
    Ok(Party { port: read.port, ..to })
}

fn manner(args: &args::Trace) -> Manner {
    let carried = args.proto.map(|word| match word {
        Word::Tcp => Carried::Ports(Protocol::Tcp),
        Word::Udp => Carried::Ports(Protocol::Udp),
        Word::Sctp => Carried::Ports(Protocol::Sctp),
        Word::Icmp => Carried::Echo,
    });
    let families = args.family.map_or(Families::First, Families::One);
    Manner { carried, families, through: args.through.clone() }
}
