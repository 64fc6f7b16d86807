//! Where data comes from: files on disk, HTTP, the embedded demo, the simulator. One file a format;
//! `growing` follows files that grow.
//! Nothing here judges a row; that is the ETL's.

pub mod csv;
pub mod demo;
pub mod files;
pub mod growing;
pub mod http;
mod lines;
pub mod simulator;
pub mod table;
