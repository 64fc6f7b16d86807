//! The evidence of a drill: what was looked at and found, line by line, in both languages.

use serde::{Deserialize, Serialize};

/// One thing that was found. A report holds both languages, whatever the program speaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    pub english: String,
    pub french: String,
}

/// Why a drill ends before its end.
#[derive(Debug)]
pub enum Broken {
    /// Something is not as it must be: the last fact says what.
    NotSo,
    /// The drill itself could not go on.
    Failed(String),
}

pub type Outcome = Result<(), Broken>;

impl<E: std::error::Error> From<E> for Broken {
    fn from(error: E) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Collects facts.
#[derive(Debug, Default)]
pub struct Proof {
    pub facts: Vec<Fact>,
}

impl Proof {
    /// Something worth knowing that proves nothing by itself.
    pub fn note(&mut self, english: impl Into<String>, french: impl Into<String>) {
        self.facts.push(Fact {
            english: english.into(),
            french: typeset(&french.into()),
        });
    }

    /// Something that must be so.
    ///
    /// # Errors
    /// It is not.
    pub fn demand(
        &mut self,
        is_so: bool,
        english: impl Into<String>,
        french: impl Into<String>,
    ) -> Outcome {
        let (english, french) = (english.into(), french.into());
        if is_so {
            self.note(english, french);
            return Ok(());
        }
        self.note(
            format!("NOT SO: {english}"),
            format!("NON CONFORME : {french}"),
        );
        Err(Broken::NotSo)
    }

    /// How it ended.
    pub fn end(&mut self, outcome: Outcome) -> bool {
        match outcome {
            Ok(()) => true,
            Err(Broken::NotSo) => false,
            Err(Broken::Failed(why)) => {
                self.note(
                    format!("the drill could not go on: {why}"),
                    format!("l'exercice n'a pas pu continuer : {why}"),
                );
                false
            }
        }
    }
}

/// French typography: a thin space that does not break before high punctuation, and the true apostrophe.
fn typeset(french: &str) -> String {
    let mut text = french.replace('\'', "’");
    for sign in [":", ";", "!", "?", "%"] {
        text = text.replace(&format!(" {sign}"), &format!("\u{202f}{sign}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_thing_that_is_not_so_ends_it_and_is_told() {
        let mut proof = Proof::default();
        let mut walk = || -> Outcome {
            proof.demand(1 < 2, "one", "l'un : 1 %")?;
            proof.demand(2 < 1, "two", "deux")?;
            proof.demand(true, "three", "trois")
        };
        let outcome = walk();
        assert!(!proof.end(outcome));
        assert_eq!(proof.facts.len(), 2);
        assert_eq!(proof.facts[0].french, "l’un\u{202f}: 1\u{202f}%");
        assert_eq!(proof.facts[1].english, "NOT SO: two");
        let broken: Broken = std::io::Error::other("no room").into();
        assert!(!proof.end(Err(broken)));
        assert!(proof.facts[2].english.ends_with("no room"));
        assert!(proof.end(Ok(())));
    }
}
