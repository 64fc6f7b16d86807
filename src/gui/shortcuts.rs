//! What the keyboard and the hand can do, page by page: one table, which the window acts on and `?` shows.
//! A page that takes a key asks its entry here (`shortcuts::X.pressed(ctx)`) and lists it in [`of`].

use eframe::egui::{Context, Key, Modifiers};

use super::context::Page;
use crate::text::Text;

/// A key, or a movement of the hand.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Stroke {
    Key(Modifiers, Key),
    /// The message that names it.
    Hand(&'static str),
}

/// One or several strokes that do the same, and the message that says what.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shortcut {
    pub strokes: &'static [Stroke],
    pub does: &'static str,
}

const fn key(key: Key) -> Stroke {
    Stroke::Key(Modifiers::NONE, key)
}

impl Shortcut {
    /// Whether one of its keys was pressed; nobody else hears of it then.
    #[must_use]
    pub fn pressed(&self, ctx: &Context) -> bool {
        self.strokes.iter().any(|stroke| match *stroke {
            // A character is what the layout makes of it, with whatever modifiers that takes.
            Stroke::Key(_, Key::Questionmark) => ctx.input(|i| i.key_pressed(Key::Questionmark)),
            Stroke::Key(modifiers, key) => ctx.input_mut(|i| i.consume_key(modifiers, key)),
            Stroke::Hand(_) => false,
        })
    }

    /// "Ctrl+1", "↑ ↓".
    #[must_use]
    pub fn keys(&self, text: &Text) -> String {
        let words: Vec<String> = self.strokes.iter().map(|s| s.words(text)).collect();
        words.join("  ")
    }
}

impl Stroke {
    /// As a keyboard of that language has it.
    #[must_use]
    pub fn words(self, text: &Text) -> String {
        let (modifiers, key) = match self {
            Self::Hand(name) => return text.get(name).into_owned(),
            Self::Key(modifiers, key) => (modifiers, key),
        };
        let mut words = String::new();
        for (on, name) in [
            (modifiers.command || modifiers.ctrl, text.get("key-ctrl")),
            (modifiers.alt, text.get("key-alt")),
            (modifiers.shift, text.get("key-shift")),
        ] {
            if on {
                words.push_str(&name);
                words.push('+');
            }
        }
        let name = match key {
            Key::ArrowUp => "↑".into(),
            Key::ArrowDown => "↓".into(),
            Key::ArrowLeft => "←".into(),
            Key::ArrowRight => "→".into(),
            Key::Enter => text.get("key-enter"),
            Key::Escape => text.get("key-escape"),
            Key::Space => text.get("key-space"),
            Key::Tab => text.get("key-tab"),
            Key::Home => text.get("key-home"),
            Key::End => text.get("key-end"),
            Key::Delete => text.get("key-delete"),
            Key::PageUp => text.get("key-page-up"),
            Key::PageDown => text.get("key-page-down"),
            other => other.symbol_or_name().into(),
        };
        words + &name
    }
}

/// Ctrl (Cmd) and the number of a page in the rail.
const NUMBERS: [Key; 9] = [
    Key::Num1,
    Key::Num2,
    Key::Num3,
    Key::Num4,
    Key::Num5,
    Key::Num6,
    Key::Num7,
    Key::Num8,
    Key::Num9,
];

/// The stroke that shows a page.
pub fn pages() -> impl Iterator<Item = (Stroke, Page)> {
    NUMBERS
        .into_iter()
        .map(|number| Stroke::Key(Modifiers::COMMAND, number))
        .zip(Page::ALL)
}

/// The page that a key asks for.
#[must_use]
pub fn page_asked_for(ctx: &Context) -> Option<Page> {
    pages()
        .filter(|(stroke, _)| match *stroke {
            Stroke::Key(modifiers, key) => ctx.input_mut(|i| i.consume_key(modifiers, key)),
            Stroke::Hand(_) => false,
        })
        .last()
        .map(|(_, page)| page)
}

/// Whether the help is asked for; a question mark that is being typed is none.
#[must_use]
pub fn help_asked_for(ctx: &Context) -> bool {
    !ctx.text_edit_focused() && HELP.pressed(ctx)
}

pub const HELP: Shortcut = Shortcut {
    strokes: &[key(Key::Questionmark), key(Key::F1)],
    does: "shortcut-help",
};

/// The wall screen, and back.
pub const WALL: Shortcut = Shortcut {
    strokes: &[key(Key::F11)],
    does: "shortcut-wall",
};

/// On every page.
pub const EVERYWHERE: &[Shortcut] = &[
    HELP,
    WALL,
    Shortcut {
        strokes: &[key(Key::Tab), Stroke::Key(Modifiers::SHIFT, Key::Tab)],
        does: "shortcut-focus",
    },
    Shortcut {
        strokes: &[key(Key::Enter), key(Key::Space)],
        does: "shortcut-press",
    },
    Shortcut {
        strokes: &[key(Key::Escape)],
        does: "shortcut-close",
    },
];

const FLEET: &[Shortcut] = &[
    Shortcut {
        strokes: &[key(Key::ArrowUp), key(Key::ArrowDown)],
        does: "shortcut-fleet-walk",
    },
    Shortcut {
        strokes: &[key(Key::Home), key(Key::End)],
        does: "shortcut-fleet-ends",
    },
    Shortcut {
        strokes: &[key(Key::Enter), Stroke::Hand("hand-double-click")],
        does: "shortcut-fleet-open",
    },
    Shortcut {
        strokes: &[Stroke::Key(Modifiers::COMMAND, Key::F), key(Key::Slash)],
        does: "shortcut-fleet-search",
    },
];

const LOCOMOTIVE: &[Shortcut] = &[
    Shortcut {
        strokes: &[key(Key::ArrowLeft), key(Key::ArrowRight)],
        does: "shortcut-loco-read",
    },
    Shortcut {
        strokes: &[
            Stroke::Key(Modifiers::SHIFT, Key::ArrowLeft),
            Stroke::Key(Modifiers::SHIFT, Key::ArrowRight),
        ],
        does: "shortcut-loco-minute",
    },
    Shortcut {
        strokes: &[
            Stroke::Key(Modifiers::COMMAND, Key::ArrowLeft),
            Stroke::Key(Modifiers::COMMAND, Key::ArrowRight),
        ],
        does: "shortcut-loco-hour",
    },
    Shortcut {
        strokes: &[key(Key::Plus), key(Key::Minus), Stroke::Hand("hand-wheel")],
        does: "shortcut-loco-zoom",
    },
    Shortcut {
        strokes: &[
            key(Key::PageUp),
            key(Key::PageDown),
            Stroke::Hand("hand-drag"),
        ],
        does: "shortcut-loco-pan",
    },
    Shortcut {
        strokes: &[Stroke::Hand("hand-box")],
        does: "shortcut-loco-box",
    },
    Shortcut {
        strokes: &[
            key(Key::L),
            key(Key::Home),
            Stroke::Hand("hand-double-click"),
        ],
        does: "shortcut-loco-live",
    },
    Shortcut {
        strokes: &[key(Key::P)],
        does: "shortcut-loco-pause",
    },
    Shortcut {
        strokes: &[key(Key::N)],
        does: "shortcut-loco-note",
    },
    Shortcut {
        strokes: &[key(Key::T)],
        does: "shortcut-loco-table",
    },
];

const SIMULATOR: &[Shortcut] = &[
    Shortcut {
        strokes: &[key(Key::ArrowLeft), key(Key::ArrowRight)],
        does: "shortcut-sim-slide",
    },
    Shortcut {
        strokes: &[
            Stroke::Key(Modifiers::SHIFT, Key::ArrowLeft),
            Stroke::Key(Modifiers::SHIFT, Key::ArrowRight),
        ],
        does: "shortcut-sim-coarse",
    },
    Shortcut {
        strokes: &[key(Key::PageUp), key(Key::PageDown)],
        does: "shortcut-sim-tenth",
    },
    Shortcut {
        strokes: &[key(Key::Home), key(Key::End)],
        does: "shortcut-sim-ends",
    },
];

const ALARMS: &[Shortcut] = &[
    Shortcut {
        strokes: &[key(Key::ArrowUp), key(Key::ArrowDown)],
        does: "shortcut-alarms-walk",
    },
    Shortcut {
        strokes: &[key(Key::Home), key(Key::End)],
        does: "shortcut-alarms-ends",
    },
    Shortcut {
        strokes: &[key(Key::Space), key(Key::Enter)],
        does: "shortcut-alarms-acknowledge",
    },
];

const LOG: &[Shortcut] = &[
    Shortcut {
        strokes: &[key(Key::ArrowUp), key(Key::ArrowDown)],
        does: "shortcut-log-walk",
    },
    Shortcut {
        strokes: &[key(Key::Home), key(Key::End)],
        does: "shortcut-log-ends",
    },
    Shortcut {
        strokes: &[Stroke::Key(Modifiers::COMMAND, Key::C)],
        does: "shortcut-log-copy",
    },
];

/// What a page adds.
#[must_use]
pub const fn of(page: Page) -> &'static [Shortcut] {
    match page {
        Page::Fleet => FLEET,
        Page::Locomotive => LOCOMOTIVE,
        Page::Simulator => SIMULATOR,
        Page::Alarms => ALARMS,
        Page::Log => LOG,
        // Every control there is reached with Tab.
        Page::Pipeline | Page::Model | Page::Continuity | Page::Settings => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Language, local_zone};

    fn all() -> impl Iterator<Item = &'static Shortcut> {
        EVERYWHERE
            .iter()
            .chain(Page::ALL.into_iter().flat_map(|page| of(page)))
    }

    #[test]
    fn every_shortcut_says_what_it_does_in_both_languages() {
        for language in Language::ALL {
            let text = Text::new(language, local_zone());
            for shortcut in all() {
                assert_ne!(text.get(shortcut.does), shortcut.does, "no such message");
                for stroke in shortcut.strokes {
                    let words = stroke.words(&text);
                    assert!(!words.is_empty() && !words.contains('-'), "{words}");
                }
            }
        }
        let french = Text::new(Language::French, local_zone());
        let (first, _) = pages().next().unwrap();
        assert_eq!(first.words(&french), "Ctrl+1");
        assert_eq!(EVERYWHERE[2].keys(&french), "Tab  Maj+Tab");
    }

    #[test]
    fn no_key_means_two_things_on_one_page() {
        for page in Page::ALL {
            let mut seen: Vec<Stroke> = pages().map(|(stroke, _)| stroke).collect();
            // Enter and Space press what has the focus, and act on the row that is chosen where nothing has.
            let own = of(page).iter().chain(EVERYWHERE);
            for stroke in own.flat_map(|shortcut| shortcut.strokes) {
                let shared = [key(Key::Enter), key(Key::Space)].contains(stroke);
                assert!(shared || !seen.contains(stroke), "{page:?}: {stroke:?}");
                seen.push(*stroke);
            }
        }
    }
}
