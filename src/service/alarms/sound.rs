//! The sound of an alarm: two tones, made once, played by the system's own player on a thread, again and again until
//! told otherwise. A machine without a player is said to have none; nothing waits for one that hangs.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const RATE: u32 = 22_050;
/// A sound takes less than a second: a player that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(50);
/// Between two sounds of the most pressing alarms, and of the others.
pub const PRESSING: Duration = Duration::from_secs(3);
pub const QUIETER: Duration = Duration::from_secs(15);

/// A program that plays a WAV file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Player {
    program: PathBuf,
    /// Before the file; `{}` in one of them stands for it.
    arguments: Vec<String>,
}

impl Player {
    /// The first that this machine has.
    #[must_use]
    pub fn find() -> Option<Self> {
        let path = std::env::var_os("PATH")?;
        Self::find_in(&std::env::split_paths(&path).collect::<Vec<_>>())
    }

    fn find_in(folders: &[PathBuf]) -> Option<Self> {
        let known: &[(&str, &[&str])] = if cfg!(windows) {
            &[(
                "powershell.exe",
                &[
                    "-NoProfile",
                    "-NonInteractive",
                    "-Command",
                    "(New-Object Media.SoundPlayer '{}').PlaySync()",
                ],
            )]
        } else if cfg!(target_os = "macos") {
            &[("afplay", &["{}"])]
        } else {
            &[
                ("pw-play", &["{}"]),
                ("paplay", &["{}"]),
                ("aplay", &["-q", "{}"]),
            ]
        };
        known.iter().find_map(|(name, arguments)| {
            let program = folders
                .iter()
                .map(|folder| folder.join(name))
                .find(|program| program.is_file())?;
            Some(Self {
                program,
                arguments: arguments.iter().map(|&a| a.to_owned()).collect(),
            })
        })
    }

    fn play(&self, file: &Path) -> std::io::Result<Child> {
        // In quotes for PowerShell, where a quote within is written twice.
        let file = if cfg!(windows) {
            file.to_string_lossy().replace('\'', "''")
        } else {
            file.to_string_lossy().into_owned()
        };
        let mut command = Command::new(&self.program);
        command
            .args(self.arguments.iter().map(|a| a.replace("{}", &file)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        #[cfg(windows)]
        {
            use std::os::windows::process::CommandExt;
            // CREATE_NO_WINDOW: no console flashes up.
            command.creation_flags(0x0800_0000);
        }
        command.spawn()
    }
}

/// Sounds while it is told to. Dropped, it falls silent.
pub struct Siren {
    every: Option<Sender<Option<Duration>>>,
    told: Option<Duration>,
    thread: Option<JoinHandle<()>>,
}

impl Siren {
    /// Starts its thread, silent; `file` is the sound, made when it is first needed. `failed` is called with the reason when the player cannot play, once until it plays
    /// again (then with `None`).
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(
        player: Player,
        file: PathBuf,
        failed: impl Fn(Option<String>) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (every, told) = channel();
        let thread = std::thread::Builder::new()
            .name("cidp-sound".into())
            .spawn(move || serve(&player, &file, &told, &failed))?;
        Ok(Self {
            every: Some(every),
            told: None,
            thread: Some(thread),
        })
    }

    /// Sounds every so often from now on, or not at all.
    pub fn sound(&mut self, every: Option<Duration>) {
        if self.told == every {
            return;
        }
        self.told = every;
        if let Some(tell) = &self.every
            && tell.send(every).is_err()
        {
            tracing::warn!("the sound of alarms has broken off");
        }
    }
}

impl Drop for Siren {
    fn drop(&mut self) {
        self.every = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::warn!("the sound of alarms broke off");
        }
    }
}

fn serve(
    player: &Player,
    file: &Path,
    told: &Receiver<Option<Duration>>,
    failed: &dyn Fn(Option<String>),
) {
    let mut failing = false;
    let mut every = None;
    loop {
        let Some(pause) = every else {
            match told.recv() {
                Ok(now) => every = now,
                Err(_) => return,
            }
            continue;
        };
        let played = make(file).and_then(|()| play(player, file, told, &mut every));
        match played {
            Ok(true) => {}
            Ok(false) => return,
            Err(why) => {
                if !std::mem::replace(&mut failing, true) {
                    tracing::warn!(%why, "the sound of an alarm cannot be played");
                    failed(Some(why.to_string()));
                }
                if every.is_some() && !wait(told, &mut every, pause) {
                    return;
                }
                continue;
            }
        }
        if std::mem::replace(&mut failing, false) {
            failed(None);
        }
        if every.is_some() && !wait(told, &mut every, pause) {
            return;
        }
    }
}

/// Lets a pause pass, or ends it at the next word; false when nobody is there any more.
fn wait(told: &Receiver<Option<Duration>>, every: &mut Option<Duration>, pause: Duration) -> bool {
    match told.recv_timeout(pause) {
        Ok(now) => {
            *every = now;
            true
        }
        Err(RecvTimeoutError::Timeout) => true,
        Err(RecvTimeoutError::Disconnected) => false,
    }
}

/// Makes the file of the sound where there is none: one of the user's own may stand in its place.
fn make(file: &Path) -> std::io::Result<()> {
    if file.is_file() {
        return Ok(());
    }
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    new.write_all(&wav())?;
    // Under its name when it is whole.
    new.persist(file).map_err(|e| e.error)?;
    Ok(())
}

/// Plays it once, to its end or to the next word; false when nobody is there any more.
fn play(
    player: &Player,
    file: &Path,
    told: &Receiver<Option<Duration>>,
    every: &mut Option<Duration>,
) -> std::io::Result<bool> {
    let mut child = player.play(file)?;
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return if status.success() {
                Ok(true)
            } else {
                Err(std::io::Error::other(format!(
                    "{}: {status}",
                    player.program.display()
                )))
            };
        }
        let stop = match told.recv_timeout(LOOK) {
            Ok(now) => {
                *every = now;
                now.is_none()
            }
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => {
                end(&mut child)?;
                return Ok(false);
            }
        };
        if stop {
            end(&mut child)?;
            return Ok(true);
        }
        if begun.elapsed() > PATIENCE {
            end(&mut child)?;
            return Err(std::io::ErrorKind::TimedOut.into());
        }
    }
}

/// Ends a player and takes its leave, so that nothing is left of it.
fn end(child: &mut Child) -> std::io::Result<()> {
    match child.kill() {
        // It ended by itself meanwhile.
        Err(e) if e.kind() == std::io::ErrorKind::InvalidInput => {}
        other => other?,
    }
    child.wait().map(drop)
}

/// Two tones of a fifth of a second, twice: 16 bit, one channel.
#[must_use]
pub fn wav() -> Vec<u8> {
    let mut samples = Vec::new();
    for tone in [880.0, 660.0, 880.0, 660.0] {
        let length = RATE / 6;
        for n in 0..length {
            let at = f64::from(n) / f64::from(RATE);
            // Soft edges, so that it does not click.
            let edge = f64::from(n.min(length - n)) / (f64::from(RATE) * 0.01);
            let wave = (std::f64::consts::TAU * tone * at).sin() * 0.4 * edge.min(1.0);
            samples.extend(((wave * f64::from(i16::MAX)) as i16).to_le_bytes());
        }
    }
    let data = samples.len() as u32;
    let mut wav = Vec::with_capacity(44 + samples.len());
    wav.extend(b"RIFF");
    wav.extend((36 + data).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16_u32.to_le_bytes());
    wav.extend(1_u16.to_le_bytes());
    wav.extend(1_u16.to_le_bytes());
    wav.extend(RATE.to_le_bytes());
    wav.extend((RATE * 2).to_le_bytes());
    wav.extend(2_u16.to_le_bytes());
    wav.extend(16_u16.to_le_bytes());
    wav.extend(b"data");
    wav.extend(data.to_le_bytes());
    wav.extend(samples);
    wav
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sound_is_a_whole_wav_file() {
        let wav = wav();
        let number = |at: usize| u32::from_le_bytes(wav[at..at + 4].try_into().unwrap()) as usize;
        assert_eq!((&wav[..4], &wav[8..16]), (&b"RIFF"[..], &b"WAVEfmt "[..]));
        assert_eq!(number(4) + 8, wav.len());
        assert_eq!(number(40) + 44, wav.len());
        let loudest = wav[44..]
            .chunks_exact(2)
            .map(|s| i16::from_le_bytes([s[0], s[1]]).unsigned_abs())
            .max()
            .unwrap();
        assert!((8_000..20_000).contains(&loudest), "{loudest}");
    }

    #[cfg(unix)]
    mod with_a_player {
        use super::*;
        use std::os::unix::fs::PermissionsExt;
        use std::sync::mpsc::channel;

        /// A player that writes down that it was called, and ends as told.
        fn player(folder: &Path, rest: &str) -> (Player, PathBuf) {
            let calls = folder.join("calls");
            let program = folder.join("aplay");
            let script = format!("#!/bin/sh\necho \"$2\" >> '{}'\n{rest}\n", calls.display());
            std::fs::write(&program, script).unwrap();
            std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
            let player = Player::find_in(&[folder.join("nowhere"), folder.to_path_buf()]).unwrap();
            (player, calls)
        }

        fn count(calls: &Path) -> usize {
            std::fs::read_to_string(calls).map_or(0, |text| text.lines().count())
        }

        fn until(what: impl Fn() -> bool) {
            let begun = Instant::now();
            while !what() {
                assert!(begun.elapsed() < Duration::from_secs(20), "it never came");
                std::thread::sleep(Duration::from_millis(10));
            }
        }

        #[test]
        fn it_sounds_until_told_otherwise() {
            let dir = tempfile::tempdir().unwrap();
            assert_eq!(Player::find_in(&[dir.path().to_path_buf()]), None);
            let (player, calls) = player(dir.path(), "exit 0");
            let mut siren = Siren::start(player, dir.path().join("alarm.wav"), |_| {}).unwrap();
            std::thread::sleep(Duration::from_millis(50));
            assert_eq!(count(&calls), 0, "silent at first");
            siren.sound(Some(Duration::from_millis(10)));
            until(|| count(&calls) >= 3);
            siren.sound(None);
            std::thread::sleep(Duration::from_millis(300));
            let then = count(&calls);
            std::thread::sleep(Duration::from_millis(200));
            assert_eq!(count(&calls), then);
            let file = std::fs::read_to_string(&calls).unwrap();
            assert!(file.lines().all(|line| line.ends_with(".wav")));
            let whole = std::fs::read(dir.path().join("alarm.wav")).unwrap();
            assert_eq!(whole, wav());
        }

        #[test]
        fn a_player_that_hangs_is_ended_and_one_that_fails_is_told_once() {
            let dir = tempfile::tempdir().unwrap();
            let (hanging, calls) = player(dir.path(), "exec sleep 600");
            let mut siren = Siren::start(hanging, dir.path().join("alarm.wav"), |_| {}).unwrap();
            siren.sound(Some(PRESSING));
            until(|| count(&calls) == 1);
            let begun = Instant::now();
            drop(siren);
            assert!(begun.elapsed() < Duration::from_secs(3));

            let (failing, _) = player(dir.path(), "exit 1");
            let (tell, told) = channel();
            let mut siren = Siren::start(failing, dir.path().join("alarm.wav"), move |why| {
                tell.send(why).unwrap()
            })
            .unwrap();
            siren.sound(Some(Duration::from_millis(5)));
            assert!(
                told.recv_timeout(Duration::from_secs(20))
                    .unwrap()
                    .is_some()
            );
            assert!(
                told.recv_timeout(Duration::from_millis(300)).is_err(),
                "once"
            );
        }
    }
}
