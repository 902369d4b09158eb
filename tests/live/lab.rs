//! A laboratory: nodes as network namespaces on one bridge.

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tempfile::TempDir;

/// How long an answer may take. Nothing but a lost packet takes so long.
const PATIENCE: Duration = Duration::from_secs(3);

/// The namespaces of one test. The thread of the test, and all that it starts, is in them.
pub(crate) struct Lab {
    /// Where sources of the test itself can be put.
    folder: TempDir,
}

impl Lab {
    /// Leaves the machine's namespaces for new ones, with an empty /run and a bridge.
    pub(crate) fn enter() -> Lab {
        unshare(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWNET)
            .expect("kernel tests need root or a user namespace: run tests/run.sh");
        let flags = MsFlags::MS_PRIVATE | MsFlags::MS_REC;
        mount(None::<&str>, "/", None::<&str>, flags, None::<&str>).unwrap();
        mount(Some("tmpfs"), "/run", Some("tmpfs"), MsFlags::empty(), None::<&str>).unwrap();
        run("ip link set lo up");
        run("ip link add lan type bridge");
        run("ip link set lan up");
        Lab { folder: TempDir::new().unwrap() }
    }

    /// A machine on the bridge: a namespace with a device and addresses.
    pub(crate) fn machine(&self, name: &str, device: &str, addresses: &[&str]) {
        run(&format!("ip netns add {name}"));
        run(&format!("ip link add p-{name} type veth peer name {device} netns {name}"));
        run(&format!("ip link set p-{name} master lan up"));
        for address in addresses {
            let nodad = if address.contains(':') { "nodad" } else { "" };
            run(&format!("ip -n {name} addr add {address} dev {device} {nodad}"));
        }
        run(&format!("ip -n {name} link set {device} up"));
        run(&format!("ip -n {name} link set lo up"));
    }

    /// A machine with an address of each family on the nodes' segment, 192.168.0.0/24 and fd01::/64.
    pub(crate) fn host(&self, name: &str, number: usize) {
        let addresses = [format!("192.168.0.{number}/24"), format!("fd01::{number}/64")];
        self.machine(name, "eth0", &addresses.each_ref().map(String::as_str));
    }

    /// Writes a source of the test itself.
    pub(crate) fn source(&self, text: &str) -> PathBuf {
        self.file("cluster.netc", text)
    }

    /// Writes a file of the test itself.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// A folder in which one of the two programs is behind the names of the tools of iptables.
    pub(crate) fn tools(&self, backend: &str) -> PathBuf {
        let folder = self.folder.path().join("tools");
        fs::create_dir(&folder).unwrap();
        let program = format!("/usr/sbin/xtables-{backend}-multi");
        for family in ["iptables", "ip6tables"] {
            for tool in ["", "-restore", "-save"] {
                symlink(&program, folder.join(format!("{family}{tool}"))).unwrap();
            }
        }
        folder
    }

    /// netc, which remembers nodes in a folder of the test.
    pub(crate) fn netc(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_netc"));
        command.env("NETC_STATE_DIR", self.memory());
        command
    }

    /// Where netc remembers the nodes of the test.
    pub(crate) fn memory(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// `netc build SOURCES --out out` in the folder of these files, which must succeed; the path
    /// of `out`.
    pub(crate) fn built(&self, sources: &[&str]) -> PathBuf {
        let mut command = self.netc();
        command.arg("build").args(sources).args(["--out", "out"]).current_dir(self.folder.path());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        self.folder.path().join("out")
    }

    /// `netc apply SOURCE --node NODE --netns NODE`
    pub(crate) fn apply(&self, source: &Path, node: &str, more: &[&str]) -> Output {
        self.netc()
            .arg("apply")
            .arg(source)
            .args(["--node", node, "--netns", node])
            .args(more)
            .output()
            .unwrap()
    }

    /// The same, and it must succeed; what it printed.
    pub(crate) fn applied(&self, source: &Path, node: &str, more: &[&str]) -> String {
        let output = self.apply(source, node, more);
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    }
}

impl Drop for Lab {
    /// Programs that netc started do not end with their namespaces.
    fn drop(&mut self) {
        let folder = self.memory().to_string_lossy().into_owned();
        let started = |pid: &i32| {
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            text(&line).contains(&folder)
        };
        let all = fs::read_dir("/proc").unwrap().flatten();
        let all = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        for pid in all.filter(started) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
    }
}

/// The root of the project.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs a command line; it must succeed. What it printed.
pub(crate) fn run(line: &str) -> String {
    let mut words = line.split_whitespace();
    let program = words.next().unwrap();
    let output = Command::new(program).args(words).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}: run tests/run.sh"));
    assert!(output.status.success(), "{line}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// Does something in a namespace, in a thread of its own.
pub(crate) fn within<T: Send + 'static>(
    netns: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    start(netns, work).join().unwrap()
}

/// The same, and does not wait for its end.
pub(crate) fn start<T: Send + 'static>(
    netns: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> JoinHandle<T> {
    let file = File::open(format!("/run/netns/{netns}")).expect(netns);
    thread::spawn(move || {
        setns(file, CloneFlags::CLONE_NEWNET).unwrap();
        work()
    })
}

/// Replaces a tool of a folder by a script.
pub(crate) fn script(tool: &Path, text: &str) {
    let _ = fs::remove_file(tool);
    fs::write(tool, text).unwrap();
    fs::set_permissions(tool, Permissions::from_mode(0o755)).unwrap();
}

/// The search path of programs, with a folder before it.
pub(crate) fn path_with(folder: &Path) -> String {
    format!("{}:{}", folder.display(), std::env::var("PATH").unwrap())
}

/// Serves TCP in a namespace until the test ends: the answer is the server's name and the
/// address that it saw the client at.
pub(crate) fn serve(netns: &str, address: &str) {
    let (name, address) = (netns.to_owned(), address.to_owned());
    let listener = within(netns, move || TcpListener::bind(address).unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            // A server of both families sees IPv4 clients by IPv6 addresses.
            let Ok(peer) = stream.peer_addr() else { continue };
            let _ = write!(stream, "{name} {}", peer.ip().to_canonical());
        }
    });
}

/// Serves UDP in a namespace until the test ends: the answer is the server's name.
pub(crate) fn serve_udp(netns: &str, address: &str) {
    let (name, address) = (netns.to_owned(), address.to_owned());
    let socket = within(netns, move || UdpSocket::bind(address).unwrap());
    thread::spawn(move || {
        while let Ok((_, client)) = socket.recv_from(&mut [0; 64]) {
            let _ = socket.send_to(name.as_bytes(), client);
        }
    });
}

/// What a server answered.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Answer {
    /// The server.
    pub(crate) server: String,
    /// The client's address as the server saw it.
    pub(crate) client: IpAddr,
}

/// Connects from a namespace and reads the answer.
pub(crate) fn ask(netns: &str, to: &str) -> std::io::Result<Answer> {
    let to: SocketAddr = to.parse().unwrap();
    within(netns, move || connect(to))
}

/// Asks many times; every time there must be an answer. How often each answer came.
pub(crate) fn ask_often(netns: &str, to: &str, times: usize) -> BTreeMap<Answer, usize> {
    let (name, to): (String, SocketAddr) = (netns.to_owned(), to.parse().unwrap());
    within(netns, move || {
        let mut answers = BTreeMap::new();
        for turn in 0..times {
            let answer = connect(to);
            let answer =
                answer.unwrap_or_else(|error| panic!("{name} to {to}, try {turn}: {error}"));
            *answers.entry(answer).or_default() += 1;
        }
        answers
    })
}

/// Connects from where this thread is and reads the answer. Whoever takes connections for others, and
/// finds nobody, ends them without one.
fn connect(to: SocketAddr) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect_timeout(&to, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let ended = || std::io::Error::new(ErrorKind::UnexpectedEof, format!("answered `{answer}`"));
    let (server, client) = answer.split_once(' ').ok_or_else(ended)?;
    Ok(Answer { server: server.to_owned(), client: client.parse().unwrap() })
}

/// The servers that answered.
pub(crate) fn servers(answers: &BTreeMap<Answer, usize>) -> Vec<&str> {
    let mut names: Vec<&str> = answers.keys().map(|answer| answer.server.as_str()).collect();
    names.dedup();
    names
}

/// The rules of iptables-save in a namespace: (table, chain) → rules.
pub(crate) fn rules(netns: &str, tool: &str) -> BTreeMap<(String, String), Vec<String>> {
    parse_rules(&run(&format!("ip netns exec {netns} {tool}")))
}

/// Rules by table and chain; policies and counters left out.
pub(crate) fn parse_rules(text: &str) -> BTreeMap<(String, String), Vec<String>> {
    let mut all: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    let mut table = String::new();
    for line in text.lines() {
        let first = |rest: &str| rest.split(' ').next().unwrap().to_owned();
        if let Some(name) = line.strip_prefix('*') {
            table = name.to_owned();
        } else if let Some(rest) = line.strip_prefix(':') {
            all.entry((table.clone(), first(rest))).or_default();
        } else if let Some(rest) = line.strip_prefix("-A ") {
            all.entry((table.clone(), first(rest))).or_default().push(line.to_owned());
        }
    }
    // Built-in chains without rules are there or not, as the kernel likes.
    all.retain(|(_, chain), rules| !rules.is_empty() || chain.contains('-'));
    all
}
