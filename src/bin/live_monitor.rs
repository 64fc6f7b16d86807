//! `camrail-live-monitor`: the window. Wires, no logic.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    cidp::window::main()
}
