//! `cidp export`.

use serde_json::json;

use crate::domain::LocoId;
use crate::service::export::{Exported, FileFormat, Level, Span};
use crate::service::platform::ExportFailed;

use super::arguments::{self, Export, What};
use super::output::iso;
use super::{Exit, Shell, pipeline_error};

pub fn export(shell: &Shell, asked: &Export) -> Exit {
    let format = match asked.format {
        Some(arguments::FileFormat::Csv) => Some(FileFormat::Csv),
        Some(arguments::FileFormat::Parquet) => Some(FileFormat::Parquet),
        Some(arguments::FileFormat::Xlsx) => Some(FileFormat::Xlsx),
        None => FileFormat::of(&asked.out),
    };
    let Some(format) = format else {
        let file = asked.out.display().to_string();
        let message = shell.text.with("export-format", [("file", file.into())]);
        shell.out.error(&message, &json!({ "key": "--format" }));
        return Exit::Arguments;
    };
    let what = match asked.what {
        What::Readings => Exported::Readings,
        What::Minutes => Exported::RollUps(Level::Minute),
        What::Hours => Exported::RollUps(Level::Hour),
        What::Days => Exported::RollUps(Level::Day),
        What::Predictions => Exported::Predictions,
        What::Judged => Exported::Judged,
        What::Events => Exported::Events,
        What::Quarantine => Exported::Quarantine,
        What::Alarms => Exported::Alarms,
    };
    let span = Span {
        from_ms: asked.from,
        to_ms: asked.to,
        locos: asked.loco.iter().map(|name| LocoId::new(name)).collect(),
    };
    match shell.platform.export(what, &span, format, &asked.out) {
        Ok(written) => {
            let file = written.file.display().to_string();
            let value = json!({
                "status": "ok",
                "what": what.key(),
                "format": format.key(),
                "file": file,
                "rows": written.rows,
                "bytes": written.bytes,
                "from": span.from_ms.and_then(iso),
                "to": span.to_ms.and_then(iso),
                "synthetic": written.synthetic,
                "pruned": written.gone.map(|gone| json!({
                    "readings": gone.readings,
                    "to": iso(gone.to_ms),
                })),
            });
            shell.out.value(&value, || {
                let rows = shell.text.count(written.rows);
                let told = shell.text.with(
                    "export-written",
                    [("rows", rows.into()), ("file", file.into())],
                );
                match &written.gone {
                    Some(gone) => {
                        format!("{told}\n{}", shell.text.pruned(gone.readings, gone.to_ms))
                    }
                    None => told,
                }
            });
            Exit::Done
        }
        Err(ExportFailed::Pipeline(error)) => pipeline_error(&error, &shell.out),
        Err(error) => {
            shell.out.failed_safe(&error.to_string());
            Exit::FailSafe
        }
    }
}
