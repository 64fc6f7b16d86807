//! The catalogue against the program: no message is missing, none is left over, none was forgotten in the other
//! language, and the window shows no word that is not in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::*;
use crate::domain::alarm::{Priority, State};
use crate::domain::drift::{Band, Likeness};
use crate::domain::poison::HoldReason;
use crate::domain::quality::{Flag, Reason};
use crate::service::continuity::drills::Drill;
use crate::service::continuity::threats::Threat;
use crate::service::continuity::view::JobKind;
use crate::service::intake::history::RunKindShown;

/// Messages whose names are put together at run time: the beginning, and every end that a type gives it. A
/// beginning listed here is built somewhere, and each of its messages is one of these or asked for by its name.
fn built() -> Vec<(&'static str, Vec<String>)> {
    let own = |keys: &[&str]| keys.iter().map(|&key| key.to_owned()).collect::<Vec<_>>();
    let verdicts = [
        VerdictKind::Nominal,
        VerdictKind::Danger,
        VerdictKind::Unavailable,
    ]
    .map(VerdictKind::key);
    let channels = Channel::ALL.map(Channel::key);
    let labels = [LabelKind::Truth, LabelKind::Failures, LabelKind::Rule].map(LabelKind::key);
    let mut all = vec![
        (
            "step",
            own(&["structure", "ledger", "heads", "note-result"]),
        ),
        (
            "ledger-column",
            own(&["table", "what", "runs", "locomotive", "range"]),
        ),
        ("month", (1..=12).map(|month| month.to_string()).collect()),
        // As the sources of the demo name them; others are shown as they are.
        (
            "component",
            own(&["bearing", "cooling", "hydraulic", "inspection", "pump"]),
        ),
        ("event", own(&["preventive", "failure"])),
        ("flag", own(&Flag::ALL.map(Flag::key))),
        ("reason", own(&Reason::ALL.map(Reason::key))),
        ("stage", own(&Stage::ALL.map(Stage::key))),
        (
            "step",
            own(&[
                "backup-room",
                "backup-copy",
                "backup-check",
                "backup-manifest",
                "backup-pack",
                "backup-keep",
                "backup-places",
                "backup-retention",
                "proof-room",
                "proof-unpack",
                "proof-open",
                "proof-integrity",
                "proof-manifest",
                "proof-verdicts",
                "proof-keep",
                "restore-lock",
                "restore-look",
                "restore-unpack",
                "restore-verify",
                "restore-backup",
                "restore-ledger",
                "restore-aside",
                "restore-swap",
                "restore-reopen",
            ]),
        ),
        (
            "origin",
            own(&[
                "manual",
                "before-run",
                "before-cold-restart",
                "before-restore",
                "before-migration",
            ]),
        ),
        ("hold-reason", own(&HoldReason::ALL.map(HoldReason::key))),
        ("cli-labels", own(&labels)),
        (
            "step",
            own(&[
                "jobs",
                "holders",
                "checkpoint",
                "safe_copy",
                "integrity",
                "reopen",
                "run",
                "compare",
                "report",
            ]),
        ),
    ];
    all.extend(["verdict", "verdict-short"].map(|prefix| (prefix, own(&verdicts))));
    all.extend(
        ["channel", "channel-short", "channel-alone"].map(|prefix| (prefix, own(&channels))),
    );
    all.extend(
        ["forecast-title", "forecast-axis", "forecast-figure"].map(|prefix| (prefix, own(&labels))),
    );
    let filters = own(&[
        "danger",
        "unavailable",
        "wearing",
        "nominal",
        "out",
        "stale",
    ]);
    all.extend(["fleet-filter", "fleet-filter-why"].map(|prefix| (prefix, filters.clone())));
    all.extend([
        ("weekday", (1..=7).map(|day| day.to_string()).collect()),
        ("run-kind", own(&RunKindShown::ALL.map(RunKindShown::key))),
        (
            "field",
            own(&["timestamp", "loco_id", "label", "type", "component"]),
        ),
        ("alarm-state", own(&State::ALL.map(State::key))),
        ("alarm-priority", own(&Priority::ALL.map(Priority::key))),
        (
            "alarm-kind",
            own(&["danger", "limit", "held", "no_verdict", "source", "fleet"]),
        ),
        (
            "set-unit",
            own(&[
                "seconds",
                "minutes",
                "milliseconds",
                "hours",
                "days",
                "hours-per-day",
            ]),
        ),
        ("mod-band", own(&Band::ALL.map(Band::key))),
        ("mod-like", own(&Likeness::ALL.map(Likeness::key))),
        (
            "mod-unjudged",
            own(&[
                "no_reference",
                "no_readings",
                "few_machines",
                "few_readings",
                "usual_unknown",
            ]),
        ),
        ("mod-speaks", own(&Likeness::ALL.map(Likeness::key))),
        (
            "mod-sign",
            own(&[
                "many",
                "few",
                "one_machine",
                "one_channel",
                "several_channels",
                "danger",
                "no_danger",
                "earlier",
                "sudden",
                "gradual",
            ]),
        ),
        ("feature", features()),
    ]);
    let cases = own(&crate::service::continuity::notify::Case::ALL.map(|case| case.key()));
    all.extend(
        ["notice-subject", "notice-what", "notice-first"].map(|prefix| (prefix, cases.clone())),
    );
    all.extend([
        ("notify-state", own(&["sent", "waiting", "given_up"])),
        ("notify-way", own(&["mail", "hook"])),
    ]);
    let drills = Drill::ALL.map(Drill::key);
    let mut steps: Vec<_> = Drill::ALL.map(|drill| drill.step().to_owned()).to_vec();
    steps.push("drill-scratch".into());
    all.extend([("drill", own(&drills)), ("step", steps)]);
    let jobs = own(&JobKind::ALL.map(JobKind::key));
    all.extend(["cont-job", "cont-done", "cont-not-done"].map(|prefix| (prefix, jobs.clone())));
    let threats = own(&Threat::ALL.map(Threat::key));
    all.extend(["cont-threat", "cont-does"].map(|prefix| (prefix, threats.clone())));
    all.push(("cont-drill", own(&Drill::ALL.map(Drill::key))));
    let causes: Vec<_> = super::tests::causes().iter().map(Cause::key).collect();
    all.extend(["cause", "cause-long", "cause-todo"].map(|prefix| (prefix, own(&causes))));
    all
}

/// The parts that names of features are made of, channels apart.
fn features() -> Vec<String> {
    let parts: BTreeSet<String> = crate::domain::features::names()
        .iter()
        .flat_map(|name| name.split('.'))
        .filter(|part| *part != "joint" && Channel::ALL.iter().all(|c| c.key() != *part))
        .map(str::to_owned)
        .collect();
    parts.into_iter().collect()
}

/// Words that are the same in both languages.
const SAME: &[&str] = &[
    "Archive",
    "Contacts",
    "Français",
    "English",
    "Versions",
    "Version",
    "wgpu",
    "III",
    "II",
    "IV",
    "A/B",
    "B/C",
    "C/D",
    "mm/s",
    "maximum",
    "minimum",
    "stable",
    "ms",
    "Alt",
    "Base",
    "base",
    "Brier",
    "Ctrl",
    "Danger",
    "DANGER",
    "Excel",
    "Locomotive",
    "locomotive",
    "Locomotives",
    "locomotives",
    "Maint.",
    "maintenance",
    "Maintenance",
    "Pages",
    "Pause",
    "Pipeline",
    "Replay",
    "REPLAY",
    "REPLAY en",
    "Source",
    "Sources",
    "Tab",
    "Temp.",
    "Type",
    "Verdict",
    "extraction",
    "information",
    "inspection",
    "scores",
    "validation",
    "min",
    "AUC",
    "PR",
    "ROC",
    "CSV",
    "PNG",
    "PSI",
    "KS",
    "ISO",
    "API",
    "OpenGL",
];

/// Text between quotes in the window's code that no user reads, or that no language changes.
const NOT_WORDS: &[&str] = &[
    "CSV",
    "XLSX",
    "Excel",
    "CARGO_PKG_VERSION",
    // An example of a name, and names of time zones, which are the same everywhere.
    "LOCO_001",
    "Africa/Douala",
    "Africa/Lagos",
    "Europe/London",
    "Europe/Paris",
    // How a card says how its rows were divided.
    "by time",
    "UTC",
    "Camrail Live Monitor",
    "OpenGL {}",
    "software rasterizer",
    "microsoft basic render",
    "gdi generic",
    // For the log.
    "no graphics card for this screen",
];

/// The messages of a language, whole.
fn messages(language: Language) -> BTreeMap<&'static str, String> {
    let mut all = BTreeMap::new();
    for source in language.sources() {
        let mut last = None;
        for line in source.lines().filter(|line| !line.starts_with('#')) {
            if line.starts_with([' ', '}']) {
                if let Some(words) = last.and_then(|key| all.get_mut(key)) {
                    let words: &mut String = words;
                    words.push('\n');
                    words.push_str(line);
                }
            } else if let Some((key, words)) = line.split_once('=') {
                last = Some(key.trim_end());
                all.insert(key.trim_end(), words.trim().to_owned());
            }
        }
    }
    all
}

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
            let test = ["tests", "fixtures"].contains(&stem.as_str()) || stem.starts_with("test_");
            if test {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
                let code: Vec<_> = code
                    .lines()
                    .filter(|line| !line.trim_start().starts_with("//"))
                    .collect();
                found.push((path, code.join("\n")));
            }
        }
    }
    assert!(!found.is_empty());
    found
}

/// Texts between quotes, each with the code before it in its statement.
fn quoted(code: &str) -> Vec<(&str, String)> {
    let bytes = code.as_bytes();
    let mut found = Vec::new();
    let (mut statement, mut at) = (0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b';' | b'{' | b'}' => statement = at + 1,
            // A quote as a character is no beginning of a text.
            b'\'' if code[at..].starts_with("'\"'") => at += 2,
            b'\'' if code[at..].starts_with("'\\") => at += 3,
            b'"' => {
                let from = at + 1;
                at = from;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                found.push((&code[statement..from - 1], code[from..at].to_owned()));
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Letters outside placeholders.
fn letters(words: &str) -> String {
    let mut depth = 0;
    words
        .chars()
        .filter(|&c| {
            depth += i32::from(c == '{');
            let outside = depth == 0;
            depth -= i32::from(c == '}');
            outside
        })
        .collect()
}

fn is_prose(quoted: &str) -> bool {
    let bare = letters(quoted);
    let chars: Vec<char> = bare.chars().collect();
    let word = chars
        .windows(2)
        .any(|w| w.iter().all(|c| c.is_alphabetic()));
    let spaced = chars
        .windows(3)
        .any(|w| w[0].is_alphabetic() && w[1] == ' ' && w[2].is_alphabetic());
    let foreign = chars.iter().any(|c| c.is_alphabetic() && !c.is_ascii());
    let capital = chars.first().is_some_and(|c| c.is_uppercase());
    word && (spaced || foreign || capital)
}

#[test]
fn no_message_is_left_over() {
    let mut asked: BTreeSet<String> = BTreeSet::new();
    for (_, code) in sources("src") {
        asked.extend(quoted(&code).into_iter().map(|(_, text)| text));
    }
    let of_types: BTreeSet<String> = built()
        .into_iter()
        .flat_map(|(prefix, ends)| ends.into_iter().map(move |end| format!("{prefix}-{end}")))
        .collect();
    let of_settings: BTreeSet<String> = super::tests::settings_keys().into_iter().collect();
    let left: Vec<_> = keys(Language::French)
        .filter(|&key| {
            !asked.contains(key) && !of_types.contains(key) && !of_settings.contains(key)
        })
        .collect();
    assert!(left.is_empty(), "nobody asks for {left:?}");
}

#[test]
fn messages_put_together_at_run_time_exist_and_are_put_together() {
    let known: BTreeSet<_> = keys(Language::French).collect();
    let code: String = sources("src").into_iter().map(|(_, code)| code).collect();
    for (prefix, ends) in built() {
        for end in ends {
            let key = format!("{prefix}-{end}");
            assert!(known.contains(key.as_str()), "no message {key}");
        }
        let named = [format!("\"{prefix}\""), format!("\"{prefix}-{{")];
        assert!(
            named.iter().any(|text| code.contains(text)),
            "nothing puts {prefix}-… together"
        );
    }
}

/// The program asks for a message wherever a name in the manner of one is handed to these.
#[test]
fn no_message_is_missing() {
    let known: BTreeSet<_> = keys(Language::French).collect();
    let mut asked = 0;
    for (path, code) in sources("src") {
        let dense: String = code.split_whitespace().collect();
        for call in [".get(\"", ".with(\"", "does:\"", "Stroke::Hand(\""] {
            for (at, _) in dense.match_indices(call) {
                let key = dense[at + call.len()..].split('"').next().unwrap();
                let of_text = dense[..at].ends_with("text") || dense[..at].ends_with("self");
                let gives = ["does:\"", "Stroke::Hand(\""].contains(&call) || of_text;
                if gives && !key.is_empty() && !key.contains('{') {
                    assert!(known.contains(key), "{}: no message {key}", path.display());
                    asked += 1;
                }
            }
        }
    }
    assert!(asked > 150, "the search found only {asked}");
}

#[test]
fn nothing_was_left_in_the_other_language() {
    let [french, english] = Language::ALL.map(messages);
    assert!(french.len() > 300);
    for (key, words) in &french {
        let other = &english[key];
        let mut bare = letters(words);
        for same in SAME {
            bare = bare.replace(same, "");
        }
        let has_words = bare
            .split(|c: char| !c.is_alphabetic())
            .any(|word| word.chars().count() > 1);
        assert!(
            words != other || !has_words,
            "{key} says the same in both languages: {words}"
        );
        let french_letters = ['é', 'è', 'ê', 'à', 'ç', 'ù', 'î', 'û', 'œ'];
        // An example of a locomotive's or a person's name may be French.
        assert!(
            !other.contains(french_letters) || other.contains('“') || other == "Français",
            "{key} is French in English: {other}"
        );
        let placeholders = |words: &str| -> BTreeSet<String> {
            words
                .match_indices("{ $")
                .map(|(at, _)| {
                    words[at + 3..]
                        .chars()
                        .take_while(|c| c.is_alphanumeric() || *c == '_')
                        .collect()
                })
                .collect()
        };
        assert_eq!(placeholders(words), placeholders(other), "{key}");
    }
}

#[test]
fn the_window_shows_no_word_of_its_own() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (path, code) in sources("src/gui") {
        for (before, text) in quoted(&code) {
            seen += 1;
            // For the log, for other programmers, or from one of our own error types.
            let unseen = ["tracing::", "reason =", "#[error(", ".ok_or("];
            let exempt = unseen.iter().any(|word| before.contains(word));
            if is_prose(&text) && !exempt && !NOT_WORDS.contains(&text.as_str()) {
                wrong.push(format!("{}: {text:?}", path.display()));
            }
        }
    }
    assert!(seen > 300, "the search found only {seen}");
    assert!(wrong.is_empty(), "not from the catalogue: {wrong:#?}");
}

#[test]
fn every_character_that_the_window_draws_has_a_glyph() {
    use eframe::egui::{FontId, epaint::text::Fonts};
    let mut fonts = Fonts::new(
        eframe::egui::epaint::TextOptions::default(),
        crate::gui::fonts::definitions(),
    );
    let drawn: BTreeSet<char> = sources("src/gui")
        .iter()
        .chain(&sources("src/text"))
        .flat_map(|(_, code)| quoted(code))
        .flat_map(|(_, text)| text.chars().collect::<Vec<_>>())
        .filter(|c| !c.is_control())
        .collect();
    assert!(drawn.contains(&'↑'));
    for family in [
        eframe::egui::FontFamily::Proportional,
        crate::gui::theme::medium(),
        crate::gui::theme::semibold(),
    ] {
        let id = FontId::new(14.0, family);
        for &c in &drawn {
            assert!(fonts.has_glyph(&id, c), "no glyph for {c:?}");
        }
    }
}

#[test]
fn the_search_for_words_finds_them() {
    let code =
        "ui.label(\"Aucune mesure\"); let c = '\"'; text.get(\"page-fleet\"); f(\"a \\\"b\\\" c\")";
    let texts: Vec<_> = quoted(code).into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts, ["Aucune mesure", "page-fleet", "a \\\"b\\\" c"]);
    for prose in ["Aucune mesure", "no data", "Fleet", "état", "{n} rows left"] {
        assert!(is_prose(prose), "{prose}");
    }
    for other in ["page-fleet", "top-left", "{} · {}", "×", "v{}", "mm/s", ""] {
        assert!(!is_prose(other), "{other}");
    }
    let all = messages(Language::French);
    assert_eq!(all["page-fleet"], "Flotte");
}

/// A thin space that does not break goes before : ; ! ? and inside quotes, in the window; terminals may not have it.
#[test]
fn french_is_set_as_french_is() {
    let terminal = include_str!("../../assets/i18n/fr/cli.ftl");
    for source in Language::French.sources() {
        if source == terminal {
            continue;
        }
        for line in source.lines().filter(|line| !line.starts_with('#')) {
            let words = line.split_once('=').map_or(line, |(_, words)| words);
            let plain = [" :", " ;", " !", " ?", " »", "« "];
            let wrong = plain.iter().find(|mark| words.contains(**mark));
            assert!(wrong.is_none(), "{wrong:?} in: {line}");
        }
    }
}
