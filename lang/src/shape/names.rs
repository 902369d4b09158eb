//! Names, labels and words.

use super::{Choice, Misshapen, no};
use crate::suggest::did_you_mean;
use crate::value::{Pair, QualifiedName};

fn is_label(word: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let hyphens = word.starts_with('-') || word.ends_with('-');
    !word.is_empty() && word.len() <= 63 && !hyphens && word.bytes().all(fits)
}

pub(super) fn label(word: &str) -> Result<(), Misshapen> {
    if is_label(word) {
        return Ok(());
    }
    if word.len() > 63 {
        return Err(no("is longer than 63 characters"));
    }
    let lower = word.to_ascii_lowercase().replace(['_', '.'], "-");
    let help = "names are lower-case letters, digits and inner hyphens";
    let offered = (lower != word && is_label(&lower)).then(|| format!("{help}: `{lower}`"));
    Err(no("is not a name").help(offered.unwrap_or_else(|| help.into())))
}

/// Labels joined by dots, at most 253 characters (RFC 1123 section 2.1).
pub(super) fn subdomain(word: &str) -> Result<(), Misshapen> {
    if word.len() > 253 {
        return Err(no("is longer than 253 characters"));
    }
    if !word.contains('.') {
        return label(word);
    }
    if word.split('.').all(is_label) {
        return Ok(());
    }
    let help = "names are lower-case letters, digits and inner hyphens, in parts joined by dots";
    Err(no("is not a name").help(help))
}

pub(super) fn service_label(word: &str) -> Result<(), Misshapen> {
    label(word)?;
    if word.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Ok(());
    }
    Err(no("is not a service name").help("service names start with a letter"))
}

pub(super) fn qualified(
    word: &str,
    own: fn(&str) -> Result<(), Misshapen>,
) -> Result<QualifiedName, Misshapen> {
    let (namespace, name) = word.split_once('/').unwrap_or(("default", word));
    let fault = label(namespace).and_then(|()| own(name)).err();
    let Some(fault) = fault else {
        return Ok(QualifiedName { namespace: namespace.into(), name: name.into() });
    };
    // Offer the whole name, not only its faulty part.
    let lower = word.to_ascii_lowercase().replace(['_', '.'], "-");
    if lower != word && qualified(&lower, own).is_ok() {
        return Err(fault
            .help(format!("names are lower-case letters, digits and inner hyphens: `{lower}`")));
    }
    Err(fault)
}

pub(super) fn port_name(word: &str) -> Result<(), Misshapen> {
    let fits = word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let letter = word.bytes().any(|b| b.is_ascii_lowercase());
    let hyphens = word.starts_with('-') || word.ends_with('-') || word.contains("--");
    if fits && letter && !hyphens && word.len() <= 15 {
        return Ok(());
    }
    let help = "port names are at most 15 lower-case letters, digits and single inner hyphens, \
                with a letter among them";
    Err(no("is not a port name").help(help))
}

/// A label with a letter in it, so that nobody takes it for a number.
pub(super) fn service_port_name(word: &str) -> Result<(), Misshapen> {
    if is_label(word) && word.bytes().any(|b| b.is_ascii_lowercase()) {
        return Ok(());
    }
    let help = "port names are at most 63 lower-case letters, digits and inner hyphens; one \
                without a letter stands in quotes";
    Err(no("is not a port name").help(help))
}

pub(super) fn device(word: &str) -> Result<(), Misshapen> {
    if word.len() > 15 {
        return Err(no("is longer than the 15 characters of a device name"));
    }
    if matches!(word, "" | "." | "..") || word.contains(['/', ':']) {
        return Err(no("is not a device name").help("device names have no `/` and no `:`"));
    }
    Ok(())
}

/// What Docker takes for names (`RestrictedNameChars` of its daemon), one letter alone too.
pub(super) fn docker_name(word: &str) -> Result<(), Misshapen> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
    if word.len() > 128 {
        return Err(no("is longer than 128 characters"));
    }
    let begins = word.starts_with(|c: char| c.is_ascii_alphanumeric());
    if begins && word.bytes().all(fits) {
        return Ok(());
    }
    let help = "names are letters, digits, `_`, `.` and `-`, and begin with a letter or \
                digit";
    Err(no("is not a name").help(help))
}

/// What CNI takes for the names of networks and the ids of containers (its specification, section 1
/// and `CNI_CONTAINERID` of section 2).
pub(super) fn cni_name(word: &str) -> Result<(), Misshapen> {
    docker_name(word)
}

/// A network, or another container.
pub(super) fn network_mode(word: &str) -> Result<(), Misshapen> {
    docker_name(word.strip_prefix("container:").unwrap_or(word))
}

pub(super) fn variable(word: &str) -> Result<(), Misshapen> {
    let starts = word.starts_with(|c: char| c.is_ascii_alphabetic());
    if starts && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Ok(());
    }
    Err(no("is not a variable name").help("variables are letters, digits and `_`"))
}

/// The name in a label's key, or a value that is not empty: at most 63 characters, letters and
/// digits at both ends.
fn part(text: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let inner = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    text.len() <= 63
        && edge(text.chars().next())
        && edge(text.chars().last())
        && text.bytes().all(inner)
}

pub(super) fn label_value(word: &str) -> Result<(), Misshapen> {
    if part(word) {
        return Ok(());
    }
    Err(no("is not a zone").help("zones are letters, digits, `-`, `_` and `.`, at most 63"))
}

/// Whether a text can be the key of a label: a name with an optional domain before.
fn is_key(key: &str) -> bool {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    part(name) && prefix.is_none_or(|prefix| prefix.split('.').all(is_label))
}

pub(super) fn label_key(word: &str) -> Result<(), Misshapen> {
    if is_key(word) {
        return Ok(());
    }
    Err(no("is not a name with an optional domain before").help(
        "names are letters, digits, `-`, `_` and `.`, at most 63: `internal-vip`, `example.com/internal-vip`",
    ))
}

/// Kubernetes' label syntax: `[prefix/]name=value`, name and value at most 63 characters.
pub(super) fn pair(word: &str) -> Result<Pair, Misshapen> {
    let Some((key, value)) = word.split_once('=') else {
        return Err(no("is not a label").help("write `key=value`, such as `app=web`"));
    };
    if !is_key(key) {
        return Err(no("has a key that no label can have")
            .help("keys are letters, digits, `-`, `_` and `.`, at most 63, with an optional domain and `/` before"));
    }
    if !value.is_empty() && !part(value) {
        return Err(no("has a value that no label can have")
            .help("values are letters, digits, `-`, `_` and `.`, at most 63"));
    }
    Ok(Pair { key: key.into(), value: value.into() })
}

pub(super) fn choice<'a>(word: &'a str, choices: &[Choice]) -> Result<&'a str, Misshapen> {
    if choices.iter().any(|choice| choice.word == word) {
        return Ok(word);
    }
    let fault = no("is not known here");
    match did_you_mean(word, choices.iter().map(|choice| choice.word)) {
        Some(help) => Err(fault.help(help)),
        None => Err(fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_labels_may_have_a_domain() {
        for word in ["internal-vip", "example.com/internal-vip", "service.k8s.aws/nlb", "A_b.c"] {
            assert!(label_key(word).is_ok(), "{word}");
        }
        for word in ["", "/vip", "example.com/", "a/b/c", "-vip", "Example.com/vip", "a b"] {
            assert!(label_key(word).is_err(), "{word}");
        }
    }
}
