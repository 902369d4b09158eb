//! The `netc` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    netc::cli::main()
}
