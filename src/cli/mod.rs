//! The `cidp` command: arguments → service → table or JSON → exit code.

mod alarms;
mod arguments;
mod backup;
mod cold_restart;
mod convert;
mod drill;
mod evaluate;
mod export;
mod holds;
mod notify;
mod output;
mod predict;
mod restore;
mod run;
mod simulate;
mod sources;
mod status;
mod train;
mod verify;
mod watch;

use std::process::ExitCode;

use clap::Parser;

use crate::config::ConfigError;
use crate::logging;
use crate::service::pipeline::PipelineError;
use crate::service::platform::Platform;
use crate::service::scribe::account;
use crate::text::Text;

use arguments::{Arguments, Command};
use output::Output;

pub use output::complain;
pub use run::in_terminal;

/// How a command ended. The numbers are promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Done = 0,
    FailSafe = 1,
    Arguments = 2,
    Busy = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// What every command works with.
struct Shell {
    platform: Platform,
    out: Output,
    text: Text,
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    let out = Output::new(arguments.common.json);
    let text = Text::new(arguments.common.lang.into(), crate::text::local_zone());
    if let Command::Simulate(asked) = &arguments.command {
        return simulate::simulate(asked, &out, &text).into();
    }
    let common = &arguments.common;
    if let Command::Convert(asked) = &arguments.command {
        return convert::convert(asked, common.config.as_deref(), &out, &text).into();
    }
    let platform = match Platform::open(common.home.as_deref(), common.config.as_deref()) {
        Ok(platform) => platform,
        Err(error) => return config_error(&error, &out).into(),
    };
    let _logging = logging::start(Some(&platform.home.logs()), common.verbose);
    crate::service::continuity::notify::speak_with(crate::text::notice_of_home);
    let shell = Shell {
        platform,
        out,
        text,
    };
    if arguments.command.acts() && !shell.platform.may_act() {
        tracing::warn!(account = account(), command = ?arguments.command, "refused: this account only looks");
        let words = shell.text.get("read-only-refused");
        shell
            .out
            .error(&words, &serde_json::json!({ "account": account() }));
        return Exit::Arguments.into();
    }
    let exit = match &arguments.command {
        Command::Run => run::run(&shell, crate::service::pipeline::RunKind::Full),
        Command::Ingest => run::run(&shell, crate::service::pipeline::RunKind::Ingest),
        Command::Watch(asked) => watch::watch(&shell, asked),
        Command::Train => train::train(&shell),
        Command::Evaluate(asked) => evaluate::evaluate(&shell, asked),
        Command::Predict(asked) => predict::predict(&shell, asked),
        Command::Status => status::status(&shell),
        Command::Alarms(asked) => alarms::alarms(&shell, asked),
        Command::Export(asked) => export::export(&shell, asked),
        Command::Sources(arguments::Sources::Check) => sources::check(&shell),
        Command::Backup(asked) => backup::backup(&shell, asked),
        Command::Backups => backup::backups(&shell),
        Command::Restore(asked) => restore::restore(&shell, asked),
        Command::Verify(asked) => verify::verify(&shell, asked),
        Command::ColdRestart(asked) => cold_restart::cold_restart(&shell, asked),
        Command::Drill(asked) => drill::drill(&shell, asked),
        Command::Holds(asked) => holds::holds(&shell, asked),
        Command::Notify(asked) => notify::notify(&shell, asked),
        Command::Simulate(_) | Command::Convert(_) => Exit::Done,
    };
    let may_find = matches!(
        arguments.command,
        Command::Train
            | Command::Backup(_)
            | Command::Restore(_)
            | Command::Verify(_)
            | Command::ColdRestart(_)
            | Command::Drill(_)
    );
    if may_find {
        notify::settle(&shell, None);
    }
    exit.into()
}

/// What was typed cannot be (or asks for help): in clap's words, and as JSON where JSON was asked for.
fn usage(error: &clap::Error) -> ExitCode {
    use clap::error::ContextKind;
    if error.use_stderr() && std::env::args_os().any(|typed| typed == "--json") {
        let context = |kinds: &[ContextKind]| {
            kinds
                .iter()
                .find_map(|kind| error.get(*kind))
                .map(ToString::to_string)
        };
        let key = context(&[ContextKind::InvalidArg, ContextKind::InvalidSubcommand]);
        let nearest = context(&[
            ContextKind::SuggestedArg,
            ContextKind::SuggestedSubcommand,
            ContextKind::SuggestedValue,
        ]);
        Output::new(true).error(
            error.render().to_string().trim_end(),
            &serde_json::json!({ "key": key, "nearest": nearest }),
        );
        return Exit::Arguments.into();
    }
    let _closed = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// A configuration that cannot be: key, line and nearest valid key.
fn config_error(error: &ConfigError, out: &Output) -> Exit {
    out.error(
        &error.to_string(),
        &serde_json::json!({
            "file": error.file,
            "line": error.line,
            "key": error.key,
            "nearest": error.nearest,
        }),
    );
    Exit::Arguments
}

/// A run that could not begin, or a warehouse that cannot be used.
fn pipeline_error(error: &PipelineError, out: &Output) -> Exit {
    let busy = matches!(
        error,
        PipelineError::Lock(crate::service::pipeline::LockError::Busy { .. })
            | PipelineError::Locked { .. }
    );
    if busy {
        out.error(&error.to_string(), &serde_json::json!({}));
        return Exit::Busy;
    }
    out.failed_safe(&error.to_string());
    Exit::FailSafe
}
