//! What keys do on the Locomotive page, unless something is being typed.

use eframe::egui::{Key, Modifiers, Popup, Ui};

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Act {
    /// L, Home: follow the clock again; a replay ends.
    Live,
    /// P: follow or stay.
    Pause,
    /// + − ↑ ↓: by this factor, about the crosshair.
    Zoom(f64),
    /// Page up and down: by this share of the window.
    Pan(f64),
    /// ← →: from reading to reading.
    Step(i64),
    /// With Shift a minute, with Ctrl an hour; milliseconds.
    StepBy(i64),
    /// N
    Annotate,
    /// T
    Table,
    /// Esc: away with the crosshair, then with the enlarged chart.
    Clear,
}

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// What was pressed. Arrows and page keys belong to the curves while nothing else has the focus (`mine`: or they
/// have it); letters belong to the page.
pub(super) fn pressed(ui: &Ui, mine: bool) -> Vec<Act> {
    let ctx = ui.ctx();
    if ctx.text_edit_focused() || Popup::is_any_open(ctx) {
        return Vec::new();
    }
    const PLAIN: [(Key, Act); 7] = [
        (Key::L, Act::Live),
        (Key::P, Act::Pause),
        (Key::N, Act::Annotate),
        (Key::T, Act::Table),
        (Key::Plus, Act::Zoom(0.5)),
        (Key::Equals, Act::Zoom(0.5)),
        (Key::Minus, Act::Zoom(2.0)),
    ];
    let mine_too: [(Modifiers, Key, Act); 12] = [
        // The longer shortcuts first: egui lets a plain one match with Shift held.
        (Modifiers::COMMAND, Key::ArrowLeft, Act::StepBy(-HOUR_MS)),
        (Modifiers::COMMAND, Key::ArrowRight, Act::StepBy(HOUR_MS)),
        (Modifiers::SHIFT, Key::ArrowLeft, Act::StepBy(-MINUTE_MS)),
        (Modifiers::SHIFT, Key::ArrowRight, Act::StepBy(MINUTE_MS)),
        (Modifiers::NONE, Key::ArrowLeft, Act::Step(-1)),
        (Modifiers::NONE, Key::ArrowRight, Act::Step(1)),
        (Modifiers::NONE, Key::ArrowUp, Act::Zoom(0.5)),
        (Modifiers::NONE, Key::ArrowDown, Act::Zoom(2.0)),
        (Modifiers::NONE, Key::PageUp, Act::Pan(-0.5)),
        (Modifiers::NONE, Key::PageDown, Act::Pan(0.5)),
        (Modifiers::NONE, Key::Home, Act::Live),
        (Modifiers::NONE, Key::Escape, Act::Clear),
    ];
    ui.input_mut(|input| {
        let mut acts = Vec::new();
        let mut take = |modifiers, key, act| {
            for _ in 0..input.count_and_consume_key(modifiers, key) {
                acts.push(act);
            }
        };
        if mine {
            for (modifiers, key, act) in mine_too {
                take(modifiers, key, act);
            }
        }
        for (key, act) in PLAIN {
            take(Modifiers::NONE, key, act);
        }
        acts
    })
}
