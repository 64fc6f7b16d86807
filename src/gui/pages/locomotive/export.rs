//! What is in view, taken along: readings as CSV, the curves as a picture, either to a file or to the clipboard.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::{Duration, Instant};

use eframe::egui::{Align, ColorImage, Context, Layout, Popup, Rect, Response};

use crate::domain::{Channel, LocoId};
use crate::gui::context::{Ask, Cx};
use crate::gui::theme::size;
use crate::gui::widgets::button::{Kind, button_ui};
use crate::service::command::{Command, Picture};
use crate::service::snapshot::Sample;
use crate::text::Text;

use super::table;

/// A window that has not given its picture by now will not.
const PATIENCE: Duration = Duration::from_secs(3);

/// What was chosen from the menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    Csv,
    Png,
    CopyTable,
    CopyPicture,
}

/// A picture of the page, from the click until it is there.
#[derive(Default)]
pub enum Shot {
    #[default]
    None,
    /// Taken of the next frame, when the menu is gone.
    Wanted { copied: bool },
    Taken {
        since: Instant,
        copied: bool,
        rect: Rect,
        image: Receiver<Arc<ColorImage>>,
    },
    /// The window gave no picture of itself.
    Failed,
}

/// The menu under its button.
pub fn menu_ui(button: &Response, text: &Text) -> Option<Choice> {
    let mut chosen = None;
    Popup::menu(button).show(|ui| {
        ui.spacing_mut().item_spacing.y = size::XS;
        ui.with_layout(Layout::top_down_justified(Align::Min), |ui| {
            for (words, choice) in [
                (text.get("export-csv"), Choice::Csv),
                (text.get("export-png"), Choice::Png),
                (text.get("export-copy-table"), Choice::CopyTable),
                (text.get("export-copy-picture"), Choice::CopyPicture),
            ] {
                if button_ui(ui, Kind::Plain, &words).clicked() {
                    chosen = Some(choice);
                    ui.close();
                }
            }
        });
    });
    chosen
}

/// "LOCO_003_2026-01-30_0050_2026-01-31_0050.csv": what is in it, by local times.
#[must_use]
pub fn file_name(text: &Text, loco: &LocoId, (from, to): (f64, f64), extension: &str) -> String {
    let plain = |c: char| {
        if c.is_alphanumeric() || c == '-' {
            c
        } else {
            '_'
        }
    };
    let loco: String = loco.as_str().chars().map(plain).collect();
    let at = |secs: f64| local(text, (secs * 1000.0) as i64, "%Y-%m-%d_%H%M");
    format!("{loco}_{}_{}.{extension}", at(from), at(to))
}

fn local(text: &Text, at_ms: i64, format: &str) -> String {
    jiff::Timestamp::from_millisecond(at_ms).map_or_else(
        |_| at_ms.to_string(),
        |at| at.to_zoned(text.zone.clone()).strftime(format).to_string(),
    )
}

/// Asks for a file of the readings.
pub fn ask_for_csv(cx: &mut Cx<'_>, loco: &LocoId, shown: (f64, f64)) {
    let file_name = file_name(cx.text, loco, shown, "csv");
    let command = Command::ExportWindow {
        loco: loco.clone(),
        from_ms: (shown.0 * 1000.0).floor() as i64,
        to_ms: (shown.1 * 1000.0).ceil() as i64,
        to: file_name.clone().into(),
    };
    cx.ask(Ask::SaveAs { file_name, command });
}

/// Asks for the picture that was wanted, and hands over the one that came.
pub fn shot_ui(
    ctx: &Context,
    cx: &mut Cx<'_>,
    shot: &mut Shot,
    loco: &LocoId,
    shown: (f64, f64),
    rect: Rect,
) {
    match shot {
        Shot::None | Shot::Failed => {}
        Shot::Wanted { copied } => {
            let (tell, image) = channel();
            let wake = ctx.clone();
            ctx.request_screenshot(move |picture| {
                // The page may have been left meanwhile: then nobody waits for it.
                let _ = tell.send(picture);
                wake.request_repaint();
            });
            ctx.request_repaint_after(PATIENCE);
            *shot = Shot::Taken {
                since: Instant::now(),
                copied: *copied,
                rect,
                image,
            };
        }
        Shot::Taken {
            since,
            copied,
            rect,
            image,
        } => match image.try_recv() {
            Ok(picture) => {
                let picture = cropped(&picture, *rect, ctx.pixels_per_point());
                if *copied {
                    ctx.copy_image(picture);
                } else {
                    let file_name = file_name(cx.text, loco, shown, "png");
                    let command = Command::KeepPicture {
                        picture: Picture {
                            width: picture.width() as u32,
                            height: picture.height() as u32,
                            rgba: picture.as_raw().to_vec().into(),
                        },
                        to: file_name.clone().into(),
                    };
                    cx.ask(Ask::SaveAs { file_name, command });
                }
                *shot = Shot::None;
            }
            Err(TryRecvError::Empty) if since.elapsed() < PATIENCE => {}
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => *shot = Shot::Failed,
        },
    }
}

/// The part of a picture of the window that `rect` covers, in points.
fn cropped(picture: &ColorImage, rect: Rect, pixels_per_point: f32) -> ColorImage {
    let pixel = |points: f32, most: usize| {
        ((points * pixels_per_point).round().max(0.0) as usize).min(most)
    };
    let (left, right) = (
        pixel(rect.left(), picture.width()),
        pixel(rect.right(), picture.width()),
    );
    let (top, bottom) = (
        pixel(rect.top(), picture.height()),
        pixel(rect.bottom(), picture.height()),
    );
    picture.region_by_pixels([left, top], [right - left, bottom - top])
}

/// The samples in view as a table that spreadsheets take: tabs, numbers as the language writes them, local times.
#[must_use]
pub fn as_text(text: &Text, loco: &LocoId, samples: &[Sample]) -> String {
    let plain = |words: String| words.replace(['\u{202f}', '\t', '\n'], " ");
    let number = |words: String| words.replace('\u{202f}', "").replace('\u{2212}', "-");
    let mut head = vec![
        text.get("column-locomotive").into_owned(),
        text.get("column-time").into_owned(),
    ];
    head.extend(Channel::ALL.map(|c| format!("{} ({})", text.channel(c), c.unit())));
    head.extend([
        text.get("column-probability").into_owned(),
        text.get("column-verdict").into_owned(),
        text.get("column-model").into_owned(),
        text.get("column-remarks").into_owned(),
    ]);
    let mut out = head.join("\t");
    for sample in samples {
        let (probability, verdict, model) = table::said(text, sample);
        let mut row = vec![
            loco.to_string(),
            local(text, sample.at_ms, "%Y-%m-%d %H:%M:%S"),
        ];
        row.extend(Channel::ALL.map(|c| number(text.value(c, sample.values[c.index()]))));
        row.extend([
            plain(probability),
            verdict.map_or_else(String::new, |kind| text.verdict_short(kind)),
            model,
            plain(table::remarks(text, sample)),
        ]);
        out.push('\n');
        out.push_str(&row.join("\t"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Flags, VerdictKind};
    use crate::service::snapshot::Bucket;
    use crate::text::Language;
    use eframe::egui::{Color32, pos2};

    fn text() -> Text {
        let zone = jiff::tz::TimeZone::get("Africa/Douala").unwrap();
        Text::new(Language::French, zone)
    }

    #[test]
    fn the_table_can_be_pasted() {
        let values = [1402.4, 3.1, 7.8, -8.4];
        let sample = Sample {
            at_ms: 1_786_971_730_000,
            values,
            mean: false,
            flags: Flags::NONE,
            judged: Some((0.914, VerdictKind::Danger, 7)),
            bucket: Bucket::of_one(1_786_971_730_000, values),
        };
        let words = as_text(&text(), &LocoId::new("LOCO_001"), &[sample]);
        let rows: Vec<Vec<&str>> = words.lines().map(|l| l.split('\t').collect()).collect();
        assert_eq!(rows[0].len(), 10);
        assert_eq!(rows[0][2], "Débit d’huile (L/min)");
        let expected = [
            "LOCO_001",
            "2026-08-17 14:02:10",
            "1402",
            "3,1",
            "7,8",
            "-8,4",
            "91 %",
            "DANGER",
            "v7",
            "",
        ];
        assert_eq!(rows[1], expected);
    }

    #[test]
    fn the_readings_of_the_window_are_asked_for_whole() {
        let (snapshot, text) = (crate::service::snapshot::Snapshot::empty(), text());
        let mut cx = Cx {
            snapshot: &snapshot,
            text: &text,
            selected: None,
            since: Duration::ZERO,
            wall_ms: 0,
            choosing_files: false,
            asks: Vec::new(),
        };
        let loco = LocoId::new("LOCO_001");
        let at = 1_786_971_730.0;
        ask_for_csv(&mut cx, &loco, (at - 0.0005, at + 0.0005));
        let [Ask::SaveAs { file_name, command }] = &cx.asks[..] else {
            panic!("{:?}", cx.asks);
        };
        assert!(file_name.ends_with(".csv"));
        let there = command.clone().to("there.csv".into());
        let expected = Command::ExportWindow {
            loco,
            from_ms: 1_786_971_729_999,
            to_ms: 1_786_971_730_001,
            to: "there.csv".into(),
        };
        assert_eq!(there, expected);
    }

    #[test]
    fn a_file_is_named_after_what_is_in_it() {
        let at = 1_786_971_730.0;
        let name = file_name(&text(), &LocoId::new("CC 5/12"), (at - 3600.0, at), "png");
        assert_eq!(name, "CC_5_12_2026-08-17_1302_2026-08-17_1402.png");
    }

    #[test]
    fn a_picture_is_cut_to_what_is_asked_and_never_beyond_its_edge() {
        let mut window = ColorImage::filled([40, 20], Color32::BLACK);
        window.pixels[5 * 40 + 10] = Color32::WHITE;
        let part = cropped(
            &window,
            Rect::from_min_max(pos2(5.0, 2.5), pos2(90.0, 90.0)),
            2.0,
        );
        assert_eq!(part.size, [30, 15]);
        assert_eq!(part.pixels[0], Color32::WHITE);
    }
}
