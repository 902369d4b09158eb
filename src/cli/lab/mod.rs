//! `netc lab`

mod apply;
mod asked;
mod curl;
mod down;
mod each;
mod exec;
mod host;
mod list;
mod mishap;
mod nodes;
mod place;
mod status;
mod test;
mod up;

use super::args::{self, LabCommand};
use super::exit;
use super::ui::Ui;
use crate::kernel::lab::hub;

pub(super) fn run(args: &args::Lab, ui: &mut Ui) -> u8 {
    match &args.command {
        LabCommand::Up(args) => up::run(args, ui),
        LabCommand::Apply(args) => apply::run(args, ui),
        LabCommand::List(args) => list::run(args, ui),
        LabCommand::Exec(args) => exec::run(args, ui),
        LabCommand::Curl(args) => curl::run(args, ui),
        LabCommand::Test(args) => test::run(args, ui),
        LabCommand::Status(args) => status::run(args, ui),
        LabCommand::Break(args) => mishap::run_break(args, ui),
        LabCommand::Heal(args) => mishap::run_heal(args, ui),
        LabCommand::Down(args) => down::run(args, ui),
        LabCommand::Hub(_) => {
            if hub() {
                exit::OK
            } else {
                exit::ERROR
            }
        }
        LabCommand::Host(_) => host::run(ui),
    }
}
