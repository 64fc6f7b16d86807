//! Held batches on the Pipeline page: seen with their figures, released with a reason; in both languages.

use eframe::egui::Key;
use egui_kittest::kittest::Queryable;

use super::{Bench, bench_of};
use crate::gui::fixtures::{holds as made, pipeline};
use crate::service::command::{Command, Desk};
use crate::service::intake::{IntakeAsk, IntakeView};
use crate::text::Language;

fn quarantine(language: Language, size: [f32; 2]) -> Bench {
    let mut bench = bench_of(pipeline::with(made::page()), language, false, size);
    bench.show(Key::Num4);
    assert_eq!(bench.sent(), [Command::Attend(Desk::Intake)]);
    let tab = match language {
        Language::French => "Quarantaine (12)",
        Language::English => "Quarantine (12)",
    };
    bench.click(tab);
    bench
}

#[test]
fn a_batch_is_released_with_a_reason_in_both_languages() {
    for language in Language::ALL {
        let french = language == Language::French;
        for size in [[1440.0, 900.0], [1280.0, 720.0]] {
            let mut bench = quarantine(language, size);
            let said = if french {
                ["LOCO_001 · saut brusque", "7,8", "28,7", "mesures rejouées"]
            } else {
                ["LOCO_001 · sudden jump", "7.8", "28.7", "replayed readings"]
            };
            for words in said {
                assert!(bench.says(words), "{words}");
            }
            let [this, now, reason, cancel] = if french {
                [
                    "Libérer le lot 8 de LOCO_001",
                    "Libérer ce lot",
                    "Motif (obligatoire)",
                    "Ne pas libérer",
                ]
            } else {
                [
                    "Release batch 8 of LOCO_001",
                    "Release this batch",
                    "Reason (required)",
                    "Do not release",
                ]
            };
            bench.click(this);
            bench.click(now);
            assert_eq!(bench.sent(), [], "no release without a reason");
            bench.click(cancel);
            assert!(!bench.says(now), "asked no more");
            bench.click(this);
            bench
                .harness
                .get_by_label(reason)
                .type_text(" capteur remplacé ");
            bench.harness.run();
            bench.click(now);
            let words = "capteur remplacé".to_owned();
            let ask = IntakeAsk::Release { hold: 8, words };
            assert_eq!(bench.sent(), [Command::Intake(ask)]);
            assert!(bench.says(if french {
                "Libération en cours"
            } else {
                "Releasing"
            }));
            // The next picture holds one less.
            let mut left = made::held();
            left.remove(0);
            let view = IntakeView {
                held: std::sync::Arc::new(left),
                ..made::page()
            };
            let next = std::sync::Arc::new(pipeline::with(view));
            bench.snapshots.send(next).unwrap();
            bench.harness.run();
            assert!(!bench.says(this) && !bench.says("28"));
        }
    }
}
