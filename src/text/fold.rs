//! Text as people search it.

/// Without case and accents, as people search.
#[must_use]
pub fn folded(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .flat_map(|c| {
            let (plain, more) = match c {
                'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => ('a', None),
                'ç' => ('c', None),
                'è' | 'é' | 'ê' | 'ë' => ('e', None),
                'ì' | 'í' | 'î' | 'ï' => ('i', None),
                'ñ' => ('n', None),
                'ò' | 'ó' | 'ô' | 'õ' | 'ö' => ('o', None),
                'ù' | 'ú' | 'û' | 'ü' => ('u', None),
                'ý' | 'ÿ' => ('y', None),
                'œ' => ('o', Some('e')),
                'æ' => ('a', Some('e')),
                c => (c, None),
            };
            std::iter::once(plain).chain(more)
        })
        // Accents that were typed apart from their letter.
        .filter(|c| !('\u{300}'..='\u{36f}').contains(c))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_accents_do_not_count() {
        assert_eq!(folded("Édéa"), "edea");
        assert_eq!(folded("e\u{301}DE\u{301}A"), "edea");
        assert_eq!(folded("CŒUR n° 2"), "coeur n° 2");
    }
}
