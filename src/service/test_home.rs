//! A small home for tests of the service: three locomotives, some of whose readings are labelled as faulty.

use std::fmt::Write;
use std::path::Path;

use crate::config::{Config, Home};

use super::platform::Platform;
use super::settings::Overrides;

/// Minutes since 2026-08-01T00:00Z as the CSV writes them.
pub fn instant(minute: u32) -> String {
    format!(
        "2026-08-{:02}T{:02}:{:02}:00Z",
        1 + minute / 1440,
        minute / 60 % 24,
        minute % 60
    )
}

/// A sensor file of so many rows for each of three locomotives.
pub fn sensors(rows: u32) -> String {
    let mut csv =
        String::from("timestamp,loco_id,flow_rate,pressure,vibration,temperature,label\n");
    for minute in 0..rows {
        for loco in 1..=3 {
            let wobble = f64::from((minute * 7 + loco * 13) % 17) / 10.0;
            let bad = minute % 50 > 39;
            let (vibration, temperature) = if bad {
                (9.0 + wobble, 95.0)
            } else {
                (2.0 + wobble / 4.0, 45.0 + wobble)
            };
            let _ = writeln!(
                csv,
                "{},LOCO_{loco:03},{:.1},{:.2},{vibration:.2},{temperature:.1},{}",
                instant(minute),
                500.0 + wobble * 3.0,
                5.0 + wobble / 10.0,
                u8::from(bad)
            );
        }
    }
    csv
}

/// A home in `folder` whose one source, “fleet”, reads `sensors.csv` of that content.
pub fn platform(folder: &Path, csv: &str) -> Platform {
    std::fs::write(folder.join("sensors.csv"), csv).unwrap();
    let text = "# kept by hand\n[model]\ntrees = 10\nmax_depth = 5\nmax_rows = 1000\n\n\
                [[sources]]\nname = \"fleet\" # the bench\nrole = \"telemetry\"\npath = \"sensors.csv\"\n\
                clock = \"data\"\n[sources.columns]\ntimestamp = \"timestamp\"\nloco_id = \"loco_id\"\n\
                flow_rate = \"flow_rate\"\npressure = \"pressure\"\nvibration = \"vibration\"\n\
                temperature = \"temperature\"\nlabel = \"label\"\n";
    let home = Home::find(Some(folder));
    std::fs::write(home.config(), text).unwrap();
    let config = Config::load(&home.config()).unwrap();
    Platform {
        home,
        config,
        overrides: Overrides::default(),
    }
}
