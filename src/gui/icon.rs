//! The window's icon, painted: a curve that rises, on a dark tile. No image file, no decoder.

use eframe::egui::IconData;

const SIDE: usize = 64;
const TILE: [u8; 3] = [0x1F, 0x5E, 0x94];
const CURVE: [u8; 3] = [0xF7, 0xF8, 0xF9];
const RADIUS: f32 = 12.0;
/// The corners of the curve, in pixels.
const POINTS: [(f32, f32); 6] = [
    (10.0, 40.0),
    (22.0, 40.0),
    (28.0, 28.0),
    (36.0, 46.0),
    (44.0, 16.0),
    (54.0, 16.0),
];

/// 64 × 64 pixels.
#[must_use]
pub fn painted() -> IconData {
    let mut rgba = Vec::with_capacity(SIDE * SIDE * 4);
    for y in 0..SIDE {
        for x in 0..SIDE {
            let (x, y) = (x as f32 + 0.5, y as f32 + 0.5);
            let tile = 0.5 - outside_tile(x, y);
            let curve = 2.8
                - POINTS
                    .windows(2)
                    .map(|w| to_segment((x, y), w[0], w[1]))
                    .fold(f32::MAX, f32::min);
            let share = curve.clamp(0.0, 1.0);
            for (ground, ink) in TILE.into_iter().zip(CURVE) {
                rgba.push((f32::from(ground) * (1.0 - share) + f32::from(ink) * share) as u8);
            }
            rgba.push((tile.clamp(0.0, 1.0) * 255.0) as u8);
        }
    }
    IconData {
        rgba,
        width: SIDE as u32,
        height: SIDE as u32,
    }
}

/// Distance outside the rounded tile; negative inside.
fn outside_tile(x: f32, y: f32) -> f32 {
    let half = SIDE as f32 / 2.0;
    let dx = ((x - half).abs() - half + RADIUS).max(0.0);
    let dy = ((y - half).abs() - half + RADIUS).max(0.0);
    dx.hypot(dy) - RADIUS
}

fn to_segment((x, y): (f32, f32), a: (f32, f32), b: (f32, f32)) -> f32 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let along = (((x - a.0) * dx + (y - a.1) * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
    (x - a.0 - along * dx).hypot(y - a.1 - along * dy)
}
