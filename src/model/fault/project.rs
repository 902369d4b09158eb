//! Names, nodes and the lock.

use netc_lang::suggest::did_you_mean;
use netc_lang::{Diagnostic, QualifiedName, Span, code};
use std::fmt::Display;

pub(crate) fn no_cluster() -> Diagnostic {
    Diagnostic::new(code::MISSING_STATEMENT, "there is no `cluster` statement")
        .help("add one, such as `cluster lab { pods 10.244.0.0/16; services 10.96.0.0/16 }`")
}

/// What makes several of a kind.
fn plural(kind: &str) -> &'static str {
    if kind.ends_with('s') { "es" } else { "s" }
}

pub(crate) fn duplicate_name(
    kind: &str,
    name: &dyn Display,
    at: Span,
    earlier: Span,
) -> Diagnostic {
    Diagnostic::at(
        code::DUPLICATE_NAME,
        at,
        format!("two {kind}{} are named `{name}`", plural(kind)),
    )
    .here("again here")
    .label(earlier, "first here")
    .help("rename one of them")
}

pub(crate) fn unknown_node<'a>(
    name: &str,
    at: Span,
    known: impl Iterator<Item = &'a str>,
) -> Diagnostic {
    let help = did_you_mean(name, known)
        .unwrap_or_else(|| format!("state it: `node {name} {{ address … on … }}`"));
    Diagnostic::at(code::UNKNOWN_NODE, at, format!("there is no node `{name}`")).help(help)
}

pub(crate) fn no_node_for_pods(name: &QualifiedName, at: Span) -> Diagnostic {
    Diagnostic::at(code::UNKNOWN_NODE, at, format!("there is no node for the pods `{name}`"))
        .help("state at least one `node`")
}

pub(crate) fn two_labels(key: &str, at: Span, earlier: Span) -> Diagnostic {
    Diagnostic::at(code::CONTRADICTION, at, format!("the label `{key}` has two values"))
        .here("again here")
        .label(earlier, "first here")
        .help("keep one of them")
}

pub(crate) fn option_of_another_kind(what: &str, kind: &str, option: &str, at: Span) -> Diagnostic {
    Diagnostic::at(code::CONTRADICTION, at, format!("`{option}` says nothing for `{what} {kind}`"))
        .help(format!("remove it, or choose the {what} that it belongs to"))
}

pub(crate) fn detector_device(kind: &str, named: bool, at: Span) -> Diagnostic {
    let message = if named {
        format!("`detect-local {kind}` needs a name")
    } else {
        format!("`detect-local {kind}` takes no name")
    };
    let help = if named { "for example: detect-local bridge cni0" } else { "remove the name" };
    Diagnostic::at(code::CONTRADICTION, at, message).help(help)
}

pub(crate) fn bad_lock(path: &str, line: usize, why: &str) -> Diagnostic {
    let why = why.lines().next().unwrap_or_default();
    Diagnostic::new(code::BAD_LOCK, format!("{path}:{line}: cannot use the lock: {why}"))
        .help("restore it from version control, or remove it and run `netc lock` to allocate anew")
}

pub(crate) fn lock_of_another(path: &str, lock: &str, cluster: &str) -> Diagnostic {
    let message = format!("{path} belongs to the cluster `{lock}`, not to `{cluster}`");
    Diagnostic::new(code::BAD_LOCK, message)
        .help("name the cluster's own lock with `--lock FILE`, or remove this one")
}

pub(crate) fn stale_lock(what: &str, value: impl Display, at: Span) -> Diagnostic {
    let message = format!("the lock has {value} for {what}, which no longer fits");
    Diagnostic::at(code::STALE_LOCK_ENTRY, at, message)
        .here("a new one is allocated")
        .help("state the value to keep, or run `netc lock` to accept the new one")
}
