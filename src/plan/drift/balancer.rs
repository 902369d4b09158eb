//! Sentences about programs that serve.

use crate::emit::ailment;
use crate::object::Balancer;
use crate::plan::balancer::differing;
use similar::ChangeTag;

/// So many lines are shown.
const SHOWN: usize = 6;

/// What is the matter with a program, and the lines of its configuration that differ.
pub(super) fn sentence(wanted: &Balancer, found: &Balancer) -> (String, Vec<String>) {
    let lines = differing(wanted, found);
    let mut all: Vec<String> = ailment(found).into_iter().collect();
    if !lines.is_empty() {
        let lines = match lines.len() {
            1 => "1 line".to_owned(),
            count => format!("{count} lines"),
        };
        all.push(format!("{} differs in {lines}", wanted.file()));
    }
    let mut details: Vec<String> = lines
        .iter()
        .map(|(tag, line)| match tag {
            ChangeTag::Delete => format!("is      {}", line.trim_start()),
            _ => format!("not     {}", line.trim_start()),
        })
        .collect();
    let more = details.len().saturating_sub(SHOWN);
    details.truncate(SHOWN);
    if more > 0 {
        details.push(format!("and {more} more"));
    }
    (all.join("; "), details)
}
