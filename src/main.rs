//! `cidp`: arguments → service → exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    cidp::cli::main()
}
