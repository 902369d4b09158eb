//! Objects of which nothing is made: counted and named, so that nobody looks for them.

use netc_lang::{Diagnostic, Span, code};
use std::collections::BTreeMap;

/// So many names are listed.
const LISTED: usize = 5;

/// What is left over.
#[derive(Default)]
pub(super) struct Unused {
    counts: BTreeMap<String, usize>,
    unscheduled: Vec<(String, Span)>,
    resources: Vec<(String, Span)>,
    annotations: BTreeMap<String, Vec<(String, Span)>>,
}

impl Unused {
    /// Counts one more of these.
    pub(super) fn count(&mut self, what: &str) {
        match self.counts.get_mut(what) {
            Some(count) => *count += 1,
            None => {
                self.counts.insert(what.to_owned(), 1);
            }
        }
    }

    /// A pod without node or address.
    pub(super) fn unscheduled(&mut self, name: String, at: Span) {
        self.unscheduled.push((name, at));
    }

    /// A backend of an ingress that is no service.
    pub(super) fn resource(&mut self, ingress: String, at: Span) {
        self.resources.push((ingress, at));
    }

    /// An annotation of an ingress that would change what is served.
    pub(super) fn annotation(&mut self, key: &str, ingress: String, at: Span) {
        self.annotations.entry(key.to_owned()).or_default().push((ingress, at));
    }

    /// Says what is left over.
    pub(super) fn report(self, faults: &mut Vec<Diagnostic>) {
        faults.extend(self.annotations.iter().filter_map(|(key, names)| unheeded(key, names)));
        if let Some((_, at)) = self.unscheduled.first() {
            let names = listed(&self.unscheduled);
            let message = format!("pods without node or address are left out: {names}");
            faults.push(
                Diagnostic::at(code::UNSCHEDULED_PODS, *at, message)
                    .help("they get their rules when they run: read the objects again then"),
            );
        }
        if let Some((_, at)) = self.resources.first() {
            let message =
                format!("backends that are no services are left out: {}", listed(&self.resources));
            faults.push(
                Diagnostic::at(code::UNCOMPILED_BACKEND, *at, message)
                    .help("only the controller that they are for knows what they mean"),
            );
        }
        if !self.counts.is_empty() {
            let counts = self.counts.iter().map(|(what, count)| format!("{count} {what}"));
            let message = format!("not used: {}", counts.collect::<Vec<_>>().join(", "));
            faults.push(Diagnostic::new(code::UNUSED_OBJECTS, message).help(
                "leave them out of what you read, if you like: nothing depends on them here",
            ));
        }
    }
}

/// An annotation, wherever it stands.
fn unheeded(key: &str, names: &[(String, Span)]) -> Option<Diagnostic> {
    let (_, at) = names.first()?;
    let message = format!("the annotation `{key}` is not heeded: {}", listed(names));
    let help = "its hosts and paths are served as the API alone defines them: remove it, or serve them by the \
                controller that it is for, by a class of its own";
    Some(Diagnostic::at(code::UNHEEDED_ANNOTATION, *at, message).help(help))
}

fn listed(names: &[(String, Span)]) -> String {
    let shown: Vec<&str> = names.iter().take(LISTED).map(|(name, _)| name.as_str()).collect();
    let more = match names.len().saturating_sub(LISTED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", shown.join(", "))
}
