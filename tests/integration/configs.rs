//! Configurations that must be read, and those that must be refused with key, line and nearest valid name.

use std::path::{Path, PathBuf};

use cidp::config::Config;

fn files(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/configs")
        .join(kind);
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect();
    found.sort();
    found
}

#[test]
fn every_valid_one_is_read() {
    let found = files("valid");
    assert!(found.len() >= 5, "{found:?}");
    for file in found {
        let config = Config::load(&file).unwrap_or_else(|e| panic!("{e}"));
        assert!(!config.sources.is_empty(), "{}", file.display());
        for source in &config.sources {
            let path = source.path.as_deref().expect("a path");
            assert!(Path::new(path).is_relative(), "{}: {path}", file.display());
        }
    }
}

/// The first line of each says what its message must hold, parts divided by ` | `.
#[test]
fn every_invalid_one_says_what_is_wrong_and_where() {
    let found = files("invalid");
    assert!(found.len() >= 20, "{found:?}");
    let mut wrong = Vec::new();
    for file in found {
        let text = std::fs::read_to_string(&file).unwrap();
        let expected = text.lines().next().unwrap().strip_prefix("# expect: ");
        let expected = expected.unwrap_or_else(|| panic!("{} expects nothing", file.display()));
        match Config::load(&file) {
            Ok(_) => wrong.push(format!("{} was accepted", file.display())),
            Err(error) => {
                let message = error.to_string();
                for part in expected.split(" | ").filter(|part| !message.contains(part)) {
                    wrong.push(format!("“{part}” is not in: {message}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
