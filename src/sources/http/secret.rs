//! The secret that proves to a server who asks. It is read when it is needed, travels in one header to the
//! one server it is meant for, and stands in no log and in no error.

use reqwest::header::{HeaderName, HeaderValue};

use crate::domain::SourceError;

/// The service under which the system's credential store keeps our secrets.
const SERVICE: &str = "cidp";

/// Where a secret is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// An environment variable.
    Variable(String),
    /// A name in the system's credential store.
    Store(String),
}

/// A secret, and the header it travels in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub header: String,
    /// What stands before the secret: `Bearer `.
    pub prefix: String,
    pub place: Place,
}

/// A key that was read. No `Debug`: it is shown to nobody.
pub(super) struct Secret {
    pub name: HeaderName,
    pub value: HeaderValue,
    /// The bare secret, to strike it out of what a server repeats.
    pub word: String,
}

impl Key {
    /// # Errors
    /// There is no such secret, or it cannot be sent.
    pub(super) fn read(&self) -> Result<Secret, SourceError> {
        let word = self.place.secret()?;
        let unfit = |_| SourceError::MissingSecret {
            why: format!("{} holds what no header can carry", self.place),
        };
        let mut value =
            HeaderValue::try_from(format!("{}{word}", self.prefix)).map_err(|_| unfit(()))?;
        value.set_sensitive(true);
        Ok(Secret {
            name: HeaderName::try_from(&self.header).map_err(|_| unfit(()))?,
            value,
            word,
        })
    }
}

impl Place {
    /// # Errors
    /// There is no such secret, or it is empty.
    pub(crate) fn secret(&self) -> Result<String, SourceError> {
        let found = match self {
            Self::Variable(name) => std::env::var(name).map_err(|e| match e {
                std::env::VarError::NotPresent => format!("{self} is not set"),
                std::env::VarError::NotUnicode(_) => format!("{self} is not text"),
            }),
            Self::Store(name) => stored(name).map_err(|why| format!("{self}: {why}")),
        };
        match found {
            Ok(secret) if secret.trim().is_empty() => Err(SourceError::MissingSecret {
                why: format!("{self} is empty"),
            }),
            Ok(secret) => Ok(secret.trim().to_owned()),
            Err(why) => Err(SourceError::MissingSecret { why }),
        }
    }
}

fn stored(name: &str) -> Result<String, String> {
    if let Err(error) = keyring::Entry::store_status() {
        return Err(format!("the store cannot be opened ({error})"));
    }
    let entry = keyring::Entry::new(SERVICE, name).map_err(|e| e.to_string())?;
    entry.get_password().map_err(|error| match error {
        keyring::Error::NoEntry => format!("there is none under the service {SERVICE}"),
        // Its bytes are the secret.
        keyring::Error::BadEncoding(_) | keyring::Error::BadDataFormat(..) => "not text".to_owned(),
        other => other.to_string(),
    })
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "the environment variable {name}"),
            Self::Store(name) => write!(f, "the secret “{name}” in the system's credential store"),
        }
    }
}
