//! The report of a cold restart: one HTML file in both languages that needs nothing else and prints well, and the same
//! as JSON beside it. Its words are here, not in the catalogue of the shells: a report is read in both languages at once.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::Restarted;
use crate::service::continuity::StepState;

/// French, English.
type Words = [&'static str; 2];

/// What state things are in after a step failed; 0: French, 1: English.
pub(super) fn state_of(step: &str, language: usize) -> &'static str {
    let words: Words = match step {
        "jobs" => [
            "Rien n’a été changé : un travail de ce programme est en cours.",
            "Nothing was changed: a job of this program is under way.",
        ],
        "holders" => [
            "Rien n’a été changé : terminez ce processus, ou confirmez sa fin (--yes).",
            "Nothing was changed: end that process, or confirm its end (--yes).",
        ],
        "checkpoint" => [
            "La base est comme avant ; son journal reste à côté d’elle.",
            "The warehouse is as it was; its log stays beside it.",
        ],
        "safe_copy" => [
            "La base est comme avant ; il n’y a pas de nouvelle copie sûre.",
            "The warehouse is as it was; there is no new safe copy.",
        ],
        "integrity" => [
            "La base est endommagée et n’a pas été écrite : restaurez la dernière sauvegarde prouvée (cidp restore --latest).",
            "The warehouse is damaged and was not written: restore the newest proven backup (cidp restore --latest).",
        ],
        "reopen" => [
            "La copie sûre est faite ; la base n’a pas pu être rouverte en écriture.",
            "The safe copy is made; the warehouse could not be opened for writing again.",
        ],
        "run" => [
            "La base est entière ; aucun verdict ne vaut avant une exécution saine.",
            "The warehouse is whole; no verdict stands until a run ends soundly.",
        ],
        "compare" => [
            "La base a changé de façon inattendue ; la copie sûre tient l’état d’avant.",
            "The warehouse changed in an unexpected way; the safe copy holds what was before.",
        ],
        _ => ["Rien d’autre n’a été changé.", "Nothing else was changed."],
    };
    words[language]
}

fn step_words(key: &str) -> Words {
    match key {
        "jobs" => ["Nos travaux arrêtés", "Our own jobs stopped"],
        "holders" => ["Détenteurs de la base", "Holders of the warehouse"],
        "checkpoint" => ["Journal intégré à la base", "Log folded into the file"],
        "safe_copy" => ["Copie sûre", "Safe copy"],
        "integrity" => ["Contrôle d’intégrité", "Integrity check"],
        "reopen" => ["Réouverture", "Reopened"],
        "run" => ["Exécution du pipeline", "Pipeline run"],
        "compare" => ["Avant et après", "Before and after"],
        _ => ["Étape", "Step"],
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

const STYLE: &str = "body{font:14px/1.45 sans-serif;color:#1D2329;max-width:50em;margin:2em auto;padding:0 1em}\
table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #C3C9CE;padding:.35em .5em;text-align:left;vertical-align:top}\
td.n{text-align:right;white-space:nowrap}.bad{font-weight:bold;color:#B3101F}small{color:#59636C}@media print{body{margin:0}tr{break-inside:avoid}}";

fn html(begun: &str, who: &str, restarted: &Restarted) -> String {
    let mut page = format!(
        "<!DOCTYPE html><html lang=\"fr\"><meta charset=\"utf-8\"><title>Redémarrage à froid {begun}</title><style>{STYLE}</style>"
    );
    let titles: Words = ["Redémarrage à froid", "Cold restart"];
    let heads: [[&str; 3]; 2] = [
        ["Étape", "Durée (s)", "Résultat"],
        ["Step", "Time (s)", "Result"],
    ];
    let good: Words = [
        "Terminé : la base est entière, l’exécution saine.",
        "Ended: the warehouse is whole, the run sound.",
    ];
    let rows: [[&str; 3]; 2] = [
        ["Mesures", "Exécutions", "Modèle"],
        ["Readings", "Runs", "Model"],
    ];
    let model = |version: Option<u32>| version.map_or_else(|| "—".into(), |v| format!("v{v}"));
    for language in 0..2 {
        let seconds = |secs: f64| {
            let shown = format!("{secs:.2}");
            if language == 0 {
                shown.replace('.', ",")
            } else {
                shown
            }
        };
        // Writing to a text in memory cannot fail.
        let _ = write!(
            page,
            "<section lang=\"{}\"><h1>{}</h1><p>{} UTC · {}</p>",
            ["fr", "en"][language],
            titles[language],
            begun,
            escaped(who)
        );
        let failed = restarted.steps.iter().find_map(|step| match &step.state {
            StepState::Failed(why) => Some((step.key, why)),
            _ => None,
        });
        let _ = match (failed, &restarted.failed) {
            (Some((key, why)), _) => write!(
                page,
                "<p class=\"bad\">■ {} — {}</p><p>{}</p>",
                step_words(key)[language],
                escaped(why),
                state_of(key, language)
            ),
            (None, Some(why)) => write!(page, "<p class=\"bad\">■ {}</p>", escaped(why)),
            (None, None) => write!(page, "<p>✓ {}</p>", good[language]),
        };
        let [a, b, c] = heads[language];
        let _ = write!(page, "<table><tr><th>{a}<th>{b}<th>{c}</tr>");
        for step in &restarted.steps {
            let (mark, words) = match &step.state {
                StepState::Failed(why) => ("■", why.as_str()),
                _ => ("✓", step.detail.as_str()),
            };
            let _ = write!(
                page,
                "<tr><td>{mark} {}<td class=\"n\">{}<td>{}</tr>",
                step_words(step.key)[language],
                seconds(step.secs),
                escaped(words)
            );
        }
        let _ = write!(page, "</table><p>");
        let both = [
            (
                restarted.readings.0.to_string(),
                restarted.readings.1.to_string(),
            ),
            (restarted.runs.0.to_string(), restarted.runs.1.to_string()),
            (model(restarted.model.0), model(restarted.model.1)),
        ];
        for (word, (before, after)) in rows[language].iter().zip(both) {
            let _ = write!(page, "{word} : {before} → {after}<br>");
        }
        let _ = write!(page, "</p></section>");
    }
    page.push_str("</html>");
    page
}

/// Writes both files; the path of the page.
pub(super) fn write(
    folder: &Path,
    begun_ms: i64,
    who: &str,
    restarted: &Restarted,
) -> std::io::Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let begun = jiff::Timestamp::from_millisecond(begun_ms).unwrap_or_default();
    let stamp = begun.strftime("%Y%m%dT%H%M%S%3fZ").to_string();
    let path = folder.join(format!("cold_restart_{stamp}.html"));
    let shown = begun.strftime("%Y-%m-%d %H:%M:%S").to_string();
    std::fs::write(&path, html(&shown, who, restarted))?;
    let told = serde_json::json!({ "at": begun.to_string(), "who": who, "restarted": restarted });
    std::fs::write(path.with_extension("json"), format!("{told:#}"))?;
    Ok(path)
}
