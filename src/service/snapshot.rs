//! What the window shows: one immutable picture of everything, published by the service.
//! Pages read it and draw; nothing here computes.

use std::sync::Arc;

use super::alarms::AlarmsView;
use super::continuity::ContinuityView;
use super::continuity::holders::Holder;
use super::intake::IntakeView;
use super::live::LiveState;
use super::logbook::LogView;
use super::models::ModelsView;
use super::settings::SettingsView;
use crate::domain::alarm::What;
use crate::domain::features::Normal;
use crate::domain::ports::SharedJudge;
use crate::domain::quality::Flags;
use crate::domain::{
    Cause, ChannelValues, Condition, EventKind, LocoId, ModelCard, Signs, Verdict, VerdictKind,
};

/// Which clock "now" is read from. Always shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Clock {
    /// The computer's: live sources.
    Wall,
    /// The newest reading: archives and the demo.
    Data,
    /// The position of a replay of the warehouse.
    Replay { speed: u32, playing: bool },
}

/// The steps of a run, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Extract,
    Validate,
    Load,
    Train,
    Score,
}

impl Stage {
    pub const ALL: [Self; 5] = [
        Self::Extract,
        Self::Validate,
        Self::Load,
        Self::Train,
        Self::Score,
    ];

    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Extract => "extract",
            Self::Validate => "validate",
            Self::Load => "load",
            Self::Train => "train",
            Self::Score => "score",
        }
    }
}

/// A run of our own that is under way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RunProgress {
    pub stage: Stage,
    /// Share of this stage done, 0–1; `None` where it cannot be known.
    pub fraction: Option<f32>,
    /// Rows seen so far by this stage.
    pub rows: u64,
    /// Another program's lock that is waited for; nothing goes on meanwhile.
    pub waits_for: Option<WaitsFor>,
}

/// Who is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitsFor {
    /// Its process; `None` where the system does not tell.
    pub process: Option<u32>,
    /// The name of its program, as Linux keeps it: at most 15 bytes, the rest nought.
    program: [u8; 15],
}

impl WaitsFor {
    #[must_use]
    pub fn of(holder: Option<&Holder>) -> Self {
        let mut program = [0; 15];
        if let Some(holder) = holder {
            for (to, from) in program.iter_mut().zip(holder.program.bytes()) {
                *to = from;
            }
        }
        Self {
            process: holder.map(|holder| holder.process),
            program,
        }
    }

    /// The name of its program; empty where it is not told.
    #[must_use]
    pub fn program(&self) -> String {
        String::from_utf8_lossy(&self.program)
            .trim_end_matches(['\0', char::REPLACEMENT_CHARACTER])
            .to_owned()
    }
}

/// How the last recorded run ended (ours or another program's).
#[derive(Debug, Clone, PartialEq)]
pub struct LastRun {
    pub run_id: i64,
    pub ended_ms: i64,
    /// `Some` when it failed safe: its cause, in its own words.
    pub failed: Option<String>,
    pub rows_read: u64,
    pub rows_kept: u64,
    pub rows_already_loaded: u64,
    pub rows_quarantined: u64,
    /// Sources or files refused whole: (name, why).
    pub refused: Vec<(String, String)>,
}

/// One point of the 24 h sparkline: UTC milliseconds, probability.
pub type TrendPoint = (i64, f32);

/// Why the newest reading of a locomotive got its probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Explanation {
    pub base: f64,
    /// `base + Σ contributions = probability`.
    pub contributions: ChannelValues,
    /// For each channel the nearest value that, alone, brings NOMINAL back; `None` where none does.
    pub way_back: [Option<f64>; 4],
    /// The present values, if they hold, bring NOMINAL back: the danger is in what came before them.
    pub held_nominal: bool,
}

/// Something that happened to a locomotive, newest first in lists.
#[derive(Debug, Clone, PartialEq)]
pub struct Happening {
    pub at_ms: i64,
    pub what: HappeningKind,
}

#[derive(Debug, Clone, PartialEq)]
pub enum HappeningKind {
    Workshop {
        kind: EventKind,
        component: String,
    },
    /// The verdict of the readings changed here (by the model of that day).
    VerdictChange {
        from: VerdictKind,
        to: VerdictKind,
    },
    /// A model began to judge.
    ModelInService {
        version: u32,
    },
    /// Refused rows around this time.
    Quarantined {
        rows: u64,
    },
    /// An alarm was raised on this reading.
    Alarm {
        what: What,
        /// Nobody has acknowledged it.
        calls: bool,
    },
    /// Somebody annotated this moment.
    Note {
        /// Its number in the journal; `None` while it is being written.
        entry: Option<i64>,
        who: String,
        words: String,
    },
}

/// One locomotive in the fleet table.
#[derive(Debug, Clone)]
pub struct FleetRow {
    pub loco: LocoId,
    pub verdict: Verdict,
    /// The last verdict that a reading got, and when: shown when `verdict` is unavailable.
    pub last_verdict: Option<(VerdictKind, i64)>,
    /// Probability of the newest scored reading.
    pub probability: Option<f64>,
    /// Oldest first.
    pub trend_24h: Vec<TrendPoint>,
    pub values: ChannelValues,
    /// Outside the machine's own normal band: drawn in bold and warn.
    pub out_of_band: [bool; 4],
    pub flags: Flags,
    pub reading_at_ms: i64,
    pub age_ms: i64,
    pub stale: bool,
    /// Last workshop event of any kind.
    pub days_since_maintenance: Option<f64>,
    pub explanation: Option<Explanation>,
    /// The machine's own normal, for the Simulator.
    pub normal: Option<Normal>,
    /// The last few happenings, newest first.
    pub happenings: Vec<Happening>,
    /// Where the newest reading came from: file and line.
    pub origin: Option<(String, u64)>,
    /// The source of that reading, by its name in the configuration.
    pub source: String,
}

impl FleetRow {
    /// The finer reading of its verdict, by the threshold of the model in force.
    #[must_use]
    pub fn condition(&self, threshold: Option<f64>) -> Condition {
        let points = self.trend_24h.len() as f64;
        let sum: f64 = self.trend_24h.iter().map(|p| f64::from(p.1)).sum();
        Condition::of(&Signs {
            verdict: self.verdict.kind(),
            probability: self.probability,
            mean_24h: (points > 0.0).then(|| sum / points),
            threshold,
            outside: self.out_of_band.contains(&true),
        })
    }
}

/// One instant under the crosshair: a reading, and what lies around it that is too close to be told apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    pub at_ms: i64,
    pub values: ChannelValues,
    /// The values are means of the bucket: its readings were pruned.
    pub mean: bool,
    pub flags: Flags,
    /// Probability, verdict and model version by the model that judged it then.
    pub judged: Option<(f64, VerdictKind, u32)>,
    pub bucket: Bucket,
}

/// The stretch that a sample stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    /// UTC milliseconds, both included.
    pub from_ms: i64,
    pub to_ms: i64,
    pub readings: u64,
    pub low: ChannelValues,
    pub high: ChannelValues,
    /// Least and largest probability, and the worst verdict; `None` where nothing was judged.
    pub judged: Option<(f64, f64, VerdictKind)>,
}

impl Bucket {
    /// That of a reading which stands for itself.
    #[must_use]
    pub const fn of_one(at_ms: i64, values: ChannelValues) -> Self {
        Self {
            from_ms: at_ms,
            to_ms: at_ms,
            readings: 1,
            low: values,
            high: values,
            judged: None,
        }
    }

    /// Both together; they follow each other in time.
    #[must_use]
    pub fn and(self, later: &Self) -> Self {
        let judged = match (self.judged, later.judged) {
            // Verdicts are ordered worst first.
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1), a.2.min(b.2))),
            (a, b) => a.or(b),
        };
        Self {
            from_ms: self.from_ms.min(later.from_ms),
            to_ms: self.to_ms.max(later.to_ms),
            readings: self.readings + later.readings,
            low: std::array::from_fn(|i| self.low[i].min(later.low[i])),
            high: std::array::from_fn(|i| self.high[i].max(later.high[i])),
            judged,
        }
    }
}

/// A class of ISO 10816-1 with its limits A/B, B/C, C/D in mm/s RMS. Indicative on a moving bogie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Severity {
    pub class: &'static str,
    pub limits: [f64; 3],
}

/// The probability over all the past of a locomotive, in a few hundred buckets.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Overview {
    /// Start (UTC milliseconds), least and largest probability, and whether it was ever DANGER; in time order.
    pub buckets: Vec<(i64, f32, f32, bool)>,
    /// Length of a bucket, milliseconds.
    pub bucket_ms: i64,
}

/// A stretch of the data-quality lane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QualitySpan {
    pub from_ms: i64,
    pub to_ms: i64,
    pub kind: QualityKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QualityKind {
    /// No readings.
    Gap,
    /// Readings kept, and flagged.
    Flagged,
    /// Rows in quarantine.
    Quarantined,
    /// Readings of a held batch.
    Held,
}

/// A curve as unbroken stretches: gaps in the data split it. x is UTC seconds, y the channel's unit.
pub type Curve = Vec<Vec<[f64; 2]>>;

/// Everything the Locomotive page draws, already reduced to about two points a pixel.
#[derive(Debug, Clone, PartialEq)]
pub struct LocomotiveView {
    pub loco: LocoId,
    pub window: TimeWindow,
    /// What the window covers, UTC milliseconds.
    pub from_ms: i64,
    pub to_ms: i64,
    /// Minimum and maximum of every bucket are kept, so that a one-row spike shows.
    pub curves: [Curve; 4],
    /// Probability, 0–1.
    pub probability: Curve,
    pub threshold: Option<f64>,
    /// The machine's own normal band a channel (low, high).
    pub bands: [Option<(f64, f64)>; 4],
    /// Least and largest value a channel that can be a reading, as configured.
    pub limits: [(f64, f64); 4],
    pub severity: Severity,
    pub overview: Overview,
    pub samples: Vec<Sample>,
    pub quality: Vec<QualitySpan>,
    /// Newest first.
    pub happenings: Vec<Happening>,
}

/// How much of the past the Locomotive page shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TimeWindow {
    /// The last so many milliseconds before now, moving with the clock.
    Last(i64),
    /// A fixed stretch (paused, zoomed, panned), UTC milliseconds.
    Between(i64, i64),
    /// Everything up to now.
    All,
}

/// One immutable picture of everything the window shows.
#[derive(Clone)]
pub struct Snapshot {
    /// Grows with each publication.
    pub generation: u64,
    pub clock: Clock,
    /// "Now" by that clock, UTC milliseconds; `None` before the first reading.
    pub now_ms: Option<i64>,
    /// First and last reading of the warehouse, UTC milliseconds.
    pub data_span: Option<(i64, i64)>,
    /// The warehouse holds simulated data: SYNTHÉTIQUE on every page.
    pub synthetic: bool,
    /// Our own run, while it is under way.
    pub running: Option<RunProgress>,
    pub last_run: Option<LastRun>,
    /// Set when the whole fleet is UNAVAILABLE: never run, failed run, no model.
    pub fleet_cause: Option<Cause>,
    pub model: Option<Arc<ModelCard>>,
    /// Present when a sound model is in store.
    pub judge: Option<SharedJudge>,
    /// Worst first.
    pub fleet: Arc<Vec<FleetRow>>,
    /// The locomotive that the page asked for, when it is ready.
    pub locomotive: Option<Arc<LocomotiveView>>,
    /// A fault of the service itself (warehouse unreadable …), to be shown, not hidden.
    pub fault: Option<String>,
    /// How following the sources that grow goes; `None` where none is followed.
    pub live: Option<LiveState>,
    pub alarms: Arc<AlarmsView>,
    pub intake: Arc<IntakeView>,
    pub models: Arc<ModelsView>,
    pub settings: Arc<SettingsView>,
    pub log: Arc<LogView>,
    pub continuity: Arc<ContinuityView>,
    /// This account only looks: whatever would change something is refused.
    pub read_only: bool,
}

impl Snapshot {
    /// Before anything is known.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            generation: 0,
            clock: Clock::Data,
            now_ms: None,
            data_span: None,
            synthetic: false,
            running: None,
            last_run: None,
            fleet_cause: Some(Cause::NeverRun),
            model: None,
            judge: None,
            fleet: Arc::new(Vec::new()),
            locomotive: None,
            fault: None,
            live: None,
            alarms: Arc::default(),
            intake: Arc::default(),
            models: Arc::default(),
            settings: Arc::default(),
            log: Arc::default(),
            continuity: Arc::default(),
            read_only: false,
        }
    }
}
