//! HOUSE's invariants, read from the source text.

use std::path::{Path, PathBuf};

const ROOMS: [&str; 11] = [
    "cli",
    "config",
    "domain",
    "etl",
    "gui",
    "logging",
    "ml",
    "service",
    "sources",
    "text",
    "warehouse",
];

/// Every source file below `src`, with its text stripped of comments, and whether it is test code.
fn sources() -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&root, &mut files);
    assert!(files.len() > 50, "the sources were not found");
    files.sort();
    files
        .into_iter()
        .map(|file| {
            let text = std::fs::read_to_string(&file).unwrap();
            let code: Vec<&str> = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .collect();
            let name = file.strip_prefix(&root).unwrap().to_path_buf();
            (name, code.join("\n"))
        })
        .collect()
}

/// The room that a file belongs to: `etl/time.rs` → `etl`, `config.rs` → `config`.
fn room(file: &Path) -> String {
    let first = file.components().next().unwrap().as_os_str();
    Path::new(first)
        .file_stem()
        .unwrap()
        .to_string_lossy()
        .into_owned()
}

fn is_test(file: &Path) -> bool {
    let stem = file.file_stem().unwrap().to_string_lossy();
    stem == "tests" || stem == "fixtures" || stem.starts_with("test_")
}

/// The code before the file's own `mod tests`.
fn without_tests(text: &str) -> &str {
    text.find("#[cfg(test)]\nmod tests")
        .map_or(text, |at| &text[..at])
}

/// Names of our own modules that a text reaches for: after `crate::`, in `use crate::{…}`, and by `super`
/// chains that leave the room.
fn imports(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, word) in text
        .match_indices("crate::")
        .chain(text.match_indices("cidp::"))
    {
        let rest = &text[at + word.len()..];
        if let Some(list) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut name = String::new();
            for c in list.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => {
                        found.push(name.clone());
                        break;
                    }
                    '}' => depth -= 1,
                    ',' if depth == 0 => found.push(std::mem::take(&mut name)),
                    c if depth == 0 => name.push(c),
                    _ => {}
                }
            }
        } else {
            found.push(
                rest.chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect(),
            );
        }
    }
    found
        .iter()
        .map(|name| {
            name.trim()
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect::<String>()
        })
        .filter(|name| ROOMS.contains(&name.as_str()))
        .collect()
}

/// `super::super` from a file directly in a room would leave it unseen by [`imports`].
fn climbs_out(file: &Path, text: &str) -> bool {
    let inside = file.components().count();
    let module_file = file.file_name().is_some_and(|n| n == "mod.rs");
    // Levels of `super` that stay within the room.
    let allowed = inside.saturating_sub(1 + usize::from(module_file));
    let chain = "super::".repeat(allowed + 1);
    let tests = usize::from(text.contains("mod tests"));
    text.contains(&format!("{chain}{}", "super::".repeat(tests)))
}

#[test]
fn imports_point_one_way() {
    let allowed = |room: &str| -> Option<&[&str]> {
        Some(match room {
            "domain" => &[],
            "etl" | "ml" | "sources" | "warehouse" | "config" => &["domain"],
            "gui" => &["service", "domain", "text", "logging"],
            "cli" => &["service", "domain", "text", "logging", "config"],
            "logging" => &[],
            "service" => &[
                "domain",
                "etl",
                "ml",
                "sources",
                "warehouse",
                "config",
                "logging",
            ],
            _ => return None,
        })
    };
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let room = room(&file);
        let Some(allowed) = allowed(&room) else {
            continue;
        };
        // What a room's tests reach for may be wider within the same rule, not beyond it.
        for import in imports(&text) {
            if import != room && !allowed.contains(&import.as_str()) {
                wrong.push(format!("{} imports {import}", file.display()));
            }
        }
        if climbs_out(&file, &text) {
            wrong.push(format!(
                "{} climbs out of its room by super::",
                file.display()
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_reader_of_imports_reads_them() {
    assert_eq!(imports("use crate::domain::Reading;"), ["domain"]);
    assert_eq!(
        imports("use crate::{domain::{ports::X, Y}, warehouse};"),
        ["domain", "warehouse"]
    );
    assert_eq!(
        imports("let x = crate::ml::train(); crate::nothing()"),
        ["ml"]
    );
    assert!(climbs_out(
        Path::new("gui/app.rs"),
        "use super::super::warehouse;"
    ));
    assert!(!climbs_out(
        Path::new("gui/pages/fleet.rs"),
        "use super::super::theme;"
    ));
    assert!(climbs_out(Path::new("etl/mod.rs"), "use super::warehouse;"));
}

#[test]
fn the_rooms_are_those_that_the_rules_name() {
    for (file, _) in sources() {
        let room = room(&file);
        assert!(
            ROOMS.contains(&room.as_str())
                || ["lib", "main", "bin", "window"].contains(&room.as_str()),
            "{} is in a room that no rule speaks of",
            file.display()
        );
    }
}

#[test]
fn the_pure_rooms_do_nothing_but_think() {
    const OUTSIDE: [&str; 8] = [
        "std::fs",
        "std::net",
        "std::thread",
        "std::process",
        "rusqlite",
        "egui",
        "tokio",
        "reqwest",
    ];
    for (file, text) in sources() {
        if room(&file) != "domain" {
            continue;
        }
        for word in OUTSIDE {
            assert!(!text.contains(word), "{} uses {word}", file.display());
        }
    }
}

#[test]
fn sql_lives_in_the_warehouse() {
    let mut wrong = Vec::new();
    let mut seen_in_warehouse = 0;
    for (file, text) in sources() {
        let sql = [
            "SELECT ",
            "INSERT INTO",
            "DELETE FROM",
            "CREATE TABLE",
            "PRAGMA ",
            "rusqlite",
        ]
        .iter()
        .any(|word| text.contains(word))
            || (text.contains("UPDATE ") && text.contains(" SET "));
        if !sql {
            continue;
        }
        if room(&file) == "warehouse" {
            seen_in_warehouse += 1;
        } else {
            wrong.push(file);
        }
    }
    assert!(wrong.is_empty(), "SQL outside the warehouse: {wrong:?}");
    assert!(seen_in_warehouse >= 5, "the check sees no SQL at all");
}

#[test]
fn only_the_warehouse_issues_the_token() {
    let mut implementations = Vec::new();
    let mut made = Vec::new();
    for (file, text) in sources() {
        let name = file.to_string_lossy().replace('\\', "/");
        if is_test(&file) {
            continue;
        }
        let code = without_tests(&text);
        if code.contains("SoundReadings for") {
            implementations.push(name.clone());
        }
        for (at, _) in code.match_indices("SoundRun {") {
            let before = code[..at].trim_end();
            if !["struct", "impl", "for"]
                .iter()
                .any(|word| before.ends_with(word))
            {
                made.push(name.clone());
            }
        }
    }
    assert_eq!(implementations, ["warehouse/sound.rs"]);
    assert_eq!(made, ["warehouse/sound.rs"]);
}

#[test]
fn the_token_has_no_public_field() {
    let (_, text) = sources()
        .into_iter()
        .find(|(file, _)| file.ends_with("warehouse/sound.rs"))
        .unwrap();
    let body = text.split("pub struct SoundRun {").nth(1).unwrap();
    let body = &body[..body.find('}').unwrap()];
    assert!(
        !body.contains("pub"),
        "a field that anybody could fill: {body}"
    );
    assert!(
        !text.contains("derive(Clone") && !text.contains("Deserialize"),
        "a token is not copied and not read from a file"
    );
}

/// Training and scoring take the token: their signatures say so.
#[test]
fn training_and_scoring_take_the_token() {
    let all = sources();
    let takes = |file: &str, function: &str, token: &str| {
        let (_, text) = all.iter().find(|(name, _)| name.ends_with(file)).unwrap();
        let at = text
            .find(&format!("fn {function}("))
            .unwrap_or_else(|| panic!("{file} has no fn {function}"));
        let signature = &text[at..at + text[at..].find('{').unwrap()];
        assert!(signature.contains(token), "{file}: {signature}");
    };
    takes("warehouse/models.rs", "save_model", "&SoundRun");
    takes("warehouse/predictions.rs", "save_predictions", "&SoundRun");
    takes("warehouse/predictions.rs", "all_scored", "&SoundRun");
    takes("ml/train.rs", "train", "&dyn SoundReadings");
    takes("ml/train.rs", "learn", "&Part");
}

#[test]
fn nothing_committed_names_this_machine() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("src"), root.join("tests"), root.join("data")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                let here = root.to_string_lossy();
                assert!(
                    !text.contains(here.as_ref()),
                    "{} names {here}",
                    path.display()
                );
            }
        }
    }
}

/// The frame loop never waits: no file, no network, no database, no lock, no answer awaited, no process, no
/// sleep in the code that draws. What a thread of its own does is told apart by its marks.
#[test]
fn the_frame_loop_does_no_input_or_output() {
    const WAITS: [&str; 26] = [
        "std::fs",
        "fs::",
        "File::",
        "std::net",
        "TcpStream",
        "std::process",
        "Command::new(",
        "rusqlite",
        "reqwest",
        "Reader::open",
        "Warehouse::",
        "Mutex",
        "RwLock",
        "Condvar",
        ".lock()",
        ".recv()",
        "recv_timeout",
        "blocking_",
        "block_on",
        ".await",
        "thread::sleep",
        "park(",
        ".join()",
        "read_to_string",
        "is_file()",
        "stdin",
    ];
    // A dialog is awaited on a thread of its own; the frame only looks whether an answer came (`try_recv`).
    const ASIDE: [(&str, &str); 1] = [("gui/dialog.rs", "block_on")];
    let mut wrong = Vec::new();
    let mut looked = 0;
    let mut aside = 0;
    for (file, text) in sources() {
        let name = file.to_string_lossy().replace('\\', "/");
        if room(&file) != "gui" || is_test(&file) || name.contains("/tests/") {
            continue;
        }
        looked += 1;
        // Not `without_tests`: files that declare their tests in another file go on after it.
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for word in WAITS {
            if !code.contains(word) {
                continue;
            }
            if ASIDE.contains(&(name.as_str(), word)) {
                assert!(
                    code.contains("std::thread::Builder::new()") && code.contains("try_recv"),
                    "{name} no longer waits on a thread of its own"
                );
                aside += 1;
            } else {
                wrong.push(format!("{name} uses {word}"));
            }
        }
    }
    assert!(looked > 30, "the search found only {looked} files");
    assert_eq!(aside, ASIDE.len(), "an exception that nobody needs");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Between the window and the service lie channels that are never waited on.
#[test]
fn the_handle_of_the_window_never_waits() {
    let (_, text) = sources()
        .into_iter()
        .find(|(file, _)| file.ends_with("service/handle.rs"))
        .unwrap();
    for word in [
        ".recv()",
        "blocking_",
        ".await",
        ".lock()",
        "block_on",
        ".changed()",
    ] {
        assert!(!text.contains(word), "the handle waits: {word}");
    }
    assert!(text.contains("try_send") && text.contains("try_recv"));
}
