//! `cidp holds`.

use super::{Exit, Shell};

pub fn holds(shell: &Shell, _asked: &super::arguments::Holds) -> Exit {
    shell.out.error("not built yet", &serde_json::json!({}));
    Exit::FailSafe
}
