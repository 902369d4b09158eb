//! Several nodes in a few words.

/// So many are named.
const NAMED: usize = 4;

/// Some of all nodes: `node1, node2, node3 and 37 more`, or `all nodes but node7`.
pub(super) fn names(some: &[&str], all: &[&str]) -> String {
    let others: Vec<&str> = all.iter().copied().filter(|name| !some.contains(name)).collect();
    match others.as_slice() {
        [] if some.len() == 2 => "both nodes".to_owned(),
        [] if some.len() > 1 => format!("all {} nodes", some.len()),
        [other] if some.len() > NAMED => format!("all nodes but {other}"),
        [first, second] if some.len() > NAMED => format!("all nodes but {first} and {second}"),
        _ => listed(some),
    }
}

fn listed(some: &[&str]) -> String {
    match some.split_at_checked(NAMED - 1) {
        Some((named, rest)) if rest.len() > 1 => {
            format!("{} and {} more", named.join(", "), rest.len())
        }
        _ => some.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_nodes_take_few_words() {
        let all: Vec<String> = (1..=9).map(|number| format!("n{number}")).collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        assert_eq!(names(&all, &all), "all 9 nodes");
        assert_eq!(names(&all[..8], &all), "all nodes but n9");
        assert_eq!(names(&all[2..], &all), "all nodes but n1 and n2");
        assert_eq!(names(&all[..6], &all), "n1, n2, n3 and 3 more");
        assert_eq!(names(&all[..4], &all), "n1, n2, n3, n4");
        assert_eq!(names(&all[..1], &all), "n1");
        assert_eq!(names(&all[..1], &all[..1]), "n1");
        assert_eq!(names(&all[..2], &all[..2]), "both nodes");
    }
}
