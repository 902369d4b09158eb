//! What can be in the way of an apply: it is said clearly, and nothing is half done.

use crate::dump::{dump, same};
use crate::lab::{path_with, run, script, text};
use crate::site::{CLUSTER, Site};
use std::fs::{self, File};
use std::process::{Command, Output};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

impl Site {
    fn command(&self) -> Command {
        let mut command = self.lab.netc();
        command.arg("apply").arg(&self.source);
        command.args(["--node", "node0", "--netns", "node0", "--format", "short"]);
        command
    }

    /// It is refused, and nothing is changed.
    #[track_caller]
    fn refused(&self, output: &Output, parts: &[&str]) {
        let said = text(&output.stderr);
        assert!(!output.status.success(), "{}", text(&output.stdout));
        for part in parts {
            assert!(said.contains(part), "{part:?} is not in {said}");
        }
        same(&dump("node0"), &self.before, &said);
    }

    /// Runs a command that needs no sources; it must succeed.
    #[track_caller]
    fn runs(&self, command: &str) {
        let output = self.netc(command);
        assert!(output.status.success(), "{}", text(&output.stderr));
    }

    #[track_caller]
    fn nothing_is_left_to_do(&self) {
        let said = self.lab.applied(&self.source, "node0", &[]);
        assert_eq!(said, "node0 is as planned: nothing to do\n");
    }

    /// Without the trouble it works, and goes as a whole.
    #[track_caller]
    fn works(&self) {
        let output = self.command().output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        self.runs("destroy");
        same(&dump("node0"), &self.before, "destroyed");
    }
}

#[test]
fn the_second_of_two_applies_is_told_of_the_first() {
    let site = Site::new();
    let tools = site.lab.tools("nft");
    let slow = "#!/bin/sh\nsleep 2\nexec /usr/sbin/iptables-restore \"$@\"\n";
    script(&tools.join("iptables-restore"), slow);
    let mut first = site.command().env("PATH", path_with(&tools)).spawn().unwrap();
    sleep(Duration::from_secs(1));
    let second = site.command().output().unwrap();
    let said = text(&second.stderr);
    let holder = format!("process {} of ", first.id());
    assert!(said.contains("E0606") && said.contains(&holder), "{said}");
    assert!(said.contains("`netc apply "), "{said}");
    assert!(first.wait().unwrap().success());
    site.lab.applied(&site.source, "node0", &[]);
}

#[test]
fn parameters_that_cannot_be_written() {
    let site = Site::new();
    run("mount --bind /proc/sys /proc/sys");
    run("mount -o remount,ro,bind /proc/sys");
    let output = site.command().output().unwrap();
    site.refused(&output, &["error[", "ead-only"]);
    run("umount /proc/sys");
    site.works();
}

#[test]
fn a_missing_capability() {
    let site = Site::new();
    let mut command = Command::new("setpriv");
    command.args(["--bounding-set", "-net_admin", "--inh-caps", "-net_admin"]);
    let netc = site.command();
    command.arg(netc.get_program()).args(netc.get_args());
    command.env("NETC_STATE_DIR", site.lab.memory());
    site.refused(&command.output().unwrap(), &["error[", "CAP_NET_ADMIN"]);
    site.works();
}

#[test]
fn a_full_disk() {
    let site = Site::new();
    let memory = site.lab.memory();
    fs::create_dir(&memory).unwrap();
    run(&format!("mount -t tmpfs -o size=64k tmpfs {}", memory.display()));
    let fill = memory.join("fill");
    let _ = fs::write(&fill, vec![0; 1 << 17]);
    let output = site.command().output().unwrap();
    site.refused(&output, &["error[E0608]", "make room on that disk"]);
    run(&format!("umount {}", memory.display()));
    site.works();
}

/// What must be remembered at the end has its room from the beginning.
#[test]
fn a_disk_that_is_full_once_rules_are_loaded() {
    let site = Site::new();
    let memory = site.lab.memory();
    fs::create_dir(&memory).unwrap();
    run(&format!("mount -t tmpfs -o size=512k tmpfs {}", memory.display()));
    let tools = site.lab.tools("nft");
    let fill = memory.join("fill");
    let text = format!(
        "#!/bin/sh\ncase \"$*\" in *--test*|*--version*) ;; *) cat /dev/zero > {} 2>/dev/null ;; esac\n\
         exec /usr/sbin/iptables-nft-restore \"$@\"\n",
        fill.display()
    );
    script(&tools.join("iptables-restore"), &text);
    let output = site.command().env("PATH", path_with(&tools)).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(fill.metadata().unwrap().len() > 100_000, "the disk was filled");
    fs::remove_file(&fill).unwrap();
    site.nothing_is_left_to_do();
    site.runs("destroy");
    same(&dump("node0"), &site.before, "destroyed");
}

#[test]
fn a_record_that_cannot_be_understood() {
    let site = Site::new();
    site.lab.applied(&site.source, "node0", &[]);
    let folder = site.lab.memory().read_dir().unwrap().next().unwrap().unwrap().path();
    let applied = dump("node0");
    fs::write(folder.join("record.json"), "not what netc writes").unwrap();
    let output = site.command().output().unwrap();
    let said = text(&output.stderr);
    assert!(said.contains("E0607") && said.contains("record.json"), "{said}");
    same(&dump("node0"), &applied, &said);
}

#[test]
fn what_kube_proxy_and_flannel_have_left_is_refused_or_taken_over() {
    let site = Site::new();
    for line in [
        "ip -n node0 link add cni0 type bridge",
        "ip -n node0 link set cni0 up",
        "ip netns exec node0 iptables -w -t nat -N KUBE-SERVICES",
        "ip netns exec node0 iptables -w -t nat -N KUBE-SVC-OLD",
        "ip netns exec node0 iptables -w -t nat -A KUBE-SERVICES -d 10.96.0.9 -j KUBE-SVC-OLD",
        "ip netns exec node0 iptables -w -t nat -A PREROUTING -j KUBE-SERVICES",
    ] {
        run(line);
    }
    let site = Site { before: dump("node0"), ..site };
    let parts = ["error[E0605]", "device cni0", "KUBE-SERVICES, KUBE-SVC-OLD", "`--adopt`"];
    site.refused(&site.command().output().unwrap(), &parts);
    let output = site.command().arg("--adopt").output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    site.nothing_is_left_to_do();
    site.runs("destroy");
    let left = dump("node0");
    assert!(!left.contains("KUBE-") && !left.contains("cni0"), "what was taken over goes too");
}

/// The lock of the programs that change rules of x_tables, taken as they take it.
fn xtables_lock() -> File {
    let lock = File::create("/run/xtables.lock").unwrap();
    lock.lock().unwrap();
    lock
}

#[test]
fn another_program_that_changes_rules_is_waited_for() {
    let site = Site::new();
    let path = path_with(&site.lab.tools("legacy"));
    let (lock, begin) = (xtables_lock(), Instant::now());
    let held = Duration::from_millis(1200);
    let other = thread::spawn(move || {
        sleep(held);
        lock.unlock().unwrap();
    });
    let output = site.command().env("PATH", &path).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(begin.elapsed() >= held, "{:?}", begin.elapsed());
    other.join().unwrap();
    let again = site.command().env("PATH", &path).output().unwrap();
    assert_eq!(text(&again.stdout), "node0 is as planned: nothing to do\n");
}

#[test]
fn another_program_that_does_not_let_go_of_the_rules() {
    let site = Site::new();
    let tools = site.lab.tools("legacy");
    for family in ["iptables", "ip6tables"] {
        // The same tool, with less patience.
        let program = format!("/usr/sbin/{family}-legacy-restore");
        let shorter = "[ \"$3\" = 30 ] && set -- --noflush --wait 1 $4";
        let text = format!("#!/bin/sh\n{shorter}\nexec {program} \"$@\"\n");
        script(&tools.join(format!("{family}-restore")), &text);
    }
    let lock = xtables_lock();
    let output = site.command().env("PATH", path_with(&tools)).output().unwrap();
    let parts = ["error[", "another program keeps the rules locked", "/run/xtables.lock"];
    site.refused(&output, &parts);
    lock.unlock().unwrap();
    let output = site.command().env("PATH", path_with(&tools)).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
}

/// What flannel and a bridge plugin make for node0, and what they have left of a node that is gone.
const FLANNEL: [&str; 16] = [
    "ip -n node0 link add flannel.1 type vxlan id 1 local 192.168.0.10 dev eth0 dstport 8472 nolearning",
    "ip -n node0 link set flannel.1 mtu 1450 address 3a:00:00:00:00:10",
    "ip -n node0 addr add 10.244.0.0/32 dev flannel.1",
    "ip -n node0 link set flannel.1 up",
    "ip -n node0 link add cni0 type bridge",
    "ip -n node0 link set cni0 mtu 1450 address 3a:00:00:00:00:20",
    "ip -n node0 addr add 10.244.0.1/24 brd 10.244.0.255 dev cni0",
    "ip -n node0 link set cni0 up",
    "ip -n node0 route add 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink",
    "ip -n node0 neigh add 10.244.1.0 lladdr 3a:00:00:00:00:11 dev flannel.1 nud permanent",
    "bridge -n node0 fdb add 3a:00:00:00:00:11 dev flannel.1 dst 192.168.0.11 self permanent",
    "ip -n node0 route add 10.244.9.0/24 via 10.244.9.0 dev flannel.1 onlink",
    "ip -n node0 neigh add 10.244.9.0 lladdr 3a:00:00:00:00:19 dev flannel.1 nud permanent",
    "bridge -n node0 fdb add 3a:00:00:00:00:19 dev flannel.1 dst 192.168.0.19 self permanent",
    "ip -n node0 route add 10.20.0.0/16 via 192.168.0.1 proto static",
    "ip -n node0 neigh add 192.168.0.1 lladdr 3a:00:00:00:00:01 dev eth0 nud permanent",
];

/// The devices, entries and routes that flannel has made; sorted.
fn overlay() -> Vec<String> {
    let shown = [
        "ip -n node0 route show dev flannel.1",
        "ip -n node0 neigh show dev flannel.1 nud permanent",
        "bridge -n node0 fdb show dev flannel.1",
    ];
    let shown = shown.map(run).concat();
    let mut lines: Vec<String> = shown.lines().map(|line| line.trim().to_owned()).collect();
    lines.sort();
    lines
}

#[test]
fn the_devices_and_routes_of_a_flannel_are_refused_or_taken_over() {
    let site = Site::new();
    let (flannel, others) = FLANNEL.split_at(14);
    others.iter().for_each(|line| drop(run(line)));
    let clean = dump("node0");
    flannel.iter().for_each(|line| drop(run(line)));
    let site = Site { before: dump("node0"), ..site };
    let node = |number: usize| format!("192.168.0.1{number}/24 on eth0");
    let with_vtep = |source: String, number| {
        source.replace(&node(number), &format!("{}; vtep 3a:00:00:00:00:1{number}", node(number)))
    };
    site.lab.source(&(0..2).fold(CLUSTER.to_owned(), with_vtep));
    let parts =
        ["error[E0605]", "device flannel.1", "device cni0", "route 10.244.1.0/24", "`--adopt`"];
    site.refused(&site.command().output().unwrap(), &parts);
    let number = run("ip -n node0 -o link show flannel.1");
    let output = site.command().arg("--adopt").output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let expected = [
        "10.244.1.0 lladdr 3a:00:00:00:00:11 PERMANENT",
        "10.244.1.0/24 via 10.244.1.0 proto 110 onlink",
        "3a:00:00:00:00:11 dst 192.168.0.11 self permanent",
    ];
    assert_eq!(overlay(), expected);
    let same_device =
        number.split(' ').next() == run("ip -n node0 -o link show flannel.1").split(' ').next();
    assert!(same_device, "the device was made anew");
    site.nothing_is_left_to_do();
    site.runs("rollback");
    same(&dump("node0"), &site.before, "rolled back");
    site.runs("rollback");
    site.nothing_is_left_to_do();
    site.runs("destroy");
    same(&dump("node0"), &clean, "destroyed");
}
