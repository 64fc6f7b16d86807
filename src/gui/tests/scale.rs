//! One scale of spaces, one of type: a size that is on neither is written where it can be argued with, in `theme`.

use std::path::{Path, PathBuf};

/// Spaces of the scale (4 · 8 · 12 · 16 · 24), nothing, and the point or two that an eye puts right.
const SPACES: [f32; 8] = [0.0, 1.0, 2.0, 4.0, 8.0, 12.0, 16.0, 24.0];
/// Sizes of type: 12 labels, 14 text, 16 icons in buttons, 18–20 titles, 22–34 the one number that matters.
const TYPE: [f32; 7] = [12.0, 14.0, 16.0, 18.0, 20.0, 22.0, 34.0];

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "tests" && name != "fixtures" && name != "theme" {
                sources(&path, into);
            }
        } else if name.ends_with(".rs")
            && !matches!(&*name, "theme.rs" | "tests.rs" | "fixtures.rs" | "icon.rs")
        {
            into.push(path);
        }
    }
}

/// Numbers written right after `call`.
fn after(dense: &str, call: &str) -> Vec<f32> {
    dense
        .match_indices(call)
        .filter_map(|(at, _)| {
            let rest = &dense[at + call.len()..];
            let end = rest
                .find(|c: char| !c.is_ascii_digit() && c != '.')
                .unwrap_or(rest.len());
            rest[..end].parse().ok()
        })
        .collect()
}

#[test]
fn sizes_are_on_the_scales() {
    let mut files = Vec::new();
    sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src/gui"),
        &mut files,
    );
    assert!(files.len() > 20, "the sources were not found");
    let (mut off, mut read) = (Vec::new(), 0);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let dense: String = text.split_whitespace().collect();
        let mut look = |calls: &[&str], scale: &[f32]| {
            for call in calls {
                for size in after(&dense, call) {
                    read += 1;
                    if !scale.contains(&size) {
                        off.push(format!("{}: {call}{size}", file.display()));
                    }
                }
            }
        };
        look(
            &[
                "add_space(",
                "item_spacing.x=",
                "item_spacing.y=",
                "item_spacing=Vec2::splat(",
            ],
            &SPACES,
        );
        look(
            &[
                "FontId::new(",
                "FontId::proportional(",
                ".size(",
                "theme::sized(_,",
            ],
            &TYPE,
        );
    }
    assert!(read > 10, "the search found only {read}");
    assert!(off.is_empty(), "off the scales:\n{}", off.join("\n"));
}
