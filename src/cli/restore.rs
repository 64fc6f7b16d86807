//! `cidp restore`.

use super::{Exit, Shell};

pub fn restore(shell: &Shell, _asked: &super::arguments::Restore) -> Exit {
    shell.out.error("not built yet", &serde_json::json!({}));
    Exit::FailSafe
}
