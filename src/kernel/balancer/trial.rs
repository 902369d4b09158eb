//! Testing a configuration: `nginx -t`, `haproxy -c`, in a folder that goes away again.

use super::program::{complaints, nginx_user};
use super::{failed, folder};
use crate::kernel::error::KernelError;
use crate::kernel::machine::Machine;
use crate::kernel::tool::wide_search;
use crate::model::Engine;
use crate::object::{Balancer, CERTIFICATES, Material, Netns};
use nix::sched::{CloneFlags, unshare};
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

/// Whether the program takes a configuration, on the node itself. Nothing of it is changed.
pub(in crate::kernel) fn test(machine: &mut Machine, wanted: &Balancer) -> Result<(), KernelError> {
    let kept = folder(machine, wanted.engine)?;
    let copy = |name: &str| fs::read(kept.file(name));
    machine.namespace(&Netns::Node)?.within(|| match run(wanted, &copy, false) {
        Ok(None) => Ok(()),
        Ok(Some(refusal)) => Err(failed(wanted.engine, refusal)),
        Err(error) => Err(failed(wanted.engine, format!("cannot be started: {error}"))),
    })?
}

/// What became of a test.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Tried {
    /// The program takes the configuration.
    Fine,
    /// It does not, and says why.
    Refused(String),
    /// It was not asked: it is not installed here, or a certificate is not at hand.
    Untried(String),
}

/// Whether a program of this machine takes a configuration, wherever it is to be used.
#[must_use]
pub fn try_config(wanted: &Balancer) -> Tried {
    let program = wanted.engine.word();
    let missing =
        |copy: &&Material| copy.path.0.as_ref().is_none_or(|path| !Path::new(&**path).is_file());
    if let Some(copy) = wanted.material.iter().find(missing) {
        let why = format!("{} was not tested: {} is not on this machine", wanted.file(), copy.from);
        return Tried::Untried(why);
    }
    let tried = std::thread::scope(|scope| {
        let tried = scope.spawn(|| {
            // The test of nginx takes the ports for a moment: it does so where nobody is, if it may.
            let _ = unshare(CloneFlags::CLONE_NEWNET);
            run(wanted, &|_| Err(io::ErrorKind::NotFound.into()), true)
        });
        tried.join().unwrap_or_else(|_| Err(io::Error::other("the thread ended")))
    });
    match tried {
        Ok(None) => Tried::Fine,
        Ok(Some(refusal)) => Tried::Refused(refusal),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Tried::Untried(format!(
            "{} was not tested: {program} is not installed here",
            wanted.file()
        )),
        Err(error) => Tried::Untried(format!("{} was not tested: {error}", wanted.file())),
    }
}

/// What the program says against a configuration. `copy` gives what an earlier run has copied.
/// Elsewhere than on the node itself it does not matter whether its ports can be had.
fn run(
    wanted: &Balancer,
    copy: &dyn Fn(&str) -> io::Result<Vec<u8>>,
    elsewhere: bool,
) -> io::Result<Option<String>> {
    let scratch = tempfile::tempdir()?;
    fs::write(scratch.path().join(wanted.file()), wanted.config.as_bytes())?;
    if let Some(list) = wanted.certificates() {
        fs::write(scratch.path().join(CERTIFICATES), list)?;
    }
    for own in &wanted.material {
        let path = own.path.0.as_ref();
        let bytes = path.and_then(|path| fs::read(&**path).ok());
        let bytes = match bytes {
            Some(bytes) => bytes,
            None => copy(&own.name)?,
        };
        fs::write(scratch.path().join(&*own.name), bytes)?;
    }
    let mut command = Command::new(wanted.engine.word());
    command.env("LC_ALL", "C").env("PATH", wide_search()).current_dir("/");
    match wanted.engine {
        Engine::Nginx => {
            command.arg("-t").arg("-q").arg("-p").arg(scratch.path()).args(["-c", wanted.file()]);
            command.args(["-g", &nginx_user()]);
        }
        Engine::Haproxy => {
            command.args(["-c", "-q", "-C"]).arg(scratch.path()).args(["-f", wanted.file()]);
        }
    }
    let output = command.output()?;
    if output.status.success() {
        return Ok(None);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let refusal = complaints(&said, "it does not take its configuration");
    if elsewhere && is_of_socket(&refusal) {
        return Ok(None);
    }
    let folder = format!("{}/", scratch.path().display());
    Ok(Some(placed(wanted, &refusal.replace(&folder, ""))))
}

/// Whether a complaint comes from taking a port: everything else was read by then.
fn is_of_socket(refusal: &str) -> bool {
    ["bind() to ", "socket() ", "setsockopt("].iter().any(|call| refusal.starts_with(call))
}

/// A complaint with the line that it is about and what that is for, if it names one.
fn placed(wanted: &Balancer, refusal: &str) -> String {
    let file = wanted.file();
    let number = refusal.split_once(&format!("{file}:")).map(|(_, rest)| rest);
    let number = number.and_then(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<usize>().ok()
    });
    let Some(number) = number.filter(|number| *number > 0) else { return refusal.to_owned() };
    let line = wanted.config.lines().nth(number - 1).unwrap_or_default().trim();
    let above = wanted.config.lines().take(number);
    let about = above.filter_map(|line| line.split_once("# ")).last().map(|(_, about)| about);
    match about {
        Some(about) if !line.contains(about) => format!("{refusal} (`{line}`, of {about})"),
        _ => format!("{refusal} (`{line}`)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_tells_the_line() {
        let config = "# a\nevents { }\n# ingress shop/front\nlocation /a { bad; }\n";
        let own = Balancer::new(Engine::Nginx, config);
        assert_eq!(
            placed(&own, "unknown directive \"bad\" in nginx.conf:4"),
            "unknown directive \"bad\" in nginx.conf:4 (`location /a { bad; }`, of ingress shop/front)"
        );
        assert_eq!(placed(&own, "no memory"), "no memory");
    }
}
