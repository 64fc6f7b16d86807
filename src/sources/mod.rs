//! Where data comes from: files on disk, HTTP, the embedded demo, the simulator. One file a format.
//! Nothing here judges a row; that is the ETL's.

pub mod csv;
pub mod demo;
pub mod excel;
pub mod files;
pub mod http;
pub mod simulator;
pub mod table;
