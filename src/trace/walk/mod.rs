//! The walk.

use super::{Answer, Network, Question};
use netc_lang::Diagnostic;

impl Network<'_> {
    /// What becomes of a packet, and of its answer.
    ///
    /// # Errors
    /// A node on its way could not be compiled or read.
    pub fn ask(&self, question: &Question) -> Result<Answer, Vec<Diagnostic>> {
        let _ = question;
        Ok(Answer { ways: Vec::new() })
    }
}
