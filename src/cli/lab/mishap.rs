//! `netc lab break`, `netc lab heal`

use crate::cli::args::{Format, LabBreak, LabHeal};
use crate::cli::exit;
use crate::cli::ui::Ui;
use crate::kernel::lab::{Running, alter, links_of};
use crate::lab::mishap::{Broken, Inmate, Named, Strain, Target, Told, find, read, target, told};
use netc_lang::suggest::{all_of, did_you_mean};
use netc_lang::{Diagnostic, code};
use serde_json::json;

pub(super) fn run_break(args: &LabBreak, ui: &mut Ui) -> u8 {
    match breaking(args) {
        Ok((lab, told)) => {
            show(&lab, "broken", &told, args.format, ui);
            exit::OK
        }
        Err(fault) => ui.fail(fault, args.format),
    }
}

pub(super) fn run_heal(args: &LabHeal, ui: &mut Ui) -> u8 {
    match healing(args) {
        Ok((lab, told)) => {
            if told.is_empty() && args.format != Format::Json {
                ui.note("nothing of it is broken");
            }
            show(&lab, "healed", &told, args.format, ui);
            exit::OK
        }
        Err(fault) => ui.fail(fault, args.format),
    }
}

fn show(lab: &Running, what: &str, all: &[Told], format: Format, ui: &mut Ui) {
    if format == Format::Json {
        ui.json(&json!({ "version": 1, "lab": lab.name(), what: all }));
        return;
    }
    let lines = all.iter().map(|one| match what {
        "healed" => format!("{}: healed ({})\n", one.what, one.how),
        _ => format!("{}: {}\n", one.what, one.how),
    });
    ui.out(&lines.collect::<String>());
}

/// Breaks what is named; what is broken of it now.
fn breaking(args: &LabBreak) -> Result<(Running, Vec<Told>), Diagnostic> {
    let named = read(&args.what)?;
    let strain = Strain { cut: args.link, delay: args.delay, loss: args.loss, rate: args.rate };
    measured(args, &named, strain)?;
    let lab = Running::find(args.which.name.as_deref())?;
    lab.join()?;
    let targets: Vec<Target<'_>> =
        named.iter().map(|one| find(lab.entry(), one)).collect::<Result<_, _>>()?;
    let mut now = Broken::default();
    alter(&lab, |before| {
        let mut after = before.clone();
        for one in &targets {
            add(&lab, &mut after, *one, args, strain)?;
        }
        now = after.clone();
        Ok(after)
    })?;
    let names: Vec<String> = targets.iter().map(|one| target(*one)).collect();
    let all = told(lab.entry(), &now).into_iter().filter(|one| names.contains(&one.what));
    let all = all.collect();
    Ok((lab, all))
}

/// Whether what is named can suffer what is said.
fn measured(args: &LabBreak, named: &[Named], strain: Strain) -> Result<(), Diagnostic> {
    let fault = |message: &str, help: &str| {
        Err(Diagnostic::new(code::NOTHING_TO_BREAK, message).help(help.to_owned()))
    };
    let links = named.iter().filter(|one| matches!(one, Named::Link(..))).count();
    let said = args.down || !strain.is_none();
    if links < named.len() && !said {
        let help = "`--link` cuts its links, `--loss 10%`, `--delay 50ms` and `--rate 1mbit` make \
                    them bad, and `--down` stops a whole node";
        return fault("it does not say how it is to be broken", help);
    }
    let only_cut = !args.down && Strain { cut: false, ..strain }.is_none();
    if links > 0 && !(only_cut && args.device.is_none()) {
        let help = "break the links of a host instead, as `NODE --delay 50ms`";
        return fault("`link NODE NODE` can be cut, and nothing else", help);
    }
    if args.down && named.iter().any(|one| matches!(one, Named::Pod(_) | Named::Container(_))) {
        let help = "`--link` cuts the link of a pod, which looks the same from everywhere else";
        return fault("`--down` is for nodes, the router and the outside", help);
    }
    if args.down && args.device.is_some() {
        let help = "leave out `--device`, or cut one link by `--link --device`";
        return fault("`--down` takes all of a host down", help);
    }
    Ok(())
}

fn add(
    lab: &Running,
    broken: &mut Broken,
    target: Target<'_>,
    args: &LabBreak,
    strain: Strain,
) -> Result<(), Diagnostic> {
    match target {
        Target::Link(one, other) => {
            broken.parted.insert((one.name.clone(), other.name.clone()));
        }
        Target::Host(host) => {
            let all = host.wires.iter().map(|wire| wire.device.clone()).collect();
            let devices = chosen(&host.name, all, args.device.as_deref())?;
            let own = broken.hosts.entry(host.name.clone()).or_default();
            *own = own.and(args.down, &devices, strain);
        }
        Target::Pod(node, pod) => {
            let inmate = Inmate { node: node.name.clone(), netns: pod.netns.clone() };
            let all = links_of(lab, &inmate)?;
            let devices = chosen(&pod.name, all, args.device.as_deref())?;
            let own = broken.pods.entry(inmate).or_default();
            *own = own.and(false, &devices, strain);
        }
    }
    Ok(())
}

/// The devices that are to suffer.
fn chosen(whose: &str, all: Vec<String>, wanted: Option<&str>) -> Result<Vec<String>, Diagnostic> {
    if all.is_empty() {
        let message = format!("`{whose}` has no link that could be broken");
        return Err(Diagnostic::new(code::NOTHING_TO_BREAK, message));
    }
    let Some(wanted) = wanted else { return Ok(all) };
    if all.iter().any(|device| device == wanted) {
        return Ok(vec![wanted.to_owned()]);
    }
    let names = || all.iter().map(String::as_str);
    let help = did_you_mean(wanted, names());
    let help = help.unwrap_or_else(|| format!("its links are {}", all_of(names())));
    let message = format!("`{whose}` has no link on a device `{wanted}`");
    Err(Diagnostic::new(code::NOTHING_TO_BREAK, message).help(help))
}

/// Heals what is named, or everything; what was broken of it.
fn healing(args: &LabHeal) -> Result<(Running, Vec<Told>), Diagnostic> {
    let named = read(&args.what)?;
    let lab = Running::find(args.which.name.as_deref())?;
    lab.join()?;
    let targets: Vec<Target<'_>> =
        named.iter().map(|one| find(lab.entry(), one)).collect::<Result<_, _>>()?;
    let mut healed = Vec::new();
    alter(&lab, |before| {
        let mut after = before.clone();
        if targets.is_empty() {
            after = Broken::default();
        }
        targets.iter().for_each(|one| remove(&mut after, *one));
        let now = told(lab.entry(), &after);
        healed = told(lab.entry(), before);
        healed.retain(|one| !now.contains(one));
        Ok(after)
    })?;
    Ok((lab, healed))
}

fn remove(broken: &mut Broken, target: Target<'_>) {
    match target {
        Target::Link(one, other) => {
            broken.parted.remove(&(one.name.clone(), other.name.clone()));
        }
        Target::Host(host) => {
            broken.hosts.remove(&host.name);
            broken.parted.retain(|(one, other)| *one != host.name && *other != host.name);
        }
        Target::Pod(node, pod) => {
            let inmate = Inmate { node: node.name.clone(), netns: pod.netns.clone() };
            broken.pods.remove(&inmate);
        }
    }
}
