//! Documents as small trees that borrow from the text.

use netc_lang::Span;
use std::borrow::Cow;

/// A value and where it is.
#[derive(Clone, Debug)]
pub(super) struct Node<'t> {
    /// Its place; that of its key where the text of the value has none of its own.
    pub(super) span: Span,
    pub(super) kind: Kind<'t>,
}

/// What a value can be.
#[derive(Clone, Debug)]
pub(super) enum Kind<'t> {
    Null,
    Switch(bool),
    Number(i64),
    /// A number that is not whole, or too large.
    Fraction,
    Text(Cow<'t, str>),
    List(Vec<Node<'t>>),
    Map(Vec<Entry<'t>>),
}

/// A key and its value.
#[derive(Clone, Debug)]
pub(super) struct Entry<'t> {
    pub(super) key: Cow<'t, str>,
    pub(super) key_span: Span,
    pub(super) value: Node<'t>,
}

impl<'t> Node<'t> {
    /// The value of a field; `None` too if it is null, which means the same in Kubernetes.
    pub(super) fn get(&self, key: &str) -> Option<&Node<'t>> {
        self.entries().iter().find(|entry| entry.key == key).and_then(|entry| entry.value.some())
    }

    /// The value, unless it is null.
    fn some(&self) -> Option<&Node<'t>> {
        (!matches!(self.kind, Kind::Null)).then_some(self)
    }

    /// The fields of a map; none for anything else.
    pub(super) fn entries(&self) -> &[Entry<'t>] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The elements of a list; none for anything else.
    pub(super) fn elements(&self) -> &[Node<'t>] {
        match &self.kind {
            Kind::List(elements) => elements,
            _ => &[],
        }
    }

    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether a list is missing, or has nothing in it.
    pub(super) fn lacks(&self, key: &str) -> bool {
        self.get(key).is_none_or(|node| matches!(&node.kind, Kind::List(list) if list.is_empty()))
    }

    /// What it is, for people.
    pub(super) fn describe(&self) -> &'static str {
        match self.kind {
            Kind::Null => "nothing",
            Kind::Switch(_) => "true or false",
            Kind::Number(_) | Kind::Fraction => "a number",
            Kind::Text(_) => "a string",
            Kind::List(_) => "a list",
            Kind::Map(_) => "an object",
        }
    }

    /// The way from here to a node of this very tree: `spec.ports[1].nodePort`. Looking for it is
    /// only worth while when there is something to report.
    pub(super) fn path_to(&self, wanted: &Node<'_>) -> String {
        let mut steps = Vec::new();
        self.find(wanted, &mut steps);
        let mut path = String::new();
        for step in steps.iter().rev() {
            match step {
                Step::Key(key) if path.is_empty() => path.push_str(key),
                Step::Key(key) => path.push_str(&format!(".{key}")),
                Step::Place(place) => path.push_str(&format!("[{place}]")),
            }
        }
        path
    }

    /// Collects the steps to a node, the last one first.
    fn find<'a>(&'a self, wanted: &Node<'_>, steps: &mut Vec<Step<'a>>) -> bool {
        if std::ptr::addr_eq(self, wanted) {
            return true;
        }
        for (place, element) in self.elements().iter().enumerate() {
            if element.find(wanted, steps) {
                steps.push(Step::Place(place));
                return true;
            }
        }
        for entry in self.entries() {
            if entry.value.find(wanted, steps) {
                steps.push(Step::Key(&entry.key));
                return true;
            }
        }
        false
    }
}

/// A step of a path.
enum Step<'a> {
    Key(&'a str),
    Place(usize),
}

/// The first key that stands twice, with both places.
pub(super) fn repeated<'a>(entries: &'a [Entry<'_>]) -> Option<(&'a str, Span, Span)> {
    // Most keys differ in length or in one of their ends; then there is nothing to compare.
    let mut seen = 0u64;
    let differ = entries.iter().all(|entry| {
        let mark = mark(entry.key.as_bytes());
        let new = seen & mark == 0;
        seen |= mark;
        new
    });
    if differ {
        return None;
    }
    let mut sorted: Vec<&Entry<'_>> = entries.iter().collect();
    sorted.sort_by(|a, b| (&a.key, a.key_span).cmp(&(&b.key, b.key_span)));
    let twice = sorted.iter().zip(sorted.iter().skip(1)).find(|(a, b)| a.key == b.key)?;
    Some((&twice.1.key, twice.1.key_span, twice.0.key_span))
}

/// One of 64 bits: equal keys have the same.
fn mark(key: &[u8]) -> u64 {
    let ends = [key.first(), key.last()].map(|byte| usize::from(byte.copied().unwrap_or(0)));
    let [first, last] = ends;
    1 << ((key.len() + 5 * first + 11 * last) & 63)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: &str, value: Kind<'static>) -> Entry<'static> {
        let span = Span::default();
        Entry { key: Cow::Owned(key.into()), key_span: span, value: Node { span, kind: value } }
    }

    fn list(elements: Vec<Kind<'static>>) -> Kind<'static> {
        let span = Span::default();
        Kind::List(elements.into_iter().map(|kind| Node { span, kind }).collect())
    }

    #[test]
    fn the_path_to_a_node_is_found_by_identity() {
        let port = || Kind::Map(vec![entry("port", Kind::Number(80))]);
        let spec = Kind::Map(vec![entry("ports", list(vec![port(), port()]))]);
        let root = Node { span: Span::default(), kind: Kind::Map(vec![entry("spec", spec)]) };
        let ports = root.get("spec").and_then(|spec| spec.get("ports")).unwrap();
        let second = ports.elements()[1].get("port").unwrap();
        assert_eq!(root.path_to(second), "spec.ports[1].port");
        assert_eq!(root.path_to(&root), "");
    }

    #[test]
    fn a_key_that_stands_twice_is_found_among_few_and_many() {
        let few = [entry("a", Kind::Null), entry("b", Kind::Null), entry("a", Kind::Null)];
        assert_eq!(repeated(&few).map(|(key, ..)| key), Some("a"));
        let mut many: Vec<Entry<'_>> =
            (0..20).map(|i| entry(&format!("k{i}"), Kind::Null)).collect();
        assert_eq!(repeated(&many), None);
        many.push(entry("k7", Kind::Null));
        assert_eq!(repeated(&many).map(|(key, ..)| key), Some("k7"));
    }

    #[test]
    fn null_is_as_good_as_nothing() {
        let root = Node { span: Span::default(), kind: Kind::Map(vec![entry("spec", Kind::Null)]) };
        assert!(root.get("spec").is_none());
    }
}
