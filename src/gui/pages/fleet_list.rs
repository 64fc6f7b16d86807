//! Which rows of the fleet are shown, and in which order. Worked out anew only when the fleet or what is asked
//! of it changes, never a frame: a fleet of hundreds costs a frame nothing.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::domain::{Channel, Condition, VerdictKind};
use crate::service::order::natural;
use crate::service::snapshot::{FleetRow, Snapshot};
use crate::text::folded;

/// A column that rows can be put in order of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    Verdict,
    Locomotive,
    Probability,
    /// By how much the probability stands above its mean of the last 24 h.
    Trend,
    Value(Channel),
    Maintenance,
    Age,
}

impl Column {
    /// Whether a first click puts the smallest first: names are read from A, everything else from the most.
    const fn rises_first(self) -> bool {
        matches!(self, Self::Locomotive | Self::Verdict)
    }
}

/// An order that was asked for; none is the service's own, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    pub column: Column,
    pub rising: bool,
}

/// What a chip keeps in sight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    Danger,
    Wearing,
    Nominal,
    Unavailable,
    /// Some channel outside the machine's own band, whatever the verdict.
    OutOfBand,
    Stale,
}

impl Filter {
    pub const ALL: [Self; 6] = [
        Self::Danger,
        Self::Unavailable,
        Self::Wearing,
        Self::Nominal,
        Self::OutOfBand,
        Self::Stale,
    ];

    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Danger => "danger",
            Self::Wearing => "wearing",
            Self::Nominal => "nominal",
            Self::Unavailable => "unavailable",
            Self::OutOfBand => "out",
            Self::Stale => "stale",
        }
    }

    fn keeps(self, row: &FleetRow, condition: Condition) -> bool {
        match self {
            Self::Danger => condition == Condition::Imminent,
            Self::Wearing => matches!(condition, Condition::Wearing(_)),
            Self::Nominal => condition == Condition::Nominal,
            Self::Unavailable => condition == Condition::Unknown,
            Self::OutOfBand => row.out_of_band.contains(&true),
            Self::Stale => row.stale,
        }
    }
}

/// What is asked of the list.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Criteria {
    pub sort: Option<Sort>,
    /// A row is kept when one of them keeps it; all are when none is on.
    pub filters: Vec<Filter>,
    /// Part of a name, as typed.
    pub search: String,
}

impl Criteria {
    /// A click on a column's header: its order, the other way round, worst first again.
    pub fn click(&mut self, column: Column) {
        let first = Sort {
            column,
            rising: column.rises_first(),
        };
        let second = Sort {
            rising: !first.rising,
            ..first
        };
        self.sort = match self.sort {
            Some(sort) if sort == first => Some(second),
            Some(sort) if sort == second => None,
            _ => Some(first),
        };
    }

    /// Puts a filter on or takes it off.
    pub fn toggle(&mut self, filter: Filter) {
        if let Some(at) = self.filters.iter().position(|f| *f == filter) {
            self.filters.remove(at);
        } else {
            self.filters.push(filter);
        }
    }

    /// Everything is shown again; the order stays.
    pub fn show_all(&mut self) {
        self.filters.clear();
        self.search.clear();
    }

    /// Whether rows may be left out.
    #[must_use]
    pub fn narrows(&self) -> bool {
        !self.filters.is_empty() || !self.search.trim().is_empty()
    }
}

/// The rows shown, as places in the snapshot's fleet, and what was counted on the way.
#[derive(Default)]
pub struct Listing {
    /// What it was worked out from. Holding the fleet keeps its address from being used again.
    from: Option<(Arc<Vec<FleetRow>>, Option<f64>, Criteria)>,
    /// In the order shown.
    pub rows: Vec<usize>,
    /// The condition of every row of the fleet, in the fleet's order.
    pub conditions: Vec<Condition>,
    /// How many of the fleet each filter of [`Filter::ALL`] keeps.
    pub counts: [usize; 6],
    /// Rows in danger that the filter or the search leaves out.
    pub danger_hidden: usize,
    /// How often it was worked out; for tests.
    pub worked_out: u64,
}

impl Listing {
    /// Brings it up to date, where the fleet, the threshold or the criteria are no longer the same.
    pub fn refresh(&mut self, snapshot: &Snapshot, criteria: &Criteria) {
        let threshold = snapshot.model.as_ref().map(|m| m.threshold);
        let same = self.from.as_ref().is_some_and(|(fleet, of, asked)| {
            Arc::ptr_eq(fleet, &snapshot.fleet) && *of == threshold && asked == criteria
        });
        if same {
            return;
        }
        let fleet = Arc::clone(&snapshot.fleet);
        self.worked_out += 1;
        self.conditions = fleet.iter().map(|r| r.condition(threshold)).collect();
        self.counts = Filter::ALL.map(|filter| {
            let all = fleet.iter().zip(&self.conditions);
            all.filter(|(row, c)| filter.keeps(row, **c)).count()
        });
        let wanted = folded(criteria.search.trim());
        let shown = |i: &usize| {
            let (row, condition) = (&fleet[*i], self.conditions[*i]);
            let kept = criteria.filters.is_empty()
                || criteria.filters.iter().any(|f| f.keeps(row, condition));
            kept && (wanted.is_empty() || folded(row.loco.as_str()).contains(&wanted))
        };
        let mut rows: Vec<usize> = (0..fleet.len()).filter(shown).collect();
        if let Some(sort) = criteria.sort {
            self.sort(&mut rows, &fleet, sort);
        }
        let danger = |rows: &[usize]| {
            let imminent = |i: &&usize| self.conditions[**i] == Condition::Imminent;
            rows.iter().filter(imminent).count()
        };
        self.danger_hidden = self.counts[0] - danger(&rows);
        self.rows = rows;
        self.from = Some((fleet, threshold, criteria.clone()));
    }

    /// Stable: equal rows stay worst first. What has no value comes last, whichever way.
    fn sort(&self, rows: &mut [usize], fleet: &[FleetRow], sort: Sort) {
        let turned = |order: Ordering| if sort.rising { order } else { order.reverse() };
        if sort.column == Column::Locomotive {
            let name = |i: &usize| fleet[*i].loco.as_str();
            rows.sort_by(|a, b| turned(natural(name(a), name(b))));
            return;
        }
        let mut keyed: Vec<(Option<f64>, usize)> = rows
            .iter()
            .map(|&i| (key(&fleet[i], self.conditions[i], sort.column), i))
            .collect();
        keyed.sort_by(|(a, _), (b, _)| match (a, b) {
            (Some(a), Some(b)) => turned(a.total_cmp(b)),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        });
        for (place, (_, i)) in rows.iter_mut().zip(keyed) {
            *place = i;
        }
    }
}

/// What a row is put in order by; `None` where the column shows no number.
fn key(row: &FleetRow, condition: Condition, column: Column) -> Option<f64> {
    let unavailable = row.verdict.kind() == VerdictKind::Unavailable;
    let key = match column {
        Column::Verdict => f64::from(condition.rank()),
        // The cell shows the cause there.
        Column::Probability if unavailable => return None,
        Column::Probability => row.probability?,
        Column::Trend => {
            let last = row.trend_24h.last()?.1;
            let sum: f32 = row.trend_24h.iter().map(|p| p.1).sum();
            f64::from(last - sum / row.trend_24h.len() as f32)
        }
        Column::Value(channel) => row.values[channel.index()],
        Column::Maintenance => row.days_since_maintenance?,
        Column::Age => row.age_ms as f64,
        Column::Locomotive => return None,
    };
    key.is_finite().then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::LocoId;
    use crate::gui::fixtures;
    use proptest::prelude::*;

    fn listing(snapshot: &Snapshot, criteria: &Criteria) -> (Listing, Vec<String>) {
        let mut listing = Listing::default();
        listing.refresh(snapshot, criteria);
        let name = |&i: &usize| snapshot.fleet[i].loco.to_string();
        let names = listing.rows.iter().map(name).collect();
        (listing, names)
    }

    #[test]
    fn nothing_is_worked_out_twice() {
        let mut s = fixtures::fleet(300);
        let mut criteria = Criteria::default();
        let mut listing = Listing::default();
        for _ in 0..10 {
            listing.refresh(&s, &criteria);
        }
        assert_eq!(listing.worked_out, 1);
        s.generation += 1;
        listing.refresh(&s, &criteria);
        assert_eq!(listing.worked_out, 1, "another picture of the same fleet");
        criteria.click(Column::Age);
        listing.refresh(&s, &criteria);
        s.fleet = Arc::new(s.fleet.as_ref().clone());
        listing.refresh(&s, &criteria);
        assert_eq!(listing.worked_out, 3);
    }

    #[test]
    fn three_clicks_come_back_to_the_worst_first() {
        let mut criteria = Criteria::default();
        let s = fixtures::fleet(30);
        let (_, worst_first) = listing(&s, &criteria);
        criteria.click(Column::Value(Channel::Vibration));
        let (hot, _) = listing(&s, &criteria);
        let values = |l: &Listing| -> Vec<f64> {
            let vibration = |&i: &usize| s.fleet[i].values[2];
            l.rows.iter().map(vibration).collect()
        };
        assert!(values(&hot).is_sorted_by(|a, b| a >= b));
        criteria.click(Column::Value(Channel::Vibration));
        assert!(values(&listing(&s, &criteria).0).is_sorted());
        criteria.click(Column::Value(Channel::Vibration));
        assert_eq!(listing(&s, &criteria).1, worst_first);
        criteria.click(Column::Locomotive);
        assert_eq!(listing(&s, &criteria).1[29], "LOCO_030");
    }

    #[test]
    fn what_has_no_value_is_last_both_ways() {
        let s = fixtures::fleet(12);
        let mut criteria = Criteria::default();
        for _ in 0..2 {
            criteria.click(Column::Probability);
            let (_, names) = listing(&s, &criteria);
            assert_eq!(names[10..], ["LOCO_003", "LOCO_004"]);
        }
    }

    #[test]
    fn names_are_found_without_case_and_accents() {
        let mut s = fixtures::fleet(4);
        let mut rows = s.fleet.as_ref().clone();
        rows[2].loco = LocoId::new("Édéa-12");
        s.fleet = Arc::new(rows);
        for typed in ["edea", " ÉDÉA", "e\u{301}d", "A-1"] {
            let criteria = Criteria {
                search: typed.into(),
                ..Criteria::default()
            };
            let (listing, names) = listing(&s, &criteria);
            assert_eq!(names, ["Édéa-12"], "{typed}");
            assert_eq!(listing.danger_hidden, 2);
        }
    }

    #[test]
    fn every_filter_has_its_words() {
        use crate::text::{Language, Text, local_zone};
        for language in Language::ALL {
            let text = Text::new(language, local_zone());
            for filter in Filter::ALL {
                for word in [
                    text.fleet_filter(filter.key()),
                    text.fleet_filter_why(filter.key()),
                ] {
                    assert!(!word.contains("fleet-filter"), "{word}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn no_danger_leaves_the_list_uncounted(
            on in proptest::collection::vec(0..6_usize, 0..4),
            search in "[0-9]{0,2}",
            clicks in proptest::collection::vec(0..7_usize, 0..4),
        ) {
            let s = fixtures::fleet(24);
            let mut criteria = Criteria { search, ..Criteria::default() };
            for i in on {
                criteria.toggle(Filter::ALL[i]);
            }
            const COLUMNS: [Column; 7] = [
                Column::Verdict, Column::Locomotive, Column::Probability, Column::Trend,
                Column::Value(Channel::Pressure), Column::Maintenance, Column::Age,
            ];
            for i in clicks {
                criteria.click(COLUMNS[i]);
            }
            let (listing, _) = listing(&s, &criteria);
            let shown = listing.rows.iter()
                .filter(|&&i| s.fleet[i].verdict.kind() == VerdictKind::Danger)
                .count();
            prop_assert_eq!(shown + listing.danger_hidden, 2);
            let mut once = listing.rows.clone();
            once.sort_unstable();
            once.dedup();
            prop_assert_eq!(once.len(), listing.rows.len(), "a row is shown once");
            if !criteria.narrows() {
                prop_assert_eq!(listing.rows.len(), 24);
            }
            // The four states are a split: every row is in exactly one.
            prop_assert_eq!(listing.counts[..4].iter().sum::<usize>(), 24);
        }
    }
}
