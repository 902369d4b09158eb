//! nginx and HAProxy, as `netc apply` makes them serve, asked with real HTTP from outside.

mod configs;
mod http;
mod killed;
mod kubernetes;
mod life;
mod reloads;
mod routes;

use crate::lab::{Lab, run, text};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

/// Both programs do the same.
const ENGINES: [&str; 2] = ["nginx", "haproxy"];

/// What all clusters of these tests have.
const HEAD: &str = "\
cluster lab {
    pods     10.244.0.0/16, fd00:10:244::/56
    services 10.96.0.0/16, fd00:10:96::/112
    overlay  host-gw
    ingress  ENGINE
}
node node0 { address 192.168.0.10/24, fd01::10/64 on eth0 }
pods shop/web replicas WEBS on node0 { labels app=web; port http 8080 }
pods shop/api replicas 1 on node0 { labels app=api; port http 8080 }
service shop/web { select app=web; port http 80 -> http }
service shop/api { select app=api; port http 80 -> http }
";

/// A node that serves, and a client outside.
struct Site {
    lab: Lab,
    engine: &'static str,
    /// What the cluster has beside the head.
    ingresses: String,
    source: PathBuf,
}

impl Site {
    fn new(engine: &'static str, ingresses: &str) -> Site {
        let lab = Lab::enter();
        lab.machine("node0", "eth0", &["192.168.0.10/24", "fd01::10/64"]);
        lab.machine("client", "eth0", &["192.168.0.9/24", "fd01::9/64"]);
        let source = lab.source("");
        Site { lab, engine, ingresses: ingresses.to_owned(), source }
    }

    /// The cluster with so many pods of the service web.
    fn describe(&self, webs: usize) {
        let head = HEAD.replace("ENGINE", self.engine).replace("WEBS", &webs.to_string());
        fs::write(&self.source, format!("{head}{}", self.ingresses)).unwrap();
    }

    /// The cluster without anybody who serves ingresses.
    fn describe_without_ingress(&self) {
        let head = HEAD.replace("    ingress  ENGINE\n", "").replace("WEBS", "1");
        fs::write(&self.source, head).unwrap();
    }

    fn applied(&self, webs: usize) -> String {
        self.describe(webs);
        self.lab.applied(&self.source, "node0", &[])
    }

    /// A command on the node with the sources.
    fn netc(&self, words: &[&str]) -> Output {
        self.with_fault(words, "")
    }

    /// The same, and it comes upon a fault.
    fn with_fault(&self, words: &[&str], fault: &str) -> Output {
        let (name, more) = words.split_first().unwrap();
        let mut command = self.lab.netc();
        command.arg(name).arg(&self.source).args(["--node", "node0", "--netns", "node0"]);
        command.args(more).env("NETC_FAULT", fault).output().unwrap()
    }

    /// Asks with curl by an address of the node: the status, and the answer.
    fn curl(&self, address: &str, url: &str, more: &[&str]) -> (u16, String) {
        let output = Command::new("ip")
            .args(["netns", "exec", "client", "curl", "-sS", "-m", "5", "--path-as-is"])
            .args(["--resolve", &format!("*:80:{address}"), "--resolve"])
            .args([&format!("*:443:{address}"), "-w", "\n%{http_code}", url])
            .args(more)
            .output()
            .expect("curl: run tests/run.sh");
        let answer = text(&output.stdout);
        let (body, status) = answer.rsplit_once('\n').unwrap();
        let said = if output.status.success() { body.to_owned() } else { text(&output.stderr) };
        (status.parse().unwrap(), said.trim().to_owned())
    }

    /// What the program keeps on the node.
    fn folder(&self) -> Option<PathBuf> {
        let nodes = fs::read_dir(self.lab.memory()).into_iter().flatten().flatten();
        let mut folders = nodes.map(|node| node.path().join("balancer").join(self.engine));
        folders.find(|folder| folder.is_dir())
    }

    /// The process that all others of the program belong to.
    fn master(&self) -> i32 {
        let file = self.folder().unwrap().join(format!("{}.pid", self.engine));
        fs::read_to_string(file).unwrap().trim().parse().unwrap()
    }

    /// Where its configuration is.
    fn config_file(&self) -> PathBuf {
        self.folder().unwrap().join(match self.engine {
            "nginx" => "nginx.conf",
            _ => "haproxy.cfg",
        })
    }

    fn config(&self) -> String {
        fs::read_to_string(self.config_file()).unwrap()
    }

    /// The processes of the program.
    fn processes(&self) -> Vec<i32> {
        let memory = self.lab.memory().display().to_string();
        let all = fs::read_dir("/proc").unwrap().flatten();
        let all = all.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        let own = |pid: &i32| {
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let files = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
            let mut files = files.filter_map(|file| fs::read_link(file.path()).ok());
            let line = text(&line);
            let is = line.contains("nginx") || line.contains("haproxy");
            is && (line.contains(&memory) || files.any(|file| file.starts_with(&memory)))
        };
        all.filter(own).collect()
    }
}

impl Drop for Site {
    /// Namespaces end with the test, programs do not.
    fn drop(&mut self) {
        for pid in self.processes() {
            let _ = Command::new("kill").args(["-KILL", &pid.to_string()]).status();
        }
    }
}

/// Makes a certificate for a host beside the sources.
fn certificate(site: &Site, name: &str, host: &str) {
    let folder = site.source.parent().unwrap().display();
    run(&format!(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
         -keyout {folder}/{name}.key -out {folder}/{name}.crt -subj /CN={host} \
         -addext subjectAltName=DNS:{host}"
    ));
}
