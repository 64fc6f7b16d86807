//! Words: which language is on, and the lookup of its messages (assets/i18n). How numbers, units and
//! times are written is in `format`.
//!
//! A message without arguments is looked up once for all: pages ask for dozens of them a frame.

mod alarms;
mod fold;
pub(crate) mod format;
mod holds;
mod models;
mod notify;

pub use fold::folded;
pub use notify::notice_of_home;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{LanguageIdentifier, Loader, static_loader};
use jiff::tz::TimeZone;

use crate::domain::{
    Cause, Channel, EventKind, LabelKind, ModelCard, Reason, Role, VerdictKind, Wear,
};
use crate::service::intake::history::RunKindShown;
use crate::service::intake::names::Field;
use crate::service::logbook::Level;
use crate::service::snapshot::{HappeningKind, Stage};

static_loader! {
    static LOCALES = {
        locales: "./assets/i18n",
        fallback_language: "fr",
        // Isolation marks around arguments would need glyphs, and both languages run left to right.
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

/// The zone that times are shown in unless told otherwise: that of the locomotives.
pub const DEFAULT_ZONE: &str = "Africa/Douala";

/// The zone of [`DEFAULT_ZONE`], or UTC where the system knows none.
#[must_use]
pub fn local_zone() -> TimeZone {
    TimeZone::get(DEFAULT_ZONE).unwrap_or(TimeZone::UTC)
}

/// A language of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    #[default]
    French,
    English,
}

impl Language {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::French, Self::English];

    /// Its two letters.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::French => "fr",
            Self::English => "en",
        }
    }

    /// The language of these two letters; French where there is none.
    #[must_use]
    pub fn of(code: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|language| language.code() == code)
            .unwrap_or_default()
    }

    /// The one that a click changes to.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::French => Self::English,
            Self::English => Self::French,
        }
    }

    const fn sources(self) -> [&'static str; 19] {
        match self {
            Self::French => [
                include_str!("../assets/i18n/fr/words.ftl"),
                include_str!("../assets/i18n/fr/window.ftl"),
                include_str!("../assets/i18n/fr/cli.ftl"),
                include_str!("../assets/i18n/fr/fleet.ftl"),
                include_str!("../assets/i18n/fr/locomotive.ftl"),
                include_str!("../assets/i18n/fr/simulator.ftl"),
                include_str!("../assets/i18n/fr/pipeline.ftl"),
                include_str!("../assets/i18n/fr/model.ftl"),
                include_str!("../assets/i18n/fr/alarms.ftl"),
                include_str!("../assets/i18n/fr/settings.ftl"),
                include_str!("../assets/i18n/fr/log.ftl"),
                include_str!("../assets/i18n/fr/backup.ftl"),
                include_str!("../assets/i18n/fr/continuity.ftl"),
                include_str!("../assets/i18n/fr/drills.ftl"),
                include_str!("../assets/i18n/fr/holds.ftl"),
                include_str!("../assets/i18n/fr/ledger.ftl"),
                include_str!("../assets/i18n/fr/notify.ftl"),
                include_str!("../assets/i18n/fr/restart.ftl"),
                include_str!("../assets/i18n/fr/shell.ftl"),
            ],
            Self::English => [
                include_str!("../assets/i18n/en/words.ftl"),
                include_str!("../assets/i18n/en/window.ftl"),
                include_str!("../assets/i18n/en/cli.ftl"),
                include_str!("../assets/i18n/en/fleet.ftl"),
                include_str!("../assets/i18n/en/locomotive.ftl"),
                include_str!("../assets/i18n/en/simulator.ftl"),
                include_str!("../assets/i18n/en/pipeline.ftl"),
                include_str!("../assets/i18n/en/model.ftl"),
                include_str!("../assets/i18n/en/alarms.ftl"),
                include_str!("../assets/i18n/en/settings.ftl"),
                include_str!("../assets/i18n/en/log.ftl"),
                include_str!("../assets/i18n/en/backup.ftl"),
                include_str!("../assets/i18n/en/continuity.ftl"),
                include_str!("../assets/i18n/en/drills.ftl"),
                include_str!("../assets/i18n/en/holds.ftl"),
                include_str!("../assets/i18n/en/ledger.ftl"),
                include_str!("../assets/i18n/en/notify.ftl"),
                include_str!("../assets/i18n/en/restart.ftl"),
                include_str!("../assets/i18n/en/shell.ftl"),
            ],
        }
    }
}

/// The names of all messages of a language.
fn keys(language: Language) -> impl Iterator<Item = &'static str> {
    language.sources().into_iter().flat_map(|source| {
        source.lines().filter_map(|line| {
            let key = line.split_once('=')?.0.trim_end();
            key.starts_with(|c: char| c.is_ascii_lowercase())
                .then_some(key)
        })
    })
}

struct Table {
    id: LanguageIdentifier,
    plain: HashMap<&'static str, String>,
}

static TABLES: LazyLock<[Table; 2]> = LazyLock::new(|| {
    Language::ALL.map(|language| {
        let id: LanguageIdentifier = language.code().parse().unwrap_or_default();
        let plain = keys(language)
            .filter_map(|key| Some((key, LOCALES.try_lookup(&id, key)?)))
            .collect();
        Table { id, plain }
    })
});

/// An argument of a message.
pub type Arg<'a> = (&'static str, FluentValue<'a>);

/// The language and the zone of the window; what every page writes with.
#[derive(Debug, Clone)]
pub struct Text {
    pub language: Language,
    pub zone: TimeZone,
}

impl Text {
    /// Words in this language, times of this zone.
    #[must_use]
    pub fn new(language: Language, zone: TimeZone) -> Self {
        Self { language, zone }
    }

    fn table(&self) -> &'static Table {
        &TABLES[self.language as usize]
    }

    /// A message without arguments. A name that no language has is written as such, to be seen.
    #[must_use]
    pub fn get<'a>(&self, key: &'a str) -> Cow<'a, str> {
        match self.table().plain.get(key) {
            Some(text) => Cow::Borrowed(text.as_str()),
            None => Cow::Borrowed(key),
        }
    }

    /// A message with arguments.
    #[must_use]
    pub fn with<const N: usize>(&self, key: &str, args: [Arg<'_>; N]) -> String {
        let args: HashMap<Cow<'static, str>, FluentValue<'_>> = args
            .into_iter()
            .map(|(name, value)| (Cow::Borrowed(name), value))
            .collect();
        LOCALES
            .try_lookup_with_args(&self.table().id, key, &args)
            .unwrap_or_else(|| key.to_owned())
    }

    fn keyed(&self, prefix: &str, key: &str) -> String {
        self.get(&format!("{prefix}-{key}")).into_owned()
    }

    /// OPÉRATION NOMINALE, DANGER DÉTECTÉ, VERDICT INDISPONIBLE.
    #[must_use]
    pub fn verdict(&self, kind: VerdictKind) -> String {
        self.keyed("verdict", kind.key())
    }

    /// The word of a table cell.
    #[must_use]
    pub fn verdict_short(&self, kind: VerdictKind) -> String {
        self.keyed("verdict-short", kind.key())
    }

    #[must_use]
    pub fn channel(&self, channel: Channel) -> String {
        self.keyed("channel", channel.key())
    }

    /// The name of a column.
    #[must_use]
    pub fn channel_short(&self, channel: Channel) -> String {
        self.keyed("channel-short", channel.key())
    }

    /// "Vibrations seules".
    #[must_use]
    pub fn channel_alone(&self, channel: Channel) -> String {
        self.keyed("channel-alone", channel.key())
    }

    /// The word of a chip over the fleet's table; `key` is a filter's.
    #[must_use]
    pub fn fleet_filter(&self, key: &str) -> String {
        self.keyed("fleet-filter", key)
    }

    /// What that chip keeps in sight, in a sentence.
    #[must_use]
    pub fn fleet_filter_why(&self, key: &str) -> String {
        self.keyed("fleet-filter-why", key)
    }

    /// Why a nominal machine counts as wearing; `outside` are its channels that left their band.
    #[must_use]
    pub fn wear(&self, wear: Wear, outside: &[bool; 4]) -> String {
        match wear {
            Wear::Near => self.get("wear-near").into_owned(),
            Wear::Rising => self.get("wear-rising").into_owned(),
            Wear::Outside => {
                let left = Channel::ALL.into_iter().filter(|c| outside[c.index()]);
                let channels: Vec<String> = left.map(|c| self.channel(c)).collect();
                self.with("wear-outside", [("channels", channels.join(", ").into())])
            }
        }
    }

    #[must_use]
    pub fn stage(&self, stage: Stage) -> String {
        self.keyed("stage", stage.key())
    }

    /// Why a row was refused, in a few words.
    #[must_use]
    pub fn reason(&self, reason: Reason) -> String {
        self.keyed("reason", reason.key())
    }

    /// What kind of run.
    #[must_use]
    pub fn run_kind(&self, kind: RunKindShown) -> String {
        self.keyed("run-kind", kind.key())
    }

    /// What a source is for.
    #[must_use]
    pub fn role(&self, role: Role) -> String {
        self.keyed("check-role", role.key())
    }

    /// A field that a column may fill.
    #[must_use]
    pub fn field(&self, field: Field) -> String {
        match field {
            Field::Channel(channel) => self.channel_short(channel),
            other => self.keyed("field", other.key()),
        }
    }

    /// What the workshop did, to which part.
    #[must_use]
    pub fn workshop(&self, kind: EventKind, component: &str) -> String {
        self.happening(&HappeningKind::Workshop {
            kind,
            component: component.to_owned(),
        })
    }

    /// A cause in a few words, for a cell.
    #[must_use]
    pub fn cause(&self, cause: &Cause) -> String {
        self.cause_as("cause", cause)
    }

    /// A cause as a sentence, with its technical detail where there is one.
    #[must_use]
    pub fn cause_long(&self, cause: &Cause) -> String {
        let sentence = self.cause_sentence(cause);
        match self.cause_detail(cause) {
            Some(detail) => format!("{sentence} {detail}"),
            None => sentence,
        }
    }

    /// A cause as a sentence in the user's own words.
    #[must_use]
    pub fn cause_sentence(&self, cause: &Cause) -> String {
        match cause {
            Cause::NoModel { reason } if reason.is_empty() => {
                self.get("cause-long-no_model-yet").into_owned()
            }
            _ => self.cause_as("cause-long", cause),
        }
    }

    /// What the service or the system said of it, in its own words, which are English.
    #[must_use]
    pub fn cause_detail(&self, cause: &Cause) -> Option<String> {
        match cause {
            Cause::RunFailed { reason }
            | Cause::NoModel { reason }
            | Cause::ModelUnreadable { reason }
            | Cause::Damaged { what: reason } => self.detail(reason),
            _ => None,
        }
    }

    /// Who keeps the warehouse locked.
    #[must_use]
    pub fn waits_for(&self, waits_for: crate::service::snapshot::WaitsFor) -> String {
        let Some(process) = waits_for.process else {
            return self.get("waits-for-unknown").into_owned();
        };
        self.with(
            "waits-for",
            [
                ("process", process.to_string().into()),
                ("program", waits_for.program().into()),
            ],
        )
    }

    /// Words of the service, introduced as what they are; the sentence has a full stop of its own.
    #[must_use]
    pub fn detail(&self, reason: &str) -> Option<String> {
        let reason = reason.trim_end_matches('.');
        (!reason.is_empty()).then(|| self.with("cause-detail", [("reason", reason.into())]))
    }

    /// What the user can do about it.
    #[must_use]
    pub fn cause_todo(&self, cause: &Cause) -> String {
        match cause {
            Cause::NoModel { reason } if reason.is_empty() => {
                self.get("cause-todo-no_model-yet").into_owned()
            }
            _ => self.keyed("cause-todo", cause.key()),
        }
    }

    fn cause_as(&self, prefix: &str, cause: &Cause) -> String {
        let key = format!("{prefix}-{}", cause.key());
        match cause {
            Cause::NeverRun
            | Cause::NotScored
            | Cause::NewestRefused
            | Cause::RunFailed { .. }
            | Cause::NoModel { .. }
            | Cause::ModelUnreadable { .. }
            | Cause::Damaged { .. } => self.get(&key).into_owned(),
            Cause::Stale { age_ms, limit_ms } => self.with(
                &key,
                [
                    ("age", self.age(*age_ms).into()),
                    ("limit", self.age(*limit_ms).into()),
                ],
            ),
            Cause::SourceRefused { source } => {
                self.with(&key, [("source", source.as_str().into())])
            }
            Cause::Drifted { channel } => {
                self.with(&key, [("channel", self.channel(*channel).into())])
            }
            Cause::Slow { took_ms, limit_ms } => self.with(
                &key,
                [
                    ("took", self.number(*took_ms, 0).into()),
                    ("limit", self.number(*limit_ms, 0).into()),
                ],
            ),
            Cause::Held { reason } => {
                self.with(&key, [("reason", self.hold_reason(*reason).into())])
            }
            Cause::Flagged { flag, channel } => self.with(
                &key,
                [
                    ("channel", self.channel(*channel).into()),
                    ("flag", self.keyed("flag", flag.key()).into()),
                ],
            ),
        }
    }

    /// A component by its name in this language, where it has one; else as the source calls it.
    fn component<'a>(&self, name: &'a str) -> Cow<'a, str> {
        match self.table().plain.get(format!("component-{name}").as_str()) {
            Some(word) => Cow::Borrowed(word.as_str()),
            None => Cow::Borrowed(name),
        }
    }

    /// A happening in a few words.
    #[must_use]
    pub fn happening(&self, what: &HappeningKind) -> String {
        match what {
            HappeningKind::Workshop { kind, component } => {
                let event = self.keyed(
                    "event",
                    match kind {
                        EventKind::Preventive => "preventive",
                        EventKind::Failure => "failure",
                    },
                );
                if component.is_empty() {
                    event
                } else {
                    self.with(
                        "event-with-component",
                        [
                            ("event", event.into()),
                            ("component", self.component(component).into()),
                        ],
                    )
                }
            }
            HappeningKind::VerdictChange { from, to } => self.with(
                "happening-verdict",
                [
                    ("from", self.verdict_short(*from).into()),
                    ("to", self.verdict_short(*to).into()),
                ],
            ),
            HappeningKind::ModelInService { version } => {
                self.with("happening-model", [("version", (*version).into())])
            }
            HappeningKind::Quarantined { rows } => {
                self.with("happening-quarantined", [("rows", (*rows).into())])
            }
            HappeningKind::Alarm { what, calls } => {
                let key = if *calls {
                    "happening-alarm-calls"
                } else {
                    "happening-alarm"
                };
                self.with(key, [("what", self.alarm_short(what).into())])
            }
            HappeningKind::Note { who, words, .. } => self.with(
                "happening-note",
                [
                    ("who", who.as_str().into()),
                    ("words", words.as_str().into()),
                ],
            ),
        }
    }

    /// The name of a setting, by its key in the file.
    #[must_use]
    pub fn setting(&self, key: &str) -> String {
        self.keyed("set", &dashed(key))
    }

    /// What a setting does, in a sentence.
    #[must_use]
    pub fn setting_help(&self, key: &str) -> String {
        self.keyed("set-help", &dashed(key))
    }

    /// One of the words that a setting may be.
    #[must_use]
    pub fn setting_choice(&self, key: &str, word: &str) -> String {
        self.keyed("set-choice", &dashed(&format!("{key}.{word}")))
    }

    /// When a change of a setting acts.
    #[must_use]
    pub fn settings_act(&self, key: &str) -> String {
        self.keyed("set-acts", key)
    }

    #[must_use]
    pub fn settings_unit(&self, key: &str) -> String {
        self.keyed("set-unit", key)
    }

    #[must_use]
    pub fn settings_section(&self, key: &str) -> String {
        self.keyed("set-section", key)
    }

    /// What a section is about.
    #[must_use]
    pub fn settings_lead(&self, key: &str) -> String {
        self.keyed("set-lead", key)
    }

    /// The level of a line of the log.
    #[must_use]
    pub fn log_level(&self, level: Level) -> String {
        self.keyed("log-level", level.key())
    }

    #[must_use]
    pub fn yes_no(&self, yes: bool) -> String {
        self.get(if yes { "word-yes" } else { "word-no" })
            .into_owned()
    }

    /// What the probability is of: "Panne sous 48 h", "Anomalie", "Règle". `prefix` is one of
    /// `forecast-title`, `forecast-axis`, `forecast-figure`.
    #[must_use]
    pub fn forecast(&self, prefix: &str, card: Option<&ModelCard>) -> String {
        let kind = card.map_or(LabelKind::Failures, |c| c.label_kind);
        let hours = card.map_or(48.0, |c| c.horizon_hours);
        let threshold = card.map_or(f64::NAN, |c| c.threshold);
        self.with(
            &format!("{prefix}-{}", kind.key()),
            [
                ("hours", self.hours(hours).into()),
                ("threshold", self.percent(threshold).into()),
            ],
        )
    }
}

/// A key of the file as part of a message's name.
fn dashed(key: &str) -> String {
    key.replace(['.', '_'], "-").to_lowercase()
}

#[cfg(test)]
mod test_catalogue;
#[cfg(test)]
pub(crate) mod tests;
