//! A host of a lab, from within: the process that holds its namespaces.

use super::tool::ip;
use crate::kernel::namespace::Namespace;
use crate::lab::{Host, Pod, Role, setup};
use nix::mount::{MsFlags, mount};
use nix::sys::prctl::{set_name, set_pdeathsig};
use nix::sys::signal::Signal;
use nix::unistd::sethostname;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{self, BufRead, Write};
use std::net::IpAddr;
use std::thread;
use std::time::{Duration, Instant};

/// The variable by which netc on a host finds what it remembers, and its value: in a file system that
/// only the host sees.
pub(super) const STATE: (&str, &str) = ("NETC_STATE_DIR", "/run/netc/state");

/// What a host says when it has come so far.
pub(super) const READY: &str = "lab: ready";
pub(super) const WIRED: &str = "lab: wired";
pub(super) const DONE: &str = "lab: done";
pub(super) const FAILED: &str = "lab: failed";

/// What a host is told.
pub(super) const WIRE: &str = "wire";
pub(super) const GO: &str = "go";

/// What a host is to be.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Order {
    /// The host.
    pub host: Host,
    /// The sources of the cluster, as absolute paths.
    pub sources: Vec<String>,
    /// The lock file, if one was named.
    pub lock: Option<String>,
    /// Somebody has addresses of IPv6, which take time until they can be used.
    pub has_v6: bool,
}

/// Becomes a host, by the order on standard input: when this returns it has its devices and is to be
/// programmed.
///
/// # Errors
/// Why it cannot be one. The hub has been told.
pub fn begin() -> Result<Order, String> {
    // The hub may have ended already: then standard input ends too.
    let _ = set_pdeathsig(Signal::SIGKILL);
    let _ = set_name(c"netc-host");
    let made = make();
    if let Err(why) = &made {
        say(&format!("{FAILED} {}", why.replace('\n', " ")));
    }
    made
}

fn make() -> Result<Order, String> {
    let order: Order = serde_json::from_str(&hear()?).map_err(|error| format!("order: {error}"))?;
    isolate(&order.host).map_err(|error| format!("cannot make its namespaces its own: {error}"))?;
    parameters(order.host.role);
    say(READY);
    told(WIRE)?;
    ip(&setup::commands(&order.host))?;
    say(WIRED);
    told(GO)?;
    Ok(order)
}

/// Mounts that nobody else sees: what tools and netc write while they run.
fn isolate(host: &Host) -> io::Result<()> {
    let none = None::<&str>;
    mount(none, "/", none, MsFlags::MS_PRIVATE | MsFlags::MS_REC, none)?;
    let plain = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some("tmpfs"), "/run", Some("tmpfs"), plain, Some("mode=0755"))?;
    for folder in ["/run/netns", "/run/lock", "/run/netc"] {
        fs::create_dir(folder)?;
    }
    // Where these may not be mounted anew, those of the machine still show the host's network, but
    // not its processes alone.
    let _ = mount(Some("proc"), "/proc", Some("proc"), plain, none);
    let _ = mount(Some("sysfs"), "/sys", Some("sysfs"), plain, none);
    sethostname(&host.name)?;
    Ok(())
}

/// The kernel's parameters of a machine that was just started, whatever this one's are: some are
/// copied into new namespaces (Documentation/networking/ip-sysctl.rst, `devconf_inherit_init_net`).
fn parameters(role: Role) {
    let forwards = if role == Role::Node { "0" } else { "1" };
    let set = |key: &str, value: &str| {
        let _ = fs::write(format!("/proc/sys/net/{key}"), value);
    };
    set("ipv4/ip_forward", forwards);
    set("ipv6/conf/all/forwarding", forwards);
    for scope in ["all", "default"] {
        set(&format!("ipv4/conf/{scope}/rp_filter"), "0");
        set(&format!("ipv4/conf/{scope}/route_localnet"), "0");
        if role != Role::Node {
            set(&format!("ipv4/conf/{scope}/send_redirects"), "0");
            set(&format!("ipv4/conf/{scope}/arp_announce"), "2");
        }
    }
    // Where nobody asks for it, nobody has loaded the module by which bridges ask rules.
    for tool in ["iptables", "ip6tables", "arptables"] {
        set(&format!("bridge/bridge-nf-call-{tool}"), "0");
    }
}

/// Waits until no address of the host and its pods is tentative any more: as long as those of the
/// link are, nobody looks for neighbours (`ndisc_send_ns` in net/ipv6/ndisc.c).
pub fn settle(order: &Order, pods: &[Pod]) {
    const LIMIT: Duration = Duration::from_secs(5);
    const PAUSE: Duration = Duration::from_millis(50);
    /// `IFA_F_TENTATIVE` (linux/if_addr.h)
    const TENTATIVE: u32 = 0x40;
    let has_v6 = |pod: &Pod| pod.addresses.iter().any(IpAddr::is_ipv6);
    if !order.has_v6 && !pods.iter().any(has_v6) {
        return;
    }
    let tentative = |line: &str| {
        let flags = line.split_whitespace().nth(4);
        let flags = flags.and_then(|flags| u32::from_str_radix(flags, 16).ok());
        flags.is_some_and(|flags| flags & TENTATIVE != 0)
    };
    let waits = || {
        let all = fs::read_to_string("/proc/thread-self/net/if_inet6").unwrap_or_default();
        all.lines().any(tentative)
    };
    let begin = Instant::now();
    let mut spaces = vec![None];
    spaces.extend(pods.iter().map(|pod| Some(pod.netns.as_str())));
    while begin.elapsed() < LIMIT {
        spaces.retain(|space| match space {
            None => waits(),
            Some(name) => match Namespace::named(name) {
                Ok(Some(own)) => own.within(waits).unwrap_or(false),
                _ => false,
            },
        });
        if spaces.is_empty() {
            return;
        }
        thread::sleep(PAUSE);
    }
}

/// Tells the hub how it went. Whoever says that it failed is ended by the hub.
pub fn report(done: Result<(), String>) {
    match done {
        Ok(()) => say(DONE),
        Err(why) => say(&format!("{FAILED} {why}")),
    }
}

fn say(line: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// The next line of standard input.
pub(super) fn hear() -> Result<String, String> {
    let mut line = String::new();
    match io::stdin().lock().read_line(&mut line) {
        Ok(0) => Err("the hub has ended".to_owned()),
        Ok(_) => Ok(line.trim_end().to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn told(word: &str) -> Result<(), String> {
    let heard = hear()?;
    if heard == word { Ok(()) } else { Err(format!("`{heard}` instead of `{word}`")) }
}
