//! JSON to trees, one object at a time.

use super::document::{Sink, repeated_key, truncated, unreadable};
use super::tree::{Entry, Kind, Node, repeated};
use netc_lang::{FileId, Span};
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Deserializer;
use std::borrow::Cow;
use std::fmt;

/// Fields that no kind has another use for: who wrote what, and which pod an endpoint is. They are
/// a third of a long list.
const PASSED_OVER: [&str; 2] = ["managedFields", "targetRef"];

/// Reads all values of a text.
pub(super) fn read<'t>(text: &'t str, file: FileId, sink: &mut dyn Sink<'t>) {
    let mut base = text.len() - text.trim_start_matches('\u{feff}').len();
    while let Some(rest) = text.get(base..).filter(|rest| !rest.trim_ascii_start().is_empty()) {
        let mut reader = Deserializer::from_str(rest);
        let mut context = Context { text, file, sink: &mut *sink };
        let read = Document { context: &mut context }.deserialize(&mut reader);
        if let Err(error) = read {
            let at = context.at(base + offset(rest, &error), 1);
            sink.fault(explain(&error, at));
            return;
        }
        // Where something follows, the error says where.
        let Err(error) = reader.end() else { return };
        base += offset(rest, &error);
    }
}

/// The offset of an error. serde_json counts lines, and bytes within them, from one.
fn offset(text: &str, error: &serde_json::Error) -> usize {
    let lines = text.split_inclusive('\n').take(error.line().saturating_sub(1));
    let start: usize = lines.map(str::len).sum();
    (start + error.column().saturating_sub(1)).min(text.len())
}

fn explain(error: &serde_json::Error, at: Span) -> netc_lang::Diagnostic {
    if error.is_eof() {
        return truncated("JSON", at);
    }
    let text = error.to_string();
    if text.starts_with("recursion limit") {
        return unreadable("JSON", "its objects are nested deeper than 128", at);
    }
    let why = text.rsplit_once(" at line ").map_or(text.as_str(), |(why, _)| why);
    unreadable("JSON", why, at)
}

/// What the visitors share.
struct Context<'c, 't> {
    text: &'t str,
    file: FileId,
    sink: &'c mut dyn Sink<'t>,
}

impl<'t> Context<'_, 't> {
    fn at(&self, start: usize, length: usize) -> Span {
        let place = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        let mut start = start.min(self.text.len());
        let mut end = (start + length).min(self.text.len());
        while !self.text.is_char_boundary(start) {
            start -= 1;
        }
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        Span { file: self.file, start: place(start), end: place(end) }
    }

    /// The span of a part of the text.
    fn span(&self, part: &str) -> Span {
        let start = (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        self.at(start, part.len())
    }

    /// A map from its entries; a key that stands twice is reported.
    fn map(&mut self, entries: Vec<Entry<'t>>, span: Span) -> Node<'t> {
        if let Some((key, again, first)) = repeated(&entries) {
            self.sink.fault(repeated_key(key, again, first));
        }
        Node { span, kind: Kind::Map(entries) }
    }
}

/// The place of a map without a key of its own: that of its first key.
fn first_key(entries: &[Entry<'_>]) -> Option<Span> {
    entries.first().map(|entry| entry.key_span)
}

/// A value at the top of the text.
struct Document<'c, 'x, 't> {
    context: &'c mut Context<'x, 't>,
}

impl<'t> DeserializeSeed<'t> for Document<'_, '_, 't> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'t>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'t> Visitor<'t> for Document<'_, '_, 't> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<(), A::Error> {
        let mut entries: Vec<Entry<'t>> = Vec::new();
        let mut at = self.context.at(0, 0);
        while let Some((key, key_span)) = map.next_key_seed(Key { context: &*self.context, at })? {
            at = key_span;
            let tree = Tree { context: &mut *self.context, at, keyed: true };
            let value = if key == "items" {
                map.next_value_seed(Items { tree })?
            } else {
                map.next_value_seed(tree)?
            };
            entries.push(Entry { key, key_span, value });
        }
        let span = first_key(&entries).unwrap_or(at);
        let document = self.context.map(entries, span);
        self.context.sink.document(document);
        Ok(())
    }

    /// A bare array of objects.
    fn visit_seq<A: SeqAccess<'t>>(self, seq: A) -> Result<(), A::Error> {
        let at = self.context.at(0, 0);
        Items { tree: Tree { context: self.context, at, keyed: false } }.visit_seq(seq).map(drop)
    }
}

/// A key, and where it is; `at` is a place near it.
struct Key<'c, 'x, 't> {
    context: &'c Context<'x, 't>,
    at: Span,
}

impl<'t> DeserializeSeed<'t> for Key<'_, '_, 't> {
    type Value = (Cow<'t, str>, Span);

    fn deserialize<D: serde::Deserializer<'t>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_str(self)
    }
}

impl<'t> Visitor<'t> for Key<'_, '_, 't> {
    type Value = (Cow<'t, str>, Span);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'t str) -> Result<Self::Value, E> {
        Ok((Cow::Borrowed(text), self.context.span(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok((Cow::Owned(text.to_owned()), self.at))
    }
}

/// The items of a list: each goes to the sink as soon as it has been read.
struct Items<'c, 'x, 't> {
    tree: Tree<'c, 'x, 't>,
}

impl<'t> DeserializeSeed<'t> for Items<'_, '_, 't> {
    type Value = Node<'t>;

    fn deserialize<D: serde::Deserializer<'t>>(self, reader: D) -> Result<Node<'t>, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'t> Visitor<'t> for Items<'_, '_, 't> {
    type Value = Node<'t>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_seq<A: SeqAccess<'t>>(self, mut seq: A) -> Result<Node<'t>, A::Error> {
        let Tree { context, at, .. } = self.tree;
        loop {
            let element = Tree { context: &mut *context, at, keyed: false };
            let Some(item) = seq.next_element_seed(element)? else { break };
            context.sink.item(item);
        }
        Ok(Node { span: at, kind: Kind::List(Vec::new()) })
    }

    fn visit_map<A: MapAccess<'t>>(self, map: A) -> Result<Node<'t>, A::Error> {
        self.tree.visit_map(map)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node<'t>, E> {
        self.tree.visit_bool(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node<'t>, E> {
        self.tree.visit_u64(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node<'t>, E> {
        self.tree.visit_i64(value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node<'t>, E> {
        self.tree.visit_f64(value)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Node<'t>, E> {
        self.tree.visit_str(text)
    }

    fn visit_unit<E: Error>(self) -> Result<Node<'t>, E> {
        self.tree.visit_unit()
    }
}

/// A value below the top.
struct Tree<'c, 'x, 't> {
    context: &'c mut Context<'x, 't>,
    /// The place of its key, or of the list's if it is in one.
    at: Span,
    /// It has a key.
    keyed: bool,
}

impl<'t> Tree<'_, '_, 't> {
    fn node(self, kind: Kind<'t>) -> Node<'t> {
        Node { span: self.at, kind }
    }
}

impl<'t> DeserializeSeed<'t> for Tree<'_, '_, 't> {
    type Value = Node<'t>;

    fn deserialize<D: serde::Deserializer<'t>>(self, reader: D) -> Result<Node<'t>, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'t> Visitor<'t> for Tree<'_, '_, 't> {
    type Value = Node<'t>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Node<'t>, E> {
        Ok(self.node(Kind::Null))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node<'t>, E> {
        Ok(self.node(Kind::Switch(value)))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node<'t>, E> {
        Ok(self.node(Kind::Number(value)))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node<'t>, E> {
        Ok(self.node(i64::try_from(value).map_or(Kind::Fraction, Kind::Number)))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Node<'t>, E> {
        Ok(self.node(Kind::Fraction))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'t str) -> Result<Node<'t>, E> {
        let span = self.context.span(text);
        Ok(Node { span, kind: Kind::Text(Cow::Borrowed(text)) })
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Node<'t>, E> {
        Ok(self.node(Kind::Text(Cow::Owned(text.to_owned()))))
    }

    fn visit_seq<A: SeqAccess<'t>>(self, mut seq: A) -> Result<Node<'t>, A::Error> {
        let mut elements = Vec::new();
        let Tree { context, at, .. } = self;
        loop {
            let element = Tree { context: &mut *context, at, keyed: false };
            let Some(element) = seq.next_element_seed(element)? else { break };
            elements.push(element);
        }
        Ok(Node { span: at, kind: Kind::List(elements) })
    }

    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Node<'t>, A::Error> {
        let mut entries = Vec::new();
        let Tree { context, at, keyed } = self;
        while let Some((key, key_span)) = map.next_key_seed(Key { context: &*context, at })? {
            if PASSED_OVER.contains(&key.as_ref()) {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let tree = Tree { context: &mut *context, at: key_span, keyed: true };
            let value = map.next_value_seed(tree)?;
            entries.push(Entry { key, key_span, value });
        }
        let first = first_key(&entries).filter(|_| !keyed);
        Ok(context.map(entries, first.unwrap_or(at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::document::Seen;
    use netc_lang::Sources;

    fn check(text: &str, look: impl FnOnce(&Sources, Seen<'_>)) {
        let mut sources = Sources::default();
        let file = sources.add("a.json".into(), "a.json".into(), text.into());
        let mut seen = Seen::default();
        read(sources.text(file), file, &mut seen);
        look(&sources, seen);
    }

    #[test]
    fn texts_have_their_own_place_and_all_else_that_of_its_key() {
        let text =
            "\u{feff}{\"ä\": \"grün\", \"n\": 8, \"e\": \"\\n\", \"l\": [\"x\", {\"k\": 1}]}";
        check(text, |sources, seen| {
            let root = &seen.documents[0];
            let text = |node: &Node<'_>| sources.slice(node.span).to_owned();
            assert_eq!(text(root.get("ä").unwrap()), "grün");
            assert_eq!(text(root.get("n").unwrap()), "n");
            assert_eq!(text(root.get("e").unwrap()), "e");
            let list = root.get("l").unwrap();
            assert_eq!((text(list), text(&list.elements()[0])), ("l".into(), "x".into()));
            assert_eq!(text(&list.elements()[1]), "k");
        });
    }

    #[test]
    fn many_values_stand_in_one_text() {
        check("{\"items\": [{}, {}]}\n{\"a\": 1}{} [{}, 3]\n \n", |_, seen| {
            assert_eq!((seen.items.len(), seen.documents.len()), (4, 3));
            assert!(seen.faults.is_empty());
        });
    }

    #[test]
    fn a_fault_is_shown_in_the_value_where_it_is() {
        check("{\"a\": 1}\n{\"b\": tru}\n", |sources, seen| {
            assert_eq!(seen.documents.len(), 1);
            let span = seen.faults[0].span().unwrap();
            assert_eq!(sources.position(span).line, 2);
        });
        check("{\"a\": {\"b\": ", |_, seen| {
            assert!(seen.faults[0].message.contains("ends in the middle"));
        });
        check("3", |_, seen| assert_eq!(seen.faults.len(), 1));
    }
}
