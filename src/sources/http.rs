//! Tables over HTTP. What is asked of an address and how is in [`fetch`]; here an answer becomes a file of a
//! source, once for a run ([`HttpFile`]) or again and again ([`HttpPoll`]).

pub mod fetch;
mod promise;
mod secret;

use std::cell::OnceCell;

use crate::domain::ports::{RecordStream, SourceFile};
use crate::domain::{Dialect, SourceError};

use super::table;

pub use fetch::{Address, Answer, Fetched, Patience, Version};
pub use secret::{Key, Place};

/// One address that answers with a table; asked when it is first read.
pub struct HttpFile {
    address: Address,
    shown: String,
    dialect: Dialect,
    fetched: OnceCell<Result<Fetched, SourceError>>,
}

impl HttpFile {
    #[must_use]
    pub fn new(address: Address, dialect: Dialect) -> Self {
        Self {
            shown: shown(&address.url),
            address,
            dialect,
            fetched: OnceCell::new(),
        }
    }

    fn fetched(&self) -> Result<&Fetched, SourceError> {
        self.fetched
            .get_or_init(|| match self.address.fetch(&self.dialect, None)? {
                Answer::New(fetched) => Ok(fetched),
                Answer::Unchanged => Err(SourceError::RefusedByServer { status: 304 }),
            })
            .as_ref()
            .map_err(Clone::clone)
    }
}

impl SourceFile for HttpFile {
    fn path(&self) -> &str {
        &self.shown
    }

    fn stem(&self) -> &str {
        let end = self.shown.find(['?', '#']).unwrap_or(self.shown.len());
        let name = self.shown[..end].rsplit('/').next().unwrap_or(&self.shown);
        name.split('.').next().unwrap_or(name)
    }

    fn digest(&self) -> Result<[u8; 32], SourceError> {
        Ok(self.fetched()?.digest)
    }

    fn open(&self) -> Result<Box<dyn RecordStream>, SourceError> {
        let fetched = self.fetched()?.file.reopen();
        let file = fetched.map_err(|e| fetch::unreadable(&e))?;
        table::open(file, u64::MAX, &self.shown, &self.dialect)
    }
}

/// An address that is followed: each question says which version is known, so that one that has not
/// changed costs a few bytes.
pub struct HttpPoll {
    address: Address,
    dialect: Dialect,
    known: Option<(Version, [u8; 32])>,
}

impl HttpPoll {
    #[must_use]
    pub const fn new(address: Address, dialect: Dialect) -> Self {
        Self {
            address,
            dialect,
            known: None,
        }
    }

    /// The new content, already fetched; `None` where nothing changed since the last question.
    ///
    /// # Errors
    /// As [`Address::fetch`]; what is known stays known.
    pub fn ask(&mut self) -> Result<Option<HttpFile>, SourceError> {
        let known = self.known.as_ref().map(|(version, _)| version);
        let fetched = match self.address.fetch(&self.dialect, known)? {
            Answer::Unchanged => return Ok(None),
            Answer::New(fetched) => fetched,
        };
        let before = self
            .known
            .replace((fetched.version.clone(), fetched.digest));
        if before.is_some_and(|(_, digest)| digest == fetched.digest) {
            return Ok(None);
        }
        let file = HttpFile::new(self.address.clone(), self.dialect.clone());
        // Just made, so nothing was fetched yet.
        let _empty = file.fetched.set(Ok(fetched));
        Ok(Some(file))
    }

    /// What was taken was not kept after all: the next question is answered in full.
    pub fn forget(&mut self) {
        self.known = None;
    }
}

/// The address as reports show it: a name and password in it stay out.
pub(crate) fn shown(url: &str) -> String {
    match reqwest::Url::parse(url) {
        Ok(mut parsed) if !parsed.username().is_empty() || parsed.password().is_some() => {
            let stripped = parsed
                .set_username("")
                .and_then(|()| parsed.set_password(None));
            stripped.map_or_else(|()| String::from("http://…"), |()| parsed.to_string())
        }
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests;
