//! `cidp notify`: the outbox; and what every command that changes something does at its end: tell the people on call.

use std::time::Duration;

use serde_json::{Value, json};

use crate::service::continuity::notify::{self, Message, News, Way};
use crate::service::pipeline::PipelineError;
use crate::text::Text;

use super::arguments::Notify;
use super::output::{complain, iso, table};
use super::{Exit, Shell, pipeline_error};

/// How long the end of a command may take to tell: its result is out by then.
const AT_THE_END: Duration = Duration::from_secs(20);
/// Messages listed.
const LISTED: usize = 200;

/// Tells the people on call what went wrong, and sends what waits. A command that could not even begin says why.
pub fn settle(shell: &Shell, broken: Option<&PipelineError>) {
    let news: Option<News> = broken.and_then(notify::broke_off);
    let waiting = notify::settle(&shell.platform, news, AT_THE_END);
    if waiting.messages > 0 {
        let messages = shell
            .text
            .with("notify-waiting", [("messages", waiting.messages.into())]);
        complain(&messages);
    }
    if let Some(why) = waiting.why {
        complain(&shell.text.with("notify-waiting-why", [("why", why.into())]));
    }
}

pub fn notify(shell: &Shell, asked: &Notify) -> Exit {
    if asked.test {
        return test(shell);
    }
    let messages = match notify::outbox(&shell.platform, LISTED) {
        Ok(messages) => messages,
        Err(error) => return pipeline_error(&error, &shell.out),
    };
    let rows: Vec<Value> = messages.iter().map(as_json).collect();
    shell.out.value(&rows, || lines(&messages, &shell.text));
    Exit::Done
}

fn test(shell: &Shell) -> Exit {
    let (out, text) = (&shell.out, &shell.text);
    if notify::addressees(&shell.platform.config).is_empty() {
        out.error(&text.get("notify-nobody"), &json!({}));
        return Exit::Arguments;
    }
    let became = notify::test(&shell.platform);
    let rows: Vec<Value> = became
        .iter()
        .map(|one| {
            json!({
                "way": one.way,
                "addressee": one.addressee,
                "sent": one.error.is_none(),
                "error": one.error,
            })
        })
        .collect();
    out.value(&rows, || {
        let line = |one: &notify::Became| {
            let to = to(text, one.way, &one.addressee);
            match &one.error {
                None => text.with("notify-test-sent", [("to", to.into())]),
                Some(why) => text.with(
                    "notify-test-failed",
                    [("to", to.into()), ("why", why.as_str().into())],
                ),
            }
        };
        became.iter().map(line).collect::<Vec<_>>().join("\n")
    });
    if became.iter().all(|one| one.error.is_none()) {
        Exit::Done
    } else {
        Exit::FailSafe
    }
}

fn to(text: &Text, way: Way, addressee: &str) -> String {
    format!(
        "{addressee} ({})",
        text.get(&format!("notify-way-{}", way.key()))
    )
}

const fn state(message: &Message) -> &'static str {
    if message.sent_ms.is_some() {
        "sent"
    } else if message.given_up_ms.is_some() {
        "given_up"
    } else {
        "waiting"
    }
}

fn as_json(message: &Message) -> Value {
    let waits = message.sent_ms.is_none() && message.given_up_ms.is_none();
    json!({
        "message": message.message,
        "queued": iso(message.at_ms),
        "about": message.about,
        "way": message.way,
        "addressee": message.addressee,
        "subject": message.subject,
        "body": message.body,
        "state": state(message),
        "tries": message.tries,
        "next": waits.then(|| iso(message.next_ms)),
        "sent": message.sent_ms.and_then(iso),
        "given_up": message.given_up_ms.and_then(iso),
        "error": message.error,
    })
}

fn lines(messages: &[Message], text: &Text) -> String {
    if messages.is_empty() {
        return text.get("notify-empty").into_owned();
    }
    let header = [
        "notify-column-at",
        "notify-column-about",
        "notify-column-to",
        "notify-column-state",
        "notify-column-tries",
    ]
    .map(|key| text.get(key).into_owned());
    let rows: Vec<Vec<String>> = messages
        .iter()
        .map(|message| {
            let mut word = text
                .get(&format!("notify-state-{}", state(message)))
                .into_owned();
            if let Some(why) = &message.error {
                word = format!("{word} ({why})");
            }
            vec![
                text.date_time(message.at_ms, None),
                message.subject.clone(),
                to(text, message.way, &message.addressee),
                word,
                message.tries.to_string(),
            ]
        })
        .collect();
    table(&header, &rows, 4)
}
