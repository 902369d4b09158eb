//! How far an apply has come.

use std::time::Duration;

/// What is told on the way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// So many steps of all are done.
    Steps {
        /// How many are done.
        done: usize,
        /// How many there are.
        all: usize,
    },
    /// Connections to real servers that leave, or from addresses that do, have to end, or so much
    /// time to pass, before the next step.
    Draining {
        /// How many have not ended.
        connections: usize,
        /// For how long they may go on.
        left: Duration,
    },
}
