//! Endpoints come and go under requests, and none of these is lost.

use super::http::{Client, serve};
use super::{ENGINES, Site};
use crate::lab::start;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

const INGRESSES: &str = "ingress shop/front { path / -> web:http }\n";

/// So many times the endpoints change.
const RELOADS: usize = 20;

/// Asks without a pause until told to stop: how many answers there were, and what went wrong.
fn asking(
    keeps: bool,
    path: &'static str,
    stop: &Arc<AtomicBool>,
) -> JoinHandle<(usize, Vec<String>)> {
    let stop = Arc::clone(stop);
    start("client", move || {
        let mut client = Client::new("192.168.0.10:80", keeps);
        let (mut answers, mut lost) = (0, Vec::new());
        while !stop.load(Ordering::Relaxed) {
            match client.get("shop.example", path) {
                Ok(_) => answers += 1,
                Err(error) => lost.push(format!("keeps {keeps} {path}: {error}")),
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        (answers, lost)
    })
}

#[test]
fn no_request_is_lost_while_endpoints_come_and_go() {
    for engine in ENGINES {
        let site = Site::new(engine, INGRESSES);
        site.applied(3);
        ["web-0", "web-1", "web-2"].into_iter().for_each(serve);
        let stop = Arc::new(AtomicBool::new(false));
        let asking = [(true, "/"), (true, "/"), (false, "/"), (false, "/"), (false, "/slow")]
            .map(|(keeps, path)| asking(keeps, path, &stop));
        for turn in 0..RELOADS {
            let webs = if turn % 2 == 0 { 2 } else { 3 };
            let said = site.applied(webs);
            assert!(said.contains("as planned"), "{said}");
            if webs == 3 {
                serve("web-2");
            }
        }
        stop.store(true, Ordering::Relaxed);
        let results = asking.map(|one| one.join().unwrap());
        let lost: Vec<&String> = results.iter().flat_map(|(_, lost)| lost).collect();
        assert!(lost.is_empty(), "{engine}: {} lost: {lost:#?}", lost.len());
        for (answers, _) in &results {
            assert!(*answers > 20, "{engine}: {results:?}");
        }
    }
}
