//! The order of names as people read them: "2" before "10", "LOCO_9" before "LOCO_10".

use std::cmp::Ordering;

/// Compares runs of digits by their number and everything else by its characters.
#[must_use]
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    loop {
        let (x, y) = (first(left), first(right));
        if x.is_empty() || y.is_empty() {
            // Equal as read ("07" and "7"): any order, but always the same.
            return x.len().cmp(&y.len()).then_with(|| a.cmp(b));
        }
        let order = match (digits(x), digits(y)) {
            // Without leading zeros the longer number is the larger one, however long.
            (Some(n), Some(m)) => n.len().cmp(&m.len()).then_with(|| n.cmp(m)),
            _ => x.cmp(y),
        };
        if order != Ordering::Equal {
            return order;
        }
        (left, right) = (&left[x.len()..], &right[y.len()..]);
    }
}

/// The run of digits, or of anything else, at the start.
fn first(text: &str) -> &str {
    let digit = text.starts_with(|c: char| c.is_ascii_digit());
    let end = text.find(|c: char| c.is_ascii_digit() != digit);
    &text[..end.unwrap_or(text.len())]
}

fn digits(run: &str) -> Option<&str> {
    run.starts_with(|c: char| c.is_ascii_digit())
        .then(|| run.trim_start_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_count_as_numbers() {
        let mut names = [
            "10", "é2", "2", "LOCO_010", "LOCO_9", "07", "7", "", "1b", "1a",
        ];
        names.sort_by(|a, b| natural(a, b));
        let sorted = [
            "", "1a", "1b", "2", "07", "7", "10", "LOCO_9", "LOCO_010", "é2",
        ];
        assert_eq!(names, sorted);
    }
}
