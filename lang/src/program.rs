//! All the files of a program: the roots and what they include.

use crate::ast;
use crate::code;
use crate::diagnostic::{Diagnostic, sort};
use crate::parse::{parse, unquote};
use crate::span::{FileId, Sources, Span};
use std::collections::{BTreeMap, BTreeSet};

/// All sources together may have this many bytes. The largest cluster Kubernetes supports
/// (5,000 nodes, 150,000 pods) takes a third of it.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;

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

/// Every file, parsed, and which `include` stands for which.
#[derive(Debug)]
pub struct Program {
    /// The texts.
    pub sources: Sources,
    /// The files named by the user, in the order named.
    pub roots: Vec<FileId>,
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
            files: BTreeMap::new(),
            includes: BTreeMap::new(),
            unbalanced: BTreeSet::new(),
        };
        let known = BTreeMap::new();
        let mut loader = Loader { program, reader, known, bytes: 0, faults: Vec::new() };
        for root in roots {
            if let Some(file) = loader.file(None, root, None) {
                loader.program.roots.push(file);
            }
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
        self.bytes += text.bytes.len();
        if self.bytes > MAX_BYTES {
            self.report(too_large(&text.path), at);
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

fn too_large(path: &str) -> Diagnostic {
    let limit = MAX_BYTES / 1024 / 1024;
    Diagnostic::new(
        code::SOURCE_TOO_LARGE,
        format!("`{path}` makes the sources larger than {limit} MiB"),
    )
    .help("describe repeated things with `for` and `pods … replicas`")
}
