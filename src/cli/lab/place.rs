//! Places of a lab as people name them.

use crate::kernel::lab::{Place, Running};
use crate::lab::Pod;
use netc_lang::suggest::nearest;
use netc_lang::{Diagnostic, LooseName, Party, PartyName, code};

/// Places that need no name.
const ALONE: [(&str, Place); 3] =
    [("outside", Place::Outside), ("router", Place::Router), ("switch", Place::Switch)];

/// The forms of a place.
const FORMS: &str = "write `pod/NAMESPACE/NAME`, `node/NAME`, `container/NODE/NAME`, `outside`, \
                     `router` or `switch`";

/// The place of a lab that a word names.
pub(super) fn place(lab: &Running, word: &str) -> Result<Place, Diagnostic> {
    if let Some((_, place)) = ALONE.iter().find(|(name, _)| *name == word) {
        return Ok(place.clone());
    }
    // Nodes go by their names alone wherever a lab is asked about.
    if lab.entry().nodes().any(|node| node.name == word) {
        return Ok(Place::Node(word.to_owned()));
    }
    let Some((kind, name)) = word.split_once('/') else { return Err(nowhere(lab, word)) };
    let party = Party::read(Some(kind), name).map_err(|why| {
        let message = match kind {
            "pod" | "node" | "container" | "outside" | "service" => {
                format!("`{word}` {}", why.reason)
            }
            _ => format!("`{word}` is no place of a lab"),
        };
        let help = why.help.map_or_else(|| FORMS.to_owned(), Into::into);
        Diagnostic::new(code::FAULTY_QUESTION, message).help(help)
    })?;
    if party.port.is_some() {
        let message = format!("`{word}` names a port: commands run in a whole place");
        return Err(Diagnostic::new(code::FAULTY_QUESTION, message).help(FORMS));
    }
    match party.name {
        PartyName::Node(name) => node(lab, &name).map(|()| Place::Node(name)),
        PartyName::Pod(name) => pod(lab, &name),
        PartyName::Container { node: on, name } => {
            if let Some(on) = &on {
                node(lab, on)?;
            }
            inner(lab, "container", &name, |own, pod| {
                pod.name == name && on.as_deref().is_none_or(|on| on == own)
            })
        }
        PartyName::Outside(_) | PartyName::Address(_) => Ok(Place::Outside),
        PartyName::Service(_) => {
            let message = format!("`{word}` is no place: no process is where a service is");
            Err(Diagnostic::new(code::FAULTY_QUESTION, message).help(FORMS))
        }
    }
}

fn node(lab: &Running, name: &str) -> Result<(), Diagnostic> {
    let names = || lab.entry().nodes().map(|node| node.name.as_str());
    if names().any(|own| own == name) {
        return Ok(());
    }
    Err(unknown("node", name, names().map(str::to_owned).collect()))
}

/// A name without a namespace is that of `default`, or the only one there is.
fn pod(lab: &Running, name: &LooseName) -> Result<Place, Diagnostic> {
    let shown = name.to_string();
    if name.namespace.is_none() {
        let of_default = format!("default/{}", name.name);
        if lab.pods().any(|(_, pod)| pod.kind == "pod" && pod.name == of_default) {
            return inner(lab, "pod", &shown, |_, pod| pod.name == of_default);
        }
    }
    inner(lab, "pod", &shown, |_, pod| match &name.namespace {
        Some(_) => pod.name == shown,
        None => pod.name.split_once('/').is_some_and(|(_, own)| own == name.name),
    })
}

/// The only pod or container that fits.
fn inner(
    lab: &Running,
    kind: &str,
    shown: &str,
    fits: impl Fn(&str, &Pod) -> bool,
) -> Result<Place, Diagnostic> {
    let all = || lab.pods().filter(|(_, pod)| pod.kind == kind);
    let name = |node: &str, pod: &Pod| match kind {
        "container" => format!("{node}/{}", pod.name),
        _ => pod.name.clone(),
    };
    let found: Vec<_> = all().filter(|(node, pod)| fits(&node.name, pod)).collect();
    match found.as_slice() {
        [(node, pod)] => Ok(Place::Pod { node: node.name.clone(), netns: pod.netns.clone() }),
        [] => Err(unknown(kind, shown, all().map(|(node, pod)| name(&node.name, pod)).collect())),
        several => {
            let names: Vec<String> =
                several.iter().map(|(node, pod)| name(&node.name, pod)).collect();
            let message = format!("there are several {kind}s `{shown}`");
            let help = format!("name one of them: {}", names.join(", "));
            Err(Diagnostic::new(code::AMBIGUOUS_NAME, message).help(help))
        }
    }
}

fn unknown(kind: &str, name: &str, known: Vec<String>) -> Diagnostic {
    let code = if kind == "node" { code::UNKNOWN_NODE } else { code::NOT_IN_CLUSTER };
    // A name without its namespace may be near to one with.
    let short = |full: &str| full.rsplit('/').next().unwrap_or_default().to_owned();
    let names: Vec<String> = known.iter().map(|full| short(full)).collect();
    // The right name in another namespace is nearer than any other one.
    let same = known.iter().map(String::as_str).find(|full| short(full) == short(name));
    let near = same
        .or_else(|| nearest(name, known.iter().map(String::as_str)))
        .or_else(|| nearest(&short(name), names.iter().map(String::as_str)));
    let help = match near {
        Some(meant) => format!("did you mean `{kind}/{meant}`?"),
        None if known.is_empty() => format!("the lab has no {kind} with a namespace of its own"),
        None => {
            let more = known.len().saturating_sub(6);
            let some: Vec<String> = known.into_iter().take(6).collect();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("there are {}{more}", some.join(", "))
        }
    };
    Diagnostic::new(code, format!("the lab has no {kind} `{name}`")).help(help)
}

/// A word without a kind.
fn nowhere(lab: &Running, word: &str) -> Diagnostic {
    let message = format!("`{word}` is no place of a lab");
    let kinds = ALONE.iter().map(|(name, _)| *name);
    let nodes = lab.entry().nodes().map(|node| node.name.as_str());
    let pod =
        lab.pods().find(|(_, pod)| pod.name == word || pod.name.ends_with(&format!("/{word}")));
    let help = match (pod, nearest(word, kinds.chain(nodes))) {
        (Some((_, pod)), _) => format!("did you mean `{}/{}`?", pod.kind, pod.name),
        (None, Some(meant)) => format!("did you mean `{meant}`?"),
        (None, None) => FORMS.to_owned(),
    };
    Diagnostic::new(code::FAULTY_QUESTION, message).help(help)
}
