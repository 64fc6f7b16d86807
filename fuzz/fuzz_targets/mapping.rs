//! Any header and any records through a mapping: a value or a refusal, never a panic; an accepted value is within
//! the limits.
#![no_main]

use std::io::Cursor;

use cidp::domain::ports::{RawRecord, RecordStream};
use cidp::domain::{Dialect, Format, Limits, Role};
use cidp::etl::mapping::Bound;
use cidp::etl::{LocoFrom, Mapping};
use cidp::sources::table::{self, Table};
use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((&how, bytes)) = data.split_first() else {
        return;
    };
    let dialect = Dialect {
        format: Some(Format::Csv),
        ..Dialect::default()
    };
    let Ok(Table::Csv(mut stream)) = table::text(Cursor::new(bytes.to_vec()), "fuzz", &dialect)
    else {
        return;
    };
    // Columns by place: the header may call them anything.
    let header = stream.header().to_vec();
    let name = |i: usize| header[(usize::from(how) + i) % header.len()].clone();
    let mapping = Mapping {
        timestamp: name(0),
        format: (how & 1 == 1).then(|| "%d/%m/%Y %H:%M:%S".to_owned()),
        zone: TimeZone::UTC,
        loco: match how & 2 {
            0 => LocoFrom::Column(name(1)),
            _ => LocoFrom::FileStem,
        },
        channels: Some([2, 3, 4, 5].map(|i| (name(i), 1.0, 0.0))),
        label: (how & 4 == 4).then(|| name(6)),
        kind: (how & 8 == 8).then(|| name(7)),
        component: (how & 8 == 8).then(|| name(8)),
        only: Vec::new(),
    };
    let role = if how & 16 == 16 {
        Role::Maintenance
    } else {
        Role::Telemetry
    };
    let Ok(mut bound) = Bound::new(&mapping, role, stream.as_ref(), "fuzz") else {
        return;
    };
    let limits = Limits::default();
    let mut record = RawRecord::default();
    while let Ok(true) = stream.read(&mut record) {
        let _meant = bound.is_meant(&record);
        let whole = bound.whole(&record);
        assert_eq!(whole.is_ok(), !record.cut && record.len() == header.len());
        if let Ok(values) = bound.values(&record, &limits) {
            assert!(values.iter().all(|value| value.is_finite()));
            assert!(limits.outside(&values).is_none());
        }
        let _label = bound.label(&record);
        let _event = bound.event(&record);
        if let Ok((loco, at_ms)) = bound.identity(&record) {
            assert!(!loco.is_empty() && at_ms >= 0);
        }
        let _partial = bound.partial(&record);
    }
});
