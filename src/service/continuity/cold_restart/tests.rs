use super::*;
use crate::service::stop::Stop;
use crate::service::test_home;

fn copied(platform: &Platform) -> impl Fn(&Steps<'_>) -> Result<String, String> {
    let home = platform.home.clone();
    move |_| {
        std::fs::create_dir_all(home.backups()).map_err(|e| e.to_string())?;
        std::fs::copy(home.warehouse(), home.safe_copy())
            .map(|bytes| bytes.to_string())
            .map_err(|e| e.to_string())
    }
}

fn keys(restarted: &Restarted) -> Vec<&'static str> {
    restarted.steps.iter().map(|step| step.key).collect()
}
