//! Diagnostics for people and machines.

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents,
    ReportHandler, SourceCode, SourceSpan, SpanContents,
};
use netc_lang::{Diagnostic, Label, Severity, Source, Sources, Span};
use serde_json::{Value, json};
use std::fmt;

/// So many diagnostics are shown; the rest is counted.
const SHOWN: usize = 50;

/// Lines of so many bytes are not shown.
const LONG: usize = 2000;

/// With framed excerpts of the sources.
pub(super) fn full(sources: &Sources, diagnostics: &[Diagnostic], color: bool) -> String {
    let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    // Paths and commands are copied: no line ends in the midst of one.
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_links(false)
        .with_width(100)
        .with_word_separator(textwrap::WordSeparator::AsciiSpace);
    let mut out = String::new();
    for diagnostic in diagnostics.iter().take(SHOWN) {
        if !diagnostic.labels.iter().all(|label| fits_a_frame(sources, label.span)) {
            line(&mut out, sources, diagnostic);
            continue;
        }
        let report = Report::new(sources, diagnostic);
        out.push_str(&Framed { handler: &handler, report: &report }.to_string());
    }
    out.push_str(&rest(diagnostics));
    out
}

/// One line each, with indented details.
pub(super) fn short(sources: &Sources, diagnostics: &[Diagnostic]) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics.iter().take(SHOWN) {
        line(&mut out, sources, diagnostic);
    }
    out.push_str(&rest(diagnostics));
    out
}

/// Whether the lines around a place are short enough to be shown: a list of objects may well be
/// one line of many megabytes.
fn fits_a_frame(sources: &Sources, span: Span) -> bool {
    let text = sources.text(span.file).as_bytes();
    let (before, after) = text.split_at_checked(span.range().start).unwrap_or((text, &[]));
    let lines = |bytes: &mut dyn Iterator<Item = &u8>| {
        bytes.take(LONG).filter(|byte| **byte == b'\n').count()
    };
    // The line itself, and one of context on each side.
    (before.len() < LONG || lines(&mut before.iter().rev()) >= 2)
        && (after.len() < LONG || lines(&mut after.iter()) >= 2)
}

/// One diagnostic: a line, with indented details.
fn line(out: &mut String, sources: &Sources, diagnostic: &Diagnostic) {
    let place = diagnostic.span().map_or_else(String::new, |span| at(sources, span) + ": ");
    let word = diagnostic.severity().word();
    let Diagnostic { code, message, .. } = diagnostic;
    out.push_str(&format!("{place}{word}[{}]: {message}\n", code.id));
    for (index, Label { span, text }) in diagnostic.labels.iter().enumerate() {
        match (index, text.is_empty()) {
            (_, true) => {}
            (0, false) => out.push_str(&format!("    here: {text}\n")),
            (_, false) => out.push_str(&format!("    {}: {text}\n", at(sources, *span))),
        }
    }
    if let Some(help) = &diagnostic.help {
        out.push_str(&format!("    help: {help}\n"));
    }
}

/// As an array.
pub(super) fn json(sources: &Sources, diagnostics: &[Diagnostic]) -> Value {
    let label = |Label { span, text }: &Label| {
        let position = sources.position(*span);
        json!({
            "file": sources.get(span.file).map(|source| &source.path),
            "line": position.line,
            "column": position.column,
            "text": text,
        })
    };
    let all = diagnostics.iter().map(|diagnostic| {
        json!({
            "code": diagnostic.code.id,
            "severity": diagnostic.severity().word(),
            "message": diagnostic.message,
            "labels": diagnostic.labels.iter().map(label).collect::<Vec<_>>(),
            "help": diagnostic.help,
        })
    });
    all.collect()
}

/// `path:line:column`
fn at(sources: &Sources, span: Span) -> String {
    let position = sources.position(span);
    let path = sources.get(span.file).map_or("?", |source| &source.path);
    format!("{path}:{}:{}", position.line, position.column)
}

fn rest(diagnostics: &[Diagnostic]) -> String {
    match diagnostics.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!("… and {more} more\n"),
    }
}

/// A diagnostic as miette sees it: the labels of one file. Labels in other files become related
/// reports of their own.
struct Report<'a> {
    diagnostic: &'a Diagnostic,
    message: &'a str,
    source: Option<Named<'a>>,
    labels: Vec<LabeledSpan>,
    others: Vec<Report<'a>>,
    main: bool,
}

impl<'a> Report<'a> {
    fn new(sources: &'a Sources, diagnostic: &'a Diagnostic) -> Report<'a> {
        let file = diagnostic.span().map(|span| span.file);
        let (here, elsewhere): (Vec<&Label>, Vec<&Label>) =
            diagnostic.labels.iter().partition(|label| Some(label.span.file) == file);
        let others = elsewhere
            .into_iter()
            .map(|label| Report::part(sources, diagnostic, &label.text, &[label], false));
        let others = others.collect();
        Report { others, ..Report::part(sources, diagnostic, &diagnostic.message, &here, true) }
    }

    fn part(
        sources: &'a Sources,
        diagnostic: &'a Diagnostic,
        message: &'a str,
        labels: &[&'a Label],
        main: bool,
    ) -> Report<'a> {
        let source = labels.first().and_then(|label| sources.get(label.span.file));
        let source = source.map(Named);
        let spans = labels.iter().enumerate().map(|(index, Label { span, text })| {
            let text = (!text.is_empty()).then(|| text.clone());
            let range = span.range();
            if index == 0 {
                LabeledSpan::new_primary_with_span(text, range)
            } else {
                LabeledSpan::new_with_span(text, range)
            }
        });
        let labels = spans.collect();
        Report { diagnostic, message, source, labels, others: Vec::new(), main }
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message)
    }
}

impl fmt::Debug for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message)
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.main.then(|| Box::new(self.diagnostic.code.id) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity() {
            _ if !self.main => miette::Severity::Advice,
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.diagnostic.help.as_ref().filter(|_| self.main)?;
        Some(Box::new(help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        if self.others.is_empty() {
            return None;
        }
        Some(Box::new(self.others.iter().map(|other| other as &dyn miette::Diagnostic)))
    }
}

/// A source under the path that the user gave.
struct Named<'a>(&'a Source);

impl SourceCode for Named<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let text = self.0.text.as_str();
        let inner = text.read_span(span, before, after)?;
        Ok(Box::new(MietteSpanContents::new_named(
            self.0.path.clone(),
            inner.data(),
            *inner.span(),
            inner.line(),
            inner.column(),
            inner.line_count(),
        )))
    }
}

/// A report with the handler that frames it: miette renders through `Debug`.
struct Framed<'a> {
    handler: &'a GraphicalReportHandler,
    report: &'a Report<'a>,
}

impl fmt::Display for Framed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ReportHandler::debug(self.handler, self.report, f)
    }
}
