//! What a cell looks like: enough to tell a header from a body and a delimiter from a comma in prose.

/// What a cell looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing, or a word for nothing.
    Empty,
    Number,
    /// A date, a time of day, or both.
    Time,
    /// One thing: a word, a name, an identifier, an address.
    Text,
    /// Holds a character that would rather be a delimiter or a quote.
    Mixed,
}

impl Kind {
    #[must_use]
    pub fn of(cell: &[u8]) -> Self {
        let cell = cell.trim_ascii();
        let empty = ["", "na", "n/a", "nan", "null", "none", "-", "--", "?"];
        if empty
            .iter()
            .any(|word| cell.eq_ignore_ascii_case(word.as_bytes()))
        {
            return Self::Empty;
        }
        if is_number(cell) {
            return Self::Number;
        }
        if is_time(cell) {
            return Self::Time;
        }
        if cell.iter().any(|b| b",;\t|\"".contains(b)) {
            return Self::Mixed;
        }
        Self::Text
    }

    /// A value by its form, not a word.
    #[must_use]
    pub const fn is_typed(self) -> bool {
        matches!(self, Self::Number | Self::Time)
    }

    /// How sure one is that this is one cell.
    #[must_use]
    pub const fn worth(self) -> f64 {
        match self {
            Self::Number | Self::Time => 1.0,
            Self::Empty | Self::Text => 0.7,
            Self::Mixed => 0.1,
        }
    }
}

/// Sign, digits with one point or comma, exponent; money and per cent count.
fn is_number(cell: &[u8]) -> bool {
    let cell = ["$", "€", "£"]
        .iter()
        .find_map(|sign| cell.strip_prefix(sign.as_bytes()))
        .unwrap_or(cell);
    let cell = cell.strip_suffix(b"%").unwrap_or(cell);
    let cell = cell
        .strip_prefix(b"-")
        .or(cell.strip_prefix(b"+"))
        .unwrap_or(cell);
    let (mantissa, exponent) = match cell.iter().position(|b| matches!(b, b'e' | b'E')) {
        Some(at) => (&cell[..at], Some(&cell[at + 1..])),
        None => (cell, None),
    };
    let digits = mantissa.iter().filter(|b| b.is_ascii_digit()).count();
    let points = mantissa.iter().filter(|b| matches!(b, b'.' | b',')).count();
    let whole = digits > 0 && points <= 1 && digits + points == mantissa.len();
    let power = exponent.is_none_or(|power| {
        let power = power
            .strip_prefix(b"-")
            .or(power.strip_prefix(b"+"))
            .unwrap_or(power);
        !power.is_empty() && power.iter().all(u8::is_ascii_digit)
    });
    whole && power
}

/// Digits in groups, between the marks of dates and times.
fn is_time(cell: &[u8]) -> bool {
    if cell.len() > 40 || !cell.first().is_some_and(u8::is_ascii_digit) {
        return false;
    }
    let mut groups = 0;
    for group in cell.split(|b| b"-/:. T+".contains(b)) {
        let group = group.strip_suffix(b"Z").unwrap_or(group);
        if group.is_empty() || group.len() > 9 || !group.iter().all(u8::is_ascii_digit) {
            return false;
        }
        groups += 1;
    }
    let marked = cell.iter().any(|b| b"-/:".contains(b));
    // A time of day is two groups, a date three.
    marked && (groups >= 3 || (groups == 2 && cell.contains(&b':')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_told_apart() {
        for (kind, cells) in [
            (Kind::Empty, &["", " ", "N/A", "--"][..]),
            (
                Kind::Number,
                &["1", "-1,5", "2.50", "1e-3", "$74.69", "12%", ".5"],
            ),
            (
                Kind::Time,
                &[
                    "28/01/2018",
                    "00:15",
                    "2026-02-22T08:00:00.123Z",
                    "2014-06-01 06:00:00",
                ],
            ),
            (
                Kind::Text,
                &["a", "MG-8769", "1.2.3", "Men's Boots", "e5", "http://a.b/c"],
            ),
            (Kind::Mixed, &["a,b", "1;2;3", "48\" wide"]),
        ] {
            for cell in cells {
                assert_eq!(Kind::of(cell.as_bytes()), kind, "{cell}");
            }
        }
    }
}
