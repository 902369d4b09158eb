//! The files of certificates and keys that are beside the sources.

use super::project::{reason, shown};
use crate::compile::Compiled;
use crate::model::Tls;
use netc_lang::{Diagnostic, Sources, Spanned, code, sort};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Reports files that are not there. What has an absolute path is on a node, perhaps not on this one.
pub(super) fn checked(mut compiled: Compiled) -> Compiled {
    let Some(built) = &compiled.built else { return compiled };
    let served = built.cluster.served_ingresses();
    let files = served
        .flat_map(|ingress| &ingress.tls)
        .flat_map(|tls: &Tls| [("certificate", &tls.certificate), ("key", &tls.key)]);
    let mut told = BTreeSet::new();
    let mut faults = Vec::new();
    for (what, file) in files.filter(|(_, file)| !Path::new(&file.value).is_absolute()) {
        if told.insert(file.span) {
            faults.extend(missing(what, file, &compiled.sources));
        }
    }
    if !faults.is_empty() {
        compiled.built = None;
        compiled.diagnostics.extend(faults);
        sort(&mut compiled.diagnostics);
    }
    compiled
}

/// Where a file is that stands beside the source that names it.
fn beside(file: &Spanned<String>, sources: &Sources) -> PathBuf {
    let source = sources.get(file.span.file).map(|source| source.path.as_str());
    let folder = source.and_then(|source| Path::new(source).parent()).unwrap_or(Path::new(""));
    folder.join(&file.value)
}

fn missing(what: &str, file: &Spanned<String>, sources: &Sources) -> Option<Diagnostic> {
    let path = beside(file, sources);
    let error = readable(&path).err()?;
    let message = format!("cannot read the {what} `{}`: {}", shown(&path), reason(&error));
    Some(Diagnostic::at(code::MISSING_CERTIFICATE, file.span, message).help(format!(
        "put it there, beside this source, or name a file on the node from the root on: \
         `{what} \"/etc/netc/…\"`"
    )))
}

fn readable(path: &Path) -> io::Result<()> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() { Err(ErrorKind::IsADirectory.into()) } else { Ok(()) }
}
