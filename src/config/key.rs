//! `[sources.key]`: what proves to a server who asks. The secret itself never stands in the file.

use serde::Deserialize;

/// Where the secret is found, and the header it travels in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyConfig {
    #[serde(default = "default_header")]
    pub header: String,
    /// Before the secret; left out: `Bearer ` in `Authorization`, nothing elsewhere.
    pub prefix: Option<String>,
    /// Environment variable that holds the secret.
    pub env: Option<String>,
    /// Name of the secret in the system's credential store, under the service `cidp`.
    pub credential: Option<String>,
}

fn default_header() -> String {
    "Authorization".to_owned()
}

impl KeyConfig {
    /// What stands before the secret.
    #[must_use]
    pub fn prefix(&self) -> &str {
        match &self.prefix {
            Some(prefix) => prefix,
            None if self.header.eq_ignore_ascii_case("authorization") => "Bearer ",
            None => "",
        }
    }

    pub(super) fn check(&self) -> Result<(), (String, String)> {
        let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if self.header.is_empty() || !self.header.chars().all(token) {
            return Err(("header".into(), "this is no name of a header".into()));
        }
        if self.env.is_some() == self.credential.is_some() {
            return Err((
                "key".into(),
                "either env (a variable) or credential (a name in the system's store)".into(),
            ));
        }
        Ok(())
    }
}
