//! Words about models: features, drift, what it is more like.

use crate::domain::Channel;
use crate::domain::drift::{Band, Likeness, Sign, Unjudged};

use super::Text;

impl Text {
    /// A feature by its name of the list: "Vibrations · moyenne longue".
    #[must_use]
    pub fn feature(&self, name: &str) -> String {
        let (who, what) = match name.split('.').collect::<Vec<_>>()[..] {
            ["joint", what, who] => (self.keyed("feature", who), what),
            [who, what] => match Channel::ALL.into_iter().find(|c| c.key() == who) {
                Some(channel) => (self.channel(channel), what),
                None => return name.to_owned(),
            },
            [alone] => return self.keyed("feature", alone),
            _ => return name.to_owned(),
        };
        let what = self.keyed("feature", what);
        self.with("feature-of", [("who", who.into()), ("what", what.into())])
    }

    /// What a stability index asks for, in a word.
    #[must_use]
    pub fn band(&self, band: Band) -> String {
        self.keyed("mod-band", band.key())
    }

    /// What a departure is more like, in a sentence.
    #[must_use]
    pub fn likeness(&self, like: Likeness) -> String {
        self.keyed("mod-like", like.key())
    }

    /// The same in a word, beside a sign.
    #[must_use]
    pub fn speaks_for(&self, like: Likeness) -> String {
        self.keyed("mod-speaks", like.key())
    }

    /// Why drift is not judged.
    #[must_use]
    pub fn unjudged(&self, why: Unjudged) -> String {
        let key = format!("mod-unjudged-{}", why.key());
        match why {
            Unjudged::FewReadings { readings, least } => self.with(
                &key,
                [
                    ("readings", self.count(readings).into()),
                    ("least", self.count(least).into()),
                ],
            ),
            Unjudged::FewMachines { machines } => self.with(&key, [("machines", machines.into())]),
            Unjudged::NoReference | Unjudged::NoReadings | Unjudged::UsualUnknown => {
                self.get(&key).into_owned()
            }
        }
    }

    /// A sign in words.
    #[must_use]
    pub fn sign(&self, sign: &Sign) -> String {
        let key = format!("mod-sign-{}", sign.key());
        match sign {
            Sign::Many { moved, of } | Sign::Few { moved, of } => {
                self.with(&key, [("moved", (*moved).into()), ("of", (*of).into())])
            }
            Sign::OneMachine { loco, psi } => self.with(
                &key,
                [
                    ("loco", loco.as_str().into()),
                    ("psi", self.number(*psi, 2).into()),
                ],
            ),
            Sign::OneChannel { channel } => {
                self.with(&key, [("channel", self.channel(*channel).into())])
            }
            Sign::SeveralChannels { channels } => {
                self.with(&key, [("channels", (*channels).into())])
            }
            Sign::Danger { machines } => self.with(&key, [("machines", (*machines).into())]),
            Sign::NoDanger | Sign::Came { .. } => self.get(&key).into_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::text;
    use super::super::{Language, keys};
    use super::*;
    use crate::domain::LocoId;
    use crate::domain::drift::Onset;

    #[test]
    fn every_feature_band_and_sign_has_its_words() {
        let signs = [
            Sign::Many { moved: 9, of: 10 },
            Sign::Few { moved: 1, of: 10 },
            Sign::OneMachine {
                loco: LocoId::new("LOCO_003"),
                psi: 0.12,
            },
            Sign::OneChannel {
                channel: Channel::Pressure,
            },
            Sign::SeveralChannels { channels: 3 },
            Sign::Danger { machines: 2 },
            Sign::NoDanger,
        ];
        let onsets = [Onset::Earlier, Onset::Sudden, Onset::Gradual];
        let onsets = onsets.map(|onset| Sign::Came { onset });
        for language in Language::ALL {
            let t = text(language);
            let features = crate::domain::features::names();
            let mut said: Vec<String> = features.iter().map(|name| t.feature(name)).collect();
            let distinct: std::collections::BTreeSet<_> = said.iter().collect();
            assert_eq!(distinct.len(), features.len(), "two features, one name");
            said.extend(signs.iter().chain(&onsets).map(|sign| t.sign(sign)));
            let few = Unjudged::FewReadings {
                readings: 288,
                least: 500,
            };
            let whys = [
                few,
                Unjudged::NoReference,
                Unjudged::NoReadings,
                Unjudged::FewMachines { machines: 2 },
                Unjudged::UsualUnknown,
            ];
            said.extend(whys.map(|why| t.unjudged(why)));
            said.extend(Band::ALL.map(|band| t.band(band)));
            said.extend(Likeness::ALL.map(|like| t.likeness(like)));
            said.extend(Likeness::ALL.map(|like| t.speaks_for(like)));
            for words in said {
                assert!(
                    !words.contains("mod-") && !words.contains("feature-") && !words.contains("{$"),
                    "{words}"
                );
            }
            assert!(keys(language).any(|key| key == "mod-sign-earlier"));
        }
        let french = text(Language::French);
        assert_eq!(
            french.feature("vibration.mean_long"),
            "Vibrations · moyenne longue"
        );
        assert_eq!(french.feature("of_tomorrow.x"), "of_tomorrow.x");
    }
}
