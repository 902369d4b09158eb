//! What can be wrong with who is named in a question.

use crate::model::{Cluster, Family};
use netc_lang::code::{self, Code};
use netc_lang::suggest::nearest;
use netc_lang::{Diagnostic, Span};

/// What of a question is at fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// Who asks.
    From,
    /// Who is asked.
    To,
    /// The protocol.
    Protocol,
    /// The family.
    Family,
    /// The node that it is to come in by.
    Through,
}

/// Why there is no such question. Where it was written is known to whoever asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// What of it is at fault.
    pub part: Part,
    /// The code.
    pub code: Code,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Fault {
    /// The fault at its place, if it has one.
    #[must_use]
    pub fn diagnostic(self, span: Option<Span>) -> Diagnostic {
        let fault = match span {
            Some(span) => Diagnostic::at(self.code, span, self.message),
            None => Diagnostic::new(self.code, self.message),
        };
        fault.maybe_help(self.help)
    }
}

/// How many candidates are listed.
const SHOWN: usize = 6;

/// A few names, and how many more there are.
fn some_of(mut names: Vec<String>) -> String {
    let more = names.len().saturating_sub(SHOWN);
    names.truncate(SHOWN);
    let listed = names.join(", ");
    if more == 0 { listed } else { format!("{listed} and {more} more") }
}

/// A name that the cluster does not have.
pub(super) fn unknown(part: Part, kind: &str, name: &str, known: &[String]) -> Fault {
    let code = if kind == "node" { code::UNKNOWN_NODE } else { code::NOT_IN_CLUSTER };
    let help = match nearest(name, known.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if known.is_empty() => format!("the cluster has no {kind}"),
        None => format!("there are {}", some_of(known.to_vec())),
    };
    Fault { part, code, message: format!("there is no {kind} `{name}`"), help: Some(help) }
}

/// A name that several have.
pub(super) fn ambiguous(part: Part, kind: &str, name: &str, known: Vec<String>) -> Fault {
    let message = format!("there are several {kind}s `{name}`");
    let help = Some(format!("name one of them: {}", some_of(known)));
    Fault { part, code: code::AMBIGUOUS_NAME, message, help }
}

/// A port that is not there.
pub(super) fn unknown_port(part: Part, whose: &str, port: &str, known: Vec<String>) -> Fault {
    let message = format!("{whose} has no port `{port}`");
    let help = match nearest(port, known.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if known.is_empty() => "none of its ports is stated".to_owned(),
        None => format!("its ports are {}", some_of(known)),
    };
    Fault { part, code: code::UNKNOWN_PORT, message, help: Some(help) }
}

/// A question that has no answer because it makes no sense.
pub(super) fn senseless(part: Part, message: impl Into<String>, help: impl Into<String>) -> Fault {
    let (message, help) = (message.into(), Some(help.into()));
    Fault { part, code: code::SENSELESS_QUESTION, message, help }
}

/// Who asks and who is asked have no address of one family.
pub(super) fn no_family(who: &str, family: Option<Family>) -> Fault {
    let (part, message) = match family {
        Some(family) => (Part::Family, format!("{who} has no {family} address")),
        None => (Part::To, format!("{who} has no address of a family that the client has")),
    };
    let help = Some("ask in a family that both have".to_owned());
    Fault { part, code: code::MISSING_FAMILY, message, help }
}

/// Some nodes that can be named.
pub(super) fn nodes(cluster: &Cluster) -> Vec<String> {
    cluster.nodes.iter().map(|node| node.name.clone()).collect()
}
