//! What rules and elements name.

/// A name of something else in the same table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Reference<'l> {
    /// A chain that packets are sent to.
    Chain(&'l str),
    /// A set or map that is looked into or added to.
    Set(&'l str),
}

/// What a rule or an element names.
pub fn references(line: &str) -> impl Iterator<Item = Reference<'_>> {
    // Comments and the like stand in quotes.
    let words = line.split('"').step_by(2).flat_map(|part| part.split([' ', ',']));
    let mut leads = false;
    words.filter(|word| !word.is_empty()).filter_map(move |word| {
        let led = std::mem::replace(&mut leads, matches!(word, "jump" | "goto"));
        match word.strip_prefix('@') {
            Some(set) => Some(Reference::Set(set)),
            None => led.then_some(Reference::Chain(word)),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::Reference::{Chain, Set};
    use super::*;

    #[test]
    fn names_are_found_wherever_they_stand() {
        let all = |line| references(line).collect::<Vec<_>>();
        let line = "ip saddr @s numgen random mod 2 vmap { 0 : goto a, 1 : jump b-C/tcp/ }";
        assert_eq!(all(line), [Set("s"), Chain("a"), Chain("b-C/tcp/")]);
        assert_eq!(all("10.0.0.1 . tcp . 80 comment \"goto x @y\" : goto z"), [Chain("z")]);
        assert_eq!(all("update @aff { ip saddr } comment \"jump a\""), [Set("aff")]);
        assert_eq!(all("iifname \"@x\" accept"), []);
    }
}
