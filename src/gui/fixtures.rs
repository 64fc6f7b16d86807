//! Made-up snapshots and a made-up judge, for tests: empty, failed, synthetic, three rows, hundreds.

pub mod alarms;
pub mod continuity;
pub mod fleet;
pub mod holds;
pub mod locomotive;
pub mod log;
pub mod model;
pub mod pipeline;
pub mod settings;

use std::sync::Arc;

use crate::domain::features::Normal;
use crate::domain::ports::{Judge, Judgement};
use crate::domain::quality::{Flag, Flags};
use crate::domain::{
    Cause, Channel, ChannelValues, EventKind, LabelKind, LocoId, ModelCard, Verdict, VerdictKind,
};
use crate::service::snapshot::{
    Bucket, Clock, Explanation, FleetRow, Happening, HappeningKind, LastRun, LocomotiveView,
    Overview, QualityKind, QualitySpan, RunProgress, Sample, Severity, Snapshot, Stage, TimeWindow,
};

/// 2026-08-30T22:55:00Z, 23:55 in Douala.
pub const NOW_MS: i64 = 1_788_130_500_000;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
pub const THRESHOLD: f64 = 0.42;

/// Additive, so that contributions are exact: vibration and temperature push, low pressure too.
pub struct FakeJudge {
    card: ModelCard,
    normal: Normal,
}

impl FakeJudge {
    pub fn new(card: ModelCard) -> Self {
        Self {
            card,
            normal: normal(),
        }
    }

    fn pushes(&self, v: &ChannelValues, normal: Option<&Normal>) -> (f64, ChannelValues) {
        let n = normal.unwrap_or(&self.normal);
        let soft = |x: f64, from: f64, to: f64| ((x - from) / (to - from)).clamp(0.0, 1.0);
        let vibration = soft(v[2] - n.mean[2], 0.3, 6.0);
        let temperature = soft(v[3] - n.mean[3], 4.0, 50.0);
        let pushes = [
            -0.02 * soft(n.mean[0] - v[0], 0.0, 80.0) + 0.05 * soft(n.mean[0] - v[0], 150.0, 250.0),
            0.16 * soft(n.mean[1] - v[1], 0.2, 2.5),
            0.50 * vibration.sqrt() * (0.7 + 0.3 * temperature),
            0.32 * temperature * (0.6 + 0.4 * vibration),
        ];
        let base = 0.06;
        let total: f64 = base + pushes.iter().sum::<f64>();
        if total > 0.995 {
            let share = (0.995 - base) / (total - base);
            (base, pushes.map(|p| p * share))
        } else {
            (base, pushes)
        }
    }
}

impl Judge for FakeJudge {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn hypothesis(&self, values: &ChannelValues, normal: Option<&Normal>) -> Judgement {
        let (base, contributions) = self.pushes(values, normal);
        let probability = base + contributions.iter().sum::<f64>();
        Judgement {
            verdict: if probability >= self.card.threshold {
                VerdictKind::Danger
            } else {
                VerdictKind::Nominal
            },
            probability,
            threshold: self.card.threshold,
            base,
            contributions,
        }
    }

    fn probability(&self, values: &ChannelValues, normal: Option<&Normal>) -> f64 {
        let (base, pushes) = self.pushes(values, normal);
        base + pushes.iter().sum::<f64>()
    }

    fn fleet_normal(&self) -> &Normal {
        &self.normal
    }
}

pub fn normal() -> Normal {
    Normal {
        mean: [500.0, 5.0, 2.0, 45.0],
        deviation: [12.0, 0.15, 0.2, 1.5],
        readings: 4000,
    }
}

pub fn card(label_kind: LabelKind) -> ModelCard {
    ModelCard {
        version: 7,
        trained_at_ms: NOW_MS - 3 * DAY_MS,
        label_kind,
        horizon_hours: 48.0,
        synthetic: false,
        rows: 43_200,
        positives: 1_920,
        labels_known: 14,
        locomotives: 10,
        from_ms: NOW_MS - 30 * DAY_MS,
        to_ms: NOW_MS,
        features: vec!["vibration".into()],
        importance: vec![1.0],
        trees: 120,
        max_depth: 12,
        seed: 42,
        threshold: THRESHOLD,
        threshold_from: "false-alarm budget of 2 %".into(),
        split: "by time".into(),
        metrics: None,
        always: None,
        never: None,
        preset_nominal: Some(0.06),
        preset_alert: Some(0.86),
        promoted: true,
        refusal: None,
        curves: None,
        reference: None,
    }
}

/// A repeatable scatter in −1…1.
fn noise(seed: u64) -> f64 {
    let mut x = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5bf0_3635;
    x ^= x >> 29;
    x = x.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x ^= x >> 32;
    (x % 20_001) as f64 / 10_000.0 - 1.0
}

fn row(i: usize, verdict: Verdict, values: ChannelValues) -> FleetRow {
    let judge = FakeJudge::new(card(LabelKind::Failures));
    let (base, contributions) = judge.pushes(&values, None);
    let p = base + contributions.iter().sum::<f64>();
    let danger = verdict == Verdict::Danger;
    let seed = i as u64 * 1000;
    let trend_24h = (0..48)
        .map(|k| {
            let back = 47 - k;
            let rise = if danger { f64::from(k) / 47.0 } else { 1.0 };
            let y = p * rise.powi(2) + 0.012 * noise(seed + k as u64) + 0.02;
            (
                NOW_MS - i64::from(back) * HOUR_MS / 2,
                y.clamp(0.0, 1.0) as f32,
            )
        })
        .collect();
    let mut flags = Flags::NONE;
    if let Verdict::Unavailable(Cause::Flagged { flag, channel }) = verdict {
        flags.set(flag, channel);
    }
    let stale = matches!(verdict, Verdict::Unavailable(Cause::Stale { .. }));
    let age_ms = if stale {
        41 * 60_000
    } else {
        4_000 + (i as i64 % 6) * 1000
    };
    let unavailable = verdict.kind() == VerdictKind::Unavailable;
    FleetRow {
        loco: LocoId::new(&format!("LOCO_{:03}", i + 1)),
        last_verdict: unavailable.then_some((VerdictKind::Nominal, NOW_MS - age_ms)),
        probability: Some(p),
        trend_24h,
        values,
        out_of_band: [
            values[0] < 460.0,
            values[1] < 4.5,
            values[2] > 2.8,
            values[3] > 52.0,
        ],
        flags,
        reading_at_ms: NOW_MS - age_ms,
        age_ms,
        stale,
        days_since_maintenance: Some(8.0 + (i as f64 * 17.3) % 90.0),
        explanation: Some(Explanation {
            base,
            contributions,
            way_back: if danger {
                [None, None, Some(4.1), Some(61.0)]
            } else {
                [None; 4]
            },
            held_nominal: false,
        }),
        normal: Some(normal()),
        happenings: happenings(danger),
        origin: Some(("sensors.csv".into(), 12_345 + i as u64)),
        source: "capteurs".into(),
        verdict,
    }
}

fn happenings(danger: bool) -> Vec<Happening> {
    let mut all = vec![
        Happening {
            at_ms: NOW_MS - 20 * HOUR_MS,
            what: HappeningKind::Quarantined { rows: 34 },
        },
        Happening {
            at_ms: NOW_MS - 27 * HOUR_MS / 2,
            what: HappeningKind::ModelInService { version: 7 },
        },
        Happening {
            at_ms: NOW_MS - 13 * DAY_MS,
            what: HappeningKind::Workshop {
                kind: EventKind::Preventive,
                component: "circuit hydraulique".into(),
            },
        },
        Happening {
            at_ms: NOW_MS - 19 * DAY_MS,
            what: HappeningKind::Workshop {
                kind: EventKind::Failure,
                component: "pompe à huile".into(),
            },
        },
    ];
    if danger {
        all.insert(
            0,
            Happening {
                at_ms: NOW_MS - 4 * HOUR_MS,
                what: HappeningKind::VerdictChange {
                    from: VerdictKind::Nominal,
                    to: VerdictKind::Danger,
                },
            },
        );
    }
    all
}

/// `n` rows: two in danger, two unavailable, the others nominal.
pub fn fleet(n: usize) -> Snapshot {
    let rows = (0..n)
        .map(|i| {
            let k = i as u64;
            let calm = [
                500.0 + 9.0 * noise(k),
                5.0 + 0.15 * noise(k + 7),
                2.0 + 0.25 * noise(k + 13),
                45.0 + 1.8 * noise(k + 29),
            ];
            match i {
                0 => row(i, Verdict::Danger, [402.0, 3.1, 7.8, 88.4]),
                1 if n > 2 => row(i, Verdict::Danger, [455.0, 4.0, 5.2, 71.0]),
                2 => row(
                    i,
                    Verdict::Unavailable(Cause::Stale {
                        age_ms: 41 * 60_000,
                        limit_ms: 10 * 60_000,
                    }),
                    calm,
                ),
                3 => row(
                    i,
                    Verdict::Unavailable(Cause::Flagged {
                        flag: Flag::Stuck,
                        channel: Channel::Temperature,
                    }),
                    calm,
                ),
                _ => row(i, Verdict::Nominal, calm),
            }
        })
        .collect();
    let card = card(LabelKind::Failures);
    Snapshot {
        generation: 1,
        clock: Clock::Data,
        now_ms: Some(NOW_MS),
        data_span: Some((NOW_MS - 30 * DAY_MS, NOW_MS)),
        last_run: Some(LastRun {
            run_id: 12,
            ended_ms: NOW_MS - 22 * HOUR_MS,
            failed: None,
            rows_read: 43_234,
            rows_kept: 1_440,
            rows_already_loaded: 41_760,
            rows_quarantined: 34,
            refused: Vec::new(),
        }),
        fleet_cause: None,
        judge: Some(Arc::new(FakeJudge::new(card.clone()))),
        model: Some(Arc::new(card)),
        fleet: Arc::new(rows),
        ..Snapshot::empty()
    }
}

/// The first start, in the middle of its training.
pub fn first_start() -> Snapshot {
    Snapshot {
        running: Some(RunProgress {
            stage: Stage::Train,
            fraction: Some(0.37),
            rows: 43_200,
            waits_for: None,
        }),
        ..Snapshot::empty()
    }
}

/// A sound fleet whose last run then failed safe.
pub fn failed() -> Snapshot {
    let mut s = fleet(5);
    let reason = "sensors.csv : colonne « vibration » absente".to_owned();
    let cause = Cause::RunFailed {
        reason: reason.clone(),
    };
    let mut rows = s.fleet.as_ref().clone();
    for row in &mut rows {
        row.last_verdict = Some((row.verdict.kind(), row.reading_at_ms));
        row.verdict = Verdict::Unavailable(cause.clone());
    }
    s.fleet = Arc::new(rows);
    s.fleet_cause = Some(cause);
    if let Some(run) = &mut s.last_run {
        run.failed = Some(reason.clone());
        run.refused = vec![("sensors.csv".into(), reason)];
    }
    s
}

/// Replay, simulated data, a rule's model.
pub fn synthetic() -> Snapshot {
    let mut s = fleet(12);
    s.synthetic = true;
    s.clock = Clock::Replay {
        speed: 60,
        playing: true,
    };
    let card = card(LabelKind::Rule);
    s.judge = Some(Arc::new(FakeJudge::new(card.clone())));
    s.model = Some(Arc::new(card));
    s
}

/// The curves of one locomotive over 24 hours, with a fault that grows, a gap and a quarantine.
pub fn with_view(mut s: Snapshot, loco: &str) -> Snapshot {
    const STEPS: i64 = 720;
    let from_ms = NOW_MS - DAY_MS;
    let judge = FakeJudge::new(card(LabelKind::Failures));
    let mut curves: [Vec<Vec<[f64; 2]>>; 4] = std::array::from_fn(|_| vec![Vec::new()]);
    let mut probability = vec![Vec::new()];
    let mut samples = Vec::new();
    for k in 0..=STEPS {
        let at_ms = from_ms + DAY_MS / STEPS * k;
        if (300..322).contains(&k) {
            if k == 300 {
                for curve in &mut curves {
                    curve.push(Vec::new());
                }
                probability.push(Vec::new());
            }
            continue;
        }
        let fault = ((k as f64 / STEPS as f64 - 0.62) / 0.38).clamp(0.0, 1.0);
        let n = |c: u64| noise(k as u64 / 3 + c * 5000) * 0.6 + noise(k as u64 + c * 9000) * 0.4;
        let values = [
            500.0 - 98.0 * fault + 7.0 * n(1),
            5.0 - 1.9 * fault + 0.09 * n(2),
            2.0 + 5.8 * fault.powf(1.3) + 0.22 * n(3),
            45.0 + 43.0 * fault.powf(1.6) + 1.3 * n(4),
        ];
        let x = at_ms as f64 / 1000.0;
        for (curve, value) in curves.iter_mut().zip(values) {
            if let Some(run) = curve.last_mut() {
                run.push([x, value]);
            }
        }
        let judged = judge.hypothesis(&values, None);
        if let Some(run) = probability.last_mut() {
            run.push([x, judged.probability]);
        }
        samples.push(Sample {
            at_ms,
            values,
            mean: false,
            flags: Flags::NONE,
            judged: Some((judged.probability, judged.verdict, 7)),
            bucket: Bucket::of_one(at_ms, values),
        });
    }
    let quality = vec![
        QualitySpan {
            from_ms: from_ms + DAY_MS / STEPS * 300,
            to_ms: from_ms + DAY_MS / STEPS * 322,
            kind: QualityKind::Gap,
        },
        QualitySpan {
            from_ms: from_ms + DAY_MS / STEPS * 120,
            to_ms: from_ms + DAY_MS / STEPS * 134,
            kind: QualityKind::Quarantined,
        },
        QualitySpan {
            from_ms: from_ms + DAY_MS / STEPS * 560,
            to_ms: from_ms + DAY_MS / STEPS * 600,
            kind: QualityKind::Flagged,
        },
    ];
    s.locomotive = Some(Arc::new(LocomotiveView {
        loco: LocoId::new(loco),
        window: TimeWindow::Last(DAY_MS),
        from_ms,
        to_ms: NOW_MS,
        curves,
        probability,
        threshold: Some(THRESHOLD),
        bands: [
            Some((476.0, 524.0)),
            Some((4.7, 5.3)),
            Some((1.6, 2.4)),
            Some((42.0, 48.0)),
        ],
        limits: [(0.0, 1000.0), (0.0, 16.0), (0.0, 50.0), (-40.0, 200.0)],
        severity: Severity {
            class: "III",
            limits: [1.8, 4.5, 11.2],
        },
        overview: Overview::default(),
        samples,
        quality,
        happenings: happenings(true),
    }));
    s
}
