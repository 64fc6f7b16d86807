//! Where the window is: looked at on each frame, told to the service when it has rested there for a moment,
//! and checked against the screens that there are when a window opens.

use std::time::{Duration, Instant};

use eframe::CreationContext;
use eframe::egui::{Context, ViewportBuilder, vec2};

use crate::domain::LocoId;
use crate::service::place::Place;

use super::context::Page;

/// The usual size, points.
const SIZE: [f32; 2] = [1440.0, 900.0];
/// Below it pages are cut.
pub const LEAST: [f32; 2] = [1024.0, 680.0];
/// A window that is being dragged is not written down on its way.
const REST: Duration = Duration::from_secs(2);
/// How much of the title must be on a screen to be grasped, pixels.
const GRASP: [i64; 2] = [120, 24];

/// The builder of a window at its place.
#[must_use]
pub fn builder(place: &Place) -> ViewportBuilder {
    let [width, height] = place.size.unwrap_or(SIZE);
    let mut builder = ViewportBuilder::default()
        .with_inner_size([width.max(LEAST[0]), height.max(LEAST[1])])
        .with_min_inner_size(LEAST)
        .with_maximized(place.maximized);
    if let Some(position) = place.position {
        builder = builder.with_position(position);
    }
    builder
}

/// Puts a window that nobody could reach back onto a screen.
pub fn bring_back(cc: &CreationContext<'_>) {
    let Some(window) = cc.winit_window() else {
        return;
    };
    let Ok(at) = window.outer_position() else {
        return;
    };
    let size = window.outer_size();
    let rect = Pixels {
        at: [at.x.into(), at.y.into()],
        size: [size.width.into(), size.height.into()],
    };
    let screens: Vec<Pixels> = window
        .available_monitors()
        .map(|monitor| Pixels {
            at: [monitor.position().x.into(), monitor.position().y.into()],
            size: [monitor.size().width.into(), monitor.size().height.into()],
        })
        .collect();
    if can_be_reached(rect, &screens) {
        return;
    }
    let monitor = window
        .primary_monitor()
        .or_else(|| window.available_monitors().next());
    if let Some(monitor) = monitor {
        tracing::info!("the window's last place is on no screen any more");
        window.set_outer_position(monitor.position());
    }
}

/// A rectangle of the desktop, pixels.
#[derive(Debug, Clone, Copy)]
struct Pixels {
    at: [i64; 2],
    size: [i64; 2],
}

/// Whether enough of the window's title lies on a screen. Where no screen is known, nothing can be said.
fn can_be_reached(window: Pixels, screens: &[Pixels]) -> bool {
    let title = Pixels {
        size: [window.size[0], window.size[1].min(GRASP[1])],
        ..window
    };
    let shared = |screen: &Pixels, axis: usize| {
        let from = title.at[axis].max(screen.at[axis]);
        let to = (title.at[axis] + title.size[axis]).min(screen.at[axis] + screen.size[axis]);
        to - from
    };
    screens.is_empty()
        || screens
            .iter()
            .any(|screen| (0..2).all(|axis| shared(screen, axis) >= GRASP[axis]))
}

/// Follows the place of a window.
#[derive(Debug)]
pub struct Placing {
    now: Place,
    kept: Place,
    moved: Option<Instant>,
}

impl Placing {
    #[must_use]
    pub fn new(place: Place) -> Self {
        Self {
            now: place.clone(),
            kept: place,
            moved: None,
        }
    }

    /// The place as it was last seen.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.now
    }

    /// Looks where the window is; a place that has rested for a moment is to be kept.
    pub fn look(&mut self, ctx: &Context, page: Page, chosen: Option<&LocoId>) -> Option<Place> {
        let seen = self.seen(ctx, page, chosen);
        if seen != self.now {
            self.now = seen;
            self.moved = Some(Instant::now());
        }
        if self.now == self.kept {
            self.moved = None;
        }
        let rested = self.moved?.elapsed();
        if rested < REST {
            ctx.request_repaint_after(REST.saturating_sub(rested));
            return None;
        }
        self.moved = None;
        self.kept = self.now.clone();
        Some(self.kept.clone())
    }

    fn seen(&self, ctx: &Context, page: Page, chosen: Option<&LocoId>) -> Place {
        let mut place = self.now.clone();
        place.page = Some(page.name().to_owned());
        place.locomotive = chosen.cloned();
        ctx.input(|i| {
            let window = i.viewport();
            // A window that is minimised or fills the screen says nothing of where it will be again.
            if window.minimized == Some(true) || window.fullscreen == Some(true) {
                return;
            }
            place.maximized = window.maximized == Some(true);
            if place.maximized {
                return;
            }
            if let Some(outer) = window.outer_rect {
                place.position = Some(outer.min.round().into());
            }
            if let Some(inner) = window.inner_rect {
                let size = inner.size().max(vec2(LEAST[0], LEAST[1])).round();
                place.size = Some(size.into());
            }
        });
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::{Pos2, RawInput, Rect, ViewportId, pos2};

    fn seen_at(placing: &mut Placing, at: Pos2, set: impl Fn(&mut RawInput)) -> Option<Place> {
        let ctx = Context::default();
        let mut raw = RawInput::default();
        let window = raw.viewports.entry(ViewportId::ROOT).or_default();
        window.outer_rect = Some(Rect::from_min_size(at, vec2(1300.0, 830.0)));
        window.inner_rect = Some(Rect::from_min_size(
            at + vec2(0.0, 30.0),
            vec2(1300.0, 800.0),
        ));
        set(&mut raw);
        let mut kept = None;
        let mut drawn = ctx.run_ui(raw, |ui| {
            kept = placing.look(ui.ctx(), Page::Simulator, Some(&LocoId::new("L7")));
        });
        drawn.textures_delta.clear();
        kept
    }

    #[test]
    fn a_place_is_kept_once_it_has_rested() {
        let mut placing = Placing::new(Place::default());
        assert_eq!(seen_at(&mut placing, pos2(40.0, 50.0), |_| {}), None);
        placing.moved = placing.moved.map(|at| at - REST);
        let kept = seen_at(&mut placing, pos2(40.0, 50.0), |_| {}).unwrap();
        assert_eq!(kept.position, Some([40.0, 50.0]));
        assert_eq!(kept.size, Some([1300.0, 800.0]));
        assert_eq!(kept.page.as_deref(), Some("simulator"));
        assert_eq!(kept.locomotive, Some(LocoId::new("L7")));
        assert_eq!(seen_at(&mut placing, pos2(40.0, 50.0), |_| {}), None);
        assert_eq!(placing.moved, None, "nothing more to write");
    }

    #[test]
    fn a_maximised_or_minimised_window_keeps_where_it_was_before() {
        let mut placing = Placing::new(Place::default());
        seen_at(&mut placing, pos2(40.0, 50.0), |_| {});
        let window = |raw: &mut RawInput, set: fn(&mut eframe::egui::ViewportInfo)| {
            set(raw.viewports.entry(ViewportId::ROOT).or_default());
        };
        seen_at(&mut placing, pos2(-32_000.0, -32_000.0), |raw| {
            window(raw, |w| w.minimized = Some(true));
        });
        assert_eq!(placing.place().position, Some([40.0, 50.0]));
        seen_at(&mut placing, pos2(0.0, 0.0), |raw| {
            window(raw, |w| w.maximized = Some(true));
        });
        assert_eq!(placing.place().position, Some([40.0, 50.0]));
        assert!(placing.place().maximized);
    }

    #[test]
    fn a_window_that_nobody_could_reach_is_known() {
        let screen = |x, y, w, h| Pixels {
            at: [x, y],
            size: [w, h],
        };
        let two = [screen(0, 0, 1920, 1080), screen(-1280, 100, 1280, 1024)];
        let window = |x, y| Pixels {
            at: [x, y],
            size: [1440, 900],
        };
        assert!(can_be_reached(window(0, 0), &two));
        assert!(can_be_reached(window(-1400, 120), &two));
        assert!(can_be_reached(window(1700, 1000), &two));
        assert!(!can_be_reached(window(1900, 0), &two), "a sliver");
        assert!(!can_be_reached(window(300, 1075), &two), "below the edge");
        assert!(!can_be_reached(window(300, -400), &two), "title above");
        assert!(
            !can_be_reached(window(-1400, 120), &two[..1]),
            "one is gone"
        );
        assert!(can_be_reached(window(9000, 0), &[]), "no screen is known");
    }
}
