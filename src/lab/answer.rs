//! What a server of a lab says.

use std::net::SocketAddr;

/// The fields of a request that are told back: who it was for, and who asked before it was passed on.
pub const FIELDS: [&str; 4] = ["Host", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP"];

/// The first line of every answer.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Said {
    /// The server: `shop/web-0`.
    pub by: String,
    /// The address and port at which it was asked, as it sees them.
    pub server: SocketAddr,
    /// Who asked, as it sees that.
    pub client: SocketAddr,
}

impl Said {
    /// The line.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{} {} sees {}\n", self.by, self.server, self.client)
    }

    /// What a line says, if a server of a lab has said it.
    #[must_use]
    pub fn read(line: &str) -> Option<Said> {
        let mut words = line.trim_end().split(' ');
        let by = words.next()?.to_owned();
        let server = words.next()?.parse().ok()?;
        if words.next() != Some("sees") {
            return None;
        }
        let client = words.next()?.parse().ok()?;
        words.next().is_none().then_some(Said { by, server, client })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_they_are_said() {
        for line in [
            "shop/web-0 10.244.1.2:8080 sees 10.244.0.5:40312\n",
            "node1/cache [fd00::2]:53 sees [fd00::9]:1\n",
        ] {
            assert_eq!(Said::read(line).map(|said| said.line()).as_deref(), Some(line));
        }
        assert_eq!(Said::read("<html> is not ours"), None);
        assert_eq!(Said::read(""), None);
    }
}
