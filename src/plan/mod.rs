//! Desired state and live state: what is to be done, and how it is shown.

mod diff;
mod equal;
mod live;
mod steps;
mod text;

pub use diff::{Action, Change, diff, foreign};
pub use live::{Live, LiveTable};
pub use steps::{Payload, Step, steps, summary};
pub use text::{Detail, changes as changes_text, command, plan as text};
