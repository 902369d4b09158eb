//! What BGP speakers say of their configuration, where they are installed.

use super::tool::wide_search;
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
    command.env("LC_ALL", "C").env("PATH", wide_search()).args(options).arg(config);
    let output = command.stdin(Stdio::null()).output().ok()?;
    if output.status.success() {
        return None;
    }
    let said = [output.stderr, output.stdout].concat();
    let said = String::from_utf8_lossy(&said).replace(&config.display().to_string(), "");
    Some(format!("{program}: {}", complaint(&said)))
}

/// The first line that is about the configuration.
fn complaint(said: &str) -> &str {
    // vtysh has a configuration of its own, says so if it may not read that, and goes on.
    let of_itself = |line: &&str| line.contains("vtysh.conf");
    let lines = said.lines().filter(|line| !of_itself(line));
    let mut lines = lines.map(|line| line.trim_start_matches("bird: ").trim_matches([':', ' ']));
    lines.find(|line| !line.is_empty()).unwrap_or("it does not say why")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_is_about_the_configuration() {
        let bird = "bird: :37:1 Link-local addresses require defined interface\n";
        assert_eq!(complaint(bird), "37:1 Link-local addresses require defined interface");
        let vtysh = "% Can't open configuration file /etc/frr/vtysh.conf due to 'Permission denied'.\n\
                     line 2: % Unknown command[25]:  neighbour x\n";
        assert_eq!(complaint(vtysh), "line 2: % Unknown command[25]:  neighbour x");
        assert_eq!(complaint("\n"), "it does not say why");
    }
}
