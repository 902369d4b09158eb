//! `netc lab down`

use crate::cli::args::Format;
use crate::cli::args::LabDown;
use crate::cli::exit;
use crate::cli::ui::Ui;
use crate::kernel::lab::Running;
use serde_json::{Value, json};
use std::time::Instant;

pub(super) fn run(args: &LabDown, ui: &mut Ui) -> u8 {
    down(args, ui).err().unwrap_or(exit::OK)
}

fn down(args: &LabDown, ui: &mut Ui) -> Result<(), u8> {
    let format = args.format;
    let labs = if args.all {
        Running::all()
    } else {
        Running::find(args.which.name.as_deref()).map(|lab| vec![lab])
    };
    let labs = labs.map_err(|fault| ui.fail(fault, format))?;
    let mut ended: Vec<Value> = Vec::new();
    let mut code = Ok(());
    if labs.is_empty() && format != Format::Json {
        ui.out("no lab runs\n");
    }
    for lab in labs {
        let (name, begin) = (lab.name().to_owned(), Instant::now());
        match lab.down() {
            Ok(()) => {
                let seconds = begin.elapsed().as_secs_f64();
                if format == Format::Json {
                    ended.push(json!({ "name": name, "seconds": seconds }));
                } else {
                    ui.out(&format!("lab {name} is down in {seconds:.1} s\n"));
                }
            }
            // The others can go down all the same.
            Err(fault) => code = Err(ui.fail(fault, format)),
        }
    }
    if format == Format::Json {
        ui.json(&json!({ "version": 1, "ended": ended }));
    }
    code
}
