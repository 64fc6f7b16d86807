use super::*;
use crate::domain::Limits;
use proptest::prelude::*;

/// A small generator of its own: `domain` knows no crate of chance.
struct Noise(u64);

impl Noise {
    /// Between −1 and 1.
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }
}

type Row = (ChannelValues, Option<bool>);

/// Readings of a machine at work: noise, a slow swing of the day, thousandths.
fn work(seed: u64, rows: usize) -> Vec<Row> {
    let mut noise = Noise(seed);
    for _ in 0..10 {
        noise.next();
    }
    let round = |v: f64| (v * 1000.0).round() / 1000.0;
    (0..rows)
        .map(|i| {
            let day = (i as f64 / 300.0).sin();
            let values = [
                round(500.0 + 20.0 * noise.next() + 10.0 * day),
                round(5.0 + 0.3 * noise.next()),
                round(2.0 + 0.4 * noise.next() + 0.2 * day),
                round(45.0 + 3.0 * noise.next() + 3.0 * day),
            ];
            (values, None)
        })
        .collect()
}

/// Work in which some readings depart, and are labelled so.
fn labelled(seed: u64, rows: usize) -> Vec<Row> {
    let mut all = work(seed, rows);
    for (i, row) in all.iter_mut().enumerate() {
        let anomalous = i % 10 == 0;
        if anomalous {
            row.0[2] += 2.0;
        }
        row.1 = Some(anomalous);
    }
    all
}

fn gathered(rows: &[Row], first_ms: i64) -> Gathered {
    let mut all = Gathered::default();
    for (i, (values, label)) in rows.iter().enumerate() {
        all.take(
            first_ms + i as i64 * 1000,
            values,
            *label,
            &Limits::default(),
        );
    }
    all
}

fn loco() -> LocoId {
    LocoId::new("LOCO_001")
}

fn found(history: &[Row], batch: &[Row]) -> Vec<Suspicion> {
    let own = gathered(history, 0);
    let mut known = Known::default();
    known.add(&loco(), &own);
    judge(&own, &gathered(batch, 1_000_000_000), &known, &loco())
}

fn reasons(history: &[Row], batch: &[Row]) -> Vec<HoldReason> {
    found(history, batch)
        .iter()
        .map(Suspicion::reason)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// More of the same is never held, in whatever order it comes.
    #[test]
    fn the_same_work_is_not_held(seed in any::<u64>(), rows in 30_usize..900, turn in 0_usize..500) {
        let all = work(seed, 1500 + rows);
        let (history, batch) = all.split_at(1500);
        prop_assert_eq!(reasons(history, batch), []);
        let mut shuffled = history.to_vec();
        shuffled.rotate_left(turn);
        shuffled.reverse();
        prop_assert_eq!(reasons(&shuffled, batch), []);
        // A block of it, in another order: nothing is the same window twice.
        let mut permuted = history[..rows].to_vec();
        permuted.sort_by(|a, b| a.0[1].total_cmp(&b.0[1]).then(a.0[0].total_cmp(&b.0[0])));
        prop_assert_eq!(reasons(history, &permuted), []);
    }

    /// Where zero lies does not matter: history and batch shifted together are judged alike.
    #[test]
    fn a_shift_of_both_changes_nothing(seed in any::<u64>(), shift in -1.0_f64..1.0, jump in 0.0_f64..10.0) {
        let all = work(seed, 1200);
        let (history, batch) = all.split_at(1000);
        let moved = |rows: &[Row], by: f64| -> Vec<Row> {
            rows.iter().map(|(v, l)| ([v[0], v[1], v[2] + by, v[3]], *l)).collect()
        };
        let plain = reasons(history, &moved(batch, jump));
        let both = reasons(&moved(history, shift), &moved(batch, jump + shift));
        prop_assert_eq!(plain, both);
    }

    #[test]
    fn a_jump_that_stays_is_held(seed in any::<u64>(), rows in 30_usize..600, clean in 0.0_f64..0.35, up in any::<bool>()) {
        let all = work(seed, 1000 + rows);
        let (history, batch) = all.split_at(1000);
        let mut batch = batch.to_vec();
        let first = (rows as f64 * clean) as usize;
        for row in &mut batch[first..] {
            row.0[3] += if up { 60.0 } else { -60.0 };
        }
        let found = found(history, &batch);
        let jumped = matches!(found.first(), Some(Suspicion::Jump { channel: Channel::Temperature, mads, .. }) if *mads >= JUMP_MADS);
        prop_assert!(jumped, "{found:?}");
    }

    /// What comes as a ramp is no jump, neither while it rises nor once it is there.
    #[test]
    fn a_ramp_is_not_held(seed in any::<u64>(), ramp in 120_usize..600) {
        let mut all = work(seed, 2000);
        for (i, row) in all.iter_mut().enumerate().skip(1000) {
            row.0[3] += 60.0 * ((i - 1000) as f64 / ramp as f64).min(1.0);
        }
        prop_assert_eq!(reasons(&all[..1000], &all[1000..1000 + 2 * ramp.min(500)]), []);
        prop_assert_eq!(reasons(&all[..1000 + ramp], &all[1000 + ramp..]), []);
    }

    #[test]
    fn a_block_that_was_there_before_is_held(seed in any::<u64>(), from in 0_usize..1000, rows in 200_usize..900, mine in any::<bool>()) {
        let history = work(seed, 2000);
        let other = work(seed ^ 0x5555, 2000);
        let source = if mine { &history } else { &other };
        let batch = &source[from..from + rows];
        let own = gathered(&history, 0);
        let mut known = Known::default();
        known.add(&loco(), &own);
        known.add(&LocoId::new("LOCO_002"), &gathered(&other, 0));
        let found = judge(&own, &gathered(batch, 9_000_000_000), &known, &loco());
        let whose = if mine { "LOCO_001" } else { "LOCO_002" };
        let said = found.iter().find_map(|f| match f {
            Suspicion::Replayed { loco, rows, earlier_ms } => Some((loco.as_str().to_owned(), *rows, *earlier_ms)),
            _ => None,
        });
        let Some((loco, about, earlier_ms)) = said else { panic!("not found: {found:?}") };
        prop_assert_eq!(loco, whose);
        prop_assert!(about <= rows as u64 && about >= 96.min(rows as u64));
        let within = from as i64 * 1000..=(from + rows) as i64 * 1000;
        prop_assert!(within.contains(&earlier_ms));
    }

    #[test]
    fn values_at_the_limits_are_held(seed in any::<u64>(), every in 1_usize..4) {
        let all = work(seed, 1500);
        let (history, batch) = all.split_at(1000);
        let mut batch = batch.to_vec();
        for row in batch.iter_mut().step_by(every) {
            row.0[2] = 50.0;
        }
        let found = reasons(history, &batch);
        prop_assert!(found.contains(&HoldReason::AtLimits), "{found:?}");
    }

    #[test]
    fn labels_that_were_turned_round_are_held(seed in any::<u64>()) {
        let all = labelled(seed, 2000);
        let (history, batch) = all.split_at(1500);
        prop_assert_eq!(reasons(history, batch), []);
        let turned: Vec<Row> = batch.iter().map(|(v, l)| (*v, l.map(|l| !l))).collect();
        prop_assert_eq!(reasons(history, &turned), [HoldReason::LabelsFlipped]);
        let all_wrong: Vec<Row> = batch.iter().map(|(v, l)| (*v, l.map(|_| true))).collect();
        prop_assert_eq!(reasons(history, &all_wrong), [HoldReason::LabelsFlipped]);
    }

    /// However it is cut into files, a batch comes to the same.
    #[test]
    fn parts_append_to_the_whole(seed in any::<u64>(), cut in 0_usize..3000) {
        let all = work(seed, 3000);
        let whole = gathered(&all, 0);
        let (first, second) = all.split_at(cut);
        let mut parts = gathered(first, 0);
        parts.append(gathered(second, cut as i64 * 1000));
        prop_assert_eq!((parts.rows, parts.from_ms, parts.to_ms), (whole.rows, whole.from_ms, whole.to_ms));
        prop_assert!(parts.sample().len() * 2 >= whole.sample().len());
        // Every mark but those across the seam.
        let missing = whole.marks().iter().filter(|m| !parts.marks().contains(m)).count();
        prop_assert!(missing <= WINDOW, "{missing}");
        prop_assert!(parts.marks().iter().all(|m| whole.marks().contains(m)));
    }
}

#[test]
fn what_stands_still_or_swings_between_few_values_is_no_replay() {
    let still: Vec<Row> = vec![([500.0, 5.0, 2.0, 45.0], None); 1000];
    assert_eq!(reasons(&still, &still[..500]), []);
    let swing: Vec<Row> = (0..2000)
        .map(|i| ([500.0 + f64::from(i % 40), 5.0, 2.0, 45.0], None))
        .collect();
    assert_eq!(reasons(&swing[..1500], &swing[1500..]), []);
}

#[test]
fn a_fault_that_is_labelled_is_not_held_for_its_labels() {
    let all = labelled(7, 2000);
    let (history, batch) = all.split_at(1500);
    let fault: Vec<Row> = batch
        .iter()
        .map(|(v, _)| ([v[0], v[1], v[2] + 0.9, v[3]], Some(true)))
        .collect();
    assert_eq!(reasons(history, &fault), []);
}

#[test]
fn without_enough_history_or_rows_nothing_is_said() {
    let all = work(3, 2000);
    let mut far = all[1000..1100].to_vec();
    for row in &mut far {
        row.0[3] += 80.0;
    }
    assert_eq!(reasons(&all[..399], &far), []);
    assert_eq!(reasons(&all[..400], &far), [HoldReason::Jump]);
    assert_eq!(reasons(&all[..1000], &far[..29]), []);
    assert_eq!(reasons(&all[..1000], &far[..30]), [HoldReason::Jump]);
}

#[test]
fn what_is_gathered_stays_bounded() {
    let mut all = Gathered::default();
    let mut noise = Noise(5);
    for i in 0..3_000_000 {
        let values = [500.0 + noise.next(), 5.0 + noise.next(), 2.0, 45.0];
        all.take(i, &values, None, &Limits::default());
    }
    assert_eq!(all.rows, 3_000_000);
    assert!(all.sample().len() <= 2048 && all.sample().len() > 1000);
    assert!(all.marks().len() <= 65_536 && all.marks().len() > 10_000);
}

#[test]
fn findings_are_read_back_as_they_were_written() {
    let all = labelled(11, 2000);
    let (history, batch) = all.split_at(1500);
    let mut batch = batch.to_vec();
    for row in &mut batch {
        row.0[0] = 1000.0;
    }
    let found = found(history, &batch);
    assert!(found.len() >= 2, "{found:?}");
    let json = serde_json::to_string(&found).unwrap();
    assert_eq!(
        serde_json::from_str::<Vec<Suspicion>>(&json).unwrap(),
        found
    );
    assert!(json.contains("\"reason\":\"jump\""));
}
