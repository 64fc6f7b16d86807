//! What the plan for bad days needs: where backups go and how long they stay, who may act, how the people on call
//! are reached.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// `[continuity]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ContinuityConfig {
    /// Further places for backups; the home's own folder always gets one.
    pub destinations: Vec<DestinationConfig>,
    /// Dated backups kept at each place, at least 1. The last proven one always stays.
    pub keep: u32,
    /// Dated backups older than so many days go; left out: age alone removes none.
    pub keep_days: Option<u32>,
    /// A backup before each night run.
    pub before_night_run: bool,
    /// A second place for the head of the ledger: a file that is added to.
    pub heads: Option<PathBuf>,
    /// How long a run waits for a locked warehouse, seconds.
    pub lock_patience_secs: f64,
    /// A night run that has not ended soundly so long after its time is late, minutes.
    pub late_after_minutes: u32,
}

impl Default for ContinuityConfig {
    fn default() -> Self {
        Self {
            destinations: Vec::new(),
            keep: 14,
            keep_days: None,
            before_night_run: true,
            heads: None,
            lock_patience_secs: 15.0,
            late_after_minutes: 60,
        }
    }
}

/// One `[[continuity.destinations]]` entry.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DestinationConfig {
    pub path: PathBuf,
    /// In another building: a fire here does not reach it.
    #[serde(default)]
    pub offsite: bool,
}

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum AccessRole {
    #[default]
    Operator,
    /// Looks, and changes nothing.
    CrisisCell,
}

impl AccessRole {
    #[must_use]
    pub const fn may_act(self) -> bool {
        matches!(self, Self::Operator)
    }

    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::CrisisCell => "crisis_cell",
        }
    }
}

/// `[access]`: the person is the account of the system; there are no passwords of ours.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct AccessConfig {
    /// Of every account that is not named below.
    pub role: AccessRole,
    /// Accounts that act.
    pub operators: Vec<String>,
    /// Accounts that look only.
    pub crisis_cell: Vec<String>,
}

impl AccessConfig {
    /// The role of an account. Named in both lists, it looks only.
    #[must_use]
    pub fn role_of(&self, account: &str) -> AccessRole {
        let named = |list: &[String]| list.iter().any(|name| name.eq_ignore_ascii_case(account));
        if named(&self.crisis_cell) {
            AccessRole::CrisisCell
        } else if named(&self.operators) {
            AccessRole::Operator
        } else {
            self.role
        }
    }
}

/// How the connection to a mail server is kept private.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum MailSecurity {
    /// TLS from the first byte (port 465).
    Tls,
    /// Plain first, then TLS or nothing (port 587).
    #[default]
    StartTls,
}

/// `[mail]`: e-mail to the contacts that have an address.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    pub server: String,
    /// Left out: that of the security chosen.
    #[serde(default)]
    pub port: Option<u16>,
    #[serde(default)]
    pub security: MailSecurity,
    pub from: String,
    /// Account at the server; its password lies in the system's credential store under `secret`.
    #[serde(default)]
    pub user: Option<String>,
    #[serde(default)]
    pub secret: Option<String>,
    /// Environment variable that holds the password, instead of the store.
    #[serde(default)]
    pub env: Option<String>,
    /// A certificate authority to be trusted beside those of the system, PEM.
    #[serde(default)]
    pub ca: Option<PathBuf>,
}

/// `[hook]`: an address that takes a message as JSON, such as an SMS gateway.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HookConfig {
    pub url: String,
    /// Name in the credential store of a token, sent as `Authorization: Bearer …`.
    #[serde(default)]
    pub secret: Option<String>,
    /// Environment variable that holds the token, instead of the store.
    #[serde(default)]
    pub env: Option<String>,
}

/// What of these cannot be: (key, why).
pub(super) fn check(config: &super::Config) -> Result<(), (String, String)> {
    let wrong = |key: &str, why: &str| Err((key.to_owned(), why.to_owned()));
    let c = &config.continuity;
    if c.keep == 0 {
        return wrong("keep", "at least 1");
    }
    if c.keep_days == Some(0) {
        return wrong("keep_days", "at least 1");
    }
    if !(0.0..=3600.0).contains(&c.lock_patience_secs) {
        return wrong("lock_patience_secs", "from 0 to 3600");
    }
    if c.late_after_minutes == 0 {
        return wrong("late_after_minutes", "at least 1");
    }
    if c.destinations.iter().any(|d| d.path.as_os_str().is_empty()) {
        return wrong("path", "a destination needs a path");
    }
    if let Some(mail) = &config.mail {
        if mail.server.trim().is_empty() {
            return wrong("server", "a mail server needs a name");
        }
        if !mail.from.contains('@') {
            return wrong("from", "an e-mail address");
        }
        if mail.user.is_some() != (mail.secret.is_some() || mail.env.is_some()) {
            return wrong("user", "user goes together with secret or env");
        }
        if mail.secret.is_some() && mail.env.is_some() {
            return wrong(
                "env",
                "either env (a variable) or secret (a name in the system's store)",
            );
        }
    }
    if config
        .hook
        .as_ref()
        .is_some_and(|hook| hook.secret.is_some() && hook.env.is_some())
    {
        return wrong(
            "env",
            "either env (a variable) or secret (a name in the system's store)",
        );
    }
    if let Some(hook) = &config.hook
        && !(hook.url.starts_with("http://") || hook.url.starts_with("https://"))
    {
        return wrong("url", "an address begins with http:// or https://");
    }
    if config
        .contacts
        .iter()
        .any(|c| !c.email.is_empty() && !c.email.contains('@'))
    {
        return wrong("email", "an e-mail address");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_named_in_both_lists_looks_only() {
        let access = AccessConfig {
            role: AccessRole::Operator,
            operators: vec!["ngo".into(), "both".into()],
            crisis_cell: vec!["Both".into(), "préfet".into()],
        };
        assert!(access.role_of("Ngo").may_act());
        assert!(access.role_of("anyone").may_act());
        assert_eq!(access.role_of("both"), AccessRole::CrisisCell);
        assert_eq!(access.role_of("préfet"), AccessRole::CrisisCell);
        let closed = AccessConfig {
            role: AccessRole::CrisisCell,
            operators: vec!["ngo".into()],
            crisis_cell: Vec::new(),
        };
        assert!(closed.role_of("ngo").may_act() && !closed.role_of("anyone").may_act());
    }

    #[test]
    fn what_cannot_be_is_said_with_its_key() {
        let parse =
            |text: &str| super::super::Config::parse(text, std::path::Path::new("cidp.toml"));
        let whole = "[continuity]\nkeep = 3\n[[continuity.destinations]]\npath = '/usb'\noffsite = true\n\
            [access]\nrole = 'crisis_cell'\n[mail]\nserver = 'mx'\nfrom = 'a@b.cm'\n[hook]\nurl = 'https://sms'\n";
        let config = parse(whole).unwrap();
        assert!(config.continuity.destinations[0].offsite);
        for (text, key) in [
            ("[continuity]\nkeep = 0\n", "keep"),
            (
                "[continuity]\nlock_patience_secs = -1\n",
                "lock_patience_secs",
            ),
            ("[mail]\nserver = 'mx'\nfrom = 'x'\n", "from"),
            ("[mail]\nserver = 'mx'\nfrom = 'a@b'\nuser = 'u'\n", "user"),
            ("[hook]\nurl = 'ftp://x'\n", "url"),
            ("[hook]\nurl = 'http://x'\nsecret = 'a'\nenv = 'A'\n", "env"),
            ("[[contacts]]\nname = 'A'\nemail = 'x'\n", "email"),
        ] {
            assert_eq!(parse(text).unwrap_err().key.as_deref(), Some(key), "{text}");
        }
    }
}
