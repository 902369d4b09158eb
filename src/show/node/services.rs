//! Sets, as `ipset list -t` shows them, and virtual servers, as `ipvsadm -Ln` does.

use super::states;
use crate::graph::Ordered;
use crate::object::State;
use crate::show::table::Table;

/// Sets with members, and how many there are without.
pub(super) fn sets(ordered: &Ordered) -> (Table, usize) {
    let mut table = Table::new(&["set", "type", "family", "members"]);
    let mut empty = 0;
    for state in states(ordered) {
        let State::Set(set) = state else { continue };
        if set.members.is_empty() {
            empty += 1;
            continue;
        }
        table.row([
            set.name.to_string().into(),
            set.kind.name().into(),
            set.family.to_string().into(),
            set.members.len().into(),
        ]);
    }
    (table, empty)
}

/// Virtual servers with their real servers.
pub(super) fn servers(ordered: &Ordered) -> Table {
    let mut table =
        Table::new(&["virtual server", "scheduler", "flags", "persistent", "real servers"]);
    for state in states(ordered) {
        let State::Virtual(server) = state else { continue };
        let reals = server.reals.iter().map(|real| match real.weight {
            1 => real.socket.to_string(),
            weight => format!("{} weight {weight}", real.socket),
        });
        let reals: Vec<String> = reals.collect();
        table.row([
            server.address.to_string().into(),
            (&*server.scheduling.scheduler).into(),
            server.scheduling.flag_names().into(),
            server.persistence.map(|seconds| format!("{seconds} s")).into(),
            reals.into(),
        ]);
    }
    table
}
