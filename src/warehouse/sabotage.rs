//! What a drill must notice: compiled in by the feature `trials` alone, and asked for by `CIDP_SABOTAGE`.

fn is_asked(name: &str) -> bool {
    std::env::var("CIDP_SABOTAGE").is_ok_and(|asked| asked == name)
}

/// The token of a sound run is issued after a failed one too, and a failed run goes on to train and score.
#[must_use]
pub fn trains_after_failure() -> bool {
    is_asked("trains_after_failure")
}

/// Each batch of a load is committed by itself.
#[must_use]
pub fn loads_without_transaction() -> bool {
    is_asked("loads_without_transaction")
}
