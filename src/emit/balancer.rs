//! Programs that serve, as the commands that a person would type to start, reload and end them.

use crate::model::Engine;
use crate::object::{Balancer, Health, State, certificates_command};

/// Where a node keeps what its programs run by, unless `NETC_STATE_DIR` says otherwise.
const FOLDER: &str = "/var/lib/netc/node/balancer";

/// Puts the configuration in its place and starts the program (nginx(8), haproxy(1)).
pub(super) fn start(own: &Balancer) -> String {
    let (folder, file) = place(own);
    let start = match own.engine {
        Engine::Nginx => format!("nginx -p {folder} -c {file}"),
        Engine::Haproxy => format!("haproxy -D -W -C {folder} -f {file} -p haproxy.pid"),
    };
    format!("{} && {start}", place_files(own))
}

/// Gives it another configuration while it runs; starts it if it does not.
pub(super) fn reload(own: &Balancer) -> String {
    let (folder, file) = place(own);
    let reload = match own.engine {
        Engine::Nginx => format!("nginx -p {folder} -c {file} -s reload"),
        Engine::Haproxy => format!("kill -USR2 $(cat {folder}/haproxy.pid)"),
    };
    format!("{} && {reload}", place_files(own))
}

/// Ends it when the requests that it has are answered.
pub(super) fn end(own: &Balancer) -> String {
    let (folder, file) = place(own);
    match own.engine {
        Engine::Nginx => format!("nginx -p {folder} -c {file} -s quit"),
        Engine::Haproxy => format!("kill -USR1 $(cat {folder}/haproxy.pid)"),
    }
}

/// On which ports it listens, and what was copied for it.
pub(super) fn remark(own: &Balancer) -> Option<String> {
    let mut ports: Vec<String> =
        own.listens().map(|(_, port, protocol)| format!("{port}/{protocol}")).collect();
    ports.sort_unstable_by_key(|port| (port.len(), port.clone()));
    ports.dedup();
    /// So many ports are named.
    const NAMED: usize = 4;
    let more = ports.len().saturating_sub(NAMED);
    ports.truncate(NAMED);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let files = match own.material.len() {
        0 => String::new(),
        1 => ", with a copy of 1 file".to_owned(),
        count => format!(", with copies of {count} files"),
    };
    (!ports.is_empty()).then(|| format!("on {}{more}{files}", ports.join(", ")))
}

/// Puts its configuration in its place, and with it the list of certificates that it tells of.
fn place_files(own: &Balancer) -> String {
    let (folder, file) = place(own);
    let placed = format!("install -D {file} {folder}/{file}");
    match own.certificates() {
        Some(_) => format!("{placed} && {}", certificates_command(file, &folder)),
        None => placed,
    }
}

fn place(own: &Balancer) -> (String, &'static str) {
    (format!("{FOLDER}/{}", own.engine.word()), own.file())
}

/// The configuration of a program, if it is among the states.
pub(crate) fn config<'s>(engine: Engine, states: impl Iterator<Item = &'s State>) -> String {
    let mut found = states.filter_map(|state| match state {
        State::Balancer(own) if own.engine == engine => Some(own),
        _ => None,
    });
    found.next().map_or_else(String::new, |own| own.config.to_string())
}

/// What is wrong with a program that does not do as it should; nothing if it does.
#[must_use]
pub(crate) fn ailment(own: &Balancer) -> Option<String> {
    let program = own.engine.word();
    match own.health {
        Health::Runs => None,
        Health::Stopped => Some(format!("{program} is not running")),
        Health::Stale => Some(format!("{program} runs with older copies of its certificates")),
    }
}
