//! How pods are joined to their node.

use netc_lang::Span;

/// The bridge that joins the pods of a node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bridge {
    /// Its name on every node.
    pub name: String,
    /// Whether its ports send packets back where they came from.
    pub hairpin: bool,
    /// The `pod-network` statement, or `cluster` if there is none.
    pub span: Span,
}
