//! A rule as iptables-save prints it, in columns.

/// What stands in the columns.
#[derive(Default, PartialEq, Debug)]
pub(super) struct Columns {
    /// The target with its options.
    pub(super) target: Option<String>,
    pub(super) protocol: Option<String>,
    pub(super) in_device: Option<String>,
    pub(super) out_device: Option<String>,
    pub(super) source: Option<String>,
    pub(super) destination: Option<String>,
    /// All other conditions.
    pub(super) matches: Option<String>,
    pub(super) comment: Option<String>,
}

impl Columns {
    /// Of a rule.
    pub(super) fn of(line: &str) -> Columns {
        let mut columns = Columns::default();
        let mut words = words(line).into_iter().peekable();
        let mut others: Vec<String> = Vec::new();
        let mut not = "";
        while let Some(word) = words.next() {
            let slot = match word.as_str() {
                "!" => {
                    not = "!";
                    continue;
                }
                // The chain, and the names of matches, which their options tell.
                "-A" | "-m" => {
                    words.next();
                    continue;
                }
                "-s" => &mut columns.source,
                "-d" => &mut columns.destination,
                "-i" => &mut columns.in_device,
                "-o" => &mut columns.out_device,
                "-p" => &mut columns.protocol,
                "--comment" => &mut columns.comment,
                "-j" => {
                    let rest: Vec<String> = words.by_ref().collect();
                    columns.target = Some(target(&rest));
                    continue;
                }
                option => {
                    others.push(format!("{not}{}", option.trim_start_matches('-')));
                    not = "";
                    continue;
                }
            };
            *slot = words.next().map(|value| format!("{not}{value}"));
            not = "";
        }
        columns.matches = Some(others.join(" ")).filter(|text| !text.is_empty());
        columns
    }
}

/// A target with its options, as people say it: `DNAT to 10.0.0.1:80`.
fn target(words: &[String]) -> String {
    let shown = words.iter().map(|word| match word.as_str() {
        "--to-destination" | "--to-source" | "--to-ports" => "to",
        other => other.trim_start_matches("--"),
    });
    shown.collect::<Vec<_>>().join(" ")
}

/// The words of a rule; what stands in quotation marks is one.
fn words(line: &str) -> Vec<String> {
    let (mut all, mut word) = (Vec::new(), String::new());
    let (mut quoted, mut begun) = (false, false);
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => word.extend(characters.next()),
            '"' => (quoted, begun) = (!quoted, true),
            ' ' if !quoted => {
                if begun || !word.is_empty() {
                    all.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            other => word.push(other),
        }
    }
    if begun || !word.is_empty() {
        all.push(word);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_taken_apart() {
        let line = "-A X ! -s 10.244.0.0/16 -d 10.96.0.80/32 -i eth0 -p tcp -m comment --comment \"a \\\"b\\\" -j C\" \
                    -m tcp --dport 80 -m addrtype ! --dst-type LOCAL -j DNAT --to-destination 10.0.0.1:80";
        let some = |text: &str| Some(text.to_owned());
        let expected = Columns {
            target: some("DNAT to 10.0.0.1:80"),
            protocol: some("tcp"),
            in_device: some("eth0"),
            out_device: None,
            source: some("!10.244.0.0/16"),
            destination: some("10.96.0.80/32"),
            matches: some("dport 80 !dst-type LOCAL"),
            comment: some("a \"b\" -j C"),
        };
        assert_eq!(Columns::of(line), expected);
        assert_eq!(Columns::of("-A X").target, None);
        assert_eq!(Columns::of("-A X -m comment --comment \"\"").comment, some(""));
    }
}
