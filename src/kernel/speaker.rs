//! What BGP speakers say of their configuration, where they are installed.

use crate::model::Speaker;
use std::path::Path;
use std::process::{Command, Stdio};

/// Why a speaker refuses a configuration, in its own words; `None` if it does not, or is not here.
pub fn refuses(speaker: Speaker, config: &Path) -> Option<String> {
    let (program, options) = match speaker {
        Speaker::Bird => ("bird", &["-p", "-c"][..]),
        Speaker::Frr => ("vtysh", &["-C", "-f"][..]),
    };
    let mut command = Command::new(program);
    let output = command.args(options).arg(config).stdin(Stdio::null()).output().ok()?;
    if output.status.success() {
        return None;
    }
    let said = [output.stderr, output.stdout].concat();
    let said = String::from_utf8_lossy(&said).replace(&config.display().to_string(), "");
    let mut lines =
        said.lines().map(|line| line.trim_start_matches("bird: ").trim_matches([':', ' ']));
    let line = lines.find(|line| !line.is_empty()).unwrap_or("it does not say why");
    Some(format!("{program}: {line}"))
}
