//! `cidp evaluate`.

use serde_json::{Value, json};

use crate::config::Config;
use crate::domain::Metrics;
use crate::service::evaluation::{self, Plan, Split};
use crate::text::Text;

use super::arguments::{Evaluate, SplitBy};
use super::output::table;
use super::{Exit, Shell, config_error};

pub fn evaluate(shell: &Shell, asked: &Evaluate) -> Exit {
    let (config, plan) = match plan(shell, asked) {
        Ok(plan) => plan,
        Err(error) => return config_error(&error, &shell.out),
    };
    let done = evaluation::evaluate(&config, &plan).and_then(|evaluation| {
        if let Some(folder) = &asked.out {
            evaluation::write_predictions(&evaluation, folder)?;
        }
        Ok(evaluation)
    });
    match done {
        Ok(evaluation) => {
            let value = as_json(&evaluation);
            shell
                .out
                .value(&value, || as_lines(&evaluation, &shell.text));
            Exit::Done
        }
        Err(error) => {
            shell.out.failed_safe(&error.to_string());
            Exit::FailSafe
        }
    }
}

fn plan(shell: &Shell, asked: &Evaluate) -> Result<(Config, Plan), crate::config::ConfigError> {
    if let (Some(train), Some(test)) = (&asked.train, &asked.test) {
        let plan = Plan::Pair {
            test: Box::new(Config::load(test)?),
        };
        return Ok((Config::load(train)?, plan));
    }
    let split = match asked.split {
        Some(SplitBy::Locomotive) => Split::Locomotive,
        _ => Split::Time,
    };
    let folds = asked.folds;
    Ok((shell.platform.config.clone(), Plan::Folds { split, folds }))
}

fn as_json(evaluation: &evaluation::Evaluation) -> Value {
    let mut value = metrics_json(&evaluation.metrics);
    value["split"] = evaluation.split.clone().into();
    value["threshold"] = evaluation.threshold.into();
    value["label_kind"] = evaluation.label_kind.key().into();
    value["always"] = metrics_json(&evaluation.always);
    value["never"] = metrics_json(&evaluation.never);
    value["predicted"] = evaluation.predictions.len().into();
    value
}

fn metrics_json(metrics: &Metrics) -> Value {
    json!(metrics)
}

fn as_lines(evaluation: &evaluation::Evaluation, text: &Text) -> String {
    let header = ["cli-figure", "cli-model", "cli-always", "cli-never"]
        .map(|key| text.get(key).into_owned());
    let columns =
        [&evaluation.metrics, &evaluation.always, &evaluation.never].map(|m| figures(m, text));
    let rows: Vec<Vec<String>> = columns[0]
        .iter()
        .enumerate()
        .map(|(i, (name, value))| {
            vec![
                name.clone(),
                value.clone(),
                columns[1][i].1.clone(),
                columns[2][i].1.clone(),
            ]
        })
        .collect();
    format!(
        "{}\n{} : {}\n{}",
        evaluation.split,
        text.get("cli-threshold"),
        text.percent(evaluation.threshold),
        table(&header, &rows, 1)
    )
}

/// The figures of a model, a line each.
pub fn metric_lines(metrics: &Metrics, text: &Text) -> Vec<String> {
    figures(metrics, text)
        .into_iter()
        .map(|(name, value)| format!("  {name} : {value}"))
        .collect()
}

fn figures(m: &Metrics, text: &Text) -> Vec<(String, String)> {
    let three = |v: Option<f64>| v.map_or_else(|| "—".to_owned(), |v| text.number(v, 3));
    let share = |v: Option<f64>| {
        v.map_or_else(
            || "—".to_owned(),
            |v| format!("{} %", text.number(v * 100.0, 1)),
        )
    };
    let warned = format!("{} / {}", m.failures_warned, m.failures);
    let hours = |v: Option<f64>| v.map_or_else(|| "—".to_owned(), |v| text.number(v, 2));
    [
        ("cli-m-rows", text.count(m.rows)),
        ("cli-m-positives", text.count(m.positives)),
        ("cli-m-roc", three(m.roc_auc)),
        ("cli-m-pr", three(m.pr_auc)),
        ("cli-m-f1", three(m.f1)),
        ("cli-m-far", share(m.far)),
        ("cli-m-mar", share(m.mar)),
        ("cli-m-brier", three(m.brier)),
        ("cli-m-warned", warned),
        ("cli-m-lead", hours(m.median_lead_hours)),
        ("cli-m-false", hours(m.false_alarm_hours_per_loco_day)),
    ]
    .into_iter()
    .map(|(key, value)| (text.get(key).into_owned(), value))
    .collect()
}
