//! What comes back when somebody in a lab is asked.

use super::answer::Said;
use std::net::IpAddr;

/// What a question met.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Reply {
    /// An answer.
    Text(String),
    /// The reply to an echo request.
    Echoed,
    /// A connection that nothing came by.
    Mute,
    /// That the connection is refused.
    Refused,
    /// That there is no way, in the kernel's words.
    Unreachable(String),
    /// Nothing.
    Silence,
}

/// What has become of a question, as far as it is compared with what is to become of it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Fate {
    /// A server of the lab answers.
    Answered {
        /// Which.
        by: String,
        /// From which address it saw the question come.
        seen: IpAddr,
    },
    /// Somebody else answers.
    Strange,
    /// An echo request has its reply.
    Echoed,
    /// The port is refused.
    Refused,
    /// There is no way.
    Unreachable,
    /// Nothing comes.
    Silence,
}

impl Reply {
    /// What a server of the lab has said, by HTTP or without it.
    #[must_use]
    pub fn said(&self) -> Option<Said> {
        let Reply::Text(text) = self else { return None };
        Said::read(body(text).lines().next()?)
    }

    /// Its fate.
    #[must_use]
    pub fn fate(&self) -> Fate {
        match self {
            Reply::Text(_) => self.said().map_or(Fate::Strange, |said| Fate::Answered {
                by: said.by,
                seen: said.client.ip(),
            }),
            Reply::Echoed => Fate::Echoed,
            Reply::Refused => Fate::Refused,
            Reply::Unreachable(_) => Fate::Unreachable,
            Reply::Mute | Reply::Silence => Fate::Silence,
        }
    }
}

impl Fate {
    /// Somebody has got the question, and has answered.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        matches!(self, Fate::Answered { .. } | Fate::Strange | Fate::Echoed)
    }

    /// In a phrase: `answered by shop/web-0, which saw 10.244.0.5`.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Fate::Answered { by, seen } => format!("answered by {by}, which saw {seen}"),
            Fate::Strange => "answered by something that is no server of the lab".to_owned(),
            Fate::Echoed => "replied".to_owned(),
            Fate::Refused => "refused".to_owned(),
            Fate::Unreachable => "unreachable".to_owned(),
            Fate::Silence => "no answer".to_owned(),
        }
    }
}

/// The body of a response of HTTP; the whole of what is none.
#[must_use]
pub fn body(text: &str) -> &str {
    let head = text.starts_with("HTTP/").then(|| text.split_once("\r\n\r\n")).flatten();
    head.map_or(text, |(_, body)| body)
}

/// The status of a response of HTTP.
#[must_use]
pub fn status(text: &str) -> Option<u16> {
    text.strip_prefix("HTTP/")?.split(' ').nth(1)?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_with_and_without_http() {
        let line = "shop/web-0 10.0.0.1:80 sees 10.0.0.2:4000\n";
        let plain = Reply::Text(line.to_owned());
        let http = Reply::Text(format!("HTTP/1.1 200 OK\r\nDate: x\r\n\r\n{line}GET /\n"));
        assert_eq!(plain.fate(), http.fate());
        assert_eq!(plain.fate().words(), "answered by shop/web-0, which saw 10.0.0.2");
        assert_eq!(status("HTTP/1.1 404 Not Found\r\n\r\n"), Some(404));
        assert_eq!(status(line), None);
        assert_eq!(Reply::Text("HTTP/1.1 404 Not Found\r\n\r\n".into()).fate(), Fate::Strange);
        assert!(!Reply::Mute.fate().is_answered());
    }
}
