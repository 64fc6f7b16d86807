//! A cell as text, the way a CSV file of the same table would have it: dates as ISO 8601, numbers as their
//! shortest text, errors as they are shown (`#N/A`), so that no gate takes one for a number.

use calamine::{Data, DataRef, ExcelDateTime};

/// Appends the text of a cell; `false` where it is empty.
pub fn write(cell: &DataRef<'_>, out: &mut String) -> bool {
    let before = out.len();
    match cell {
        DataRef::Empty => {}
        DataRef::Int(n) => push(out, n),
        DataRef::Float(n) => push(out, n),
        DataRef::String(text) => out.push_str(text),
        DataRef::SharedString(text) => out.push_str(text),
        DataRef::Bool(yes) => push(out, yes),
        DataRef::DateTime(time) => date(time, out),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => out.push_str(text),
        DataRef::Error(error) => push(out, error),
    }
    out.len() > before
}

/// A cell that is held whole, as one that is streamed.
pub fn borrowed(cell: &Data) -> DataRef<'_> {
    match cell {
        Data::Empty => DataRef::Empty,
        Data::Int(n) => DataRef::Int(*n),
        Data::Float(n) => DataRef::Float(*n),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => {
            DataRef::SharedString(text)
        }
        Data::Bool(yes) => DataRef::Bool(*yes),
        Data::DateTime(time) => DataRef::DateTime(*time),
        Data::Error(error) => DataRef::Error(error.clone()),
    }
}

fn push(out: &mut String, value: &impl std::fmt::Display) {
    use std::fmt::Write;
    // Writing into a string does not fail.
    let _infallible = write!(out, "{value}");
}

fn date(time: &ExcelDateTime, out: &mut String) {
    let days = time.as_f64();
    if !days.is_finite() {
        out.push_str("#NUM!");
        return;
    }
    if time.is_duration() || (0.0..1.0).contains(&days) {
        clock(days, out);
        return;
    }
    let (year, month, day, hour, minute, second, milli) = time.to_ymd_hms_milli();
    push(
        out,
        &format_args!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"),
    );
    if milli > 0 {
        push(out, &format_args!(".{milli:03}"));
    }
}

/// A time of day, or a duration of any length: `36:00:00`.
fn clock(days: f64, out: &mut String) {
    let millis = (days.abs() * 86_400_000.0).round() as u64;
    let sign = if days < 0.0 && millis > 0 { "-" } else { "" };
    let (hours, minutes, seconds) = (millis / 3_600_000, millis / 60_000 % 60, millis / 1000 % 60);
    push(
        out,
        &format_args!("{sign}{hours:02}:{minutes:02}:{seconds:02}"),
    );
    if !millis.is_multiple_of(1000) {
        push(out, &format_args!(".{:03}", millis % 1000));
    }
}

/// What kind of cell it is matters where the header is looked for.
pub fn is_word(text: &str) -> bool {
    let text = text.trim();
    let starts_like_a_number = text.starts_with(|c: char| c.is_ascii_digit() || "+-.,".contains(c));
    let is_a_number = starts_like_a_number && has_no_words(text);
    !text.is_empty() && !text.starts_with('#') && !is_a_number
}

/// Digits and what stands between them in numbers and dates.
fn has_no_words(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_ascii_digit() || "+-.,:/ TZeE%\u{a0}\u{202f}".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::{CellErrorType, ExcelDateTimeType};

    fn text(cell: DataRef<'_>) -> String {
        let mut out = String::new();
        write(&cell, &mut out);
        out
    }

    fn dated(days: f64, kind: ExcelDateTimeType) -> String {
        text(DataRef::DateTime(ExcelDateTime::new(days, kind, false)))
    }

    #[test]
    fn cells_are_the_text_of_a_csv() {
        assert_eq!(text(DataRef::Float(45.0)), "45");
        assert_eq!(text(DataRef::Float(0.1)), "0.1");
        assert_eq!(text(DataRef::Bool(true)), "true");
        assert_eq!(text(DataRef::Error(CellErrorType::NA)), "#N/A");
        assert_eq!(text(DataRef::Error(CellErrorType::Div0)), "#DIV/0!");
        assert_eq!(text(DataRef::Empty), "");
    }

    #[test]
    fn dates_are_iso_and_times_of_day_have_no_day() {
        let at = ExcelDateTimeType::DateTime;
        assert_eq!(dated(46_023.0, at), "2026-01-01T00:00:00");
        assert_eq!(
            dated(46_023.5 + 0.25 / 86_400.0, at),
            "2026-01-01T12:00:00.250"
        );
        assert_eq!(dated(0.75, at), "18:00:00");
        assert_eq!(dated(1.5, ExcelDateTimeType::TimeDelta), "36:00:00");
        assert_eq!(dated(f64::NAN, at), "#NUM!");
    }

    #[test]
    fn words_are_told_from_numbers_and_dates() {
        for word in ["Pressure", "P1", "1st sensor", "Température (°C)"] {
            assert!(is_word(word), "{word}");
        }
        for other in [
            "12",
            "-3,5",
            "2026-01-01T00:00:00",
            "12:30",
            "#N/A",
            " ",
            "1e5",
        ] {
            assert!(!is_word(other), "{other}");
        }
    }
}
