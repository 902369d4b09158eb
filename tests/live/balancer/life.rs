//! From the first apply to the last: drift, the way back, the end, and what stands in the way.

use super::http::serve;
use super::{ENGINES, Site, certificate};
use crate::lab::{run, text, within};
use std::fs;
use std::net::TcpListener;
use std::process::Command;

const INGRESSES: &str = "ingress shop/front { path /a -> web:http }\n";

impl Site {
    fn status(&self, path: &str) -> u16 {
        self.curl("192.168.0.10", &format!("http://shop.example{path}"), &[]).0
    }

    fn drift(&self) -> String {
        text(&self.netc(&["diff", "--drift"]).stdout)
    }
}

#[test]
fn a_program_that_died_is_drift_and_is_started_again() {
    for engine in ENGINES {
        let site = Site::new(engine, INGRESSES);
        site.applied(1);
        serve("web-0");
        assert_eq!(site.status("/a"), 200);
        assert_eq!(site.netc(&["diff"]).status.code(), Some(0));
        let master = site.master().to_string();
        assert!(Command::new("kill").args(["-KILL", &master]).status().unwrap().success());
        let said = site.drift();
        assert!(said.contains(&format!("{engine} is not running")), "{said}");
        site.applied(1);
        assert_eq!(site.status("/a"), 200);
        assert_ne!(site.master().to_string(), master);
        // Somebody else's line goes.
        let (file, config) = (site.config_file(), site.config());
        fs::write(&file, format!("{config}# by hand\n")).unwrap();
        let said = site.drift();
        assert!(said.contains("differs in 1 line") && said.contains("# by hand"), "{said}");
        site.applied(1);
        assert_eq!(fs::read_to_string(&file).unwrap(), config);
        assert_eq!(site.netc(&["diff"]).status.code(), Some(0));
    }
}

#[test]
fn the_way_back_leads_to_the_former_configuration_and_the_end_leaves_nothing() {
    for engine in ENGINES {
        let mut site = Site::new(engine, INGRESSES);
        site.applied(1);
        serve("web-0");
        let master = site.master();
        site.ingresses = INGRESSES.replace("/a", "/b");
        site.applied(1);
        assert_eq!((site.status("/a"), site.status("/b")), (404, 200));
        let mut rollback = site.lab.netc();
        let output = rollback.args(["rollback", "--netns", "node0"]).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert_eq!((site.status("/a"), site.status("/b")), (200, 404));
        assert_eq!(site.master(), master, "it was never ended");
        let mut destroy = site.lab.netc();
        let output = destroy.args(["destroy", "--netns", "node0"]).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert_eq!(site.processes(), Vec::<i32>::new());
        assert_eq!(site.folder(), None);
        assert_eq!(site.status("/a"), 0);
    }
}

#[test]
fn one_program_takes_over_from_the_other() {
    let mut site = Site::new("nginx", INGRESSES);
    site.applied(1);
    serve("web-0");
    for engine in ["haproxy", "nginx"] {
        let former = site.processes();
        site.engine = engine;
        site.applied(1);
        assert_eq!(site.status("/a"), 200);
        let now = site.processes();
        assert!(former.iter().all(|pid| !now.contains(pid)), "{former:?} {now:?}");
    }
}

#[test]
fn a_fresh_certificate_is_drift_and_is_taken_up() {
    for engine in ENGINES {
        let ingresses = "\
ingress shop/front { host shop.example; path / -> web:http; tls front-tls }
secret shop/front-tls { certificate \"front.crt\"; key \"front.key\" }
";
        let site = Site::new(engine, ingresses);
        certificate(&site, "front", "shop.example");
        site.applied(1);
        serve("web-0");
        let own = site.source.parent().unwrap().join("front.crt").display().to_string();
        let asked = || site.curl("192.168.0.10", "https://shop.example/", &["--cacert", &own]);
        assert_eq!(asked().0, 200, "{:?}", asked());
        certificate(&site, "front", "shop.example");
        assert_eq!(asked().0, 0, "the old one is still there");
        let said = site.drift();
        assert!(said.contains("older copies of its certificates"), "{said}");
        site.applied(1);
        assert_eq!(asked().0, 200, "{:?}", asked());
        let key = site.folder().unwrap().join("shop_front-tls.crt.key");
        let mode =
            std::os::unix::fs::PermissionsExt::mode(&fs::metadata(key).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn what_stands_in_the_way_is_told_and_nothing_changes() {
    for engine in ENGINES {
        let mut site = Site::new(engine, INGRESSES);
        site.describe(1);
        let refused = |site: &Site, code: &str, words: &str| {
            let output = site.netc(&["apply"]);
            let said = text(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{said}");
            assert!(said.contains(code), "{said}");
            let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(flat.contains(words), "{said}");
            assert!(flat.contains("nothing has been changed"), "{said}");
            assert_eq!(site.folder(), None);
        };
        let taken = within("node0", || TcpListener::bind("0.0.0.0:80").unwrap());
        refused(&site, "E0620", &format!("{engine} is to listen on 80/tcp, and "));
        drop(taken);
        // A socket of IPv6 has the port in IPv4 too, unless it is for IPv6 alone.
        let described = fs::read_to_string(&site.source).unwrap();
        let ipv4 = [", fd00:10:244::/56", ", fd00:10:96::/112", ", fd01::10/64"];
        let alone = ipv4.iter().fold(described, |text, ipv6| text.replace(ipv6, ""));
        fs::write(&site.source, alone).unwrap();
        let taken = within("node0", || TcpListener::bind("[::]:80").unwrap());
        refused(&site, "E0620", &format!("{engine} is to listen on 80/tcp, and "));
        drop(taken);
        site.ingresses = "\
ingress shop/front { host shop.example; path / -> web:http; tls front-tls }
secret shop/front-tls { certificate \"/nowhere/tls.crt\"; key \"/nowhere/tls.key\" }
"
        .to_owned();
        site.describe(1);
        refused(&site, "E0619", "cannot read /nowhere/tls.crt: there is no such file");
    }
}

#[test]
fn a_program_that_is_not_installed_is_named_with_its_package() {
    // In a mount namespace of this thread alone.
    for engine in ENGINES {
        let site = Site::new(engine, INGRESSES);
        site.describe(1);
        run(&format!("mount --bind /dev/null /usr/sbin/{engine}"));
        run("mount -t tmpfs tmpfs /usr/local/sbin");
        let output = site.netc(&["apply"]);
        let said = text(&output.stderr);
        run(&format!("umount /usr/sbin/{engine}"));
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(
            said.contains("E0618") && said.contains(&format!("apt-get install {engine}")),
            "{said}"
        );
    }
}
