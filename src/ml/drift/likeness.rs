//! What a departure is more like, a change of the fleet's measuring or a fault: the signs are weighed.

use super::{Departures, mean, shift};
use crate::domain::drift::{
    Band, ChannelDrift, ChannelReference, Likeness, Onset, Reference, Sign,
};

/// Parts of the hours compared, to see how a shift came.
const PARTS: usize = 6;

/// What the departure is more like: the signs are weighed against one another.
pub(super) fn liken(
    reference: &Reference,
    fleet: &[&Departures],
    channels: &[ChannelDrift],
) -> Option<(Likeness, Vec<Sign>)> {
    let worst = channels
        .iter()
        .max_by(|a, b| (a.psi / a.limit).total_cmp(&(b.psi / b.limit)))?;
    if Band::of(worst.psi, worst.limit) == Band::Stable {
        return None;
    }
    let mut signs = Vec::new();
    let of = fleet.len();
    // A sensor or a unit moves all one way.
    let together = worst.moved[0].len().max(worst.moved[1].len());
    if of >= 3 {
        if together * 2 >= of {
            signs.push(Sign::Many {
                moved: together,
                of,
            });
        } else {
            let moved = worst.moved_count();
            signs.push(Sign::Few { moved, of });
        }
        if let Some((loco, psi)) = &worst.without_one
            && worst.psi > worst.limit
            && *psi <= worst.limit
        {
            let (loco, psi) = (loco.clone(), *psi);
            signs.push(Sign::OneMachine { loco, psi });
        }
    }
    let shaken = channels
        .iter()
        .filter(|c| Band::of(c.psi, c.limit) != Band::Stable)
        .count();
    signs.push(if shaken == 1 {
        let channel = worst.channel;
        Sign::OneChannel { channel }
    } else {
        Sign::SeveralChannels { channels: shaken }
    });
    let moved = |m: &&&Departures| worst.moved.iter().any(|all| all.contains(&m.loco));
    let machines = fleet.iter().filter(moved).filter(|m| m.alarming).count();
    signs.push(if machines > 0 {
        Sign::Danger { machines }
    } else {
        Sign::NoDanger
    });
    let c = worst.channel.index();
    let moved: Vec<&Departures> = fleet.iter().filter(moved).copied().collect();
    if let Some(onset) = onset(&reference[c], &moved, c) {
        signs.push(Sign::Came { onset });
    }
    let sum: i32 = signs
        .iter()
        .map(|sign| match sign.speaks_for() {
            Likeness::Drift => sign.weight(),
            Likeness::Fault => -sign.weight(),
            Likeness::Unclear => 0,
        })
        .sum();
    let like = match sum {
        1.. => Likeness::Drift,
        0 => Likeness::Unclear,
        _ => Likeness::Fault,
    };
    Some((like, signs))
}

/// How the shift of these machines came; `None` where there are none, or too few readings to tell.
fn onset(reference: &ChannelReference, moved: &[&Departures], c: usize) -> Option<Onset> {
    let parts: Vec<f64> = (0..PARTS)
        .map(|part| {
            // Up and down do not cancel: each machine's shift counts in its own direction.
            let shifts = moved.iter().map(|machine| {
                let n = machine.values.len();
                let own = &machine.values[part * n / PARTS..(part + 1) * n / PARTS];
                let whole = shift(reference, mean(machine.values.iter().map(|v| v[c])));
                shift(reference, mean(own.iter().map(|v| v[c]))) * whole.signum()
            });
            mean(shifts)
        })
        .collect();
    if moved.iter().all(|m| m.values.len() < 2 * PARTS) || parts.iter().any(|p| p.is_nan()) {
        return None;
    }
    let (first, last) = (parts[0], parts[PARTS - 1]);
    if first >= 0.7 * last {
        return Some(Onset::Earlier);
    }
    let steepest = parts
        .windows(2)
        .map(|pair| pair[1] - pair[0])
        .fold(0.0, f64::max);
    // A leap within a part shows as up to two steps.
    let leap = parts
        .windows(3)
        .map(|three| three[2] - three[0])
        .fold(steepest, f64::max);
    Some(if leap >= 0.8 * (last - first) {
        Onset::Sudden
    } else {
        Onset::Gradual
    })
}
