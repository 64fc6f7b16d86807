//! How held batches are written: the reason in a word, and what was found as a sentence with its figures.

use crate::domain::poison::{HoldReason, Suspicion};

use super::Text;

impl Text {
    /// Why a batch is held, in a few words.
    #[must_use]
    pub fn hold_reason(&self, reason: HoldReason) -> String {
        self.keyed("hold-reason", reason.key())
    }

    /// What was found in a batch, with its figures; `now_ms` as for [`Text::date_time`].
    #[must_use]
    pub fn suspicion(&self, found: &Suspicion, now_ms: Option<i64>) -> String {
        match found {
            Suspicion::Jump {
                channel,
                median,
                own_median,
                mads,
                limit,
                ..
            } => self.with(
                "hold-found-jump",
                [
                    ("channel", self.channel(*channel).into()),
                    ("median", self.value_unit(*channel, *median).into()),
                    ("own", self.value_unit(*channel, *own_median).into()),
                    ("mads", self.number(*mads, 1).into()),
                    ("limit", self.number(*limit, 0).into()),
                ],
            ),
            Suspicion::AtLimits {
                channel,
                share,
                own_share,
            } => self.with(
                "hold-found-at-limits",
                [
                    ("channel", self.channel(*channel).into()),
                    ("share", self.percent(*share).into()),
                    ("own", self.percent(*own_share).into()),
                ],
            ),
            Suspicion::Replayed {
                rows,
                loco,
                earlier_ms,
            } => self.with(
                "hold-found-replayed",
                [
                    ("rows", self.count(*rows).into()),
                    ("loco", loco.as_str().into()),
                    ("when", self.date_time(*earlier_ms, now_ms).into()),
                ],
            ),
            Suspicion::LabelsFlipped {
                own_auc: Some(own),
                auc: Some(auc),
                ..
            } if auc < own => self.with(
                "hold-found-labels-turned",
                [
                    ("auc", self.number(*auc, 2).into()),
                    ("own", self.number(*own, 2).into()),
                ],
            ),
            Suspicion::LabelsFlipped {
                own_share, share, ..
            } => self.with(
                "hold-found-labels-many",
                [
                    ("share", self.percent(*share).into()),
                    ("own", self.percent(*own_share).into()),
                ],
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Channel, LocoId};
    use crate::text::Language;

    #[test]
    fn every_finding_is_said_in_both_languages() {
        let found = [
            Suspicion::Jump {
                channel: Channel::Vibration,
                median: 7.84,
                own_median: 2.0,
                own_mad: 0.2,
                mads: 29.2,
                limit: 10.0,
            },
            Suspicion::AtLimits {
                channel: Channel::FlowRate,
                share: 0.5,
                own_share: 0.0,
            },
            Suspicion::Replayed {
                rows: 1200,
                loco: LocoId::new("LOCO_003"),
                earlier_ms: 1_700_000_000_000,
            },
            Suspicion::LabelsFlipped {
                own_auc: Some(0.95),
                auc: Some(0.07),
                own_share: 0.1,
                share: 0.9,
            },
            Suspicion::LabelsFlipped {
                own_auc: None,
                auc: None,
                own_share: 0.01,
                share: 0.6,
            },
        ];
        for language in Language::ALL {
            let text = Text::new(language, jiff::tz::TimeZone::UTC);
            let said: Vec<String> = found.iter().map(|f| text.suspicion(f, None)).collect();
            for words in &said {
                assert!(!words.contains("{$") && !words.contains("hold-"), "{words}");
            }
            assert!(said[0].contains(&text.value_unit(Channel::Vibration, 7.84)));
            assert_ne!(said[3], said[4], "turned round is not the same as many");
        }
    }
}
