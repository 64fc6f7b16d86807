//! How the people on call are told: in the language of the home, whoever found it.

use crate::config::WindowLanguage;
use crate::service::continuity::notify::{News, computer};
use crate::service::platform::Platform;

use super::{Language, Text, local_zone};

/// Subject and body of a message, in the language that the home is set to.
#[must_use]
pub fn notice_of_home(platform: &Platform, news: &News) -> (String, String) {
    let language = platform.config.window.language.map(WindowLanguage::code);
    let text = Text::new(language.map(Language::of).unwrap_or_default(), local_zone());
    (text.notice_subject(news), text.notice_body(platform, news))
}

impl Text {
    /// What happened, in a few words.
    #[must_use]
    pub fn notice_subject(&self, news: &News) -> String {
        let subject = self.keyed("notice-subject", news.case.key());
        if news.over {
            self.with("notice-over-subject", [("subject", subject.into())])
        } else {
            subject
        }
    }

    /// What happened, why, when, where, what to do first, and who is on call.
    #[must_use]
    pub fn notice_body(&self, platform: &Platform, news: &News) -> String {
        let key = news.case.key();
        let mut lines = Vec::new();
        if news.over {
            lines.push(self.get("notice-over-what").into_owned());
        } else {
            lines.push(self.keyed("notice-what", key));
            if !news.cause.is_empty() {
                let cause = news.cause.as_str();
                lines.push(self.with("notice-cause", [("cause", cause.into())]));
            }
        }
        let at = format!(
            "{} ({})",
            self.date_time(news.at_ms, None),
            self.zone.iana_name().unwrap_or("UTC")
        );
        lines.push(self.with("notice-when", [("at", at.into())]));
        let home = platform.home.root().display().to_string();
        lines.push(self.with(
            "notice-home",
            [("computer", computer().into()), ("home", home.into())],
        ));
        if !news.over {
            let first = self.keyed("notice-first", key);
            lines.push(String::new());
            lines.push(self.with("notice-first", [("first", first.into())]));
        }
        lines.push(String::new());
        let contacts = &platform.config.contacts;
        if contacts.is_empty() {
            lines.push(self.get("notice-on-call-nobody").into_owned());
        } else {
            lines.push(self.get("notice-on-call").into_owned());
        }
        for contact in contacts {
            let said = [&contact.name, &contact.role, &contact.phone];
            let said: Vec<&str> = said
                .into_iter()
                .map(String::as_str)
                .filter(|word| !word.trim().is_empty())
                .collect();
            lines.push(format!("- {}", said.join(", ")));
        }
        lines.push(String::new());
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Home};
    use crate::service::continuity::notify::Case;
    use crate::service::settings::Overrides;

    fn platform(config: &str) -> Platform {
        Platform {
            home: Home::find(Some(std::path::Path::new("/home/x"))),
            config: Config::parse(config, std::path::Path::new("cidp.toml")).unwrap(),
            overrides: Overrides::default(),
        }
    }

    #[test]
    fn a_message_says_what_why_when_where_what_first_and_who() {
        let platform = platform(
            "[[contacts]]\nname = 'Mme Ngo'\nrole = 'responsable technique'\nphone = '+237 6 00'\nemail = 'n@x.cm'\n",
        );
        let news = News::began(Case::RunFailed, 1_786_932_000_000, "run 7: no source");
        let (subject, body) = notice_of_home(&platform, &news);
        assert_eq!(subject, "Traitement en échec");
        for said in [
            "échoué",
            "run 7: no source",
            "17 août 2026",
            "Africa/Douala",
            "/home/x",
            "À faire d’abord",
            "- Mme Ngo, responsable technique, +237 6 00",
        ] {
            assert!(body.contains(said), "{said} is missing:\n{body}");
        }
        assert!(
            !body.contains("n@x.cm"),
            "no more of a person than is needed"
        );
        let (subject, body) = notice_of_home(&platform, &News::over(Case::RunFailed, 0));
        assert_eq!(subject, "Rétabli\u{202f}: Traitement en échec");
        assert!(!body.contains("À faire"));
    }

    #[test]
    fn every_case_has_its_words_in_both_languages() {
        for set in ["fr", "en"] {
            let platform = platform(&format!("[window]\nlanguage = '{set}'\n"));
            for case in Case::ALL {
                let (subject, body) = notice_of_home(&platform, &News::began(case, 0, ""));
                assert!(!subject.contains("notice-"), "{subject}");
                assert!(
                    !body.contains("notice-") && body.lines().count() >= 6,
                    "{body}"
                );
                let french = body.contains("personne n’est inscrit");
                assert_eq!(french, set == "fr");
            }
        }
    }
}
