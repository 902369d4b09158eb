//! `netc import flannel`

use super::{finish, texts};
use crate::cli::args::ImportFlannel;
use crate::cli::ui::Ui;
use crate::import::from_flannel;
use netc_lang::{Diagnostic, code, has_errors, schema::Shape};

pub(super) fn run(args: &ImportFlannel, ui: &mut Ui) -> u8 {
    let mut faults = Vec::new();
    if let Err(wrong) = Shape::Device.read(&args.node_device, false) {
        let message = format!("`--node-device {}` {}", args.node_device, wrong.reason);
        let fault = Diagnostic::new(code::WRONG_ARGUMENT, message);
        faults.push(fault.help("name the device that has the nodes' addresses, such as eth0"));
    }
    let paths: Vec<String> = [&args.file].into_iter().chain(&args.leases).cloned().collect();
    let (sources, files) = texts(&paths, &mut faults);
    let mut text = String::new();
    if let ([configuration, leases @ ..], false) = (files.as_slice(), has_errors(&faults)) {
        let (imported, found) = from_flannel(&sources, *configuration, leases, &args.node_device);
        text = imported;
        faults.extend(found);
    }
    finish(&text, &sources, &faults, &args.into, ui)
}
