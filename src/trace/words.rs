//! Who asks whom, as people type it: `pod/shop/web-0 service/shop/api:http`, or with the kinds as words
//! of their own and a `to` in between.

use netc_lang::suggest::nearest;
use netc_lang::{Diagnostic, PARTIES, Party, code};

/// A question as it was typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Typed<'w> {
    /// Who asks.
    pub from: Party,
    /// Who is asked.
    pub to: Party,
    /// What stands behind them.
    pub rest: &'w [String],
}

/// Reads who asks whom.
///
/// # Errors
/// A word is no party, or one is missing.
pub fn read(words: &[String]) -> Result<Typed<'_>, Diagnostic> {
    let (from, rest) = party(words, "who asks")?;
    let rest = match rest.split_first() {
        Some((word, rest)) if word == "to" || word == "->" => rest,
        _ => rest,
    };
    let (to, rest) = party(rest, "who is asked")?;
    Ok(Typed { from, to, rest })
}

/// Reads the party that words begin with: `KIND/NAME`, `KIND NAME` or an address.
fn party<'w>(words: &'w [String], which: &str) -> Result<(Party, &'w [String]), Diagnostic> {
    let Some((word, rest)) = words.split_first() else {
        return Err(fault(format!("it does not say {which}")).help(FORMS));
    };
    let (kind, name, rest) = match (kind_of(word), word.split_once('/')) {
        (Some(kind), _) => match rest.split_first() {
            Some((name, rest)) => (Some(kind), name.as_str(), rest),
            None => {
                let message = format!("`{kind}` needs a name: it does not say {which}");
                let name = if kind == "outside" { "ADDRESS" } else { "NAME" };
                return Err(fault(message).help(format!("write `{kind}/{name}`")));
            }
        },
        (None, Some((first, name))) if kind_of(first).is_some() => (kind_of(first), name, rest),
        (None, _) if Party::is_address(word) => (None, word.as_str(), rest),
        (None, _) => return Err(nobody(word, which)),
    };
    match Party::read(kind, name) {
        Ok(party) => Ok((party, rest)),
        Err(why) => {
            let shown = kind.map_or_else(|| name.to_owned(), |kind| format!("{kind}/{name}"));
            let fault = fault(format!("`{shown}` {}", why.reason));
            Err(fault.maybe_help(why.help.map(Into::into)))
        }
    }
}

/// The forms of a party.
const FORMS: &str = "name both: `pod/NAMESPACE/NAME`, `service/NAMESPACE/NAME:PORT`, `node/NAME`, \
                     `container/NODE/NAME`, `outside/ADDRESS`, or an address";

fn kind_of(word: &str) -> Option<&'static str> {
    PARTIES.iter().map(|kind| kind.word).find(|kind| *kind == word)
}

/// A word that is neither an address nor begins with a kind.
fn nobody(word: &str, which: &str) -> Diagnostic {
    let first = word.split('/').next().unwrap_or(word);
    let kinds = || PARTIES.iter().map(|kind| kind.word);
    let help = match (nearest(first, kinds()), word.split_once('/')) {
        (Some(kind), Some((_, name))) => format!("did you mean `{kind}/{name}`?"),
        // `pods` is meant to be followed by a name; `node1` is one.
        (Some(kind), None) if word.trim_end_matches('s') == kind => {
            format!("did you mean `{kind}/NAME`?")
        }
        (Some(kind), None) if word.starts_with(kind) => format!("did you mean `{kind}/{word}`?"),
        _ => {
            let name = word.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("NAME");
            format!("say what it is: `pod/{name}`, `service/{name}`, `node/{name}`")
        }
    };
    fault(format!("`{word}` does not say {which}: it is neither an address nor a kind with a name"))
        .help(help)
}

fn fault(message: String) -> Diagnostic {
    Diagnostic::new(code::FAULTY_QUESTION, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(line: &str) -> Result<(String, String, usize), String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let typed = read(&words)
            .map_err(|fault| format!("{}; {}", fault.message, fault.help.unwrap_or_default()))?;
        Ok((typed.from.to_string(), typed.to.to_string(), typed.rest.len()))
    }

    #[test]
    fn both_forms_are_the_same() {
        let short = split("pod/shop/web-0 service/shop/api:http a b");
        assert_eq!(short, split("pod shop/web-0 to service shop/api:http a b"));
        assert_eq!(short, split("pod shop/web-0 service/shop/api:http a b"));
        let (from, to, rest) = short.unwrap();
        assert_eq!(
            (from.as_str(), to.as_str(), rest),
            ("pod shop/web-0", "service shop/api:http", 2)
        );
    }

    #[test]
    fn addresses_need_no_kind() {
        let (from, to, _) = split("outside/203.0.113.9 10.96.0.80:80").unwrap();
        assert_eq!((from.as_str(), to.as_str()), ("outside 203.0.113.9", "10.96.0.80:80"));
        assert!(split("node node1 [fd00::1]:80").is_ok());
        assert!(split("container/n1/web node/n2:30080 .").is_ok());
    }

    #[test]
    fn what_is_nobody_is_told_apart() {
        let said = |line| split(line).unwrap_err();
        assert!(said("pdo/web service/api").contains("did you mean `pod/web`?"));
        assert!(said("web-0 api").contains("say what it is: `pod/web-0`"));
        assert!(said("node0 service/api").contains("did you mean `node/node0`?"));
        assert!(said("pods service/api").contains("did you mean `pod/NAME`?"));
        assert!(said("pod/web outside").contains("write `outside/ADDRESS`"));
        assert!(said("pod/web").contains("it does not say who is asked"));
        assert!(said("pod").contains("`pod` needs a name"));
        assert!(said("").contains("it does not say who asks"));
        assert!(said("pod/web 10.0.0.1:0").contains("10.0.0.1:0"));
    }
}
