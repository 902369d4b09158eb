//! What is to be broken or healed, as people type it: `node1`, `pod/shop/web-0`, `link node0 node1`.

use netc_lang::suggest::nearest;
use netc_lang::{Diagnostic, LooseName, code};

/// Something that can be broken, as it was named.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Named {
    /// A host: a node, or `router` or `outside`.
    Host(String),
    /// A pod.
    Pod(LooseName),
    /// A container of Docker, perhaps with its node.
    Container(LooseName),
    /// What is between two hosts.
    Link(String, String),
}

/// The kinds of things that can be named, beside `link`.
const KINDS: [&str; 3] = ["node", "pod", "container"];

/// How things are named.
const FORMS: &str = "name a node, `pod/NAMESPACE/NAME`, `container/NODE/NAME`, `router`, `outside`, or \
                     `link NODE NODE`";

/// Reads what is named, all of it.
///
/// # Errors
/// A word names nothing of the kind.
pub fn read(words: &[String]) -> Result<Vec<Named>, Diagnostic> {
    let mut named = Vec::new();
    let mut rest = words.iter().map(String::as_str);
    while let Some(word) = rest.next() {
        let next = |rest: &mut dyn Iterator<Item = &'_ str>| rest.next().map(str::to_owned);
        named.push(match word.split_once('/') {
            _ if word == "link" => match (next(&mut rest), next(&mut rest)) {
                (Some(one), Some(other)) => Named::Link(host(&one)?, host(&other)?),
                _ => return Err(fault("`link` needs two nodes").help("write `link NODE NODE`")),
            },
            None if KINDS.contains(&word) => match next(&mut rest) {
                Some(name) => of_kind(word, &name)?,
                None => {
                    let help = format!("write `{word}/NAME`");
                    return Err(fault(&format!("`{word}` needs a name")).help(help));
                }
            },
            Some((kind, name)) => of_kind(kind, name)?,
            None => Named::Host(word.to_owned()),
        });
    }
    Ok(named)
}

/// A host, with or without the word for its kind.
fn host(word: &str) -> Result<String, Diagnostic> {
    match word.split_once('/') {
        None => Ok(word.to_owned()),
        Some(("node", name)) => Ok(name.to_owned()),
        Some(_) => {
            let message = format!("`{word}` is no host: `link` is between two nodes");
            Err(fault(&message).help("a pod has one link of its own: `pod/NAME --link`"))
        }
    }
}

fn of_kind(kind: &str, name: &str) -> Result<Named, Diagnostic> {
    let loose = || match name.split_once('/') {
        Some((namespace, name)) => {
            LooseName { namespace: Some(namespace.to_owned()), name: name.to_owned() }
        }
        None => LooseName { namespace: None, name: name.to_owned() },
    };
    match kind {
        "node" => Ok(Named::Host(name.to_owned())),
        "pod" => Ok(Named::Pod(loose())),
        "container" => Ok(Named::Container(loose())),
        "service" => {
            let help = "break a pod or a node that it leads to";
            Err(fault(&format!("`service/{name}` is no thing that breaks")).help(help))
        }
        _ => {
            let help = match nearest(kind, KINDS) {
                Some(meant) => format!("did you mean `{meant}/{name}`?"),
                None => FORMS.to_owned(),
            };
            Err(fault(&format!("`{kind}/{name}` is nothing that can be broken")).help(help))
        }
    }
}

fn fault(message: &str) -> Diagnostic {
    Diagnostic::new(code::NOTHING_TO_BREAK, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> Result<Vec<Named>, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        read(&words).map_err(|fault| format!("{}; {}", fault.message, fault.help.unwrap()))
    }

    #[test]
    fn several_things_can_be_named() {
        let all = said("node1 node/node2 pod shop/web-0 link node0 node/node3 container/n/c");
        let (host, link) = (Named::Host("node1".into()), ("node0".into(), "node3".into()));
        let shop = LooseName { namespace: Some("shop".into()), name: "web-0".into() };
        let container = LooseName { namespace: Some("n".into()), name: "c".into() };
        let other = Named::Host("node2".into());
        let link = Named::Link(link.0, link.1);
        let expected = vec![host, other, Named::Pod(shop), link, Named::Container(container)];
        assert_eq!(all, Ok(expected));
    }

    #[test]
    fn what_names_nothing_is_told() {
        let fault = |line| said(line).unwrap_err();
        assert!(fault("pdo/web").contains("did you mean `pod/web`?"));
        assert!(fault("link node0").contains("`link` needs two nodes"));
        assert!(fault("link pod/a node0").contains("is no host"));
        assert!(fault("pod").contains("`pod` needs a name"));
        assert!(fault("service/web").contains("no thing that breaks"));
        assert!(fault("banana/web").contains("name a node"));
    }
}
