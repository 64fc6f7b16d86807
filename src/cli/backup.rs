//! `cidp backup` and `cidp backups`.

use super::{Exit, Shell};

pub fn backup(shell: &Shell, _asked: &super::arguments::Backup) -> Exit {
    shell.out.error("not built yet", &serde_json::json!({}));
    Exit::FailSafe
}

pub fn backups(shell: &Shell) -> Exit {
    shell.out.error("not built yet", &serde_json::json!({}));
    Exit::FailSafe
}
