//! iptables tables, and the names of chains.

use arrayvec::ArrayString;
use std::fmt;

/// An iptables table. What drops packets is loaded before what lets them in, and, as kube-proxy has
/// it, filter before nat.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Table {
    /// `raw`
    Raw,
    /// `mangle`
    Mangle,
    /// `filter`
    Filter,
    /// `nat`
    Nat,
}

impl Table {
    /// All tables, in the order in which they are loaded.
    pub const ALL: [Table; 4] = [Table::Raw, Table::Mangle, Table::Filter, Table::Nat];

    /// The name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Table::Raw => "raw",
            Table::Mangle => "mangle",
            Table::Filter => "filter",
            Table::Nat => "nat",
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The name of a chain: at most 28 characters (`XT_FUNCTION_MAXNAMELEN` in x_tables.h is 29
/// with the final zero).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChainName(ArrayString<28>);

impl ChainName {
    /// A name put together from parts. What goes beyond the limit is left out, a part at a time.
    #[must_use]
    pub fn new(parts: &[&str]) -> ChainName {
        let mut name = ArrayString::new();
        for part in parts {
            let room = part.get(..name.remaining_capacity()).unwrap_or(part);
            // A part that does not end at a character's boundary does not fit at all.
            let _ = name.try_push_str(room);
        }
        ChainName(name)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for ChainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for ChainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_at_28_characters_and_sort_as_text() {
        let long = ChainName::new(&["KUBE-SVC-", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]);
        assert_eq!(long.as_str(), "KUBE-SVC-ABCDEFGHIJKLMNOPQRS");
        assert!(ChainName::new(&["KUBE-A"]) < ChainName::new(&["KUBE-AA"]));
        assert!(ChainName::new(&["KUBE-AZ"]) < ChainName::new(&["KUBE-B"]));
    }
}
