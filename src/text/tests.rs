//! Both languages say the same things, in characters that the bundled fonts have.

use super::*;
use crate::domain::poison::HoldReason;
use crate::domain::quality::Flag;
use std::collections::BTreeSet;

pub(crate) fn text(language: Language) -> Text {
    Text::new(language, TimeZone::get(DEFAULT_ZONE).unwrap())
}

#[test]
fn both_languages_say_the_same_things() {
    let [fr, en] = Language::ALL.map(|l| keys(l).collect::<BTreeSet<_>>());
    assert_eq!(fr, en);
    for language in Language::ALL {
        let all: Vec<_> = keys(language).collect();
        let set: BTreeSet<_> = all.iter().collect();
        assert_eq!(all.len(), set.len(), "a message is written twice");
    }
}

#[test]
fn every_key_that_the_program_asks_for_exists() {
    let known: BTreeSet<_> = keys(Language::French).collect();
    let mut folders = vec![std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/gui")];
    let mut asked = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap();
            // Up to the quote, so that line breaks put in by the formatter do not matter.
            let dense: String = source.split_whitespace().collect();
            for call in ["text.get(\"", "text.with(\"", "self.get(\"", "self.with(\""] {
                for (at, _) in dense.match_indices(call) {
                    let key = dense[at + call.len()..].split('"').next().unwrap();
                    assert!(known.contains(key), "{}: no message {key}", path.display());
                    asked += 1;
                }
            }
        }
    }
    assert!(asked > 50, "the search found only {asked}");
}

/// One of each kind.
pub(super) fn causes() -> Vec<Cause> {
    vec![
        Cause::NeverRun,
        Cause::RunFailed {
            reason: "x.".into(),
        },
        Cause::NoModel { reason: "x".into() },
        Cause::NoModel {
            reason: String::new(),
        },
        Cause::ModelUnreadable { reason: "x".into() },
        Cause::Stale {
            age_ms: 2_460_000,
            limit_ms: 600_000,
        },
        Cause::SourceRefused { source: "x".into() },
        Cause::Flagged {
            flag: Flag::Stuck,
            channel: Channel::Temperature,
        },
        Cause::NotScored,
        Cause::NewestRefused,
        Cause::Held {
            reason: HoldReason::Jump,
        },
        Cause::Drifted {
            channel: Channel::Pressure,
        },
        Cause::Slow {
            took_ms: 81.4,
            limit_ms: 50.0,
        },
        Cause::Damaged { what: "x.".into() },
    ]
}

#[test]
fn every_type_has_its_words() {
    let causes = causes();
    for language in Language::ALL {
        let t = text(language);
        let mut said = Vec::new();
        for cause in &causes {
            said.extend([t.cause(cause), t.cause_long(cause), t.cause_todo(cause)]);
        }
        for kind in [
            VerdictKind::Nominal,
            VerdictKind::Danger,
            VerdictKind::Unavailable,
        ] {
            said.extend([t.verdict(kind), t.verdict_short(kind)]);
        }
        for c in Channel::ALL {
            said.extend([t.channel(c), t.channel_short(c), t.channel_alone(c)]);
        }
        said.extend(Wear::ALL.map(|w| t.wear(w, &[true, false, true, false])));
        said.extend(Stage::ALL.map(|s| t.stage(s)));
        said.extend(Flag::ALL.map(|f| t.keyed("flag", f.key())));
        let roles = [Role::Telemetry, Role::Maintenance, Role::Failures];
        let looked_up: Vec<String> = (Reason::ALL.iter().map(|r| format!("reason-{}", r.key())))
            .chain(
                RunKindShown::ALL
                    .iter()
                    .map(|k| format!("run-kind-{}", k.key())),
            )
            .chain(roles.iter().map(|r| format!("check-role-{}", r.key())))
            .chain(
                roles
                    .iter()
                    .flat_map(|r| Field::of(*r))
                    .filter_map(|f| match f {
                        Field::Channel(_) => None,
                        other => Some(format!("field-{}", other.key())),
                    }),
            )
            .collect();
        for key in looked_up {
            assert!(keys(language).any(|k| k == key), "no {key}");
        }
        said.extend(Reason::ALL.map(|r| t.reason(r)));
        for what in [
            HappeningKind::Workshop {
                kind: EventKind::Preventive,
                component: "bogie".into(),
            },
            HappeningKind::Workshop {
                kind: EventKind::Failure,
                component: String::new(),
            },
            HappeningKind::VerdictChange {
                from: VerdictKind::Nominal,
                to: VerdictKind::Danger,
            },
            HappeningKind::ModelInService { version: 7 },
            HappeningKind::Quarantined { rows: 34 },
            HappeningKind::Note {
                entry: Some(4),
                who: "Ngo".into(),
                words: "bruit".into(),
            },
        ] {
            said.push(t.happening(&what));
        }
        for kind in [LabelKind::Truth, LabelKind::Failures, LabelKind::Rule] {
            for prefix in ["forecast-title", "forecast-axis", "forecast-figure"] {
                let key = format!("{prefix}-{}", kind.key());
                assert!(keys(language).any(|k| k == key), "no {key}");
            }
        }
        said.extend((1..=7).map(|day| t.weekday(day)));
        for word in said {
            let like_a_key = word.contains("cause-")
                || word.contains("verdict-")
                || word.contains("channel-")
                || word.contains("stage-")
                || word.contains("event-")
                || word.contains("flag-")
                || word.contains("wear-")
                || word.contains("weekday-");
            assert!(
                !word.is_empty() && !like_a_key && !word.contains("{$"),
                "{word}"
            );
        }
    }
    let of = |component: &str| {
        text(Language::French).happening(&HappeningKind::Workshop {
            kind: EventKind::Failure,
            component: component.into(),
        })
    };
    assert_eq!(of("cooling"), "panne · refroidissement");
    assert_eq!(of("bogie n° 2"), "panne · bogie n° 2");
    assert_eq!(
        text(Language::French).cause(&causes[7]),
        "Température : valeur figée"
    );
}

#[test]
fn every_character_has_a_glyph() {
    use eframe::egui::{FontId, epaint::text::Fonts};
    let mut fonts = Fonts::new(
        eframe::egui::epaint::TextOptions::default(),
        crate::gui::fonts::definitions(),
    );
    let extra = "\u{202f}\u{2212}—×…°≤≥≈→↑0123456789,.%+";
    let all: BTreeSet<char> = Language::ALL
        .into_iter()
        .flat_map(Language::sources)
        .flat_map(str::chars)
        .chain(extra.chars())
        .filter(|c| !c.is_control())
        .collect();
    for family in [
        eframe::egui::FontFamily::Proportional,
        crate::gui::theme::medium(),
        crate::gui::theme::semibold(),
    ] {
        let id = FontId::new(14.0, family);
        for &c in &all {
            assert!(fonts.has_glyph(&id, c), "no glyph for {c:?}");
        }
    }
}

#[test]
fn every_setting_and_every_level_has_its_words() {
    use crate::service::settings::Unit;
    for language in Language::ALL {
        let t = text(language);
        for key in settings_keys() {
            let words = t.get(&key);
            assert!(words != key && !words.is_empty(), "no {key}");
        }
        for unit in [
            Unit::Seconds,
            Unit::Minutes,
            Unit::Milliseconds,
            Unit::Hours,
            Unit::Days,
            Unit::HoursPerDay,
        ] {
            let words = crate::gui::unit_words(&t, unit);
            assert!(!words.contains("set-unit"), "{words}");
        }
    }
}

/// The messages that settings, sections and levels are given by their names.
pub(super) fn settings_keys() -> Vec<String> {
    use crate::gui::settings_sections;
    use crate::service::settings::{Acts, FIELDS, Kind};
    let mut keys: Vec<String> = Vec::new();
    for field in FIELDS.iter().filter(|f| !f.key.starts_with("limits.")) {
        keys.push(format!("set-{}", dashed(field.key)));
        keys.push(format!("set-help-{}", dashed(field.key)));
        if let Kind::Choice(words) = field.kind {
            let choice =
                |word: &&str| format!("set-choice-{}", dashed(&format!("{}.{word}", field.key)));
            keys.extend(words.iter().map(choice));
        }
    }
    keys.extend(Acts::ALL.map(|acts| format!("set-acts-{}", acts.key())));
    for (section, has_lead) in settings_sections() {
        keys.push(format!("set-section-{section}"));
        keys.extend(has_lead.then(|| format!("set-lead-{section}")));
    }
    for role in [Role::Telemetry, Role::Maintenance, Role::Failures] {
        keys.push(format!("check-role-{}", role.key()));
    }
    keys.extend(Level::ALL.map(|level| format!("log-level-{}", level.key())));
    keys
}
