//! One locomotive's past, reduced to what a page can draw: minimum and maximum of every bucket are kept,
//! so that a spike of one row shows at every zoom, and memory does not grow with the window.

mod overview;
mod pace;
mod quality;
mod reduce;
mod shown;
#[cfg(test)]
mod test_windows;

use crate::domain::features::Normal;
use crate::domain::ports::is_fenced;
use crate::domain::{Channel, VerdictKind};
use crate::warehouse::{Entry, LatestReading, Reader, WarehouseError};

use super::notes;
use super::snapshot::{
    Happening, HappeningKind, LocomotiveView, QualityKind, QualitySpan, Severity, TimeWindow,
};
use pace::GAP_PERIODS;
use shown::Shown;

/// Deviations of the machine's own normal that make its band.
const BAND_DEVIATIONS: f64 = 4.0;

/// Alarms marked in a view at most, the newest.
const ALARMS: usize = 200;

/// What a view is made of.
pub struct Request<'a> {
    pub reader: &'a Reader,
    pub newest: &'a LatestReading,
    pub window: TimeWindow,
    /// "Now" for this locomotive, UTC milliseconds: nothing after it is shown.
    pub now_ms: i64,
    pub threshold: Option<f64>,
    pub normal: Option<Normal>,
    pub severity: Severity,
    /// Least and largest value a channel that can be a reading.
    pub limits: [(f64, f64); 4],
    /// Notes that are being written.
    pub pending: &'a [&'a Entry],
}

impl Request<'_> {
    /// Reads and reduces the window.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn view(&self) -> Result<LocomotiveView, WarehouseError> {
        let loco = &self.newest.loco;
        let (from_ms, to_ms) = self.span();
        let shown = Shown {
            reader: self.reader,
            loco,
            from_ms,
            to_ms,
            until_ms: to_ms.min(self.now_ms),
            gap_ms: self.newest.period_ms.unwrap_or(60_000).max(1) * GAP_PERIODS,
        };
        let past = match shown.level()? {
            None => shown.of_rows()?,
            Some(level) => shown.of_roll_ups(level)?,
        };
        let (refused, refused_rows) =
            self.reader
                .refused_sparsely(loco, from_ms, shown.until_ms, shown.refused_step_ms())?;
        let fences = self.reader.fenced(loco)?;
        let mut samples = past.samples;
        for sample in &mut samples {
            if let Some((_, verdict, _)) = &mut sample.judged
                && *verdict == VerdictKind::Nominal
                && is_fenced(&fences, sample.at_ms)
            {
                // What is fenced is not called nominal; a danger stays.
                *verdict = VerdictKind::Unavailable;
            }
        }
        let mut quality = past.quality.finish(self.now_ms, past.end_gap_ms, &refused);
        let shown_fences = fences.iter().filter(|f| f.1 >= from_ms && f.0 <= to_ms);
        quality.extend(shown_fences.map(|&(first_ms, last_ms)| QualitySpan {
            from_ms: first_ms.max(from_ms),
            to_ms: last_ms.min(to_ms),
            kind: QualityKind::Held,
        }));
        let refused_last = refused.last().map(|&at_ms| (at_ms, refused_rows));
        let happenings = self.happenings(from_ms, shown.until_ms, past.changes, refused_last)?;
        Ok(LocomotiveView {
            loco: loco.clone(),
            window: self.window,
            from_ms,
            to_ms,
            curves: past.curves,
            probability: past.probability,
            threshold: self.threshold,
            bands: Channel::ALL.map(|c| {
                self.normal.as_ref().map(|n| {
                    let reach = BAND_DEVIATIONS * n.deviation[c.index()];
                    (n.mean[c.index()] - reach, n.mean[c.index()] + reach)
                })
            }),
            limits: self.limits,
            severity: self.severity,
            overview: overview::of(self.reader, self.newest)?,
            samples,
            quality,
            happenings,
        })
    }

    fn span(&self) -> (i64, i64) {
        let (from_ms, to_ms) = match self.window {
            TimeWindow::Last(ms) => (self.now_ms - ms, self.now_ms),
            TimeWindow::Between(from, to) => (from, to),
            TimeWindow::All => (self.newest.first_ms, self.now_ms),
        };
        let from_ms = from_ms.max(0);
        (from_ms, to_ms.max(from_ms + 1000))
    }

    fn happenings(
        &self,
        from_ms: i64,
        to_ms: i64,
        changes: Vec<Happening>,
        refused: Option<(i64, u64)>,
    ) -> Result<Vec<Happening>, WarehouseError> {
        let mut all = changes;
        for event in self.reader.events(&self.newest.loco)? {
            all.push(Happening {
                at_ms: event.at_ms,
                what: HappeningKind::Workshop {
                    kind: event.kind,
                    component: event.component,
                },
            });
        }
        for (version, at_ms) in self.reader.promotions()? {
            all.push(Happening {
                at_ms,
                what: HappeningKind::ModelInService { version },
            });
        }
        let alarms = self
            .reader
            .alarms_of(&self.newest.loco, from_ms, to_ms, ALARMS)?;
        all.extend(alarms.into_iter().filter_map(|alarm| {
            Some(Happening {
                at_ms: alarm.inputs?.at_ms,
                what: HappeningKind::Alarm {
                    calls: alarm.state().calls(),
                    what: alarm.what,
                },
            })
        }));
        if let Some((at_ms, rows)) = refused {
            all.push(Happening {
                at_ms,
                what: HappeningKind::Quarantined { rows },
            });
        }
        let loco = &self.newest.loco;
        all.extend(notes::standing(
            self.reader,
            loco,
            (from_ms, to_ms),
            self.pending,
        )?);
        all.retain(|h| (from_ms..=to_ms).contains(&h.at_ms));
        all.sort_by_key(|h| std::cmp::Reverse(h.at_ms));
        Ok(all)
    }
}

/// Where the verdict changed.
#[derive(Default)]
struct Changes {
    last: Option<VerdictKind>,
    last_ms: Option<i64>,
    found: Vec<Happening>,
}

impl Changes {
    fn push(&mut self, at_ms: i64, to: VerdictKind) {
        if let Some(from) = self.last
            && from != to
        {
            self.found.push(Happening {
                at_ms,
                what: HappeningKind::VerdictChange { from, to },
            });
        }
        self.last = Some(to);
        self.last_ms = Some(at_ms);
    }
}
