//! What is written down before a node is changed, as JSON, and back.

use super::Fault;
use super::read::{boolean, field, string};
use super::record::{read_record, record};
use super::target::{read_target, target};
use crate::plan::Journal;
use serde_json::{Value, json};

/// A journal as JSON.
#[must_use]
pub fn journal(journal: &Journal) -> Value {
    json!({
        "title": journal.title,
        "back": journal.back,
        "before": target(&journal.before),
        "record": record(&journal.record),
        "after": record(&journal.after),
    })
}

/// A journal from JSON.
///
/// # Errors
/// Where it is not as [`journal`] writes it.
pub fn read_journal(value: &Value) -> Result<Journal, Fault> {
    Ok(Journal {
        title: field(value, "title", |title| string(title).map(str::to_owned))?,
        back: field(value, "back", boolean)?,
        before: field(value, "before", read_target)?,
        record: field(value, "record", read_record)?,
        after: field(value, "after", read_record)?,
    })
}
