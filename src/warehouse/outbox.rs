//! The outbox: messages to the people on call, kept until they are sent.
//!
//! A case is told once: while the last word on it is that it began, it is not queued again. A try is marked before it is
//! made, so that two programs do not send the same message, and one that was killed in the middle says so afterwards.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;

use super::{Reader, Result, Warehouse};

const COLUMNS: &str = "message, at_ms, about, way, addressee, subject, body, tries, next_ms, sent_ms, given_up_ms, error";
const INSERT: &str = "INSERT INTO outbox (at_ms, about, way, addressee, subject, body, next_ms)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?1)";
/// The last word on a case. One that nobody could be told is no word once it is older than `?3`; an end is always one.
const LAST_WORD: &str = "SELECT about FROM outbox WHERE about IN (?1, ?2)
    AND (given_up_ms IS NULL OR given_up_ms > ?3 OR about = ?2) ORDER BY message DESC LIMIT 1";
const CLAIM: &str = "UPDATE outbox SET tries = tries + 1, next_ms = ?3, error = ?4
    WHERE message = ?1 AND tries = ?2 AND sent_ms IS NULL AND given_up_ms IS NULL";
const SENT: &str = "UPDATE outbox SET sent_ms = ?2, error = ?3 WHERE message = ?1";
const FAILED: &str =
    "UPDATE outbox SET error = ?2, given_up_ms = ?3 WHERE message = ?1 AND sent_ms IS NULL";

/// What is written beside a message while it is being sent: found there later, the program was ended in the middle.
pub const UNFINISHED: &str = "being sent";
/// After the name of a case: it is over.
const OVER: &str = ":over";

/// How a message travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    Mail,
    Hook,
}

impl Way {
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Hook => "hook",
        }
    }
}

/// One message to one addressee. All times are UTC milliseconds of the computer's clock.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Message {
    pub message: i64,
    pub at_ms: i64,
    /// The case: `run_failed`; with `:over` behind it, its end.
    pub about: String,
    pub way: Way,
    pub addressee: String,
    pub subject: String,
    pub body: String,
    pub tries: u32,
    /// Not to be tried before.
    pub next_ms: i64,
    pub sent_ms: Option<i64>,
    pub given_up_ms: Option<i64>,
    /// Of the last try.
    pub error: Option<String>,
}

/// What is to be told of a case, and to whom.
#[derive(Debug, Clone, Copy)]
pub struct Notice<'a> {
    pub about: &'a str,
    /// The case is over: told only where its beginning was.
    pub over: bool,
    pub at_ms: i64,
    pub subject: &'a str,
    pub body: &'a str,
    pub to: &'a [(Way, String)],
    /// The beginning of the case was told past the outbox.
    pub told_aside: bool,
    /// Since when a message that nobody could be given counts as told, so that a wrong address is not tried for ever.
    pub unheard_since_ms: i64,
}

/// What a try came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tried {
    /// With a remark, where there is one.
    Sent(Option<String>),
    /// It is tried again.
    Failed(String),
    GivenUp(String),
}

impl Warehouse {
    /// Queues a notice, one message to each addressee, unless its case was told already; says whether it did.
    ///
    /// # Errors
    /// The warehouse cannot be written.
    pub fn queue(&self, notice: &Notice<'_>) -> Result<bool> {
        let act = self.act()?;
        let open = notice.told_aside || is_open(&act, notice.about, notice.unheard_since_ms)?;
        if notice.to.is_empty() || open != notice.over {
            return Ok(false);
        }
        let about = if notice.over {
            format!("{}{OVER}", notice.about)
        } else {
            notice.about.to_owned()
        };
        for (way, addressee) in notice.to {
            act.prepare_cached(INSERT)?.execute(params![
                notice.at_ms,
                about,
                way.key(),
                addressee,
                notice.subject,
                notice.body
            ])?;
        }
        let detail = json!({"about": about, "messages": notice.to.len()});
        act.commit("notice", None, None, detail)?;
        Ok(true)
    }

    /// Marks that this message is being sent, and when it is tried again should nothing come of it; `false`: somebody
    /// else is at it.
    ///
    /// # Errors
    /// The warehouse cannot be written.
    pub fn claim(&self, message: &Message, next_ms: i64) -> Result<bool> {
        let act = self.act()?;
        let claimed = act.prepare_cached(CLAIM)?.execute(params![
            message.message,
            message.tries,
            next_ms,
            UNFINISHED
        ])?;
        let detail = json!({"message": message.message, "try": message.tries + 1});
        act.commit_changes("notice", None, detail)?;
        Ok(claimed == 1)
    }

    /// Notes what became of a try.
    ///
    /// # Errors
    /// The warehouse cannot be written.
    pub fn tried(&self, message: i64, tried: &Tried, at_ms: i64) -> Result<()> {
        let act = self.act()?;
        let word = match tried {
            Tried::Sent(remark) => {
                act.execute(SENT, params![message, at_ms, remark])?;
                "sent"
            }
            Tried::Failed(why) => {
                act.execute(FAILED, params![message, why, None::<i64>])?;
                "failed"
            }
            Tried::GivenUp(why) => {
                act.execute(FAILED, params![message, why, at_ms])?;
                "given_up"
            }
        };
        act.commit_changes("notice", None, json!({"message": message, "became": word}))
    }
}

/// Whether a case was told and is not over.
fn is_open(db: &Connection, about: &str, unheard_since_ms: i64) -> rusqlite::Result<bool> {
    let last: Option<String> = db
        .prepare_cached(LAST_WORD)?
        .query_row(
            params![about, format!("{about}{OVER}"), unheard_since_ms],
            |row| row.get(0),
        )
        .optional()?;
    Ok(last.is_some_and(|last| last == about))
}

impl Reader {
    /// Whether a case was told and is not over; see [`Notice::unheard_since_ms`].
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn is_told(&self, about: &str, unheard_since_ms: i64) -> Result<bool> {
        self.with(|db| Ok(is_open(db, about, unheard_since_ms)?))
    }

    /// Messages whose time has come, oldest first.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn outbox_due(&self, now_ms: i64, limit: usize) -> Result<Vec<Message>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM outbox WHERE sent_ms IS NULL AND given_up_ms IS NULL AND next_ms <= ?1
             ORDER BY next_ms, message LIMIT ?2"
        );
        self.messages(&sql, [now_ms, limit as i64])
    }

    /// The last messages, newest first.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn outbox(&self, limit: usize) -> Result<Vec<Message>> {
        let sql = format!("SELECT {COLUMNS} FROM outbox ORDER BY message DESC LIMIT ?2 OFFSET ?1");
        self.messages(&sql, [0, limit as i64])
    }

    fn messages(&self, sql: &str, arguments: [i64; 2]) -> Result<Vec<Message>> {
        self.with(|db| {
            let mut query = db.prepare_cached(sql)?;
            let rows = query.query_map(arguments, message)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}

fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    let way: String = row.get(3)?;
    Ok(Message {
        message: row.get(0)?,
        at_ms: row.get(1)?,
        about: row.get(2)?,
        way: if way == Way::Mail.key() {
            Way::Mail
        } else {
            Way::Hook
        },
        addressee: row.get(4)?,
        subject: row.get(5)?,
        body: row.get(6)?,
        tries: row.get(7)?,
        next_ms: row.get(8)?,
        sent_ms: row.get(9)?,
        given_up_ms: row.get(10)?,
        error: row.get(11)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn to() -> Vec<(Way, String)> {
        vec![
            (Way::Mail, "a@x.cm".into()),
            (Way::Hook, "http://sms".into()),
        ]
    }

    fn notice<'a>(over: bool, at_ms: i64, to: &'a [(Way, String)]) -> Notice<'a> {
        Notice {
            about: "run_failed",
            over,
            at_ms,
            subject: "échec",
            body: "corps",
            to,
            told_aside: false,
            unheard_since_ms: at_ms - 1000,
        }
    }

    #[test]
    fn a_case_is_told_once_and_its_end_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("w.sqlite");
        let warehouse = Warehouse::open(&path).unwrap();
        let reader = warehouse.reader().unwrap();
        let to = to();
        assert!(
            !warehouse.queue(&notice(true, 0, &to)).unwrap(),
            "no end before"
        );
        assert!(warehouse.queue(&notice(false, 1, &to)).unwrap());
        assert!(!warehouse.queue(&notice(false, 2, &to)).unwrap());
        assert!(reader.is_told("run_failed", 0).unwrap());
        assert!(!reader.is_told("run_late", 0).unwrap());
        assert!(warehouse.queue(&notice(true, 3, &to)).unwrap());
        assert!(!warehouse.queue(&notice(true, 4, &to)).unwrap());
        assert!(
            warehouse.queue(&notice(false, 5, &to)).unwrap(),
            "a new case"
        );
        let all = reader.outbox(100).unwrap();
        assert_eq!(all.len(), 6);
        assert_eq!(all[2].about, "run_failed:over");
        let kinds: Vec<String> = reader
            .ledger(i64::MAX, 9)
            .unwrap()
            .into_iter()
            .map(|entry| entry.kind)
            .collect();
        assert_eq!(kinds, ["notice", "notice", "notice", "begun"]);
    }

    #[test]
    fn a_case_that_nobody_could_be_told_is_told_again_later() {
        let dir = tempfile::tempdir().unwrap();
        let warehouse = Warehouse::open(&dir.path().join("w.sqlite")).unwrap();
        let to = &to()[..1];
        assert!(warehouse.queue(&notice(false, 0, to)).unwrap());
        warehouse
            .tried(1, &Tried::GivenUp("550".into()), 10)
            .unwrap();
        assert!(!warehouse.queue(&notice(false, 500, to)).unwrap());
        assert!(warehouse.queue(&notice(false, 5000, to)).unwrap());
    }

    #[test]
    fn a_message_is_claimed_by_one_and_its_try_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let warehouse = Warehouse::open(&dir.path().join("w.sqlite")).unwrap();
        let reader = warehouse.reader().unwrap();
        warehouse.queue(&notice(false, 100, &to())).unwrap();
        assert!(reader.outbox_due(99, 9).unwrap().is_empty());
        let due = reader.outbox_due(100, 9).unwrap();
        assert_eq!(due.len(), 2);
        assert!(warehouse.claim(&due[0], 700).unwrap());
        assert!(!warehouse.claim(&due[0], 700).unwrap(), "somebody is at it");
        let left = reader.outbox_due(600, 9).unwrap();
        assert_eq!(left.len(), 1);
        warehouse
            .tried(due[0].message, &Tried::Failed("451".into()), 101)
            .unwrap();
        let again = reader
            .outbox_due(700, 9)
            .unwrap()
            .into_iter()
            .find(|m| m.message == due[0].message)
            .unwrap();
        assert_eq!((again.tries, again.error.as_deref()), (1, Some("451")));
        assert!(warehouse.claim(&again, 900).unwrap());
        warehouse
            .tried(again.message, &Tried::Sent(None), 702)
            .unwrap();
        let whole = reader.outbox(9).unwrap();
        let sent = whole.iter().find(|m| m.message == again.message).unwrap();
        assert_eq!((sent.sent_ms, sent.tries), (Some(702), 2));
        assert!(sent.error.is_none());
        assert!(!warehouse.claim(sent, 999).unwrap(), "what is sent is sent");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        /// Whatever comes in whatever order: beginnings and ends take turns, and the first is a beginning.
        #[test]
        fn beginnings_and_ends_take_turns(asked in prop::collection::vec(any::<bool>(), 1..20)) {
            let dir = tempfile::tempdir().unwrap();
            let warehouse = Warehouse::open(&dir.path().join("w.sqlite")).unwrap();
            let to = &to()[..1];
            let mut told = Vec::new();
            for (at, over) in asked.iter().enumerate() {
                if warehouse.queue(&notice(*over, at as i64, to)).unwrap() {
                    told.push(*over);
                }
            }
            prop_assert!(told.first() != Some(&true));
            prop_assert!(told.windows(2).all(|pair| pair[0] != pair[1]));
            prop_assert_eq!(told.is_empty(), asked.iter().all(|over| *over));
        }
    }
}
