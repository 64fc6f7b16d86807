//! A file that is followed: its rows are taken up to the last whole line, and the next load goes on there.
//! Where it cannot (rewritten, cut back, judged by other rules) it is read from its start, and what is held
//! already is recognised.

use crate::domain::ports::{FileIdentity, GrowingFile, Position, Reach, RecordStream, SourceFile};
use crate::domain::{Role, SourceError};

use super::mapping::Bound;
use super::{FileError, Input, Loading, Rules, events, telemetry};

/// Reads on, or from the start.
pub(super) fn file(
    input: &Input,
    file: &dyn SourceFile,
    growing: &dyn GrowingFile,
    loading: &mut Loading<'_>,
) -> Result<(), FileError> {
    let started = std::time::Instant::now();
    let mut identity = FileIdentity {
        source: &input.name,
        role: input.role,
        clock: input.clock,
        path: file.path(),
        digest: [0; 32],
    };
    let by = digest_of_rules(input, loading.rules);
    let known = loading
        .writer
        .position(&identity)?
        .filter(|known| known.rules == by);
    let resumed = match &known {
        Some(known) => growing.resume(&known.reach),
        None => Ok(None),
    };
    let (mut stream, newest_ms, whole) = match (resumed, known) {
        (Ok(Some(stream)), Some(known)) => {
            loading.writer.resume_file(&identity)?;
            (stream, known.newest_ms, false)
        }
        (resumed, _) => {
            let digest = resumed.and_then(|_| file.digest());
            // Begun even when it cannot be read, so that `end_file` always has a file to end.
            identity.digest = *digest.as_ref().unwrap_or(&[0; 32]);
            loading.writer.begin_file(&identity)?;
            digest?;
            (file.open()?, Vec::new(), true)
        }
    };
    loading.report.extract_secs += started.elapsed().as_secs_f64();
    let bound = Bound::new(&input.mapping, input.role, stream.as_ref(), file.stem())?;
    loading
        .report
        .ignore(&input.name, bound.ignored(stream.header()));
    let mut newest_ms = telemetry::Newest::from_known(&newest_ms);
    let read: &mut dyn RecordStream = stream.as_mut();
    // A file that is followed and has no row yet is not a failure: it has not said anything.
    match input.role {
        Role::Telemetry => telemetry::file(bound, read, loading, &mut newest_ms)?,
        Role::Maintenance | Role::Failures => events::file(bound, read, loading, whole)?,
    };
    let reach: Reach = growing.reach().ok_or(SourceError::Changed)?;
    loading.writer.keep_position(
        &identity,
        &Position {
            reach,
            rules: by,
            newest_ms: newest_ms.known(),
        },
    )?;
    Ok(())
}

/// What the rows of a file are judged by. Under another mapping or other limits the same bytes say something
/// else, so the file is read from its start.
pub(super) fn digest_of_rules(input: &Input, rules: &Rules) -> [u8; 32] {
    let Rules {
        limits,
        now_ms: _,
        min_survival: _,
    } = rules;
    let words = format!("{:?} {:?} {:?}", input.mapping, input.dialect, limits);
    *blake3::hash(words.as_bytes()).as_bytes()
}
