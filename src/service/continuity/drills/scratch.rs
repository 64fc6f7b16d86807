//! Where a drill takes place: a home in a temporary folder, with a copy of the warehouse and a fleet of its own.

use std::ffi::OsStr;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::service::continuity::verify;
use crate::service::outcome::{RunOutcome, RunStatus};
use crate::service::pipeline::{PipelineError, RunKind};
use crate::service::platform::Platform;
use crate::warehouse::{Frozen, Holdings, Reader, WarehouseError};

use super::fleet;
use super::proof::Broken;

/// A larger warehouse is not copied thirteen times: a made-up one stands in for it.
const LARGEST_COPY_BYTES: u64 = 64 << 20;
/// Steps of the fleet that every scratch home has run with, and those loaded since that nobody scored yet.
pub const LEARNED: u32 = 600;
pub const LOADED: u32 = 660;
/// Names the program that children run, where it does not lie beside this one.
const PROGRAM: &str = "CIDP_PROGRAM";
/// What of this program's environment a child must not hear.
const UNHEARD: [&str; 4] = ["CIDP_HOME", "CIDP_CONFIG", "CIDP_LANG", "CIDP_LOG"];
/// Longer than any child of a drill works.
const CHILD_PATIENCE: Duration = Duration::from_secs(120);
const SETTINGS: &str = "[model]\ntrees = 12\nmax_depth = 6\nmax_rows = 20000\n\
    [continuity]\nlock_patience_secs = 1.0\n";

/// What every scratch home begins as.
pub struct Base {
    folder: TempDir,
    synthetic: bool,
    program: Option<PathBuf>,
    /// Why the warehouse of the home was not copied.
    pub made_up: Option<String>,
}

impl Base {
    /// Copies the warehouse of the home, and walks one run and one load of the drill's own fleet on it: there is a
    /// model, and readings that are not scored yet.
    ///
    /// # Errors
    /// No temporary folder, or the runs did not end soundly.
    pub fn of(platform: &Platform) -> Result<Self, Broken> {
        let live = platform.home.warehouse();
        let mut base = Self {
            folder: folder()?,
            synthetic: false,
            program: program(),
            made_up: None,
        };
        let copy = base.warehouse();
        std::fs::create_dir_all(copy.parent().unwrap_or(&copy))?;
        base.made_up = match std::fs::metadata(&live) {
            Err(_) => Some("there is no warehouse yet".into()),
            Ok(meta) if meta.len() > LARGEST_COPY_BYTES => Some(format!(
                "{} MB; only up to {} MB are copied",
                meta.len() >> 20,
                LARGEST_COPY_BYTES >> 20
            )),
            Ok(_) => copy_whole(&live, &copy)
                .and_then(|()| Reader::open(&copy)?.synthetic())
                .map(|synthetic| base.synthetic = synthetic.unwrap_or(false))
                .map_err(|error| error.to_string())
                .err(),
        };
        if base.made_up.is_some() && copy.exists() {
            std::fs::remove_file(&copy)?;
        }
        base.prepare()?;
        Ok(base)
    }

    /// As [`Base::of`], with nothing but the drill's own fleet.
    ///
    /// # Errors
    /// As there.
    pub fn made_up(&self) -> Result<Self, Broken> {
        let base = Self {
            folder: folder()?,
            synthetic: false,
            program: self.program.clone(),
            made_up: Some("the drill needs a fleet that it knows".into()),
        };
        base.prepare()?;
        Ok(base)
    }

    fn warehouse(&self) -> PathBuf {
        crate::config::Home::find(Some(self.folder.path())).warehouse()
    }

    fn prepare(&self) -> Result<(), Broken> {
        let mut scratch = Scratch {
            platform: self.open(self.folder.path())?,
            synthetic: self.synthetic,
            program: self.program.clone(),
            _folder: None,
        };
        scratch.telemetry("sensors.csv")?;
        for (steps, kind) in [(LEARNED, RunKind::Full), (LOADED, RunKind::Ingest)] {
            scratch.write("sensors.csv", fleet::file(steps))?;
            let outcome = scratch.run(kind)?;
            if outcome.status != RunStatus::Ok {
                return Err(Broken::Failed(outcome.cause.unwrap_or_default()));
            }
        }
        Ok(())
    }

    fn open(&self, root: &Path) -> Result<Platform, Broken> {
        Ok(Platform::open(Some(root), None)?)
    }

    /// A home of its own, as the base is.
    ///
    /// # Errors
    /// There is no room for it.
    pub fn scratch(&self) -> Result<Scratch, Broken> {
        let folder = folder()?;
        let mut scratch = Scratch {
            platform: self.open(folder.path())?,
            synthetic: self.synthetic,
            program: self.program.clone(),
            _folder: Some(folder),
        };
        let home = &scratch.platform.home;
        std::fs::create_dir_all(home.database_dir())?;
        copy_whole(&self.warehouse(), &home.warehouse())?;
        scratch.write("sensors.csv", fleet::file(LOADED))?;
        scratch.telemetry("sensors.csv")?;
        Ok(scratch)
    }
}

/// Copies a warehouse as it is at one instant, whatever others do to it meanwhile.
///
/// # Errors
/// It cannot be read, or the copy not be written.
pub fn copy_whole(from: &Path, to: &Path) -> Result<(), WarehouseError> {
    Frozen::of(from)?
        .copy_to(to, &|_| ControlFlow::Continue(()))
        .map(drop)
}

/// What is wrong with a database file, in structure, in what rows point to, against the ledger; none: it is sound.
///
/// # Errors
/// It does not open, or cannot be read to its end.
pub fn faults(file: &Path) -> Result<Vec<String>, String> {
    let findings = verify::check_file(file)?;
    Ok(findings.iter().map(ToString::to_string).collect())
}

fn folder() -> std::io::Result<TempDir> {
    tempfile::Builder::new().prefix("cidp-drill-").tempdir()
}

/// The `cidp` command: this program, or the one beside it.
fn program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os(PROGRAM) {
        return Some(named.into());
    }
    let own = std::env::current_exe().ok()?;
    if own.file_stem() == Some(OsStr::new("cidp")) {
        return Some(own);
    }
    let beside = own.with_file_name(format!("cidp{}", std::env::consts::EXE_SUFFIX));
    beside.is_file().then_some(beside)
}

/// The home of one drill.
pub struct Scratch {
    pub platform: Platform,
    synthetic: bool,
    program: Option<PathBuf>,
    /// Gone with the drill; the base keeps its own.
    _folder: Option<TempDir>,
}

impl Scratch {
    pub fn path(&self, name: &str) -> PathBuf {
        self.platform.home.root().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> std::io::Result<()> {
        std::fs::write(self.path(name), content)
    }

    /// The one source is this file from now on.
    ///
    /// # Errors
    /// The configuration cannot be written.
    pub fn telemetry(&mut self, file: &str) -> Result<(), Broken> {
        self.source(&format!("path = \"{file}\""))
    }

    /// The one source is where `place` (a line of TOML) says.
    ///
    /// # Errors
    /// The configuration cannot be written.
    pub fn source(&mut self, place: &str) -> Result<(), Broken> {
        let config = format!(
            "{SETTINGS}[[sources]]\nname = \"exercice\"\nrole = \"telemetry\"\n{place}\ntimezone = \"UTC\"\n\
             clock = \"data\"\nsynthetic = {}\n",
            self.synthetic
        );
        std::fs::write(self.platform.home.config(), config)?;
        self.platform = Platform::open(Some(self.platform.home.root()), None)?;
        Ok(())
    }

    /// # Errors
    /// The run could not begin.
    pub fn run(&self, kind: RunKind) -> Result<RunOutcome, PipelineError> {
        self.platform.run(kind, &|_| {})
    }

    /// # Errors
    /// The warehouse cannot be read.
    pub fn holdings(&self) -> Result<Holdings, Broken> {
        Ok(self.reader()?.holdings()?)
    }

    /// # Errors
    /// The warehouse cannot be read.
    pub fn reader(&self) -> Result<Reader, Broken> {
        Ok(Reader::open(&self.platform.home.warehouse())?)
    }

    /// What is wrong with the database file, in structure, in what rows point to, against the ledger.
    ///
    /// # Errors
    /// It does not open.
    pub fn faults(&self) -> Result<Vec<String>, Broken> {
        faults(&self.platform.home.warehouse()).map_err(Broken::Failed)
    }

    /// A child of this program on this home, not started yet.
    ///
    /// # Errors
    /// The command is not beside this program.
    pub fn command(&self, arguments: &[&str]) -> Result<Command, Broken> {
        let program = self.program.as_deref().ok_or_else(no_program)?;
        let mut command = Command::new(program);
        self.prepare(&mut command);
        command
            .arg("--home")
            .arg(self.platform.home.root())
            .args(["--json", "--lang", "en"])
            .args(arguments);
        Ok(command)
    }

    /// The same under a limit that the system's own shell sets.
    ///
    /// # Errors
    /// The command is not beside this program, or this system has no such limits.
    pub fn limited(&self, limit: &str, arguments: &[&str]) -> Result<Command, Broken> {
        if !cfg!(unix) {
            return Err(Broken::Failed(
                "this system sets no such limit on a child: the fault could not be injected".into(),
            ));
        }
        let program = self.program.as_deref().ok_or_else(no_program)?;
        let mut command = Command::new("sh");
        self.prepare(&mut command);
        command
            .arg("-c")
            .arg(format!("{limit} && exec \"$0\" \"$@\""))
            .arg(program)
            .arg("--home")
            .arg(self.platform.home.root())
            .args(["--json", "--lang", "en"])
            .args(arguments);
        Ok(command)
    }

    fn prepare(&self, command: &mut Command) {
        for name in UNHEARD {
            command.env_remove(name);
        }
        command
            .current_dir(self.platform.home.root())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
    }
}

fn no_program() -> Broken {
    Broken::Failed("the command `cidp` does not lie beside this program".into())
}

/// A child that does not outlive the drill.
pub struct Job(Option<Child>);

impl Job {
    /// # Errors
    /// It cannot be started.
    pub fn start(command: &mut Command) -> std::io::Result<Self> {
        command.spawn().map(|child| Self(Some(child)))
    }

    pub fn id(&self) -> u32 {
        self.0.as_ref().map_or(0, Child::id)
    }

    pub const fn child(&mut self) -> Option<&mut Child> {
        self.0.as_mut()
    }

    /// Whether it still works.
    ///
    /// # Errors
    /// The system does not say.
    pub fn is_alive(&mut self) -> std::io::Result<bool> {
        match &mut self.0 {
            Some(child) => Ok(child.try_wait()?.is_none()),
            None => Ok(false),
        }
    }

    /// Ends it at once (SIGKILL), and says how it ended.
    ///
    /// # Errors
    /// It cannot be ended.
    pub fn kill(mut self) -> std::io::Result<Option<ExitStatus>> {
        let Some(mut child) = self.0.take() else {
            return Ok(None);
        };
        child.kill()?;
        child.wait().map(Some)
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// It does not end.
    pub fn finish(mut self) -> std::io::Result<Output> {
        let begun = Instant::now();
        // What it says is short: the pipes do not fill.
        while self.is_alive()? {
            if begun.elapsed() > CHILD_PATIENCE {
                return Err(std::io::Error::other("a child of the drill does not end"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        match self.0.take() {
            Some(child) => child.wait_with_output(),
            None => Err(std::io::Error::other("the child is gone")),
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            // One that ended already cannot be killed, and is no failure.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
