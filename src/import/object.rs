//! One object while it is read: typed access to its fields that reports what is wrong with them.

use super::tree::{Kind, Node};
use super::value::Wrong;
use netc_lang::code::{self, Code};
use netc_lang::suggest::{did_you_mean, one_of};
use netc_lang::{Diagnostic, QualifiedName, Spanned};
use std::fmt;
use std::net::IpAddr;

/// So many characters of a value are shown.
const SHOWN: usize = 80;

/// So many faults of one object are reported.
const MAX_FAULTS: usize = 100;

/// The beginning of a value.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Which object of its file it is.
#[derive(Clone, Copy, Default)]
pub(super) struct Place {
    /// The number of its document, if the file has several.
    pub(super) document: Option<usize>,
    /// Its number in a list.
    pub(super) item: Option<usize>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.document, self.item) {
            (Some(document), Some(item)) => write!(f, "document {document}, item {item}"),
            (Some(document), None) => write!(f, "document {document}"),
            (None, Some(item)) => write!(f, "item {item}"),
            (None, None) => Ok(()),
        }
    }
}

/// An object with what is to be said when one of its fields is at fault.
pub(super) struct Object<'a, 't> {
    pub(super) root: &'a Node<'t>,
    pub(super) kind: &'a str,
    /// Without a namespace for what lives in none, and before it is known.
    pub(super) namespace: Option<&'a str>,
    pub(super) name: &'a str,
    pub(super) place: Place,
    pub(super) faults: &'a mut Vec<Diagnostic>,
    /// So many faults were there before this object's own.
    pub(super) others: usize,
}

impl<'a, 't> Object<'a, 't> {
    /// What it is, for people: `Service shop/web`.
    pub(super) fn describe(&self) -> String {
        match (self.namespace, self.name) {
            (_, "") => self.kind.to_owned(),
            (None, name) => format!("{} {name}", self.kind),
            (Some(namespace), name) => format!("{} {namespace}/{name}", self.kind),
        }
    }

    /// Its namespace and name.
    pub(super) fn qualified(&self) -> QualifiedName {
        let namespace = self.namespace.unwrap_or_default().to_owned();
        QualifiedName { namespace, name: self.name.to_owned() }
    }

    /// Where its name is.
    pub(super) fn named_at(&self) -> netc_lang::Span {
        let name = self.root.get("metadata").and_then(|metadata| metadata.get("name"));
        name.map_or(self.root.span, |name| name.span)
    }

    /// Whether so much is wrong with this object that more would not help. It also keeps an object
    /// with a hundred thousand faults from taking hours.
    fn has_enough(&self) -> bool {
        self.faults.len().saturating_sub(self.others) >= MAX_FAULTS
    }

    /// Reports something about a node of this object.
    pub(super) fn report(
        &mut self,
        code: Code,
        at: &Node<'_>,
        why: impl fmt::Display,
        help: impl Into<String>,
    ) {
        if self.has_enough() {
            return;
        }
        let path = self.root.path_to(at);
        let what = self.describe();
        let message = match path.as_str() {
            "" => format!("{what}: {why}"),
            path => format!("`{path}` of {what}: {why}"),
        };
        let fault = Diagnostic::at(code, at.span, message);
        self.faults.push(fault.here(self.place.to_string()).help(help));
    }

    /// Reports a field that must be there.
    pub(super) fn missing(&mut self, parent: &Node<'_>, key: &str, help: &str) {
        if self.has_enough() {
            return;
        }
        let path = self.root.path_to(parent);
        let dot = if path.is_empty() { "" } else { "." };
        let message = format!("{} has no `{path}{dot}{key}`", self.describe());
        let fault = Diagnostic::at(code::MISSING_FIELD, parent.span, message);
        self.faults.push(fault.here(self.place.to_string()).help(help));
    }

    /// Reports a value that the field cannot have.
    pub(super) fn wrong(&mut self, at: &Node<'_>, wrong: Wrong) {
        let shown = match &at.kind {
            Kind::Text(text) => format!("`{}` ", shortened(text)),
            Kind::Number(number) => format!("{number} "),
            _ => String::new(),
        };
        let why = format!("{shown}{}", wrong.why);
        self.report(code::BAD_FIELD_VALUE, at, why, wrong.help);
    }

    /// Reports a field that cannot stand beside another one.
    pub(super) fn contradiction(&mut self, at: &Node<'_>, why: impl fmt::Display, help: &str) {
        self.report(code::CONTRADICTING_FIELDS, at, why, help);
    }

    fn wrong_type(&mut self, at: &Node<'_>, expected: &str) {
        let found = at.describe();
        let help = match (&at.kind, expected) {
            (Kind::Text(text), "a number") if text.parse::<i64>().is_ok() => {
                format!("remove the quotes: {text}")
            }
            (Kind::Number(number), "a string") => {
                format!("put it in quotes: \"{number}\"")
            }
            (Kind::Switch(_), "a string") => "put it in quotes".into(),
            _ => format!("write {expected}, or leave it out"),
        };
        let why = format!("expected {expected}, found {found}");
        self.report(code::WRONG_FIELD_TYPE, at, why, help);
    }

    /// A field that is an object.
    pub(super) fn map<'n, 'x>(&mut self, parent: &'n Node<'x>, key: &str) -> Option<&'n Node<'x>> {
        let node = parent.get(key)?;
        self.is_map(node).then_some(node)
    }

    /// Whether a node is an object; anything else is reported.
    pub(super) fn is_map(&mut self, node: &Node<'_>) -> bool {
        let fits = matches!(node.kind, Kind::Map(_));
        if !fits {
            self.wrong_type(node, "an object");
        }
        fits
    }

    /// The elements of a field that is a list.
    pub(super) fn list<'n, 'x>(&mut self, parent: &'n Node<'x>, key: &str) -> &'n [Node<'x>] {
        let Some(node) = parent.get(key) else { return &[] };
        if !matches!(node.kind, Kind::List(_)) {
            self.wrong_type(node, "a list");
        }
        node.elements()
    }

    /// A node that is a string, which may be empty.
    pub(super) fn as_text<'n>(&mut self, node: &'n Node<'_>) -> Option<&'n str> {
        let text = node.text();
        if text.is_none() {
            self.wrong_type(node, "a string");
        }
        text
    }

    /// A field that is a string; an empty one means nothing, as in the API.
    pub(super) fn text<'n, 'x>(
        &mut self,
        parent: &'n Node<'x>,
        key: &str,
    ) -> Option<(&'n Node<'x>, &'n str)> {
        let node = parent.get(key)?;
        let text = self.as_text(node)?;
        (!text.is_empty()).then_some((node, text))
    }

    /// A field that is true or false.
    pub(super) fn switch(&mut self, parent: &Node<'_>, key: &str) -> Option<bool> {
        let node = parent.get(key)?;
        if let Kind::Switch(value) = node.kind {
            return Some(value);
        }
        self.wrong_type(node, "true or false");
        None
    }

    /// A field that is a whole number.
    pub(super) fn number<'n, 'x>(
        &mut self,
        parent: &'n Node<'x>,
        key: &str,
    ) -> Option<(&'n Node<'x>, i64)> {
        let node = parent.get(key)?;
        match node.kind {
            Kind::Number(value) => return Some((node, value)),
            Kind::Fraction => self.wrong(node, Wrong::new("it is not a whole number", "round it")),
            _ => self.wrong_type(node, "a number"),
        }
        None
    }

    /// A field that is a number within bounds.
    pub(super) fn bounded<'n, 'x>(
        &mut self,
        parent: &'n Node<'x>,
        key: &str,
        (least, most): (i64, i64),
    ) -> Option<(&'n Node<'x>, u32)> {
        let (node, value) = self.number(parent, key)?;
        if (least..=most).contains(&value) {
            return u32::try_from(value).ok().map(|value| (node, value));
        }
        let why = format!("is not within {least} to {most}");
        self.wrong(node, Wrong::new(why, format!("choose a number from {least} to {most}")));
        None
    }

    /// A field that is a port.
    pub(super) fn port<'n, 'x>(
        &mut self,
        parent: &'n Node<'x>,
        key: &str,
    ) -> Option<(&'n Node<'x>, u16)> {
        let (node, value) = self.number(parent, key)?;
        let port = u16::try_from(value).ok().filter(|port| *port > 0);
        if port.is_none() {
            self.wrong(node, Wrong::new("is not a port", "ports are 1 to 65535"));
        }
        port.map(|port| (node, port))
    }

    /// A field that is a port, where 0 means none.
    pub(super) fn port_or_none(&mut self, parent: &Node<'_>, key: &str) -> Option<Spanned<u16>> {
        if matches!(parent.get(key)?.kind, Kind::Number(0)) {
            return None;
        }
        self.port(parent, key).map(|(node, port)| Spanned::new(port, node.span))
    }

    /// A field that is one of several words.
    pub(super) fn choice<'n, 'x, T: Copy>(
        &mut self,
        parent: &'n Node<'x>,
        key: &str,
        choices: &[(&'static str, T)],
    ) -> Option<(&'n Node<'x>, T)> {
        let (node, text) = self.text(parent, key)?;
        if let Some((_, value)) = choices.iter().find(|(word, _)| *word == text) {
            return Some((node, *value));
        }
        let words = || choices.iter().map(|(word, _)| *word);
        let help = did_you_mean(text, words()).unwrap_or_else(|| one_of(words()));
        self.wrong(node, Wrong::new("is not known here", help));
        None
    }

    /// A node that is a string with a meaning.
    pub(super) fn value<T>(
        &mut self,
        node: &Node<'_>,
        read: impl FnOnce(&str) -> Result<T, Wrong>,
    ) -> Option<Spanned<T>> {
        let text = self.as_text(node)?;
        match read(text) {
            Ok(value) => Some(Spanned::new(value, node.span)),
            Err(wrong) => {
                self.wrong(node, wrong);
                None
            }
        }
    }

    /// A node that is an address.
    pub(super) fn address(&mut self, node: &Node<'_>) -> Option<Spanned<IpAddr>> {
        self.value(node, super::value::address)
    }
}
