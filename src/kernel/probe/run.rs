//! Trying a probe until it succeeds.

use super::Probe;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Between two tries. The last one has at least as long.
const PAUSE: Duration = Duration::from_millis(500);

/// How long a connection or an answer to a ping is waited for. A command may take all the time
/// there is: only its author knows what is long for it.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often a process is asked whether it has ended.
const POLL: Duration = Duration::from_millis(20);

/// How much of the end of a command's output is shown.
const TAIL: u64 = 500;

/// A probe that has not succeeded.
#[derive(Debug)]
pub(super) struct Failed {
    /// How often it was tried.
    pub(super) tries: usize,
    /// Why the last try failed.
    pub(super) why: Why,
}

/// Why a try failed.
#[derive(Debug)]
pub(super) enum Why {
    /// It may succeed later.
    NotYet(String),
    /// It can never be tried.
    Never(String),
    /// There is no ping(8).
    NoTool,
}

/// Tries a probe from the calling thread's namespace, until it succeeds or the time is over. It is
/// tried once at least.
pub(super) fn until(probe: &Probe, window: Duration) -> Result<(), Failed> {
    let start = Instant::now();
    let mut tries = 0;
    loop {
        tries += 1;
        let left = window.saturating_sub(start.elapsed()).max(PAUSE);
        let Err(why) = once(probe, left) else { return Ok(()) };
        let over = start.elapsed() + PAUSE > window;
        if over || !matches!(why, Why::NotYet(_)) {
            return Err(Failed { tries, why });
        }
        thread::sleep(PAUSE);
    }
}

fn once(probe: &Probe, limit: Duration) -> Result<(), Why> {
    match probe {
        Probe::Tcp(end) => connect(*end, limit.min(PATIENCE)),
        Probe::Ping(address) => ping(*address, limit),
        Probe::Command(command) => shell(command, limit),
    }
}

fn connect(end: SocketAddr, limit: Duration) -> Result<(), Why> {
    match TcpStream::connect_timeout(&end, limit) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::TimedOut => Err(Why::NotYet(no_answer(limit))),
        Err(error) => Err(Why::NotYet(error.to_string())),
    }
}

fn ping(address: IpAddr, limit: Duration) -> Result<(), Why> {
    let mut command = Command::new("ping");
    let wait = PATIENCE.as_secs().to_string();
    command.args(["-n", "-q", "-c", "1", "-W", &wait, &address.to_string()]);
    // A bit longer than it should take by itself.
    let ran = run(&mut command, limit.min(PATIENCE + PAUSE));
    match ran {
        Err(error) if error.kind() == ErrorKind::NotFound => Err(Why::NoTool),
        Err(error) => Err(Why::Never(format!("ping cannot be started: {error}"))),
        Ok((Some(status), _)) if status.success() => Ok(()),
        // What it says then is of no interest (ping(8): 1 is "no answer").
        Ok((Some(status), _)) if status.code() == Some(1) => Err(Why::NotYet(no_answer(PATIENCE))),
        Ok((Some(status), said)) => Err(Why::NotYet(ended(status, &said))),
        Ok((None, _)) => Err(Why::NotYet(no_answer(limit))),
    }
}

fn no_answer(limit: Duration) -> String {
    format!("no answer in {limit:?}")
}

fn shell(text: &str, limit: Duration) -> Result<(), Why> {
    let mut command = Command::new("sh");
    command.args(["-c", text]);
    match run(&mut command, limit) {
        Err(error) => Err(Why::Never(format!("sh cannot be started: {error}"))),
        Ok((Some(status), _)) if status.success() => Ok(()),
        Ok((Some(status), said)) => Err(Why::NotYet(ended(status, &said))),
        Ok((None, said)) => {
            let so_far = if said.is_empty() { String::new() } else { format!(": {said}") };
            Err(Why::NotYet(format!("it was still running after {limit:.1?}{so_far}")))
        }
    }
}

fn ended(status: ExitStatus, said: &str) -> String {
    match said {
        "" => format!("it ended with {status} and said nothing"),
        said => format!("it ended with {status}: {said}"),
    }
}

/// Runs a command for so long at most, then ends it with all that it has started. Gives how it
/// ended, if it did, and the end of what it said.
fn run(command: &mut Command, limit: Duration) -> io::Result<(Option<ExitStatus>, String)> {
    // A file, not a pipe: what it leaves running in the background does not keep us waiting.
    let mut output = tempfile::tempfile()?;
    let start = Instant::now();
    command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output.try_clone()?);
    let mut child = command.process_group(0).spawn()?;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if start.elapsed() >= limit {
            end(&mut child)?;
            break None;
        }
        thread::sleep(POLL);
    };
    Ok((status, tail(&mut output)?))
}

/// Ends a process and all others of its group, which it leads.
fn end(child: &mut Child) -> io::Result<()> {
    if let Ok(group) = i32::try_from(child.id()) {
        // It may have ended by itself just now.
        let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
    }
    child.wait().map(drop)
}

/// The end of a file, in one line.
fn tail(file: &mut File) -> io::Result<String> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes)?;
    let mut text = String::from_utf8_lossy(&bytes).into_owned();
    // Colours and the like are not for us.
    text.retain(|c| c.is_whitespace() || !c.is_control());
    let words: Vec<&str> = text.split_whitespace().collect();
    let cut = if length > TAIL { "… " } else { "" };
    Ok(format!("{cut}{}", words.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    /// What the last try of a command says.
    fn says(command: &str, millis: u64) -> (usize, String) {
        let probe = Probe::Command(command.to_owned());
        let failed = until(&probe, Duration::from_millis(millis)).unwrap_err();
        let Why::NotYet(why) = failed.why else { panic!("{failed:?}") };
        (failed.tries, why)
    }

    #[test]
    fn a_connection_is_accepted_or_refused() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let probe = Probe::Tcp(listener.local_addr().unwrap());
        until(&probe, Duration::from_secs(5)).unwrap();
        drop(listener);
        let failed = until(&probe, Duration::from_millis(600)).unwrap_err();
        assert_eq!(failed.tries, 2);
        assert!(format!("{failed:?}").contains("refused"), "{failed:?}");
    }

    #[test]
    fn a_command_is_tried_until_it_succeeds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().display();
        let command = format!("test -e {path}/a || {{ touch {path}/a; exit 1; }}");
        until(&Probe::Command(command), Duration::from_secs(5)).unwrap();
    }

    #[test]
    fn what_a_command_says_is_kept() {
        assert_eq!(says("exit 3", 0), (1, "it ended with exit status: 3 and said nothing".into()));
        let (_, why) = says("echo a; echo b >&2; exit 4", 0);
        assert_eq!(why, "it ended with exit status: 4: a b");
        let (_, why) = says("seq 10000; false", 0);
        assert!(why.starts_with("it ended with exit status: 1: … "), "{why}");
        assert!(why.ends_with("9999 10000") && why.len() < 600, "{why}");
    }

    #[test]
    fn a_command_that_does_not_end_is_ended_with_its_children() {
        let start = Instant::now();
        let (tries, why) = says("echo waiting; sleep 61 | sleep 62", 0);
        assert_eq!((tries, why.as_str()), (1, "it was still running after 500.0ms: waiting"));
        // A background process that keeps the output open does not matter.
        until(&Probe::Command("sleep 3 & true".into()), Duration::ZERO).unwrap();
        assert!(start.elapsed() < Duration::from_secs(3));
    }
}
