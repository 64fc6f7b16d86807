//! `cidp predict`: a hypothesis, judged.

use serde_json::json;

use crate::domain::{Channel, LocoId};
use crate::service::platform::{Hypothesis, PredictError};

use super::arguments::Predict;
use super::{Exit, Shell, pipeline_error};

pub fn predict(shell: &Shell, asked: &Predict) -> Exit {
    let values = [
        asked.flow_rate,
        asked.pressure,
        asked.vibration,
        asked.temperature,
    ];
    let limits = shell.platform.config.limits.limits();
    if let Some(channel) = limits.outside(&values) {
        let i = channel.index();
        let message = format!(
            "--{}: {} is outside the physical limits {} … {} {}",
            channel.key().replace('_', "-"),
            values[i],
            limits.min[i],
            limits.max[i],
            channel.unit()
        );
        shell.out.error(&message, &json!({ "key": channel.key() }));
        return Exit::Arguments;
    }
    let loco = asked.loco_id.as_deref().map(LocoId::new);
    match shell.platform.predict(&values, loco.as_ref()) {
        Ok(Hypothesis::Judged {
            judgement,
            card,
            against,
        }) => {
            let contributions: serde_json::Map<String, serde_json::Value> = Channel::ALL
                .iter()
                .map(|c| {
                    (
                        c.key().to_owned(),
                        judgement.contributions[c.index()].into(),
                    )
                })
                .collect();
            let value = json!({
                "verdict": judgement.verdict,
                "probability": judgement.probability,
                "threshold": judgement.threshold,
                "model_version": card.version,
                "label_kind": card.label_kind,
                "hypothesis": true,
                "against": against,
                "base": judgement.base,
                "contributions": contributions,
                "synthetic": card.synthetic,
            });
            shell.out.value(&value, || {
                let text = &shell.text;
                let mut lines = vec![
                    format!(
                        "{} · {}",
                        text.verdict(judgement.verdict),
                        text.percent(judgement.probability)
                    ),
                    text.with(
                        "cli-hypothesis",
                        [
                            ("threshold", text.percent(judgement.threshold).into()),
                            ("version", card.version.into()),
                        ],
                    ),
                    format!(
                        "  {} : {}",
                        text.get("cli-base"),
                        text.number(judgement.base, 3)
                    ),
                ];
                lines.extend(Channel::ALL.map(|c| {
                    let part = judgement.contributions[c.index()];
                    format!("  {} : {}", text.channel(c), text.signed(part))
                }));
                if card.synthetic {
                    lines.push(text.get("cli-synthetic").into_owned());
                }
                lines.join("\n")
            });
            Exit::Done
        }
        Ok(Hypothesis::Unavailable(cause)) => {
            let value = json!({
                "verdict": "unavailable",
                "cause": cause,
                "probability": null,
                "threshold": null,
                "model_version": null,
                "hypothesis": true,
                "contributions": null,
                "base": null,
            });
            shell.out.value(&value, || {
                format!(
                    "{} — {} {}",
                    shell.text.get("verdict-unavailable"),
                    shell.text.cause_long(&cause),
                    shell.text.cause_todo(&cause)
                )
            });
            Exit::FailSafe
        }
        Err(error @ PredictError::UnknownLocomotive { .. }) => {
            shell
                .out
                .error(&error.to_string(), &json!({ "key": "loco-id" }));
            Exit::Arguments
        }
        Err(PredictError::Pipeline(error)) => pipeline_error(&error, &shell.out),
    }
}
