//! The report of drills: one page in both languages that needs nothing else and prints well, and the same as JSON.

use std::fmt::Write as _;
use std::path::Path;

use crate::config::Home;
use crate::service::pipeline::wall_ms;
use crate::service::platform::Platform;

use super::{Drill, Told};

const PREFIX: &str = "drills_";

const STYLE: &str = "body{font:15px/1.45 system-ui,sans-serif;color:#1D2329;max-width:60rem;margin:2rem auto;padding:0 1rem}\
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .3rem;border-top:1px solid #C3C9CE;padding-top:1rem}\
i{color:#59636C}table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.25rem .6rem .25rem 0;\
vertical-align:top;border-bottom:1px solid #D3D9DD;overflow-wrap:anywhere}td.n{text-align:right;white-space:nowrap}\
.facts td{width:50%}.bad{color:#B3101F;font-weight:bold}\
@media print{body{margin:0;max-width:none;font-size:10pt}section{break-inside:auto}h2{break-after:avoid}tr{break-inside:avoid}\
@page{size:A4;margin:15mm}}";

/// What a drill is called, in French and in English.
const fn title(drill: Drill) -> (&'static str, &'static str) {
    match drill {
        Drill::SourceUnreachable => (
            "Source de capteurs injoignable",
            "Sensor source unreachable",
        ),
        Drill::TruncatedFile => ("Fichier tronqué", "Truncated file"),
        Drill::ChangedColumns => ("Colonnes modifiées", "Changed columns"),
        Drill::NanFlood => ("Afflux de NaN", "NaN flood"),
        Drill::LockedDatabase => ("Base verrouillée", "Locked database"),
        Drill::DiskFull => ("Disque plein", "Disk full"),
        Drill::OutOfMemory => ("Mémoire épuisée", "Out of memory"),
        Drill::KilledDuringLoad => ("Tué pendant le chargement", "Killed during load"),
        Drill::KilledDuringBackup => ("Tué pendant la sauvegarde", "Killed during backup"),
        Drill::PoisonedRows => ("Lignes empoisonnées", "Poisoned rows"),
        Drill::DriftedData => ("Données en dérive", "Drifted data"),
        Drill::DamagedDatabase => ("Base endommagée", "Damaged database file"),
        Drill::DeadLockHolder => ("Détenteur de verrou mort", "Dead lock-holder"),
    }
}

/// Writes both files under a dated name.
pub fn write(
    platform: &Platform,
    walked: &[Told],
    made_up: Option<&str>,
    who: &str,
) -> std::io::Result<()> {
    let folder = platform.home.reports();
    std::fs::create_dir_all(&folder)?;
    let at = jiff::Timestamp::from_millisecond(wall_ms()).map_err(std::io::Error::other)?;
    let stamp = at.strftime("%Y%m%dT%H%M%S%3fZ").to_string();
    let name = format!("{PREFIX}{stamp}");
    let shown = at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    let page = page(&platform.home, walked, made_up, who, &shown);
    put(&folder, &format!("{name}.html"), page.as_bytes())?;
    // Last: results that are read again have their page.
    put(
        &folder,
        &format!("{name}.json"),
        &serde_json::to_vec_pretty(walked)?,
    )
}

/// Under its name it is whole.
fn put(folder: &Path, name: &str, content: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut aside = tempfile::NamedTempFile::new_in(folder)?;
    aside.write_all(content)?;
    aside.as_file().sync_all()?;
    aside
        .persist(folder.join(name))
        .map_err(|error| error.error)?;
    Ok(())
}

fn page(home: &Home, walked: &[Told], made_up: Option<&str>, who: &str, at: &str) -> String {
    let passed = walked.iter().filter(|told| told.passed).count();
    let all = walked.len();
    let version = env!("CARGO_PKG_VERSION");
    let (root, who) = (escaped(&home.root().display().to_string()), escaped(who));
    let base = match made_up {
        Some(why) => format!(
            "Entrepôt fabriqué pour l’exercice. <i>Made-up warehouse: {}.</i>",
            escaped(why)
        ),
        None => "Copie cohérente de l’entrepôt. <i>Consistent copy of the warehouse.</i>".into(),
    };
    let mut text = format!(
        "<!doctype html><html lang=\"fr\"><head><meta charset=\"utf-8\"><title>Exercices de continuité {at}</title>\
         <style>{STYLE}</style></head><body><h1>Exercices de continuité</h1><i lang=\"en\">Continuity drills</i>\
         <p>{at} — {who} — CIDP {version} — {root}<br>{base}</p>\
         <p><b>{passed} sur {all} réussis</b> <i lang=\"en\">{passed} of {all} passed</i></p>\
         <table><tr><th>Exercice <i lang=\"en\">drill</i><th>Résultat <i lang=\"en\">result</i><th>s"
    );
    for told in walked {
        let (french, english) = title(told.name);
        // Writing to a String cannot fail, here and below.
        let _ = write!(
            text,
            "<tr><td>{french} <i lang=\"en\">{english}</i><td>{}<td class=\"n\">{}",
            result(told.passed),
            seconds(told.secs)
        );
    }
    text.push_str("</table>");
    for told in walked {
        let (french, english) = title(told.name);
        let _ = write!(
            text,
            "<section><h2>{french} — <i lang=\"en\">{english}</i></h2><p>{} — {} s</p><table class=\"facts\">\
             <tr><th>Constats<th lang=\"en\"><i>Evidence</i>",
            result(told.passed),
            seconds(told.secs)
        );
        for (i, fact) in told.facts.iter().enumerate() {
            let bad = !told.passed && i + 1 == told.facts.len();
            let class = if bad { " class=\"bad\"" } else { "" };
            let _ = write!(
                text,
                "<tr{class}><td>{}<td lang=\"en\">{}",
                escaped(&fact.french),
                escaped(&fact.english)
            );
        }
        text.push_str("</table></section>");
    }
    text.push_str("</body></html>\n");
    text
}

/// Shape, word and colour.
const fn result(passed: bool) -> &'static str {
    if passed {
        "✓ réussi <i lang=\"en\">passed</i>"
    } else {
        "<span class=\"bad\">✗ ÉCHEC</span> <i lang=\"en\">FAILED</i>"
    }
}

/// With a decimal comma.
fn seconds(secs: f64) -> String {
    format!("{secs:.1}").replace('.', ",")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// The newest result of each drill among the reports of a folder, in the order of the board. What cannot be read is no
/// result, and the log says so.
pub fn last(folder: &Path) -> Vec<Told> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files: Vec<_> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|file| {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(PREFIX) && name.ends_with(".json")
        })
        .collect();
    // Their names are their dates.
    files.sort();
    let mut found: Vec<Told> = Vec::new();
    for file in files.iter().rev() {
        if found.len() == Drill::ALL.len() {
            break;
        }
        let read = std::fs::read(file)
            .map_err(|error| error.to_string())
            .and_then(|bytes| {
                serde_json::from_slice::<Vec<Told>>(&bytes).map_err(|error| error.to_string())
            });
        match read {
            Ok(all) => {
                for told in all {
                    if found.iter().all(|known| known.name != told.name) {
                        found.push(told);
                    }
                }
            }
            Err(why) => {
                tracing::warn!(file = %file.display(), why, "a report of drills cannot be read")
            }
        }
    }
    found.sort_by_key(|told| told.name);
    found
}

#[cfg(test)]
mod tests {
    use super::super::Fact;
    use super::*;

    fn told(name: Drill, at_ms: i64, passed: bool) -> Told {
        Told {
            name,
            at_ms,
            passed,
            facts: vec![Fact {
                english: "a < b & \"c\"".into(),
                french: "l’é".into(),
            }],
            secs: 1.25,
        }
    }

    #[test]
    fn the_last_result_of_each_drill_is_found_among_reports() {
        let dir = tempfile::tempdir().unwrap();
        let platform = Platform::open(Some(dir.path()), None).unwrap();
        let folder = platform.home.reports();
        assert_eq!(last(&folder), Vec::new());
        let first = [
            told(Drill::DiskFull, 1, false),
            told(Drill::NanFlood, 1, true),
        ];
        write(&platform, &first, None, "Ngo").unwrap();
        std::thread::sleep(std::time::Duration::from_millis(5));
        write(
            &platform,
            &[told(Drill::DiskFull, 2, true)],
            Some("x"),
            "Ngo",
        )
        .unwrap();
        std::fs::write(folder.join("drills_9.json"), "half").unwrap();
        let found = last(&folder);
        let results: Vec<_> = found.iter().map(|t| (t.name, t.at_ms, t.passed)).collect();
        assert_eq!(
            results,
            [(Drill::NanFlood, 1, true), (Drill::DiskFull, 2, true)]
        );
    }

    #[test]
    fn the_page_is_in_both_languages_and_what_failed_stands_out() {
        let dir = tempfile::tempdir().unwrap();
        let platform = Platform::open(Some(dir.path()), None).unwrap();
        let all: Vec<Told> = Drill::ALL.map(|drill| told(drill, 1, false)).to_vec();
        let page = page(&platform.home, &all, None, "<Ngo>", "2026-01-01");
        for drill in Drill::ALL {
            let (french, english) = title(drill);
            assert!(page.contains(french) && page.contains(english));
        }
        assert!(page.contains("0 sur 13 réussis") && page.contains("0 of 13 passed"));
        assert!(page.contains("a &lt; b &amp; &quot;c&quot;") && page.contains("&lt;Ngo&gt;"));
        assert!(page.contains("1,2 s") || page.contains("1,3 s"));
        assert_eq!(page.matches("class=\"bad\"><td>").count(), 13);
        assert!(!page.contains("http"), "it needs nothing else");
    }
}
