//! Paths of requests, as programs compare them.

/// A path as programs see it when they compare: `%20` is a space. One that would be no text, or
/// would have characters that no path has, stays as it is.
pub(crate) fn decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, others @ ..] = rest {
        let (byte, behind) = match rest {
            [b'%', high, low, behind @ ..] => match hexadecimal(*high, *low) {
                Some(byte) => (byte, behind),
                None => (*first, others),
            },
            _ => (*first, others),
        };
        bytes.push(byte);
        rest = behind;
    }
    match String::from_utf8(bytes) {
        Ok(text) if !text.chars().any(char::is_control) => text,
        _ => path.to_owned(),
    }
}

fn hexadecimal(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// Whether a path lies below a prefix, which ends without `/`: element by element.
pub(crate) fn is_below(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_decoded() {
        for (path, text) in [
            ("/a", "/a"),
            ("/a%20b", "/a b"),
            ("/%C3%A9", "/é"),
            ("/100%", "/100%"),
            ("/%4", "/%4"),
            ("/%zz", "/%zz"),
            // No text, and no character of a path.
            ("/%ff", "/%ff"),
            ("/%0a", "/%0a"),
        ] {
            assert_eq!(decoded(path), text, "{path}");
        }
    }

    #[test]
    fn prefixes_are_compared_by_elements() {
        for (path, prefix, below) in [
            ("/a", "", true),
            ("/a", "/a", true),
            ("/a/", "/a", true),
            ("/a/b", "/a", true),
            ("/ab", "/a", false),
            ("/", "/a", false),
        ] {
            assert_eq!(is_below(path, prefix), below, "{path} {prefix}");
        }
    }
}
