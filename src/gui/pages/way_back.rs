//! For each channel alone, the nearest value at which the judge no longer sees danger, found by scanning
//! its range outwards from the present value; and the way back on the danger map.

use crate::domain::features::Normal;
use crate::domain::ports::Judge;
use crate::domain::{Channel, ChannelValues};
use crate::text::format;

/// Steps across a channel's range.
const STEPS: i32 = 100;
/// Halvings between the last danger and the first nominal.
const HALVINGS: usize = 6;

/// The nearest nominal value of each channel; `None` where no value in its range is enough.
#[must_use]
pub fn ways_back(
    judge: &dyn Judge,
    values: &ChannelValues,
    normal: Option<&Normal>,
) -> [Option<f64>; 4] {
    Channel::ALL.map(|channel| way_back(judge, values, normal, channel))
}

/// The two channels of the danger map moved together, in a straight line towards their normal: the first pair that
/// is nominal, as the map shows it. `None` where even their normal is not enough.
#[must_use]
pub fn way_both(
    judge: &dyn Judge,
    values: &ChannelValues,
    normal: Option<&Normal>,
    pair: [Channel; 2],
) -> Option<ChannelValues> {
    let threshold = judge.card().threshold;
    let goal = normal.unwrap_or_else(|| judge.fleet_normal()).mean;
    (1..=STEPS).find_map(|n| {
        let share = f64::from(n) / f64::from(STEPS);
        let mut changed = *values;
        for channel in pair {
            let i = channel.index();
            let scale = 10f64.powi(format::decimals(channel, goal[i]) as i32);
            let to = values[i] + (goal[i] - values[i]) * share;
            changed[i] = (to * scale).round() / scale;
        }
        (judge.probability(&changed, normal) < threshold).then_some(changed)
    })
}

fn way_back(
    judge: &dyn Judge,
    values: &ChannelValues,
    normal: Option<&Normal>,
    channel: Channel,
) -> Option<f64> {
    let threshold = judge.card().threshold;
    let i = channel.index();
    let nominal = |v: f64| {
        let mut changed = *values;
        changed[i] = v;
        judge.probability(&changed, normal) < threshold
    };
    let (low, high) = channel.slider_range();
    let step = (high - low) / f64::from(STEPS);
    let from = values[i];
    // Twice the range, since a typed value may lie outside it.
    for n in 1..=STEPS * 2 {
        let reach = f64::from(n) * step;
        for to in [from - reach, from + reach] {
            if (low..=high).contains(&to) && nominal(to) {
                let back = if to < from { step } else { -step };
                return Some(refine(channel, to, to + back, &nominal));
            }
        }
    }
    None
}

/// Between a nominal value and its neighbour in danger: the farthest nominal one, rounded to the digits
/// that are shown, towards the safe side.
fn refine(channel: Channel, nominal_at: f64, danger_at: f64, nominal: &dyn Fn(f64) -> bool) -> f64 {
    let (mut good, mut bad) = (nominal_at, danger_at);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(good, bad);
        if nominal(middle) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    let scale = 10f64.powi(format::decimals(channel, good) as i32);
    let rounded = if danger_at > nominal_at {
        (good * scale).floor() / scale
    } else {
        (good * scale).ceil() / scale
    };
    if nominal(rounded) { rounded } else { good }
}
