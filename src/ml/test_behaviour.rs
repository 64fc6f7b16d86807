//! How training, scoring, explaining, storing and evaluating behave together, on toy fleets.

use std::sync::OnceLock;

use proptest::prelude::*;

use super::test_support::{Memory, PERIOD_MS, fleet};
use super::*;
use crate::domain::ports::{Judge, RefusedRow};
use crate::domain::reading::{PRESET_ALERT, PRESET_NOMINAL};
use crate::domain::{LabelKind, LocoId, VerdictKind};

fn options() -> TrainOptions {
    TrainOptions {
        trees: 20,
        max_depth: 8,
        max_rows: 4000,
        ..TrainOptions::default()
    }
}

/// A fleet with failure events and its model, made once.
fn failing() -> &'static (Memory, Model) {
    static MADE: OnceLock<(Memory, Model)> = OnceLock::new();
    MADE.get_or_init(|| {
        let memory = fleet(12, 1500, 3, false);
        let model = train(&memory, &options(), &|_| ()).expect("model");
        (memory, model)
    })
}

#[test]
fn a_fleet_in_our_units_passes_its_gate() {
    let (_, model) = failing();
    let card = &model.card;
    assert_eq!(card.label_kind, LabelKind::Failures);
    assert!(card.promoted, "{:?} {card:?}", card.refusal);
    assert!(model.probability(&PRESET_NOMINAL, None) < card.threshold);
    for vibration in [7.0, 10.0, 15.0] {
        for temperature in [85.0, 100.0, 120.0] {
            let said = model.hypothesis(&[500.0, 5.0, vibration, temperature], None);
            assert_eq!(
                said.verdict,
                VerdictKind::Danger,
                "{vibration} {temperature} {said:?}"
            );
        }
    }
    let metrics = card.metrics.as_ref().expect("figures");
    assert!(metrics.roc_auc.expect("two classes") > 0.9, "{metrics:?}");
    assert!(
        metrics.failures_warned * 10 >= metrics.failures * 8,
        "{metrics:?}"
    );
    assert!(
        card.threshold_from.contains("0.40 false-alarm hours"),
        "{}",
        card.threshold_from
    );
    assert!((card.importance.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    assert_eq!(card.importance.len(), card.features.len());
}

#[test]
fn truth_labels_pass_too_and_say_anomaly() {
    let memory = fleet(6, 1200, 5, true);
    let model = train(&memory, &options(), &|_| ()).expect("model");
    assert_eq!(model.card.label_kind, LabelKind::Truth);
    assert!(model.card.promoted, "{:?}", model.card.refusal);
    assert!(model.card.metrics.as_ref().and_then(|m| m.f1).expect("f1") > 0.8);
}

#[test]
fn without_labels_the_rule_is_learned() {
    let mut memory = fleet(8, 1500, 3, true);
    for (readings, _) in memory.locos.values_mut() {
        readings.iter_mut().for_each(|r| r.label = None);
    }
    let model = train(&memory, &options(), &|_| ()).expect("model");
    assert_eq!(model.card.label_kind, LabelKind::Rule);
    assert!(model.card.promoted, "{:?}", model.card.refusal);
}

#[test]
fn the_same_model_on_one_thread_and_on_two() {
    let memory = fleet(4, 800, 3, true);
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("pool");
        pool.install(|| train(&memory, &options(), &|_| ()).expect("model"))
    };
    assert_eq!(on(1), on(2));
}

#[test]
fn what_cannot_be_learned_says_so() {
    let options = options();
    assert!(matches!(
        train(&Memory::default(), &options, &|_| ()),
        Err(TrainError::NoReadings)
    ));
    let mut few = Memory::default();
    for i in 0..7 {
        few.push("LOCO_001", i * PERIOD_MS, PRESET_NOMINAL, None);
    }
    let error = train(&few, &options, &|_| ()).expect_err("too few");
    assert!(error.to_string().contains("too few to train"), "{error}");
    for i in 7..400 {
        few.push("LOCO_001", i * PERIOD_MS, PRESET_NOMINAL, None);
    }
    assert!(matches!(
        train(&few, &options, &|_| ()),
        Err(TrainError::OneClass { .. })
    ));
}

#[test]
fn a_threshold_that_misses_a_preset_is_not_promoted() {
    // Labelled the wrong way round: the fleet's normal is called an anomaly.
    let mut memory = fleet(4, 900, 5, true);
    for (readings, _) in memory.locos.values_mut() {
        readings
            .iter_mut()
            .for_each(|r| r.label = r.label.map(|l| !l));
    }
    let model = train(&memory, &options(), &|_| ()).expect("model");
    assert!(!model.card.promoted);
    assert!(
        model
            .card
            .refusal
            .as_deref()
            .expect("reason")
            .contains("preset")
    );
}

#[test]
fn contributions_add_up_for_readings_and_hypotheses() {
    let (memory, model) = failing();
    for values in [PRESET_NOMINAL, PRESET_ALERT, [300.0, 2.0, 9.0, 110.0]] {
        let said = model.hypothesis(&values, None);
        let sum = said.base + said.contributions.iter().sum::<f64>();
        assert!((sum - said.probability).abs() < 1e-9);
        assert!((said.probability - model.probability(&values, None)).abs() < 1e-12);
    }
    let steady = model.hypothesis(&model.fleet_normal().mean, None);
    assert_eq!(steady.contributions, [0.0; 4]);
    for loco in memory.locos.keys() {
        let e = explain_at(model, memory, loco, 900 * PERIOD_MS)
            .expect("read")
            .expect("reading");
        assert!((e.base + e.contributions.iter().sum::<f64>() - e.probability).abs() < 1e-9);
        assert_eq!(e.reading.at_ms, 900 * PERIOD_MS);
        let mut scored = None;
        score_locomotive(model, memory, loco, None, &mut |r, p| {
            if r.at_ms == e.reading.at_ms {
                scored = Some(p);
            }
        })
        .expect("read");
        assert_eq!(scored, Some(e.probability));
    }
    assert_eq!(
        explain_at(model, memory, &LocoId::new("LOCO_000"), -1).expect("read"),
        None
    );
}

#[test]
fn readings_that_come_one_by_one_are_scored_and_explained_the_same() {
    let (memory, model) = failing();
    let loco = memory.locos.keys().next().expect("a locomotive").clone();
    let (readings, _) = &memory.locos[&loco];
    let mut growing = memory.clone();
    let upto = |growing: &mut Memory, n: usize| {
        growing.locos.get_mut(&loco).expect("it").0 = readings[..n].to_vec();
    };
    let (mut scored, mut explained) = (Followers::default(), Followers::default());
    for n in (readings.len() - 60)..readings.len() {
        // Two at a time now and then, and once somebody else has been at it.
        if n % 7 == 3 {
            continue;
        }
        if n % 31 == 0 {
            scored.forget();
            explained.forget_one(&loco);
        }
        upto(&mut growing, n);
        let from_ms = readings[n - 1].at_ms;
        let (mut one, mut whole) = (Vec::new(), Vec::new());
        scored
            .score(model, &growing, &loco, from_ms, &mut |r, p| {
                one.push((r.at_ms, p))
            })
            .expect("scored");
        score_locomotive(model, &growing, &loco, Some(from_ms), &mut |r, p| {
            whole.push((r.at_ms, p));
        })
        .expect("scored");
        assert_eq!(one, whole);
        assert_eq!(one.len(), 1);
        assert_eq!(
            explained
                .explain(model, &growing, &loco, from_ms)
                .expect("explained"),
            explain_at(model, &growing, &loco, from_ms).expect("explained")
        );
    }
}

#[test]
fn scoring_from_the_middle_says_the_same() {
    let (memory, model) = failing();
    let loco = LocoId::new("LOCO_002");
    let from = |start: Option<i64>| {
        let mut out = Vec::new();
        score_locomotive(model, memory, &loco, start, &mut |r, p| {
            out.push((r.at_ms, p))
        })
        .expect("read");
        out
    };
    let whole = from(None);
    assert_eq!(whole.len(), 1500);
    for start in [0, 1, 10, 143, 200, 399, 400, 401, 543, 545, 700, 1499] {
        assert_eq!(
            from(Some(start * PERIOD_MS)),
            whole[start as usize..],
            "from {start}"
        );
    }
}

#[test]
fn stored_and_read_back_it_is_the_same() {
    let (_, model) = failing();
    let bytes = model.to_bytes().expect("bytes");
    assert!(bytes.len() < 1_000_000);
    assert_eq!(&Model::from_bytes(&bytes).expect("model"), model);
    assert_eq!(
        Model::from_bytes(b"PK\x03\x04 not a model"),
        Err(StoreError::NotAModel)
    );
    let mut newer = bytes.clone();
    newer[8] = 9;
    assert_eq!(Model::from_bytes(&newer), Err(StoreError::Version(9)));
}

#[test]
fn every_cut_and_every_flipped_byte_is_noticed() {
    let memory = fleet(2, 400, 5, true);
    let model = train(
        &memory,
        &TrainOptions {
            trees: 2,
            max_depth: 3,
            ..options()
        },
        &|_| (),
    )
    .expect("model");
    let bytes = model.to_bytes().expect("bytes");
    for length in 0..bytes.len() {
        assert!(
            Model::from_bytes(&bytes[..length]).is_err(),
            "cut at {length}"
        );
    }
    let mut hurt = bytes.clone();
    for i in 0..bytes.len() {
        hurt[i] ^= 0x41;
        assert!(Model::from_bytes(&hurt).is_err(), "flipped at {i}");
        hurt[i] = bytes[i];
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn hostile_bytes_with_a_good_checksum_never_panic(at in 0_usize..100_000, with: u8, and in 0_usize..100_000) {
        let (_, model) = failing();
        let mut bytes = model.to_bytes().expect("bytes");
        let body = bytes.len() - 32;
        bytes[8 + at % (body - 8)] = with;
        bytes[8 + and % (body - 8)] = with;
        let digest = blake3::hash(&bytes[..body]);
        bytes[body..].copy_from_slice(digest.as_bytes());
        if let Ok(read) = Model::from_bytes(&bytes) {
            let p = read.probability(&PRESET_ALERT, None);
            prop_assert!((0.0..=1.0).contains(&p));
        }
    }
}

#[test]
fn labels_without_a_meaning_cannot_be_learned() {
    // If anything of a row's own truth leaked into its features, this would be found.
    let mut memory = fleet(8, 500, 9, true);
    let mut state = 1_u64;
    for (readings, _) in memory.locos.values_mut() {
        for r in readings.iter_mut() {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            r.label = Some(state >> 62 == 0);
        }
    }
    let e = evaluate_split(&memory, Split::Locomotive, 4, &options()).expect("evaluation");
    let auc = e.metrics.roc_auc.expect("two classes");
    assert!((0.44..0.56).contains(&auc), "{auc}");
}

#[test]
fn every_test_row_is_predicted_and_refused_rows_count_as_wrong() {
    let mut memory = fleet(4, 600, 5, true);
    let sound = evaluate_split(&memory, Split::Locomotive, 2, &options()).expect("evaluation");
    assert_eq!(sound.predictions.len(), 2400);
    assert_eq!(sound.metrics.rows, 2400);
    assert!(
        sound
            .predictions
            .is_sorted_by_key(|p| (p.loco.clone(), p.at_ms))
    );
    for (i, label) in [(0, Some(true)), (1, Some(false)), (2, None)] {
        memory.refused.push(RefusedRow {
            loco: LocoId::new("LOCO_001"),
            at_ms: i * PERIOD_MS + 1,
            label,
        });
    }
    let e = evaluate_split(&memory, Split::Locomotive, 2, &options()).expect("evaluation");
    assert_eq!(e.predictions.len(), 2403);
    let refused: Vec<_> = e
        .predictions
        .iter()
        .filter(|p| p.probability.is_none())
        .collect();
    assert_eq!(refused.len(), 3);
    assert!(
        refused
            .iter()
            .all(|p| p.verdict == VerdictKind::Unavailable)
    );
    assert_eq!(
        (e.metrics.rows, e.metrics.positives),
        (2402, sound.metrics.positives + 1)
    );
    assert!(e.metrics.far > sound.metrics.far && e.metrics.mar > sound.metrics.mar);
    assert!(e.metrics.roc_auc < sound.metrics.roc_auc);
}

#[test]
fn a_split_by_time_judges_the_later_rows_only() {
    let (memory, _) = failing();
    let e = evaluate_split(memory, Split::Time, 2, &options()).expect("evaluation");
    let first = e.predictions.iter().map(|p| p.at_ms).min().expect("rows");
    assert_eq!(first / PERIOD_MS, 600);
    assert!(
        e.metrics.failures > 0 && e.metrics.roc_auc.expect("two classes") > 0.8,
        "{:?}",
        e.metrics
    );
    assert!(e.split.contains("gap 48.0 h"), "{}", e.split);
    assert_eq!((e.always.far, e.never.mar), (Some(1.0), Some(1.0)));
}

#[test]
fn the_last_hours_of_an_archive_beside_a_live_source_are_not_called_sound() {
    let horizon = 48 * 3_600_000;
    let mut memory = fleet(4, 900, 3, false);
    let archive = memory
        .locos
        .get_mut(&LocoId::new("LOCO_001"))
        .expect("machine");
    archive.0.truncate(600);
    let end = archive.0[599].at_ms;
    archive.1.retain(|(at, _)| *at <= end);
    let known: usize = memory
        .locos
        .values()
        .map(|(readings, events)| {
            let end = readings[readings.len() - 1].at_ms;
            let labelled = readings.iter().filter(|r| {
                let mut ahead = events.iter().map(|(at, _)| at - r.at_ms);
                ahead.any(|left| left > 0 && left <= horizon) || r.at_ms + horizon <= end
            });
            labelled.count()
        })
        .sum();
    let e = evaluate_split(&memory, Split::Locomotive, 2, &options()).expect("evaluation");
    assert_eq!(e.metrics.rows, known as u64);
    assert_eq!(e.predictions.len(), 3300);
}

#[test]
fn a_pair_without_labels_is_judged_all_the_same() {
    let train_on = fleet(4, 700, 5, true);
    let mut test_on = fleet(3, 900, 6, true);
    let labelled = evaluate_pair(&train_on, &test_on, &options()).expect("evaluation");
    assert!(
        labelled.metrics.roc_auc.expect("two classes") > 0.9,
        "{:?}",
        labelled.metrics
    );
    for (readings, _) in test_on.locos.values_mut() {
        readings.iter_mut().for_each(|r| r.label = None);
    }
    let e = evaluate_pair(&train_on, &test_on, &options()).expect("evaluation");
    assert_eq!((e.metrics.rows, e.metrics.roc_auc), (0, None));
    assert_eq!(e.predictions, labelled.predictions);
}
