//! Where data comes from: files on disk, HTTP, the embedded demo, the simulator. One file a format:
//! `table` chooses it, `content` unpacks and decodes, `layout` finds how a CSV is written, `growing` follows
//! files that grow, `tidy` and `mend` put right for `cidp convert` what a polluted table has wrong.
//! Nothing here judges a row; that is the ETL's.

pub mod content;
pub mod csv;
pub mod demo;
pub mod excel;
pub mod files;
pub mod given;
pub mod growing;
pub mod http;
pub mod json;
pub mod layout;
mod lines;
pub mod mend;
pub mod ndjson;
pub mod simulator;
pub mod table;
pub mod tidy;
