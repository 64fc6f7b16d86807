//! Opens a folder in the file manager of the system.

use std::path::Path;
use std::process::{Command, Stdio};

const PROGRAM: &str = if cfg!(windows) {
    "explorer"
} else if cfg!(target_os = "macos") {
    "open"
} else {
    "xdg-open"
};

/// Opens `folder`, made where it is missing. May wait as long as the file manager is open: not for the loop.
///
/// # Errors
/// There is no file manager to be asked, or it refuses.
pub(super) fn open(folder: &Path) -> Result<(), String> {
    open_with(PROGRAM, folder)
}

fn open_with(program: &str, folder: &Path) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let ended = Command::new(program)
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map_err(|e| format!("{program}: {e}; the folder is {}", folder.display()))?;
    // Explorer ends with 1 whatever it did.
    if ended.success() || cfg!(windows) {
        Ok(())
    } else {
        Err(format!(
            "{program}: {ended}; the folder is {}",
            folder.display()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_manager_is_told_with_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("logs");
        let why = open_with("no-such-file-manager", &folder).unwrap_err();
        assert!(
            why.contains("no-such-file-manager") && why.contains("logs"),
            "{why}"
        );
        assert!(folder.is_dir());
    }
}
