//! `cidp cold-restart`.

use super::{Exit, Shell};

pub fn cold_restart(shell: &Shell, _asked: &super::arguments::ColdRestart) -> Exit {
    shell.out.error("not built yet", &serde_json::json!({}));
    Exit::FailSafe
}
