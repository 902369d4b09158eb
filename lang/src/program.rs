//! All the files of a program: the roots and what they include.

use crate::ast;
use crate::code;
use crate::diagnostic::{Diagnostic, sort};
use crate::parse::{parse, unquote};
use crate::span::{FileId, Sources, Span};
use std::collections::{BTreeMap, BTreeSet};

/// All `.netc` sources together may have this many bytes. The largest cluster Kubernetes supports
/// (5,000 nodes, 150,000 pods) takes a third of it.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;

/// All files of Kubernetes objects together may have this many bytes. 10,000 services with ten
/// endpoints each take a quarter of it.
pub const MAX_OBJECT_BYTES: usize = 256 * 1024 * 1024;

/// Whether a file holds Kubernetes objects and not statements: by its ending, and if it has none,
/// as standard input has none, by its beginning.
#[must_use]
pub fn holds_objects(path: &str, beginning: &[u8]) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    match name.rsplit_once('.') {
        Some((_, "yaml" | "yml" | "json")) => true,
        Some(_) => false,
        None => begins_like_objects(beginning),
    }
}

/// Whether the first line that says something begins as JSON or YAML does: with `{`, `---` or
/// `word:`.
fn begins_like_objects(text: &[u8]) -> bool {
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let mut telling = lines.filter(|line| !line.is_empty() && !line.starts_with(b"#"));
    let Some(line) = telling.next() else { return false };
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let length = line.iter().take_while(|byte| word(byte)).count();
    let key = match line.get(length..) {
        Some([b':']) => true,
        Some([b':', next, ..]) => next.is_ascii_whitespace(),
        _ => false,
    };
    line.starts_with(b"{") || line.starts_with(b"---") || (length > 0 && key)
}

/// A source as its reader hands it over.
#[derive(Debug)]
pub struct Text {
    /// The path for diagnostics.
    pub path: String,
    /// The path within the project, for artefacts.
    pub name: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Reads sources for [`Program::load`]: files for the command line, a table in tests.
pub trait Reader {
    /// Reads the source `path`, as a statement in `from` (a path that this reader returned
    /// earlier) names it, or as the command line does.
    ///
    /// # Errors
    /// Why it cannot be read, as a phrase: `no such file`.
    fn read(&mut self, from: Option<&str>, path: &str) -> Result<Text, String>;
}

/// A reader that has one text, whatever it is asked for: for programs of a single source.
#[derive(Clone, Copy, Debug)]
pub struct OneText<'t>(pub &'t str);

impl Reader for OneText<'_> {
    fn read(&mut self, _: Option<&str>, path: &str) -> Result<Text, String> {
        Ok(Text { path: path.into(), name: path.into(), bytes: self.0.as_bytes().to_vec() })
    }
}

/// Every file, the `.netc` ones parsed, and which `include` stands for which.
#[derive(Debug)]
pub struct Program {
    /// The texts.
    pub sources: Sources,
    /// The `.netc` files named by the user, in the order named.
    pub roots: Vec<FileId>,
    /// The files that hold Kubernetes objects, in the order in which they were met.
    pub objects: Vec<FileId>,
    /// The syntax trees.
    pub files: BTreeMap<FileId, ast::File>,
    /// The file behind the path of each `include`.
    pub includes: BTreeMap<Span, FileId>,
    /// Files whose braces do not match: what their statements belong to is unknown.
    pub unbalanced: BTreeSet<FileId>,
}

impl Program {
    /// Reads and parses the roots and all that they include.
    pub fn load(roots: &[String], reader: &mut dyn Reader) -> (Program, Vec<Diagnostic>) {
        let program = Program {
            sources: Sources::default(),
            roots: Vec::new(),
            objects: Vec::new(),
            files: BTreeMap::new(),
            includes: BTreeMap::new(),
            unbalanced: BTreeSet::new(),
        };
        let known = BTreeMap::new();
        let faults = Vec::new();
        let mut loader = Loader { program, reader, known, bytes: 0, object_bytes: 0, faults };
        for root in roots {
            let file = loader.file(None, root, None);
            loader.program.roots.extend(file.filter(|id| loader.program.files.contains_key(id)));
        }
        sort(&mut loader.faults);
        loader.program.drop_included_roots();
        (loader.program, loader.faults)
    }

    /// A file that another one includes is no root, even if it was named, as the files of a
    /// folder are. Of files that include each other the first one stays, so that it is read.
    fn drop_included_roots(&mut self) {
        let included = |file: &FileId| self.includes.values().any(|other| other == file);
        let (inner, outer): (Vec<FileId>, Vec<FileId>) =
            self.roots.iter().copied().partition(included);
        let mut roots = outer;
        for file in inner {
            if !roots.iter().any(|root| self.reaches(*root, file, &mut BTreeSet::new())) {
                roots.push(file);
            }
        }
        self.roots.retain(|file| roots.contains(file));
    }

    /// Whether a file includes another one, directly or by others.
    fn reaches(&self, from: FileId, to: FileId, seen: &mut BTreeSet<FileId>) -> bool {
        let includes = self.includes.iter().filter(|(span, _)| span.file == from);
        from == to
            || includes
                .map(|(_, file)| *file)
                .any(|file| seen.insert(file) && self.reaches(file, to, seen))
    }
}

struct Loader<'r> {
    program: Program,
    reader: &'r mut dyn Reader,
    known: BTreeMap<String, FileId>,
    bytes: usize,
    object_bytes: usize,
    faults: Vec<Diagnostic>,
}

impl Loader<'_> {
    /// Loads one file and what it includes; a file that is known already is not read again.
    fn file(&mut self, from: Option<&str>, path: &str, at: Option<Span>) -> Option<FileId> {
        let text = match self.reader.read(from, path) {
            Ok(text) => text,
            Err(why) => {
                self.report(unreadable(path, &why), at);
                return None;
            }
        };
        if let Some(file) = self.known.get(&text.path) {
            return Some(*file);
        }
        let objects = holds_objects(&text.path, &text.bytes);
        if let Some(fault) = self.too_large(&text, objects) {
            self.report(fault, at);
            return None;
        }
        let Text { path, name, bytes } = text;
        let content = match String::from_utf8(bytes) {
            Ok(content) => content,
            Err(error) => {
                self.not_utf8(path, name, &error);
                return None;
            }
        };
        let id = self.program.sources.add(path.clone(), name, content);
        self.known.insert(path.clone(), id);
        if objects {
            self.program.objects.push(id);
            return Some(id);
        }
        let (file, faults) = parse(&self.program.sources, id);
        let braces = [code::UNCLOSED_BLOCK, code::UNOPENED_BLOCK];
        if faults.iter().any(|fault| braces.contains(&fault.code)) {
            self.program.unbalanced.insert(id);
        }
        self.faults.extend(faults);
        self.includes(&path, &file);
        self.program.files.insert(id, file);
        Some(id)
    }

    /// Counts the bytes of a file; the fault if there are too many now.
    fn too_large(&mut self, text: &Text, objects: bool) -> Option<Diagnostic> {
        let (sum, limit) = if objects {
            (&mut self.object_bytes, MAX_OBJECT_BYTES)
        } else {
            (&mut self.bytes, MAX_BYTES)
        };
        *sum += text.bytes.len();
        (*sum > limit).then(|| too_large(&text.path, limit, objects))
    }

    /// Loads what a file includes. Only the top level can include, and only a plain path.
    fn includes(&mut self, path: &str, file: &ast::File) {
        for statement in &file.statements {
            let [ast::Argument::Text(span)] = statement.arguments.as_slice() else { continue };
            if self.program.sources.slice(statement.keyword) != "include" {
                continue;
            }
            let included = unquote(self.program.sources.slice(*span));
            if let Some(id) = self.file(Some(path), &included, Some(*span)) {
                self.program.includes.insert(*span, id);
            }
        }
    }

    fn report(&mut self, fault: Diagnostic, at: Option<Span>) {
        self.faults.push(match at {
            Some(span) => fault.label(span, ""),
            None => fault,
        });
    }

    /// Keeps the readable part of a file so that the first bad byte can be shown.
    fn not_utf8(&mut self, path: String, name: String, error: &std::string::FromUtf8Error) {
        let bytes = error.as_bytes();
        let valid = error.utf8_error().valid_up_to();
        let bad = bytes.get(valid).copied().unwrap_or_default();
        let line_end = bytes.iter().skip(valid).position(|byte| *byte == b'\n');
        let end = line_end.map_or(bytes.len(), |length| valid + length);
        let text = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned();
        let file = self.program.sources.add(path, name, text);
        let start = u32::try_from(valid).unwrap_or(u32::MAX);
        let span = Span { file, start, end: start.saturating_add(3) };
        self.faults.push(
            Diagnostic::at(code::NOT_UTF8, span, "the file is not UTF-8 text")
                .here(format!("byte 0x{bad:02x}"))
                .help("save it as UTF-8"),
        );
    }
}

fn unreadable(path: &str, why: &str) -> Diagnostic {
    Diagnostic::new(code::UNREADABLE_FILE, format!("cannot read `{path}`: {why}"))
        .help("paths of `include` are relative to the file that they stand in")
}

fn too_large(path: &str, limit: usize, objects: bool) -> Diagnostic {
    let (what, help) = if objects {
        ("Kubernetes objects", "leave out kinds that netc does not use, or split the cluster")
    } else {
        ("sources", "describe repeated things with `for` and `pods … replicas`")
    };
    let limit = limit / 1024 / 1024;
    Diagnostic::new(
        code::SOURCE_TOO_LARGE,
        format!("`{path}` makes the {what} larger than {limit} MiB"),
    )
    .help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_apart_by_ending_and_the_rest_by_its_beginning() {
        assert!(holds_objects("a/objects.yaml", b"cluster lab"));
        assert!(!holds_objects("a/lab.netc", b"kind: List"));
        for text in ["{\"kind\": 1}", "# x\n\n---\n", "apiVersion: v1\n", "\u{feff}kind:\n"] {
            assert!(holds_objects("<stdin>", text.as_bytes()), "{text}");
        }
        for text in ["", "cluster lab {\n}\n", "# kind: List\nnode a\n", "web:80\n"] {
            assert!(!holds_objects("<stdin>", text.as_bytes()), "{text}");
        }
    }
}
