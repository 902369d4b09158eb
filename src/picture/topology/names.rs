//! What the names of replicas have in common.

/// The letters of which Kubernetes makes the ends of names (`SafeEncodeString` in
/// apimachinery/pkg/util/rand: no vowels and no digits that look like them).
const SAFE: &str = "bcdfghjklmnpqrstvwxz2456789";

/// What the name of a replica begins with: `web` of `web-0`, of `web-x7k2p`, which a daemon set
/// makes, and of `web-5d4f8c7b9-x7k2p`, which a deployment makes. A name without such an end is kept.
pub(super) fn stem(name: &str) -> &str {
    let Some((front, last)) = name.rsplit_once('-') else { return name };
    if !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()) {
        return front;
    }
    if last.len() != 5 || !safe(last) {
        return name;
    }
    match front.rsplit_once('-') {
        Some((stem, hash)) if (6..=10).contains(&hash.len()) && safe(hash) => stem,
        // A word of five letters without vowels is a name as well as an end.
        _ if last.bytes().any(|byte| byte.is_ascii_digit()) => front,
        _ => name,
    }
}

fn safe(text: &str) -> bool {
    text.chars().all(|letter| SAFE.contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replicas_have_their_workload_in_common() {
        for (name, expected) in [
            ("web-0", "web"),
            ("web-12", "web"),
            ("web", "web"),
            ("web-frontend", "web-frontend"),
            ("web-5d4f8c7b9-x7k2p", "web"),
            ("coredns-76f75df574-h9bd4", "coredns"),
            ("flannel-ds-x7k2p", "flannel-ds"),
            ("web-0-1", "web-0"),
            ("redis-nginx", "redis-nginx"),
            ("-", "-"),
        ] {
            assert_eq!(stem(name), expected, "{name}");
        }
    }
}
