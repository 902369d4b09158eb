//! `netc lab curl`

use super::asked::{Lab, quoted};
use crate::cli::args::{self, Format};
use crate::cli::exit;
use crate::cli::ui::Ui;
use crate::compile::network;
use crate::kernel::lab::{Places, Request, ask};
use crate::lab::judge::counted;
use crate::lab::reply::{Fate, Reply, body, status};
use crate::lab::serving::outside_addresses;
use crate::lab::trial::{Get, Of, Planner, Trial};
use crate::lab::{Layout, Role};
use crate::model::Cluster;
use crate::trace::names::with_port;
use crate::trace::party::{Asked, Carried, Families, Fault, Found, Manner, questions};
use crate::trace::words::{self, Typed};
use crate::trace::{Payload, Place};
use ipnet::IpNet;
use netc_lang::{Diagnostic, Party, PartyPort, Protocol, code};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// So many that might have answered, and have not, are named.
const SILENT: usize = 8;

pub(super) fn run(args: &args::LabCurl, ui: &mut Ui) -> u8 {
    curl(args, ui).unwrap_or_else(|code| code)
}

fn curl(args: &args::LabCurl, ui: &mut Ui) -> Result<u8, u8> {
    let format = args.format;
    let lab = Lab::open(args.which.name.as_deref(), format, ui)?;
    let cluster = &lab.ready.cluster;
    let words = with_outside(&args.words, &lab);
    let Typed { from, to, rest } = words::read(&words).map_err(|fault| ui.fail(fault, format))?;
    let path = path(rest).map_err(|fault| ui.fail(fault, format))?;
    let carried = args.udp.then_some(Carried::Ports(Protocol::Udp));
    let families = args.family.map_or(Families::First, Families::One);
    let manner = Manner { carried, families, through: None };
    let all = at_ingress(cluster, &from, to, &manner);
    let all = all.map_err(|fault| ui.fail(fault.diagnostic(None), format))?;
    let asked = one(&all, &lab).map_err(|fault| ui.fail(fault, format))?;
    let network = network(cluster);
    let layout = Layout::of(cluster);
    let planner = Planner::new(&network, &layout);
    let trial = planner.trial(Of::Asked, asked.question.clone());
    let trial = trial.map_err(|faults| {
        ui.report(&lab.ready.sources, &faults, format);
        exit::ERROR
    })?;
    let trial = trial.map_err(|why| {
        let message = format!("this cannot be asked: {why}");
        ui.fail(Diagnostic::new(code::FAULTY_QUESTION, message), format)
    })?;
    let get = Get { path: path.to_owned(), host: args.host.clone() };
    let trial = Trial { get: Some(get), ..trial };
    let requests = vec![Request::of(&trial); args.count.max(1) as usize];
    let places = Places { running: &lab.running, cluster };
    let all = requests.len();
    let replies = ask(&places, &requests, &mut |done| ui.progress(done, all, "asked"));
    ui.clear_progress();
    let replies = replies.map_err(|fault| ui.fail(fault, format))?;
    let told = Told { lab: &lab, asked, trial: &trial, replies: &replies };
    match (format, replies.as_slice()) {
        (Format::Json, _) => ui.json(&told.json()),
        (_, [Reply::Text(text)]) => {
            let shown = body(text);
            ui.out(shown);
            ui.out(if shown.ends_with('\n') { "" } else { "\n" });
            if let Some(status) = status(text).filter(|status| *status != 200) {
                ui.note(&format!("status {status}"));
            }
        }
        (_, [one]) => drop(ui.fail(told.unanswered(one), format)),
        _ => ui.out(&told.table()),
    }
    let answered = replies.iter().all(|reply| reply.fate().is_answered());
    Ok(if answered { exit::OK } else { exit::UNREACHED })
}

/// `outside` alone is whoever the lab has there.
fn with_outside(words: &[String], lab: &Lab) -> Vec<String> {
    let own = lab.running.entry().host(Role::Outside);
    let wires = own.into_iter().flat_map(|own| own.wires.iter().flat_map(|wire| &wire.addresses));
    let own = own.into_iter().flat_map(|own| own.own.iter().copied());
    // Somebody in particular is not meant.
    let named = outside_addresses(&lab.ready.cluster);
    let mut all = own.chain(wires.map(IpNet::addr));
    let Some(address) = all.find(|address| !named.contains(address)) else {
        return words.to_vec();
    };
    let mut words = words.to_vec();
    let next = words.get(1).is_some_and(|next| next.parse::<std::net::IpAddr>().is_ok());
    if let Some(first) = words.first_mut().filter(|first| *first == "outside" && !next) {
        *first = format!("outside/{address}");
    }
    words
}

/// The path, if one is named.
fn path(rest: &[String]) -> Result<&str, Diagnostic> {
    match rest {
        [] => Ok("/"),
        [path] if path.starts_with('/') && path.chars().all(|c| c.is_ascii_graphic()) => Ok(path),
        [path] if !path.starts_with('/') => {
            Err(Diagnostic::new(code::FAULTY_QUESTION, format!("`{path}` is no path")).help(
                format!("a path begins with a slash: `/{path}`; the sources are those of the lab"),
            ))
        }
        [path] => Err(Diagnostic::new(code::FAULTY_QUESTION, format!("`{path}` is no path"))
            .help("write what is not ASCII, and spaces, as `%20`")),
        [_, more, ..] => {
            let message = format!("`{more}` is too much: a path is all that follows who is asked");
            Err(Diagnostic::new(code::FAULTY_QUESTION, message))
        }
    }
}

/// The questions that are meant: by HTTP a node without a port is asked where it serves ingresses.
fn at_ingress(
    cluster: &Cluster,
    from: &Party,
    to: Party,
    manner: &Manner,
) -> Result<Vec<Asked>, Fault> {
    let all = questions(cluster, from, &to, manner)?;
    let controller = match all.first().map(|asked| asked.to) {
        Some(Found::Node(id)) if to.port.is_none() => cluster.ingress_on(id),
        _ => None,
    };
    let Some(own) = controller.filter(|_| manner.carried.is_none()) else { return Ok(all) };
    let port = Some(PartyPort::Number(own.http, Some(Protocol::Tcp)));
    questions(cluster, from, &Party { port, ..to }, manner)
}

/// The question that is meant: the first one at a port.
fn one<'a>(all: &'a [Asked], lab: &Lab) -> Result<&'a Asked, Diagnostic> {
    let cluster = &lab.ready.cluster;
    let asked = |asked: &&Asked| match asked.question.payload {
        Payload::Ports { protocol, .. } => protocol != Protocol::Sctp,
        Payload::Echo { .. } | Payload::Ipip => false,
    };
    all.iter().find(asked).ok_or_else(|| {
        let who = all.first().map_or_else(String::new, |one| one.to.name(cluster));
        let message = format!("at which port is {who} to be asked?");
        Diagnostic::new(code::FAULTY_QUESTION, message)
            .help("the sources name none of TCP or UDP: write it behind a colon, `…:80`")
    })
}

/// What is told of it.
struct Told<'t> {
    lab: &'t Lab,
    asked: &'t Asked,
    trial: &'t Trial,
    replies: &'t [Reply],
}

impl Told<'_> {
    /// Who asked whom, at which address.
    fn ends(&self) -> (String, String, String) {
        let cluster = &self.lab.ready.cluster;
        let outside = self.asked.question.place == Place::Outside;
        let from = self.asked.from.name(cluster);
        let from = if outside { format!("outside {from}") } else { from };
        let question = &self.trial.question;
        let address = with_port(&question.destination, question.payload.destination());
        (from, self.asked.to.name(cluster), address)
    }

    fn unanswered(&self, reply: &Reply) -> Diagnostic {
        let (from, to, address) = self.ends();
        let what = match reply {
            Reply::Refused => "is refused by",
            Reply::Mute => "is connected with, and then hears nothing of,",
            _ => "gets no answer of",
        };
        let why = match reply {
            Reply::Unreachable(why) => format!(": {}", why.to_lowercase()),
            Reply::Silence | Reply::Mute => {
                format!(" in {} s", self.patience().as_secs_f64())
            }
            _ => String::new(),
        };
        let at = if to == self.trial.question.destination.to_string() {
            String::new()
        } else {
            format!(" at {address}")
        };
        let to = if at.is_empty() { address.clone() } else { to };
        let message = format!("{from} {what} {to}{at}{why}");
        Diagnostic::new(code::NOT_ANSWERED, message).help(format!("see why: `{}`", self.trace()))
    }

    fn patience(&self) -> std::time::Duration {
        Request::of(self.trial).patience
    }

    /// The command that tells what is to become of it.
    fn trace(&self) -> String {
        let (from, _, address) = self.ends();
        let udp = self.trial.question.payload.protocol() == Some(Protocol::Udp);
        let proto = if udp { " --proto udp" } else { "" };
        let sources = quoted(self.lab.running.entry());
        format!("netc trace {} {address}{proto} {sources}", from.replacen(' ', "/", 1))
    }

    /// How many answers came of whom, beside what the walk expects.
    fn counts(&self) -> Vec<(Fate, usize, f64)> {
        let by = |fate: &Fate| match fate {
            // Whom they saw does not matter here.
            Fate::Answered { by, .. } => (0, by.clone()),
            other => (1, other.words()),
        };
        let mut all: BTreeMap<(u8, String), (Fate, usize, f64)> = BTreeMap::new();
        let fates: Vec<Fate> = self.replies.iter().map(Reply::fate).collect();
        for (fate, count) in counted(&fates) {
            all.entry(by(&fate)).or_insert((fate, 0, 0.0)).1 += count;
        }
        for (fate, share) in &self.trial.expected {
            all.entry(by(fate)).or_insert((fate.clone(), 0, 0.0)).2 += share;
        }
        all.into_values().collect()
    }

    fn table(&self) -> String {
        let (from, to, address) = self.ends();
        let total = self.replies.len();
        let answered = self.replies.iter().filter(|reply| reply.fate().is_answered()).count();
        let mut out = format!("{from} -> {to} ({address}): {answered} of {total} answered\n");
        out.push_str("answers  share  expected  by\n");
        let mut row = |count: usize, share: f64, by: &str| {
            let own = count as f64 * 100.0 / total as f64;
            let _ = writeln!(out, "{count:7}  {own:4.0}%  {:7.0}%  {by}", share * 100.0);
        };
        // Of many that have not answered, a few stand for all.
        let (mut silent, mut others) = (0, (0, 0.0));
        for (fate, count, share) in self.counts() {
            silent += usize::from(count == 0);
            if count == 0 && silent > SILENT {
                others = (others.0 + 1, others.1 + share);
                continue;
            }
            match &fate {
                Fate::Answered { by, .. } => row(count, share, by),
                other => row(count, share, &format!("({})", other.words())),
            }
        }
        if others.0 > 0 {
            row(0, others.1, &format!("{} others", others.0));
        }
        if answered < total {
            let _ = writeln!(out, "see why: {}", self.trace());
        }
        out
    }

    fn json(&self) -> Value {
        let (from, to, _) = self.ends();
        let total = self.replies.len();
        let mut answers = Vec::new();
        for (fate, count, share) in self.counts() {
            let (own, expected) = (count as f64 / total as f64, share);
            answers.push(match &fate {
                Fate::Answered { by, .. } => json!({
                    "by": by, "count": count, "share": own, "expected": expected,
                }),
                other => json!({
                    "fate": other.words(), "count": count, "share": own, "expected": expected,
                }),
            });
        }
        let first = self.replies.first();
        let text = match first {
            Some(Reply::Text(text)) => Some(text.as_str()),
            _ => None,
        };
        let said = first.and_then(Reply::said);
        let protocol = self.trial.question.payload.protocol().map(Protocol::name);
        let answered = self.replies.iter().filter(|reply| reply.fate().is_answered()).count();
        let failure = self.replies.iter().find(|reply| !reply.fate().is_answered());
        json!({
            "version": 1, "lab": self.lab.running.name(), "from": from, "to": to,
            "address": self.trial.to().ip(), "port": self.trial.to().port(), "protocol": protocol,
            "asked": total, "answered": answered, "answers": answers,
            "status": text.and_then(status), "body": text.map(body),
            "server": said.as_ref().map(|said| said.server), "seen": said.map(|said| said.client),
            "fault": failure.map(|reply| self.unanswered(reply).message),
        })
    }
}
