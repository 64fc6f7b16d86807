//! `cidp drill`.

use super::{Exit, Shell};

pub fn drill(shell: &Shell, _asked: &super::arguments::DrillAsked) -> Exit {
    shell.out.error("not built yet", &serde_json::json!({}));
    Exit::FailSafe
}
