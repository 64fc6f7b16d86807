//! What is written can be read in all three themes, by those too who see colours differently.

use eframe::egui::{Color32, Context};

use super::*;

const THEMES: [(&str, &Tokens, f64); 3] = [
    ("light", &LIGHT, 4.5),
    ("dark", &DARK, 4.5),
    // WCAG 2.2, 1.4.6 (AAA).
    ("high contrast", &HIGH_CONTRAST, 7.0),
];

/// sRGB to linear light, 0–1.
fn linear(c: Color32) -> [f64; 3] {
    [c.r(), c.g(), c.b()].map(|v| {
        let v = f64::from(v) / 255.0;
        if v <= 0.040_45 {
            v / 12.92
        } else {
            ((v + 0.055) / 1.055).powf(2.4)
        }
    })
}

fn luminance(rgb: [f64; 3]) -> f64 {
    0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]
}

/// WCAG 2 contrast ratio of linear colours.
fn contrast_of(a: [f64; 3], b: [f64; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn contrast(a: Color32, b: Color32) -> f64 {
    contrast_of(linear(a), linear(b))
}

/// How the colour-blind see: Machado, Oliveira & Fernandes, "A Physiologically-based Model for Simulation of Color
/// Vision Deficiency", IEEE TVCG 15 (2009), severity 1.0; on linear light.
const SIGHTS: [(&str, [[f64; 3]; 3]); 3] = [
    (
        "protanopia",
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
    ),
    (
        "deuteranopia",
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
    ),
    (
        "tritanopia",
        [
            [1.255_528, -0.076_749, -0.178_779],
            [-0.078_411, 0.930_809, 0.147_602],
            [0.004_733, 0.691_367, 0.303_900],
        ],
    ),
];

fn seen(sight: &[[f64; 3]; 3], colour: Color32) -> [f64; 3] {
    let from = linear(colour);
    sight.map(|row| {
        let sum: f64 = row.iter().zip(from).map(|(m, c)| m * c).sum();
        sum.clamp(0.0, 1.0)
    })
}

/// CIE 1976 L*a*b* of a linear colour, D65.
fn lab(rgb: [f64; 3]) -> [f64; 3] {
    let xyz = [
        (0.412_456 * rgb[0] + 0.357_576 * rgb[1] + 0.180_437 * rgb[2]) / 0.950_47,
        0.212_673 * rgb[0] + 0.715_152 * rgb[1] + 0.072_175 * rgb[2],
        (0.019_334 * rgb[0] + 0.119_192 * rgb[1] + 0.950_304 * rgb[2]) / 1.088_83,
    ];
    let [x, y, z] = xyz.map(|v| {
        if v > 216.0 / 24_389.0 {
            v.cbrt()
        } else {
            (24_389.0 / 27.0 * v + 16.0) / 116.0
        }
    });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// Colour difference, CIE 1976; 2.3 is just noticeable.
fn difference(a: [f64; 3], b: [f64; 3]) -> f64 {
    let (a, b) = (lab(a), lab(b));
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).powi(2))
        .sum::<f64>()
        .sqrt()
}

fn inks(t: &Tokens) -> [(&'static str, Color32); 6] {
    [
        ("text", t.text),
        ("mute", t.mute),
        ("danger", t.danger),
        ("warn", t.warn),
        ("off", t.off),
        ("accent", t.accent),
    ]
}

fn grounds(t: &Tokens) -> [(&'static str, Color32); 3] {
    [("bg", t.bg), ("panel", t.panel), ("raised", t.raised)]
}

fn pairs(t: &Tokens) -> [(&'static str, Color32, Color32); 8] {
    [
        ("danger on its surface", t.danger, t.danger_surface),
        ("text on danger surface", t.text, t.danger_surface),
        ("mute on danger surface", t.mute, t.danger_surface),
        ("warn on its surface", t.warn, t.warn_surface),
        ("text on warn surface", t.text, t.warn_surface),
        ("on danger", t.on_fill, t.danger),
        ("on accent", t.on_fill, t.accent),
        ("on off, of the wall screen", t.on_fill, t.off),
    ]
}

#[test]
fn everything_written_can_be_read_in_every_theme() {
    for (theme, t, least) in THEMES {
        for (name, ink) in inks(t) {
            for (ground_name, ground) in grounds(t) {
                let ratio = contrast(ink, ground);
                assert!(
                    ratio >= least,
                    "{theme}: {name} on {ground_name} is {ratio:.2}"
                );
            }
        }
        for (name, ink, ground) in pairs(t) {
            let ratio = contrast(ink, ground);
            assert!(ratio >= least, "{theme}: {name} is {ratio:.2}");
        }
    }
}

#[test]
fn high_contrast_has_lines_that_can_be_seen() {
    let t = &HIGH_CONTRAST;
    for (name, ground) in grounds(t) {
        // WCAG 2.2, 1.4.11: what a control is known by.
        assert!(contrast(t.line, ground) >= 3.0, "{name}");
    }
    assert!(t.line_width > LIGHT.line_width);
}

#[test]
fn the_colour_blind_read_every_state() {
    // WCAG 2.2, 1.4.11: every state has a shape, and its word is semibold. The lowest is 3.9: danger in the dark
    // theme, to those who see no red. High contrast keeps its promise to everybody.
    for (theme, t, least) in [("light", &LIGHT, 3.0), ("dark", &DARK, 3.0), THEMES[2]] {
        for (sight, matrix) in &SIGHTS {
            for (name, ink) in inks(t) {
                for (ground_name, ground) in grounds(t) {
                    let ratio = contrast_of(seen(matrix, ink), seen(matrix, ground));
                    assert!(
                        ratio >= least,
                        "{theme}, {sight}: {name} on {ground_name} is {ratio:.2}"
                    );
                }
            }
        }
    }
}

/// The shape and the word tell states apart; that their inks differ too helps the eye to find them. Danger and warn
/// are not in the list: to those who see no green they are near each other, and an octagon is no triangle.
#[test]
fn the_colour_blind_see_that_something_is_not_grey() {
    for (theme, t, _) in THEMES {
        for (sight, matrix) in &SIGHTS {
            let seen = |colour| seen(matrix, colour);
            for (name, a, b) in [
                ("danger and mute", t.danger, t.mute),
                ("warn and mute", t.warn, t.mute),
                ("danger and text", t.danger, t.text),
                ("danger and off", t.danger, t.off),
            ] {
                let apart = difference(seen(a), seen(b));
                // About four times what is just noticeable.
                assert!(
                    apart >= 10.0,
                    "{theme}, {sight}: {name} differ by {apart:.1}"
                );
            }
        }
    }
}

#[test]
fn the_measures_are_those_of_the_standards() {
    let (black, white) = (Color32::BLACK, Color32::WHITE);
    assert!((contrast(black, white) - 21.0).abs() < 1e-9);
    assert!((difference(linear(black), linear(white)) - 100.0).abs() < 0.1);
    for (sight, matrix) in &SIGHTS {
        // Greys stay grey.
        let grey = seen(matrix, Color32::from_gray(128));
        let spread = grey.iter().fold(0.0f64, |m, v| m.max((v - grey[0]).abs()));
        assert!(spread < 1e-3, "{sight}: {grey:?}");
    }
    let red_green = |m: &[[f64; 3]; 3]| {
        let (red, green) = (
            Color32::from_rgb(200, 60, 60),
            Color32::from_rgb(90, 125, 60),
        );
        difference(seen(m, red), seen(m, green)) / difference(linear(red), linear(green))
    };
    assert!(red_green(&SIGHTS[0].1) < 0.6 && red_green(&SIGHTS[1].1) < 0.6);
}

#[test]
fn the_third_theme_is_told_from_the_dark_one() {
    let ctx = Context::default();
    install(&ctx);
    let on = |ctx: &Context| of(&ctx.global_style().visuals).panel;
    for (choice, panel) in [
        (ThemeChoice::HighContrast, HIGH_CONTRAST.panel),
        (ThemeChoice::Dark, DARK.panel),
        (ThemeChoice::Light, LIGHT.panel),
        (ThemeChoice::HighContrast, HIGH_CONTRAST.panel),
    ] {
        choose(&ctx, choice);
        assert_eq!(on(&ctx), panel, "{choice:?}");
        assert_eq!(chosen(&ctx), choice);
    }
    choose(&ctx, ThemeChoice::System);
    assert_eq!(chosen(&ctx), ThemeChoice::System);
}

#[test]
fn the_wall_screen_is_read_from_farther_away() {
    for (wall, desk) in [
        (size::WALL_NOTE, size::LABEL),
        (size::WALL_TEXT, size::TEXT),
        (size::WALL_NAME, size::TITLE),
        (size::WALL_TITLE, size::VALUE),
        (size::WALL_COUNT, size::BIG),
    ] {
        assert!(wall >= 1.5 * desk, "{wall} beside {desk}");
    }
}
