//! The node's kernel parameters as a file for `sysctl -p`: `sysctl.conf`.

use crate::object::{Id, Netns, State};

/// Stands before a parameter of which more would do: sysctl(8) has no word for that.
pub(crate) const MINIMUM: &str = "# a minimum: leave a higher value as it is\n";

/// The parameters of the node's own namespace that need no device; those of devices and of pods
/// are set when these are made. Empty if there are none.
#[must_use]
pub fn parameters<'a>(states: impl Iterator<Item = &'a State>) -> String {
    let lines = states.filter_map(|state| match state {
        State::Sysctl(sysctl) if sysctl.netns == Netns::Node => match sysctl.after {
            Some(Id::Link(..)) => None,
            _ => {
                let least = if sysctl.minimum { MINIMUM } else { "" };
                Some(format!("{least}{} = {}\n", sysctl.key, sysctl.value))
            }
        },
        _ => None,
    });
    lines.collect()
}
