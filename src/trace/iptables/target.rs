//! What rules do with packets that match.

use super::words::{Words, destination, masked};
use crate::trace::Packet;
use crate::trace::verdict::{Refusal, Translation, Verdict};

/// What a rule does.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Action<'r> {
    /// Nothing that bears on where the packet goes: it counts, logs, or writes down an address.
    Nothing,
    /// It decides.
    Decide(Verdict),
    /// Whoever jumped to the chain goes on.
    Return,
    /// Another mark: these bits are cleared, then those are xor-ed in.
    Mark {
        /// What is xor-ed in.
        value: u32,
        /// What is cleared first.
        mask: u32,
    },
    /// The packet is not tracked.
    NoTrack,
    /// Another chain, and then the next rule.
    Jump(&'r str),
    /// Another chain, and then the rule behind the last jump.
    Goto(&'r str),
    /// What this walk does not know.
    Unknown,
}

/// Targets that let the packet go on as it is, as far as its way goes.
const HARMLESS: [&str; 10] =
    ["LOG", "NFLOG", "ULOG", "TRACE", "AUDIT", "CHECKSUM", "TCPMSS", "CLASSIFY", "DSCP", "TOS"];

impl<'r> Action<'r> {
    /// What a rule does, from what stands behind `-j`. `is_chain` tells whether a chain has a name.
    pub(super) fn of(mut words: Words<'r>, is_chain: impl Fn(&str) -> bool) -> Action<'r> {
        let name = words.value();
        let verdict = match name {
            "ACCEPT" => Some(Verdict::Accept),
            "DROP" => Some(Verdict::Drop),
            "REJECT" => Some(Verdict::Reject(refusal(words.of("--reject-with")))),
            "MASQUERADE" => Some(Verdict::Translate(Translation::Masquerade)),
            "DNAT" | "SNAT" | "REDIRECT" => translation(name, words).map(Verdict::Translate),
            "RETURN" => return Action::Return,
            "MARK" => return mark(words),
            "NOTRACK" => return Action::NoTrack,
            "CT" if words.next().is_some_and(|word| word.text == "--notrack") => {
                return Action::NoTrack;
            }
            name if HARMLESS.contains(&name) => return Action::Nothing,
            name if is_chain(name) => return Action::Jump(name),
            _ => None,
        };
        verdict.map_or(Action::Unknown, Action::Decide)
    }

    /// Changes what it changes of a packet; the mark, if it changes that.
    pub(super) fn change(self, packet: &mut Packet) -> Option<u32> {
        match self {
            Action::Mark { value, mask } => {
                packet.mark = packet.mark & !mask ^ value;
                Some(packet.mark)
            }
            Action::NoTrack => {
                packet.tracked.state = crate::trace::TrackState::Untracked;
                None
            }
            _ => None,
        }
    }
}

/// `--set-xmark`, as which iptables-save prints every change of a mark.
fn mark(words: Words) -> Action {
    match words.of("--set-xmark").and_then(masked) {
        Some((value, mask)) => Action::Mark { value, mask },
        None => Action::Unknown,
    }
}

/// What the sender is told: that nobody has the port, unless the rule says otherwise.
fn refusal(with: Option<&str>) -> Refusal {
    match with {
        None | Some("icmp-port-unreachable" | "icmp6-port-unreachable") => Refusal::PortUnreachable,
        Some("tcp-reset") => Refusal::Reset,
        Some(_) => Refusal::Prohibited,
    }
}

/// Another address; `None` where one is picked out of several.
fn translation(name: &str, words: Words) -> Option<Translation> {
    Some(match name {
        "DNAT" => {
            let (address, port) = destination(words.of("--to-destination")?)?;
            Translation::Destination { address, port }
        }
        "SNAT" => {
            let (address, port) = destination(words.of("--to-source")?)?;
            Translation::Source { address: address?, port }
        }
        _ => match words.of("--to-ports") {
            Some(port) => Translation::Redirect(Some(port.parse().ok()?)),
            None => Translation::Redirect(None),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Action<'_> {
        Action::of(Words::new(text), |name| name == "KUBE-MARK-MASQ")
    }

    #[test]
    fn targets_are_read() {
        let ip = |text: &str| text.parse().unwrap();
        let translated = |translation| Action::Decide(Verdict::Translate(translation));
        let to = Translation::Destination { address: Some(ip("fd00::2")), port: Some(80) };
        assert_eq!(of("DNAT --to-destination [fd00::2]:80"), translated(to));
        let from = Translation::Source { address: ip("10.0.0.1"), port: None };
        assert_eq!(of("SNAT --to-source 10.0.0.1 --random-fully"), translated(from));
        assert_eq!(of("MASQUERADE --random-fully"), translated(Translation::Masquerade));
        assert_eq!(of("REDIRECT --to-ports 53"), translated(Translation::Redirect(Some(53))));
        assert_eq!(of("KUBE-MARK-MASQ"), Action::Jump("KUBE-MARK-MASQ"));
        assert_eq!(of("CT --notrack"), Action::NoTrack);
        assert_eq!(of("LOG --log-prefix \"a b\""), Action::Nothing);
        let refused = |refusal| Action::Decide(Verdict::Reject(refusal));
        assert_eq!(of("REJECT --reject-with tcp-reset"), refused(Refusal::Reset));
        assert_eq!(of("REJECT"), refused(Refusal::PortUnreachable));
        let prohibited = refused(Refusal::Prohibited);
        assert_eq!(of("REJECT --reject-with icmp-admin-prohibited"), prohibited);
    }

    #[test]
    fn what_is_picked_out_of_several_is_not_judged() {
        for text in [
            "DNAT --to-destination 10.0.0.1-10.0.0.9",
            "DNAT --to-destination 10.0.0.1:80-90",
            "SNAT --to-source :80",
            "REDIRECT --to-ports 80-90",
            "TPROXY --on-port 1",
            "CT --helper ftp",
            "CONNMARK --save-mark",
            "NOBODY",
        ] {
            assert_eq!(of(text), Action::Unknown, "{text}");
        }
    }
}
