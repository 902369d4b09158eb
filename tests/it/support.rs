//! What the tests share.

use netc::compile::{Compiled, compile, objects};
use netc::model::{Cluster, NodeId};
use netc_lang::{Reader, Text};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The root of the project.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the project.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All files below a folder with an ending, sorted.
pub(crate) fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Sources in memory.
pub(crate) struct Memory(pub(crate) BTreeMap<String, String>);

impl Reader for Memory {
    fn read(&mut self, _: Option<&str>, path: &str) -> Result<Text, String> {
        let text = self.0.get(path).ok_or("no such file")?;
        Ok(Text { path: path.into(), name: path.into(), bytes: text.clone().into_bytes() })
    }
}

/// Compiles one source.
pub(crate) fn compiled(source: &str) -> Compiled {
    let files = BTreeMap::from([("test.netc".to_owned(), source.to_owned())]);
    compile(&["test.netc".to_owned()], &mut Memory(files), None)
}

/// Compiles one source that has no errors.
pub(crate) fn cluster(source: &str) -> Cluster {
    let compiled = compiled(source);
    match compiled.built {
        Some(built) => built.cluster,
        None => panic!("{:#?}", compiled.diagnostics),
    }
}

/// The files of every node, by `node/file`.
pub(crate) fn artefacts(source: &str) -> BTreeMap<String, String> {
    let compiled = compiled(source);
    let cluster = compiled.built.expect("a cluster").cluster;
    let mut all = BTreeMap::new();
    for (node, id) in cluster.nodes.iter().zip((0..).map(NodeId)) {
        let ordered = objects(&cluster, node, id).expect("no conflict");
        for (name, content) in netc::artefacts::files(node, &ordered, &compiled.program.sources) {
            all.insert(format!("{}/{name}", node.name), content.to_string());
        }
    }
    all
}
