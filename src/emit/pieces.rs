//! Text in pieces.

use std::borrow::Cow;
use std::fmt;

/// The contents of a file, in pieces. Nearly all of a large one is text that objects hold already:
/// it goes from there into the file, without a copy in between.
#[derive(Clone, Default, Debug)]
pub struct Pieces<'o>(Vec<Cow<'o, str>>);

impl<'o> Pieces<'o> {
    /// Appends a piece.
    pub fn push(&mut self, piece: impl Into<Cow<'o, str>>) {
        self.0.push(piece.into());
    }

    /// The pieces, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|piece| &**piece)
    }

    /// The length of the whole text, in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().map(str::len).sum()
    }

    /// Whether the whole text is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().all(str::is_empty)
    }
}

impl From<String> for Pieces<'_> {
    fn from(text: String) -> Self {
        Pieces(vec![Cow::Owned(text)])
    }
}

impl fmt::Display for Pieces<'_> {
    /// The whole text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|piece| f.write_str(piece))
    }
}
