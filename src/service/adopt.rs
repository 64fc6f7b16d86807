//! "Open my CSV files…": two files become the sources of a home.

use std::path::{Path, PathBuf};

use crate::config::Home;

use super::pipeline::wall_ms;

/// Writes `cidp.toml` for a sensor file and, where given, a maintenance file; a configuration that was
/// there is kept beside it under another name.
pub fn write(home: &Home, sensors: &Path, maintenance: Option<&Path>) -> std::io::Result<PathBuf> {
    std::fs::create_dir_all(home.root())?;
    let file = home.config();
    if file.is_file() {
        let kept = home.root().join(format!("cidp_before_{}.toml", wall_ms()));
        std::fs::rename(&file, kept)?;
    }
    let mut sources = vec![source("sensors", "telemetry", sensors)?];
    if let Some(maintenance) = maintenance {
        sources.push(source("workshop", "maintenance", maintenance)?);
    }
    let mut document = toml::Table::new();
    document.insert("sources".into(), toml::Value::Array(sources));
    let text = format!("# Written by Camrail Live Monitor: \"Open my CSV files…\".\n\n{document}");
    std::fs::write(&file, text)?;
    Ok(file)
}

fn source(name: &str, role: &str, path: &Path) -> std::io::Result<toml::Value> {
    let path = std::path::absolute(path)?;
    let path = path.to_str().ok_or_else(|| {
        std::io::Error::new(std::io::ErrorKind::InvalidInput, "the path is not text")
    })?;
    let mut table = toml::Table::new();
    for (key, value) in [
        ("name", name),
        ("role", role),
        ("path", path),
        // A file that somebody picks is an archive: its newest reading is now.
        ("clock", "data"),
    ] {
        table.insert(key.into(), value.into());
    }
    Ok(table.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn two_files_become_a_configuration_that_is_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::find(Some(dir.path()));
        let sensors = dir.path().join("mes capteurs \"été\".csv");
        for _ in 0..2 {
            let file = write(&home, &sensors, Some(Path::new("/m.csv"))).unwrap();
            let config = Config::load(&file).unwrap();
            assert_eq!(config.sources.len(), 2);
            assert_eq!(
                config.sources[0].path.as_deref().map(Path::new),
                Some(&*sensors)
            );
        }
        let kept = std::fs::read_dir(dir.path())
            .unwrap()
            .filter_map(Result::ok);
        assert!(
            kept.into_iter()
                .any(|e| { e.file_name().to_string_lossy().starts_with("cidp_before_") })
        );
    }
}
