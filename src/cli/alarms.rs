//! `cidp alarms`: the open alarms, or every one there was.

use serde_json::{Value, json};

use crate::domain::Channel;
use crate::domain::alarm::{Alarm, Aside};
use crate::service::pipeline::PipelineError;
use crate::text::Text;

use super::arguments::Alarms;
use super::output::{iso, rounded, table};
use super::{Exit, Shell, pipeline_error};

pub fn alarms(shell: &Shell, asked: &Alarms) -> Exit {
    let answer = (|| -> Result<_, PipelineError> {
        let alarms = shell.platform.alarms(asked.all)?;
        Ok((alarms, shell.platform.synthetic()?))
    })();
    let (alarms, synthetic) = match answer {
        Ok(answer) => answer,
        Err(error) => return pipeline_error(&error, &shell.out),
    };
    let rows: Vec<Value> = alarms.iter().map(|a| as_json(a, synthetic)).collect();
    shell
        .out
        .value(&rows, || lines(&alarms, &shell.text, asked.all));
    Exit::Done
}

fn as_json(alarm: &Alarm, synthetic: bool) -> Value {
    let act = |act: &crate::domain::alarm::Act| json!({ "timestamp": iso(act.at_ms), "who": act.who, "words": act.words });
    let inputs = alarm.inputs.as_ref().map(|x| {
        let values: serde_json::Map<String, Value> = Channel::ALL
            .iter()
            .map(|c| (c.key().to_owned(), x.values[c.index()].into()))
            .collect();
        json!({
            "timestamp": iso(x.at_ms),
            "values": values,
            "probability": x.probability.map(rounded),
            "threshold": x.threshold,
            "model_version": x.model,
        })
    });
    let until = match &alarm.aside {
        Some(Aside::Shelved { until_ms, .. }) => iso(*until_ms),
        _ => None,
    };
    json!({
        "alarm": alarm.id,
        "raised": iso(alarm.raised_ms),
        "priority": alarm.priority(),
        "kind": alarm.watch.kind(),
        "loco_id": alarm.watch.loco(),
        "state": alarm.state(),
        "active": alarm.active,
        "what": alarm.what,
        "inputs": inputs,
        "returned": alarm.returned_ms.and_then(iso),
        "acknowledged": alarm.acknowledged.as_ref().map(act),
        "set_aside": alarm.aside.as_ref().map(|aside| act(aside.act())),
        "shelved_until": until,
        "synthetic": synthetic,
    })
}

fn lines(alarms: &[Alarm], text: &Text, all: bool) -> String {
    if alarms.is_empty() {
        let key = if all {
            "cli-alarms-none-ever"
        } else {
            "cli-alarms-none"
        };
        return text.get(key).into_owned();
    }
    let header = [
        "alarm-column-priority",
        "alarm-column-subject",
        "alarm-column-what",
        "alarm-column-state",
        "alarm-column-raised",
        "cli-alarm-number",
    ]
    .map(|key| text.get(key).into_owned());
    let rows: Vec<Vec<String>> = alarms
        .iter()
        .map(|alarm| {
            vec![
                text.alarm_priority(alarm.priority()),
                text.alarm_subject(alarm),
                text.alarm(&alarm.what),
                text.alarm_state(alarm.state()),
                iso(alarm.raised_ms).unwrap_or_default(),
                alarm.id.to_string(),
            ]
        })
        .collect();
    table(&header, &rows, 5)
}
