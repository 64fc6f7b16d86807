//! `cidp train`.

use crate::domain::ModelCard;
use crate::service::platform::TrainOutcome;
use crate::text::Text;

use super::{Exit, Shell, pipeline_error};

pub fn train(shell: &Shell) -> Exit {
    match shell.platform.train(&|_| {}) {
        Ok(TrainOutcome::Trained(card)) => {
            shell.out.value(&card, || as_lines(&card, &shell.text));
            Exit::Done
        }
        Ok(TrainOutcome::FailedSafe(why)) => {
            shell.out.failed_safe(&why);
            Exit::FailSafe
        }
        Err(error) => pipeline_error(&error, &shell.out),
    }
}

fn as_lines(card: &ModelCard, text: &Text) -> String {
    let mut lines = vec![match &card.refusal {
        Some(why) => text.with(
            "cli-not-promoted",
            [
                ("version", card.version.into()),
                ("why", why.as_str().into()),
            ],
        ),
        None => text.with("cli-trained", [("version", card.version.into())]),
    }];
    lines.push(format!(
        "{} : {}",
        text.get("cli-labels"),
        text.get(&format!("cli-labels-{}", card.label_kind.key()))
    ));
    lines.push(text.with(
        "cli-card-rows",
        [
            ("rows", text.count(card.rows).into()),
            ("positives", text.count(card.positives).into()),
            ("locomotives", text.count(card.locomotives).into()),
        ],
    ));
    lines.push(format!(
        "{} : {} — {}",
        text.get("cli-threshold"),
        text.percent(card.threshold),
        card.threshold_from
    ));
    if let Some(metrics) = &card.metrics {
        lines.push(card.split.clone());
        lines.extend(super::evaluate::metric_lines(metrics, text));
    }
    lines.join("\n")
}
