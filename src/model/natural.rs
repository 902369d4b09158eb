//! Natural order: `node2` before `node10`, as people count.

use std::cmp::Ordering;

/// Compares two names, runs of digits by their number.
#[must_use]
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    while let (Some(x), Some(y)) = (left.chars().next(), right.chars().next()) {
        if x.is_ascii_digit() && y.is_ascii_digit() {
            let (first, second) = (digits(left), digits(right));
            // Without leading zeros the longer number is the larger one.
            let (m, n) = (first.trim_start_matches('0'), second.trim_start_matches('0'));
            let order = m.len().cmp(&n.len()).then_with(|| m.cmp(n));
            if order.is_ne() {
                return order;
            }
            left = left.get(first.len()..).unwrap_or("");
            right = right.get(second.len()..).unwrap_or("");
        } else if x == y {
            left = left.get(x.len_utf8()..).unwrap_or("");
            right = right.get(y.len_utf8()..).unwrap_or("");
        } else {
            return x.cmp(&y);
        }
    }
    // Equal as numbers (`a1`, `a01`) or one is a prefix: the bytes decide, so that the order is total.
    left.len().cmp(&right.len()).then_with(|| a.cmp(b))
}

fn digits(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.get(..end).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_digits_count_as_numbers() {
        let mut names = ["web-10", "web-2", "web-1", "api-3", "web-02", "web"];
        names.sort_by(|a, b| compare(a, b));
        assert_eq!(names, ["api-3", "web", "web-1", "web-02", "web-2", "web-10"]);
    }
}
