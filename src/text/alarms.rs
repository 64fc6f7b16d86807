//! How alarms are written: what was seen, states, priorities, kinds, steps.

use crate::domain::LocoId;
use crate::domain::alarm::{Alarm, Priority, State, What};

use super::Text;

impl Text {
    /// What an alarm says on one line, without its locomotive.
    #[must_use]
    pub fn alarm(&self, what: &What) -> String {
        format!("{} — {}", self.alarm_short(what), self.alarm_against(what))
    }

    /// What was seen, in a few words.
    #[must_use]
    pub fn alarm_short(&self, what: &What) -> String {
        match what {
            What::Danger { probability, .. } => {
                let probability = self.percent(*probability);
                self.with("alarm-danger", [("probability", probability.into())])
            }
            What::Limit { channel, value, .. } => {
                let value = self.value_unit(*channel, *value);
                format!("{} {value}", self.channel(*channel))
            }
            What::Held { .. } => self.get("hold-alarm").into_owned(),
            What::NoVerdict { .. } | What::Source { .. } | What::Fleet { .. } => {
                self.get("alarm-no-verdict").into_owned()
            }
        }
    }

    /// The limit that it is beyond, or the cause.
    #[must_use]
    pub fn alarm_against(&self, what: &What) -> String {
        match what {
            What::Danger { threshold, .. } => {
                let threshold = self.percent(*threshold);
                self.with("alarm-threshold", [("threshold", threshold.into())])
            }
            What::Limit {
                channel,
                value,
                limit,
                own,
            } => {
                let key = match (value > limit, own) {
                    (true, true) => "alarm-above-own",
                    (false, true) => "alarm-below-own",
                    (true, false) => "alarm-above",
                    (false, false) => "alarm-below",
                };
                let limit = self.value_unit(*channel, *limit);
                self.with(key, [("limit", limit.into())])
            }
            What::Held { reason, rows } => self.with(
                "hold-alarm-why",
                [
                    ("reason", self.hold_reason(*reason).into()),
                    ("rows", self.count(*rows).into()),
                ],
            ),
            What::NoVerdict { cause } | What::Source { cause, .. } | What::Fleet { cause } => {
                self.cause(cause)
            }
        }
    }

    /// Whom an alarm is about: a locomotive, a source with how many, the fleet.
    #[must_use]
    pub fn alarm_subject(&self, alarm: &Alarm) -> String {
        match (alarm.watch.loco(), &alarm.what) {
            (Some(loco), _) => loco.to_string(),
            (
                None,
                What::Source {
                    source,
                    locomotives,
                    ..
                },
            ) => self.with(
                "alarm-source",
                [
                    ("source", source.as_str().into()),
                    ("locomotives", locomotives.len().into()),
                ],
            ),
            (None, _) => self.get("alarm-fleet").into_owned(),
        }
    }

    /// "LOCO_001 · Vibrations 7,8 mm/s …".
    #[must_use]
    pub fn alarm_line(&self, alarm: &Alarm) -> String {
        format!(
            "{} · {}",
            self.alarm_subject(alarm),
            self.alarm(&alarm.what)
        )
    }

    /// The locomotives that a source's alarm is about, as far as a line holds.
    #[must_use]
    pub fn alarm_locomotives(&self, alarm: &Alarm) -> Option<String> {
        let What::Source { locomotives, .. } = &alarm.what else {
            return None;
        };
        let names: Vec<&str> = locomotives.iter().map(LocoId::as_str).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    #[must_use]
    pub fn alarm_state(&self, state: State) -> String {
        self.keyed("alarm-state", state.key())
    }

    #[must_use]
    pub fn alarm_priority(&self, priority: Priority) -> String {
        self.keyed("alarm-priority", priority.key())
    }

    /// One of [`crate::domain::alarm::Watch::KINDS`].
    #[must_use]
    pub fn alarm_kind(&self, kind: &str) -> String {
        self.keyed("alarm-kind", kind)
    }

    /// Title and text of a notification.
    #[must_use]
    pub fn alarm_notice(&self, raised: &[Alarm]) -> (String, String) {
        let title = match raised {
            [one] => {
                let priority = self.alarm_priority(one.priority());
                self.with("alarm-notice-one", [("priority", priority.into())])
            }
            many => self.with("alarm-notice-many", [("count", many.len().into())]),
        };
        let lines: Vec<String> = raised.iter().take(4).map(|a| self.alarm_line(a)).collect();
        (title, lines.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::alarm::{Priority, State, Watch, What};
    use crate::domain::{Cause, Channel, LocoId};
    use crate::text::Language;
    use crate::text::tests::text;

    #[test]
    fn every_state_priority_and_kind_has_its_words() {
        for language in Language::ALL {
            let t = text(language);
            let mut said: Vec<String> = State::ALL.map(|s| t.alarm_state(s)).to_vec();
            said.extend(Priority::ALL.map(|p| t.alarm_priority(p)));
            said.extend(Watch::KINDS.map(|k| t.alarm_kind(k)));
            for word in said {
                assert!(!word.starts_with("alarm-"), "{word}");
            }
        }
    }

    #[test]
    fn an_alarm_is_told_among_what_happened() {
        let what = What::Fleet {
            cause: Cause::NotScored,
        };
        let told = |language, calls| {
            text(language).happening(&crate::service::snapshot::HappeningKind::Alarm {
                what: what.clone(),
                calls,
            })
        };
        assert_eq!(
            told(Language::French, true),
            "alarme non acquittée\u{202f}: Verdict indisponible"
        );
        assert_eq!(told(Language::English, false), "alarm: Verdict unavailable");
    }

    #[test]
    fn a_notice_names_the_one_or_counts_the_many() {
        let alarm = |n: usize| crate::domain::alarm::Alarm {
            id: n as i64,
            watch: Watch::NoVerdict {
                loco: LocoId::new(&format!("LOCO_{n:03}")),
            },
            what: What::NoVerdict {
                cause: Cause::NotScored,
            },
            raised_ms: 0,
            inputs: None,
            active: true,
            returned_ms: None,
            acknowledged: None,
            aside: None,
        };
        let t = text(Language::English);
        let (title, body) = t.alarm_notice(&[alarm(1)]);
        assert_eq!(title, "ALARM · Low");
        assert!(
            body.starts_with("LOCO_001 · Verdict unavailable — "),
            "{body}"
        );
        let (title, body) = t.alarm_notice(&(1..=9).map(alarm).collect::<Vec<_>>());
        assert_eq!((title.as_str(), body.lines().count()), ("9 ALARMS", 4));
    }

    #[test]
    fn an_alarm_says_value_and_limit() {
        let fr = text(Language::French);
        let limit = |value, limit, own| What::Limit {
            channel: Channel::Vibration,
            value,
            limit,
            own,
        };
        assert_eq!(
            fr.alarm(&limit(7.84, 2.8, true)),
            "Vibrations 7,8\u{202f}mm/s — au-dessus de sa bande normale (2,8\u{202f}mm/s)"
        );
        assert_eq!(
            fr.alarm(&limit(0.2, 0.5, false)),
            "Vibrations 0,20\u{202f}mm/s — sous la limite (0,50\u{202f}mm/s)"
        );
        let danger = What::Danger {
            probability: 0.91,
            threshold: 0.42,
        };
        assert_eq!(
            text(Language::English).alarm(&danger),
            "DANGER DETECTED: 91% — threshold 42%"
        );
        let source = What::Source {
            source: "capteurs".into(),
            cause: Cause::NotScored,
            locomotives: vec![LocoId::new("LOCO_001")],
        };
        assert_eq!(fr.alarm(&source), "Verdict indisponible — mesure non jugée");
    }
}
