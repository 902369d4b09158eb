//! The netc language.
//!
//! ```text
//! text ──parse──> ast ──evaluate──> items      what a program says, typed and unfolded
//!                  │                  ▲
//!                format            schema ──> reference, explain, did you mean
//! ```
//!
//! Every statement has the same form (`lang/grammar.ebnf`); what the words mean stands in one
//! table, the [`schema`], from which checking, documentation and suggestions come. This crate
//! reads no file: a [`Reader`] hands the sources to it.

mod arguments;
pub mod ast;
pub mod code;
mod diagnostic;
mod evaluate;
mod fault;
mod format;
mod parse;
mod party;
mod program;
pub mod schema;
mod scope;
mod shape;
mod span;
pub mod suggest;
mod token;
mod value;

pub use code::Severity;
pub use diagnostic::{Diagnostic, Label, has_errors, sort};
pub use evaluate::evaluate;
pub use format::format;
pub use parse::parse;
pub use party::{LooseName, PARTIES, Party, PartyName, PartyPort};
pub use program::{MAX_BYTES, MAX_OBJECT_BYTES, OneText, Program, Reader, Text, holds_objects};
pub use shape::{Misshapen, seconds};
pub use span::{FileId, Position, Source, Sources, Span};
pub use value::{
    BackendName, FromValue, Given, HostPort, HostPorts, Interface, Item, Mac, Marked, Pair, Port,
    PortName, PortRange, Protocol, QualifiedName, Seconds, Spanned, Translation, Value,
};
