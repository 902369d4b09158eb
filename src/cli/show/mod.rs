//! `netc show`: one file for each kind of thing.

mod cluster;
mod container;
mod docker;
mod ingress;
mod node;
mod pod;
mod service;

use super::args::{self, Format, ShowWhat};
use super::exit;
use super::ui::Ui;
use crate::show::Card;
use netc_lang::suggest::did_you_mean;
use netc_lang::{Diagnostic, QualifiedName};

pub(super) fn run(args: &args::Show, ui: &mut Ui) -> u8 {
    let (card, format) = match &args.what {
        ShowWhat::Pod(args) => (pod::card(args, ui), args.format),
        ShowWhat::Container(args) => (container::card(args, ui), args.format),
        ShowWhat::Cluster(args) => (cluster::card(args, ui), args.format),
        ShowWhat::Ingress(args) => (ingress::card(args, ui), args.format),
        ShowWhat::Docker(args) => (docker::card(args, ui), args.all.format),
        ShowWhat::Node(args) => (node::card(args, ui), args.one.format),
        ShowWhat::Service(args) => (service::card(args, ui), args.one.format),
    };
    match card {
        Ok(card) => {
            show(&card, format, ui);
            exit::OK
        }
        Err(code) => code,
    }
}

fn show(card: &Card, format: Format, ui: &mut Ui) {
    match format {
        Format::Json => ui.json(&card.json()),
        Format::Text | Format::Short => ui.out(&card.text()),
    }
}

/// Something that the cluster does not have.
fn unknown(fault: Diagnostic, help: Option<String>, fallback: &str) -> Diagnostic {
    fault.help(help.unwrap_or_else(|| fallback.to_owned()))
}

/// The thing of a name that stands in a namespace. Without a namespace it is that of `default`, or the
/// only one of the name. If there is none, a help.
fn fitting<'t, T>(
    all: &'t [T],
    name_of: impl Fn(&T) -> &QualifiedName,
    name: &str,
) -> Result<&'t T, Option<String>> {
    let of_name = || all.iter().filter(|one| name_of(one).name == name);
    let found = match name.contains('/') {
        true => all.iter().find(|one| name_of(one).to_string() == name),
        false => {
            let of_default = of_name().find(|one| name_of(one).namespace == "default");
            let mut several = of_name();
            of_default.or_else(|| several.next().filter(|_| several.next().is_none()))
        }
    };
    found.ok_or_else(|| {
        let own: Vec<String> = of_name().map(|one| name_of(one).to_string()).collect();
        if own.is_empty() {
            let names: Vec<String> = all.iter().map(|one| name_of(one).to_string()).collect();
            return did_you_mean(name, names.iter().map(String::as_str));
        }
        Some(format!("name one of them: {}", own.join(", ")))
    })
}
