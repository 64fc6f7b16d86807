//! What happened, above the curves: a shape a kind, and a count where several would lie on each other.

use eframe::egui::{
    Align2, CornerRadius, CursorIcon, FontId, Painter, Pos2, Rect, Sense, Shape, Stroke,
    StrokeKind, Ui, Vec2, pos2, vec2,
};

use crate::domain::{EventKind, VerdictKind};
use crate::gui::context::Cx;
use crate::gui::fonts::{Icon, icon};
use crate::gui::pages::charts::to_x;
use crate::gui::pages::quality_lane::paint_quality;
use crate::gui::theme::{self, Tokens, size};
use crate::gui::widgets::verdict::paint_shape;
use crate::service::snapshot::{Happening, HappeningKind, QualityKind};

/// Height of the strip.
pub const STRIP: f32 = 20.0;
/// Marks nearer to each other than this are one, in points.
const NEAR: f32 = 18.0;
const SIDE: f32 = 13.0;
/// With more marks than these, lines through all curves would hide the curves.
const LINES: usize = 24;
/// Said of one mark under the pointer, at most.
const TOLD: usize = 8;

/// Happenings that lie on each other, newest first.
#[derive(Debug, Clone, PartialEq)]
struct Cluster<'a> {
    x: f32,
    of: &'a [Happening],
}

/// Newest first, as happenings are; those outside `left..=right` are left out.
fn clusters(
    happenings: &[Happening],
    place: impl Fn(i64) -> f32,
    left: f32,
    right: f32,
) -> Vec<Cluster<'_>> {
    let from = happenings.partition_point(|h| place(h.at_ms) > right);
    let to = happenings.partition_point(|h| place(h.at_ms) >= left);
    let mut rest = &happenings[from..to.max(from)];
    let mut all = Vec::new();
    while let Some(first) = rest.first() {
        let x = place(first.at_ms);
        let n = rest.partition_point(|h| x - place(h.at_ms) < NEAR);
        let (of, after) = rest.split_at(n.max(1));
        all.push(Cluster { x, of });
        rest = after;
    }
    all
}

/// The shape of a happening, `side` points across.
pub fn paint_mark(painter: &Painter, centre: Pos2, side: f32, what: &HappeningKind, t: &Tokens) {
    let glyph = |glyph, ink| {
        let font = FontId::proportional(side);
        painter.text(centre, Align2::CENTER_CENTER, icon(glyph), font, ink);
    };
    match what {
        HappeningKind::Workshop {
            kind: EventKind::Preventive,
            ..
        } => glyph(Icon::Wrench, t.text),
        HappeningKind::Workshop {
            kind: EventKind::Failure,
            ..
        } => glyph(Icon::CircleX, t.text),
        HappeningKind::VerdictChange { to, .. } => paint_shape(painter, centre, side, *to, t),
        HappeningKind::ModelInService { version } => {
            let font = FontId::new(size::LABEL, theme::medium());
            let words = format!("v{version}");
            painter.text(centre, Align2::CENTER_CENTER, words, font, t.mute);
        }
        HappeningKind::Alarm { .. } => glyph(Icon::Bell, t.warn),
        HappeningKind::Note { .. } => glyph(Icon::StickyNote, t.accent),
        HappeningKind::Quarantined { .. } => {
            let rect = Rect::from_center_size(centre, vec2(side - 2.0, side - 5.0));
            paint_quality(painter, rect, QualityKind::Quarantined, t);
        }
    }
}

/// Whether it says that something is abnormal.
pub const fn is_danger(what: &HappeningKind) -> bool {
    matches!(
        what,
        HappeningKind::VerdictChange {
            to: VerdictKind::Danger,
            ..
        }
    )
}

/// A mark that was clicked: where the crosshair goes (UTC seconds), and the stretch that several marks cover.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Picked {
    pub at: f64,
    pub cover: Option<(f64, f64)>,
}

/// Draws the strip above `column` and the lines through it.
pub fn marks_ui(
    ui: &mut Ui,
    cx: &Cx<'_>,
    happenings: &[Happening],
    column: Rect,
    shown: (f64, f64),
) -> Option<Picked> {
    let t = theme::tokens(ui);
    let secs = |ms: i64| ms as f64 / 1000.0;
    let place = |ms| to_x(secs(ms), column, shown);
    let all = clusters(happenings, place, column.left(), column.right());
    let through = all.len() <= LINES;
    let mut picked = None;
    for (i, cluster) in all.iter().enumerate() {
        let centre = pos2(cluster.x, column.top() - STRIP / 2.0 - 1.0);
        let foot = if through {
            column.bottom()
        } else {
            column.top() + 4.0
        };
        let line = [pos2(cluster.x, column.top()), pos2(cluster.x, foot)];
        let stroke = Stroke::new(size::LINE, t.mute);
        ui.painter()
            .extend(Shape::dashed_line(&line, stroke, 2.0, 4.0));
        paint_cluster(ui.painter(), centre, cluster.of, t);
        let rect = Rect::from_center_size(centre, Vec2::splat(NEAR));
        // Not focusable: the keyboard reaches every happening in the list.
        let response = ui
            .interact(rect, ui.scope_id().with(("mark", i)), Sense::CLICK)
            .on_hover_cursor(CursorIcon::PointingHand)
            .on_hover_ui(|ui| told_ui(ui, cx, cluster.of));
        if let (true, Some(newest), Some(oldest)) =
            (response.clicked(), cluster.of.first(), cluster.of.last())
        {
            picked = Some(Picked {
                at: secs(newest.at_ms),
                cover: (newest.at_ms > oldest.at_ms)
                    .then(|| (secs(oldest.at_ms), secs(newest.at_ms))),
            });
        }
    }
    picked
}

fn paint_cluster(painter: &Painter, centre: Pos2, of: &[Happening], t: &Tokens) {
    if let [one] = of {
        paint_mark(painter, centre, SIDE, &one.what, t);
        return;
    }
    let danger = of.iter().any(|h| is_danger(&h.what));
    let (ink, line) = if danger {
        (t.danger, t.danger)
    } else {
        (t.text, t.mute)
    };
    let words = if of.len() > 99 {
        "99+".to_owned()
    } else {
        of.len().to_string()
    };
    let galley = painter.layout_no_wrap(words, FontId::new(size::LABEL, theme::semibold()), ink);
    let rect = Rect::from_center_size(centre, vec2(galley.size().x.max(8.0) + 6.0, 16.0));
    painter.rect(
        rect,
        CornerRadius::same(3),
        t.panel,
        Stroke::new(size::LINE, line),
        StrokeKind::Inside,
    );
    painter.galley(centre - galley.size() / 2.0, galley, ink);
}

fn told_ui(ui: &mut Ui, cx: &Cx<'_>, of: &[Happening]) {
    for happening in of.iter().take(TOLD) {
        ui.label(words(cx, happening));
    }
    if of.len() > TOLD {
        let more = cx.text.count((of.len() - TOLD) as u64);
        ui.label(cx.text.with("loco-more", [("n", more.into())]));
    }
}

/// When, and what.
pub fn words(cx: &Cx<'_>, happening: &Happening) -> String {
    format!(
        "{} · {}",
        cx.text.moment(happening.at_ms, cx.now_ms()),
        cx.text.happening(&happening.what)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(at_ms: i64) -> Happening {
        Happening {
            at_ms,
            what: HappeningKind::ModelInService { version: 1 },
        }
    }

    proptest! {
        #[test]
        fn every_happening_in_view_is_in_one_cluster_and_clusters_stay_apart(mut times in prop::collection::vec(-200_i64..1200, 0..300)) {
            times.sort_by_key(|t| std::cmp::Reverse(*t));
            let happenings: Vec<_> = times.iter().copied().map(at).collect();
            let all = clusters(&happenings, |ms| ms as f32, 0.0, 1000.0);
            let held: Vec<i64> = all.iter().flat_map(|c| c.of).map(|h| h.at_ms).collect();
            let in_view: Vec<i64> = times.into_iter().filter(|t| (0..=1000).contains(t)).collect();
            prop_assert_eq!(held, in_view);
            prop_assert!(all.windows(2).all(|w| w[0].x - w[1].x >= NEAR));
        }
    }
}
