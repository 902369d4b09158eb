//! YAML to trees, one object at a time.

use super::document::{Sink, repeated_key, truncated, unreadable};
use super::places::Places;
use super::scalar;
use super::tree::{Entry, Kind, Node, repeated};
use netc_lang::{Diagnostic, FileId, Span};
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Tag};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Objects may be nested so deep, as in JSON.
const MAX_DEPTH: usize = 128;

/// The values, and the bytes of text, that aliases may unfold into. Clusters do not use aliases
/// much; texts that unfold into gigabytes exist to exhaust whoever reads them.
const MAX_UNFOLDED: usize = 1_000_000;

/// Reads all documents of a text.
pub(super) fn read<'t>(text: &'t str, file: FileId, sink: &mut dyn Sink<'t>) {
    let places = Places::new(text, file);
    let mut builder =
        Builder { places, sink, open: Vec::new(), anchors: BTreeMap::new(), unfolded: 0 };
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let done = match event {
            Ok((event, span)) => builder.event(event, span.start, span.end),
            Err(error) => Err(builder.explain(&error)),
        };
        if let Err(fault) = done {
            builder.sink.fault(*fault);
            return;
        }
    }
}

/// What has gone wrong, on the heap: it is rare.
type Fault = Box<Diagnostic>;

/// A list or map that is not complete yet.
struct Open<'t> {
    anchor: usize,
    /// Its own place, or that of its key.
    span: Span,
    /// It has a key.
    keyed: bool,
    content: Content<'t>,
}

enum Content<'t> {
    List(Vec<Node<'t>>),
    Map(Vec<Entry<'t>>, Option<(Cow<'t, str>, Span)>),
}

/// A value with a name, how deep it is nested, and what a copy costs.
struct Anchor<'t> {
    node: Node<'t>,
    depth: usize,
    cost: usize,
}

struct Builder<'t, 's> {
    places: Places<'t>,
    sink: &'s mut dyn Sink<'t>,
    open: Vec<Open<'t>>,
    anchors: BTreeMap<usize, Anchor<'t>>,
    unfolded: usize,
}

impl<'t> Builder<'t, '_> {
    fn event(&mut self, event: Event<'_>, start: Marker, end: Marker) -> Result<(), Fault> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let span = self.places.span(start, end, style);
                let text = self.borrowed(text, span);
                self.scalar(text, style, anchor, tag.as_deref(), span)
            }
            Event::SequenceStart(anchor, _) => self.start(anchor, Content::List(Vec::new()), start),
            Event::MappingStart(anchor, _) => {
                self.start(anchor, Content::Map(Vec::new(), None), start)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => self.alias(anchor, start),
            Event::DocumentStart(_) => {
                // A name holds to the end of its document.
                self.anchors.clear();
                Ok(())
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    /// The same text as a part of the source, if it is one.
    fn borrowed(&self, text: Cow<'_, str>, span: Span) -> Cow<'t, str> {
        let source = self.places.text.get(span.range()).unwrap_or_default();
        let source = source.trim_matches(['"', '\'']);
        if source == text { Cow::Borrowed(source) } else { Cow::Owned(text.into_owned()) }
    }

    fn scalar(
        &mut self,
        text: Cow<'t, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
    ) -> Result<(), Fault> {
        let plain = style == ScalarStyle::Plain;
        if let Some(key) = self.awaited_key() {
            if plain && text == "<<" {
                let why = "merge keys (`<<`) are not read: write the fields out";
                return Err(unreadable("YAML", why, span).into());
            }
            // As kubectl converts it to JSON, where all keys are strings.
            let switch = scalar::switch(&text).filter(|_| plain);
            *key = Some(match switch {
                Some(switch) => (Cow::Owned(switch.to_string()), span),
                None => (text, span),
            });
            return Ok(());
        }
        let kind = match tag.filter(|tag| tag.is_yaml_core_schema()) {
            Some(tag) => scalar::tagged(&tag.suffix, text),
            None if plain => scalar::plain(text),
            None => Kind::Text(text),
        };
        // Nothing has no place of its own.
        let span = if matches!(kind, Kind::Null) { self.key_span().unwrap_or(span) } else { span };
        self.value(Node { span, kind }, anchor)
    }

    /// Where the next key goes, if a key is next.
    fn awaited_key(&mut self) -> Option<&mut Option<(Cow<'t, str>, Span)>> {
        match self.open.last_mut() {
            Some(Open { content: Content::Map(_, key @ None), .. }) => Some(key),
            _ => None,
        }
    }

    /// The place of the key whose value is next.
    fn key_span(&self) -> Option<Span> {
        match self.open.last() {
            Some(
                Open { content: Content::Map(_, Some((_, span))), .. }
                | Open { content: Content::List(_), span, .. },
            ) => Some(*span),
            _ => None,
        }
    }

    fn start(&mut self, anchor: usize, content: Content<'t>, at: Marker) -> Result<(), Fault> {
        let here = self.places.point(at);
        if self.awaited_key().is_some() {
            return Err(unreadable("YAML", "a key must be a word", here).into());
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(too_deep(here));
        }
        let keyed = matches!(self.open.last(), Some(Open { content: Content::Map(..), .. }));
        let span = self.key_span().unwrap_or(here);
        self.open.push(Open { anchor, span, keyed, content });
        Ok(())
    }

    fn end(&mut self) -> Result<(), Fault> {
        let Some(Open { anchor, mut span, keyed, content }) = self.open.pop() else {
            return Ok(());
        };
        let kind = match content {
            Content::List(elements) => Kind::List(elements),
            Content::Map(entries, _) => {
                if let Some((key, again, first)) = repeated(&entries) {
                    self.sink.fault(repeated_key(key, again, first));
                }
                if let Some(first) = entries.first().filter(|_| !keyed) {
                    span = first.key_span;
                }
                Kind::Map(entries)
            }
        };
        self.value(Node { span, kind }, anchor)
    }

    fn alias(&mut self, anchor: usize, at: Marker) -> Result<(), Fault> {
        let here = self.places.point(at);
        let Some(Anchor { node, depth, cost }) = self.anchors.get(&anchor) else {
            let why = "an alias stands for a value that is not complete yet";
            return Err(unreadable("YAML", why, here).into());
        };
        let (node, depth, cost) = (node.clone(), *depth, *cost);
        if let Some(key) = self.awaited_key() {
            let Kind::Text(text) = node.kind else {
                return Err(unreadable("YAML", "a key must be a word", here).into());
            };
            *key = Some((text, here));
            return Ok(());
        }
        self.spend(cost, here)?;
        if self.open.len() + depth >= MAX_DEPTH {
            return Err(too_deep(here));
        }
        self.value(node, 0)
    }

    /// Puts a complete value where it belongs.
    fn value(&mut self, node: Node<'t>, anchor: usize) -> Result<(), Fault> {
        if anchor > 0 {
            let (depth, cost) = measure(&node);
            self.spend(cost, node.span)?;
            self.anchors.insert(anchor, Anchor { node: node.clone(), depth, cost });
        }
        let streamed = self.is_item();
        match self.open.last_mut() {
            _ if streamed => self.sink.item(node),
            None => self.sink.document(node),
            Some(Open { content: Content::List(elements), .. }) => elements.push(node),
            Some(Open { content: Content::Map(entries, key), .. }) => {
                if let Some((key, key_span)) = key.take() {
                    entries.push(Entry { key, key_span, value: node });
                }
            }
        }
        Ok(())
    }

    /// Whether what comes next is an item of a list of objects: an element of a document, or of
    /// its `items`.
    fn is_item(&self) -> bool {
        let list = |open: &Open<'_>| open.anchor == 0 && matches!(open.content, Content::List(_));
        match self.open.as_slice() {
            [only] => list(only),
            [Open { content: Content::Map(_, Some((key, _))), anchor: 0, .. }, items] => {
                key == "items" && list(items)
            }
            _ => false,
        }
    }

    /// Counts what aliases unfold into.
    fn spend(&mut self, cost: usize, at: Span) -> Result<(), Fault> {
        self.unfolded = self.unfolded.saturating_add(cost);
        if self.unfolded <= MAX_UNFOLDED {
            return Ok(());
        }
        let why = format!("its aliases unfold into more than {MAX_UNFOLDED} values");
        Err(unreadable("YAML", &why, at).help("write the values out").into())
    }

    fn explain(&mut self, error: &ScanError) -> Fault {
        let at = self.places.point(*error.marker());
        if at.range().start >= self.places.text.trim_end().len() {
            return truncated("YAML", at).into();
        }
        unreadable("YAML", error.info(), at).into()
    }
}

fn too_deep(at: Span) -> Fault {
    let why = format!("its objects are nested deeper than {MAX_DEPTH}");
    unreadable("YAML", &why, at).into()
}

/// How deep a value is nested, and what a copy costs: its values, and the bytes that it owns.
fn measure(node: &Node<'_>) -> (usize, usize) {
    let own = |text: &Cow<'_, str>| match text {
        Cow::Borrowed(_) => 0,
        Cow::Owned(text) => text.len(),
    };
    let mut all = (0, 1);
    if let Kind::Text(text) = &node.kind {
        all.1 += own(text);
    }
    let keys: usize = node.entries().iter().map(|entry| own(&entry.key)).sum();
    let below = node.entries().iter().map(|entry| &entry.value).chain(node.elements());
    for (depth, cost) in below.map(measure) {
        all = (all.0.max(depth + 1), all.1 + cost);
    }
    (all.0, all.1 + keys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::document::Seen;
    use netc_lang::Sources;

    fn seen<'t>(sources: &'t Sources, file: FileId) -> Seen<'t> {
        let mut seen = Seen::default();
        read(sources.text(file), file, &mut seen);
        seen
    }

    fn add(sources: &mut Sources, text: &str) -> FileId {
        sources.add("a.yaml".into(), "a.yaml".into(), text.into())
    }

    #[test]
    fn spans_are_those_of_the_bytes_whatever_the_characters_and_line_ends() {
        for end in ["\n", "\r\n"] {
            for mark in ["", "\u{feff}"] {
                let lines = ["ä: \"grün\" # 'ü'", "a: plain", "b: ['x y', 8]", ""];
                let mut sources = Sources::default();
                let file = add(&mut sources, &format!("{mark}{}", lines.join(end)));
                let seen = seen(&sources, file);
                let root = &seen.documents[0];
                let text = |node: &Node<'_>| sources.slice(node.span).to_owned();
                assert_eq!(text(root.get("ä").unwrap()), "\"grün\"", "{end:?}{mark:?}");
                assert_eq!(text(root.get("a").unwrap()), "plain");
                let list = root.get("b").unwrap();
                assert_eq!(text(&list.elements()[0]), "'x y'");
                assert_eq!(text(&list.elements()[1]), "8");
                assert_eq!(text(list), "b");
                assert_eq!(text(root), "ä");
            }
        }
    }

    #[test]
    fn items_are_handed_over_as_they_come() {
        let mut sources = Sources::default();
        let file = add(&mut sources, "items:\n- {a: 1}\n- {a: 2}\nkind: List\n---\n- {a: 3}\n");
        let seen = seen(&sources, file);
        assert_eq!((seen.items.len(), seen.documents.len()), (3, 2));
        assert!(seen.documents[0].get("items").unwrap().elements().is_empty());
    }

    #[test]
    fn aliases_stand_for_copies_but_not_for_too_many() {
        let mut sources = Sources::default();
        let file = add(&mut sources, "a: &x {b: [1, 2]}\nc: *x\n*x : no\n");
        let list = |root: &Node<'_>| root.get("c").unwrap().get("b").unwrap().elements().len();
        let fine = add(&mut sources, "a: &x {b: [1, 2]}\nc: *x\n");
        assert_eq!(list(&seen(&sources, fine).documents[0]), 2);
        let faults = seen(&sources, file).faults;
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].message, "cannot read the YAML: a key must be a word");
        let long = "x".repeat(1000);
        let bomb = format!("a: &a \"{long}\\n\"\nb: [{}]\n", vec!["*a"; 2000].join(","));
        let bomb = add(&mut sources, &bomb);
        assert!(seen(&sources, bomb).faults[0].message.contains("aliases unfold"));
    }
}
