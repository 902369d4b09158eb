//! What the tests share.

use netc::compile::{Compiled, compile, objects};
use netc::graph::Ordered;
use netc::model::{Cluster, NodeId};
use netc_lang::{Program, Reader, Text};
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
    compiled_files(&[("test.netc", source)])
}

/// Compiles files, in this order.
pub(crate) fn compiled_files(files: &[(&str, &str)]) -> Compiled {
    let roots: Vec<String> = files.iter().map(|(name, _)| (*name).to_owned()).collect();
    let texts = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    compile(&roots, &mut Memory(texts.collect()), None)
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
    artefacts_of(&compiled(source))
}

/// The files of every node, by `node/file`.
pub(crate) fn artefacts_of(compiled: &Compiled) -> BTreeMap<String, String> {
    let Some(built) = &compiled.built else { panic!("{:#?}", compiled.diagnostics) };
    let cluster = &built.cluster;
    let mut all = BTreeMap::new();
    for (node, id) in cluster.nodes.iter().zip((0..).map(NodeId)) {
        let ordered = objects(cluster, node, id).expect("no conflict");
        for (name, content) in netc::artefacts::files(node, &ordered, &compiled.sources) {
            all.insert(format!("{}/{name}", node.name), content.to_string());
        }
    }
    all
}

/// Kubernetes objects as `.netc`.
pub(crate) fn imported(objects: &str) -> String {
    let texts = BTreeMap::from([("objects.json".to_owned(), objects.to_owned())]);
    let (program, faults) = Program::load(&["objects.json".into()], &mut Memory(texts));
    assert!(faults.is_empty(), "{faults:#?}");
    netc::import::to_netc(&program).0
}

/// All clusters to try things on: every example, and every recorded state of a kube-proxy.
pub(crate) fn clusters() -> Vec<(String, Compiled)> {
    let examples = files("examples", "netc.lock").into_iter().map(|lock| {
        let folder = lock.parent().unwrap();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let ends =
            |path: &PathBuf| matches!(path.extension().unwrap().to_str(), Some("netc" | "yaml"));
        let all = files(&format!("examples/{name}"), "");
        let sources = all.into_iter().filter(ends).map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            (path.file_name().unwrap().to_string_lossy().into_owned(), text)
        });
        let sources = Memory(sources.collect());
        (name, sources)
    });
    let recorded = files("tests/conformance/kube-proxy", "objects.json").into_iter().map(|path| {
        let folder = path.parent().unwrap();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let text = |path: PathBuf| fs::read_to_string(path).unwrap();
        let texts = [
            ("cluster.netc".to_owned(), text(folder.join("iptables/cluster.netc"))),
            ("objects.json".to_owned(), text(path)),
        ];
        (name, Memory(texts.into()))
    });
    let compile = |(name, mut sources): (String, Memory)| {
        let roots: Vec<String> = sources.0.keys().cloned().collect();
        (name, compile(&roots, &mut sources, None))
    };
    examples.chain(recorded).map(compile).collect()
}

/// The objects of every node of every such cluster, with a name to tell them by.
pub(crate) fn nodes() -> Vec<(String, Ordered)> {
    let mut all = Vec::new();
    for (name, compiled) in clusters() {
        let Some(built) = &compiled.built else { panic!("{name}: {:#?}", compiled.diagnostics) };
        for (node, id) in built.cluster.nodes.iter().zip((0..).map(NodeId)) {
            let ordered = objects(&built.cluster, node, id).expect("no conflict");
            all.push((format!("{name}/{}", node.name), ordered));
        }
    }
    all
}
