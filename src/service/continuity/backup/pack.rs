//! Packing and unpacking: zstd, with the digests of both sides.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::manifest::Fingerprint;
use crate::service::stop::Stop;

/// zstd's own middle: more costs time at which nobody is safe yet.
const LEVEL: i32 = 3;
const CHUNK: usize = 1 << 20;

/// Why a packed file could not be made or unpacked.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The backup itself is at fault.
    #[error("{0}")]
    Backup(String),
    /// The place that it was to be unpacked to, or whoever asked to end.
    #[error("{0}")]
    Place(String),
}

/// Told the share done.
pub(super) type Far<'a> = &'a dyn Fn(f32);

fn cancelled(stop: &Stop) -> io::Result<()> {
    stop.cause()
        .map_or(Ok(()), |why| Err(io::Error::other(why)))
}

fn hexadecimal(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Length and digest of what a reader gives.
fn fingerprint_of(mut from: impl Read, stop: &Stop) -> io::Result<Fingerprint> {
    let mut chunk = vec![0; CHUNK];
    let (mut hasher, mut bytes) = (Sha256::new(), 0);
    loop {
        cancelled(stop)?;
        match from.read(&mut chunk)? {
            0 => break,
            n => {
                hasher.update(&chunk[..n]);
                bytes += n as u64;
            }
        }
    }
    Ok(Fingerprint {
        bytes,
        sha256: hexadecimal(&hasher.finalize()),
    })
}

/// Length and digest of a file.
pub(in crate::service::continuity) fn fingerprint(
    file: &Path,
    stop: &Stop,
) -> io::Result<Fingerprint> {
    fingerprint_of(File::open(file)?, stop)
}

/// A writer that knows the digest of what went through it.
struct Hashing<W> {
    to: W,
    hasher: Sha256,
    bytes: u64,
}

impl<W: Write> Hashing<W> {
    fn new(to: W) -> Self {
        Self {
            to,
            hasher: Sha256::new(),
            bytes: 0,
        }
    }

    fn end(self) -> (W, Fingerprint) {
        let print = Fingerprint {
            bytes: self.bytes,
            sha256: hexadecimal(&self.hasher.finalize()),
        };
        (self.to, print)
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.to.write(bytes)?;
        self.hasher.update(&bytes[..n]);
        self.bytes += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Packs a file into a writer: the fingerprints of the file and of what was written.
///
/// # Errors
/// One cannot be read, the other not be written, or somebody asked to end.
pub(super) fn pack<W: Write>(
    plain: &Path,
    to: W,
    far: Far<'_>,
    stop: &Stop,
) -> io::Result<(W, Fingerprint, Fingerprint)> {
    let mut from = File::open(plain)?;
    let whole = from.metadata()?.len().max(1);
    std::thread::scope(|scope| {
        // Read a second time, from the system's memory, by another core.
        let plain_print = scope.spawn(|| fingerprint(plain, stop));
        let mut encoder = zstd::stream::write::Encoder::new(Hashing::new(to), LEVEL)?;
        encoder.include_checksum(true)?;
        let mut chunk = vec![0; CHUNK];
        let mut done = 0;
        loop {
            cancelled(stop)?;
            match from.read(&mut chunk)? {
                0 => break,
                n => {
                    encoder.write_all(&chunk[..n])?;
                    done += n as u64;
                    far((done as f64 / whole as f64) as f32);
                }
            }
        }
        let (to, packed_print) = encoder.finish()?.end();
        let plain_print = plain_print
            .join()
            .map_err(|_| io::Error::other("the digest broke off"))??;
        Ok((to, plain_print, packed_print))
    })
}

/// Unpacks a backup into a file that is not there yet, checks both digests and writes it through to the disk.
///
/// # Errors
/// The packed file is not what its manifest says, or the place cannot be written.
pub(in crate::service::continuity) fn unpack(
    packed: &Path,
    expected: (&Fingerprint, &Fingerprint),
    to: &Path,
    far: Far<'_>,
    stop: &Stop,
) -> Result<(), PackError> {
    let (plain, packed_print) = expected;
    let backup = |e: io::Error| match stop.cause() {
        Some(cause) => PackError::Place(cause),
        None => PackError::Backup(format!("{}: {e}", packed.display())),
    };
    let place = |e: io::Error| PackError::Place(format!("{}: {e}", to.display()));
    std::thread::scope(|scope| {
        let found = scope.spawn(|| fingerprint(packed, stop));
        let from = BufReader::with_capacity(CHUNK, File::open(packed).map_err(backup)?);
        let mut decoder = zstd::stream::read::Decoder::with_buffer(from).map_err(backup)?;
        let file = File::create_new(to).map_err(place)?;
        let mut out = Hashing::new(BufWriter::with_capacity(CHUNK, file));
        let mut chunk = vec![0; CHUNK];
        loop {
            cancelled(stop).map_err(|e| PackError::Place(e.to_string()))?;
            let n = decoder.read(&mut chunk).map_err(backup)?;
            if n == 0 {
                break;
            }
            // Nothing is filled up by a file that says it is larger than it was.
            if out.bytes + n as u64 > plain.bytes {
                return Err(PackError::Backup(
                    "it holds more than its manifest says".into(),
                ));
            }
            out.write_all(&chunk[..n]).map_err(place)?;
            far((out.bytes as f64 / plain.bytes.max(1) as f64) as f32);
        }
        let (out, unpacked) = out.end();
        let file = out.into_inner().map_err(|e| place(e.into_error()))?;
        file.sync_all().map_err(place)?;
        let found = found
            .join()
            .map_err(|_| PackError::Place("the digest broke off".into()))?
            .map_err(backup)?;
        for (what, found, said) in [
            ("the packed file", &found, packed_print),
            ("the database in it", &unpacked, plain),
        ] {
            if found != said {
                return Err(PackError::Backup(format!(
                    "{what} is not the one that was made: SHA-256 {} in place of {}",
                    found.sha256, said.sha256
                )));
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const QUIET: Far<'static> = &|_| {};

    /// A disk that is full after so many bytes.
    struct Full(usize);

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            let n = bytes.len().min(self.0);
            self.0 -= n;
            Ok(n)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn noise(n: usize) -> Vec<u8> {
        let mut x = 1_u32;
        (0..n)
            .map(|_| {
                x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (x >> 26) as u8
            })
            .collect()
    }

    #[test]
    fn a_full_disk_is_an_error_wherever_it_fills() {
        let folder = tempfile::tempdir().unwrap();
        let plain = folder.path().join("plain");
        std::fs::write(&plain, noise(300_000)).unwrap();
        for room in [0, 1, 1000, 100_000] {
            let full = pack(&plain, Full(room), QUIET, &Stop::default());
            assert_eq!(
                full.err().map(|e| e.kind()),
                Some(io::ErrorKind::StorageFull)
            );
        }
    }

    #[test]
    fn who_asks_to_end_is_obeyed_and_that_is_no_fault_of_the_backup() {
        let folder = tempfile::tempdir().unwrap();
        let [plain, packed, out] = ["plain", "packed", "out"].map(|n| folder.path().join(n));
        std::fs::write(&plain, noise(3000)).unwrap();
        let go = Stop::default();
        let (_, a, b) = pack(&plain, File::create(&packed).unwrap(), QUIET, &go).unwrap();
        let stop = Stop::default();
        stop.ask("Ngo");
        assert!(pack(&plain, io::sink(), QUIET, &stop).is_err());
        let ended = unpack(&packed, (&a, &b), &out, QUIET, &stop);
        assert!(matches!(ended, Err(PackError::Place(_))), "{ended:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn what_was_packed_comes_out_and_damage_is_the_backups_fault(
            n in 0_usize..60_000, at in any::<prop::sample::Index>(), bit in 0_u8..8, cut in any::<bool>()
        ) {
            let folder = tempfile::tempdir().unwrap();
            let [plain, packed, out, again] =
                ["plain", "packed", "out", "again"].map(|n| folder.path().join(n));
            let content = noise(n);
            std::fs::write(&plain, &content).unwrap();
            let go = Stop::default();
            let (_, plain_print, packed_print) =
                pack(&plain, File::create(&packed).unwrap(), QUIET, &go).unwrap();
            let prints = (&plain_print, &packed_print);
            unpack(&packed, prints, &out, QUIET, &go).unwrap();
            prop_assert!(std::fs::read(&out).unwrap() == content);

            let mut bytes = std::fs::read(&packed).unwrap();
            let at = at.index(bytes.len());
            if cut { bytes.truncate(at) } else { bytes[at] ^= 1 << bit }
            std::fs::write(&packed, bytes).unwrap();
            let damaged = unpack(&packed, prints, &again, QUIET, &go);
            prop_assert!(matches!(damaged, Err(PackError::Backup(_))), "{:?}", damaged);
        }
    }
}
