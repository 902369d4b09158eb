//! What `netc graph` draws: for every other file in `tests/graph/CASE` the picture of
//! `cluster.netc` that it is named after, `topology` or a node, in the language of its ending.

use crate::{compare, entries, netc, root, text};
use libtest_mimic::{Failed, Trial};
use std::path::Path;

pub(crate) fn trials() -> Vec<Trial> {
    let files = entries(&root().join("tests/graph")).into_iter().flat_map(|case| {
        let name = name(&case);
        let pictures = entries(&case).into_iter().filter(|path| !path.ends_with("cluster.netc"));
        pictures.map(move |path| (name.clone(), path)).collect::<Vec<_>>()
    });
    let trials = files.map(|(case, path)| {
        Trial::test(format!("graph::{case}::{}", name(&path)), move || check(&path))
    });
    trials.collect()
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn check(path: &Path) -> Result<(), Failed> {
    let file = name(path);
    let (picture, ending) = file.rsplit_once('.').ok_or("the ending tells the language")?;
    let format = if ending == "mmd" { "mermaid" } else { ending };
    let mut words = vec!["graph", "cluster.netc", "--format", format];
    if picture != "topology" {
        words.extend(["--node", picture]);
    }
    let output = netc(path.parent().unwrap_or(path), &words);
    if !output.stderr.is_empty() {
        return Err(text(&output.stderr).into());
    }
    compare(path, &text(&output.stdout))
}
