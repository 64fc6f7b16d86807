//! Backups that nobody asks for: before the night run, and before a warehouse of an older program is changed.

use super::{Origin, make, prove};
use crate::service::continuity::Steps;
use crate::service::continuity::steps::{Stopped, UNTOLD};
use crate::service::platform::Platform;
use crate::service::stop::Stop;
use crate::warehouse::Warehouse;

/// Who makes them, for the manifest.
const PROGRAM: &str = "cidp";

/// Makes and proves a backup before the night run, where that is wanted. That it cannot be made is told, and does
/// not keep the run from its work: fresh verdicts are wanted in the morning.
pub fn before_night_run(platform: &Platform, stop: &Stop) {
    if !platform.config.continuity.before_night_run || !platform.home.warehouse().is_file() {
        return;
    }
    let steps = Steps::new(UNTOLD, stop.clone());
    let done = make(platform, Origin::BeforeRun, PROGRAM, &steps)
        .and_then(|backup| prove(platform, &backup.file, PROGRAM, &steps));
    match done {
        Ok(proof) => tracing::info!(
            recovery_secs = proof.recovery_secs,
            "backup before the night run: proven"
        ),
        Err(stopped) => tracing::error!(why = %stopped, "no proven backup before the night run"),
    }
}

/// Makes a backup of a warehouse that is about to be brought up to date, as the older program left it.
///
/// # Errors
/// It is behind, and no backup can be made: it is not to be changed then.
pub fn before_migration(platform: &Platform) -> Result<(), Stopped> {
    let warehouse = platform.home.warehouse();
    // One that cannot be read is not migrated either: whoever opens it says so.
    if !warehouse.is_file() || !matches!(Warehouse::is_behind(&warehouse), Ok(true)) {
        return Ok(());
    }
    let steps = Steps::new(UNTOLD, Stop::default());
    make(platform, Origin::BeforeMigration, PROGRAM, &steps)?;
    Ok(())
}
