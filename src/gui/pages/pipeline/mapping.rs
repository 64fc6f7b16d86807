//! The form of a source in the making: its name and role, which column is which field, in which unit, in which zone.

use eframe::egui::Ui;

use crate::domain::{Role, SourceClock};
use crate::gui::context::Cx;
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::{Kind, button_ui};
use crate::service::intake::draft::{LocoIn, SourceDraft};
use crate::service::intake::names::Field;
use crate::service::intake::preview::Found;
use crate::service::intake::units_of;

use super::parts::{choice_ui, field_ui, label_ui, sentence_ui, title_ui};

/// Zones on offer; another one is typed into `cidp.toml`.
const ZONES: [&str; 5] = [
    "Africa/Douala",
    "UTC",
    "Europe/Paris",
    "Africa/Lagos",
    "Europe/London",
];
/// Width of a field's name, of its column, of its unit.
const NAME: f32 = 116.0;
const COLUMN: f32 = 176.0;
const UNIT: f32 = 92.0;

pub fn form_ui(ui: &mut Ui, cx: &Cx<'_>, draft: &mut SourceDraft, found: Option<&Found>) {
    let text = cx.text;
    title_ui(ui, &text.get("pipeline-form-title"));
    sentence_ui(ui, &draft.path);
    if let Some(found) = found {
        sentence_ui(ui, &written(cx, found));
    }
    ui.horizontal(|ui| {
        name_ui(ui, &text.get("pipeline-source-name"));
        let width = COLUMN + UNIT + size::S;
        field_ui(
            ui,
            &text.get("pipeline-source-name"),
            "",
            width,
            &mut draft.name,
        );
    });
    ui.horizontal_wrapped(|ui| {
        for role in [Role::Telemetry, Role::Maintenance, Role::Failures] {
            let word = text.role(role);
            if button_ui(ui, Kind::Choice(draft.role == role), &word).clicked()
                && draft.role != role
            {
                draft.role = role;
                if let Some(found) = found {
                    draft.guess_columns(&found.header);
                }
            }
        }
    });
    label_ui(ui, &text.get("pipeline-columns"));
    let header: &[String] = found.map_or(&[], |found| &found.header);
    for field in Field::of(draft.role) {
        if field == Field::Loco {
            loco_ui(ui, cx, draft, header);
        } else {
            field_row_ui(ui, cx, draft, field, header);
        }
    }
    clock_ui(ui, cx, draft);
    let zones = ZONES.map(str::to_owned);
    let name = text.get("pipeline-zone");
    ui.horizontal(|ui| {
        name_ui(ui, &name);
        if let Some(chosen) = choice_ui(ui, "zone", &name, COLUMN, &draft.zone, &zones) {
            draft.zone.clone_from(&zones[chosen]);
        }
        label_ui(ui, &text.get("pipeline-zone-why"));
    });
    reading_ui(ui, cx, draft, found);
}

/// Archive or live.
fn clock_ui(ui: &mut Ui, cx: &Cx<'_>, draft: &mut SourceDraft) {
    let text = cx.text;
    ui.horizontal(|ui| {
        name_ui(ui, &text.get("pipeline-clock"));
        for (clock, word) in [
            (SourceClock::Data, text.get("pipeline-clock-data")),
            (SourceClock::Wall, text.get("pipeline-clock-wall")),
        ] {
            if button_ui(ui, Kind::Choice(draft.clock == clock), &word).clicked() {
                draft.clock = clock;
            }
        }
    });
    let why = match draft.clock {
        SourceClock::Data => text.get("pipeline-clock-data-why"),
        SourceClock::Wall => text.get("pipeline-clock-wall-why"),
    };
    sentence_ui(ui, &why);
}

fn name_ui(ui: &mut Ui, words: &str) {
    let t = theme::tokens(ui);
    ui.allocate_ui_with_layout(
        eframe::egui::vec2(NAME, size::CONTROL),
        eframe::egui::Layout::left_to_right(eframe::egui::Align::Center),
        |ui| {
            ui.set_min_width(NAME);
            ui.add(eframe::egui::Label::new(theme::body(words, t.text)).truncate());
        },
    );
}

/// The columns of the header, after the choice of none.
fn column_choice_ui(
    ui: &mut Ui,
    cx: &Cx<'_>,
    field: Field,
    chosen: Option<&str>,
    header: &[String],
    more: &[String],
) -> Option<usize> {
    let none = cx.text.get("pipeline-no-column").into_owned();
    let shown = chosen.map_or_else(|| none.clone(), str::to_owned);
    let mut words = vec![none];
    words.extend(more.iter().cloned());
    words.extend(header.iter().cloned());
    let name = cx.text.with(
        "pipeline-column-of",
        [("field", cx.text.field(field).into())],
    );
    choice_ui(ui, field.key(), &name, COLUMN, &shown, &words)
}

fn field_row_ui(
    ui: &mut Ui,
    cx: &Cx<'_>,
    draft: &mut SourceDraft,
    field: Field,
    header: &[String],
) {
    let text = cx.text;
    ui.horizontal(|ui| {
        name_ui(ui, &text.field(field));
        let now = draft.column(field).map(str::to_owned);
        if let Some(chosen) = column_choice_ui(ui, cx, field, now.as_deref(), header, &[]) {
            let column = chosen.checked_sub(1).and_then(|at| header.get(at)).cloned();
            draft.set(field, column);
        }
        if let Field::Channel(channel) = field {
            let units: Vec<String> = units_of(channel).map(str::to_owned).collect();
            let unit = &mut draft.channels[channel.index()].1;
            let shown = unit.clone().unwrap_or_else(|| units[0].clone());
            let name = text.with("pipeline-unit-of", [("field", text.field(field).into())]);
            let salt = format!("unit-{}", channel.key());
            if let Some(chosen) = choice_ui(ui, &salt, &name, UNIT, &shown, &units) {
                *unit = (chosen > 0).then(|| units[chosen].clone());
            }
        }
        if field == Field::Timestamp {
            let mut format = draft.time_format.clone().unwrap_or_default();
            let name = text.get("pipeline-time-format");
            field_ui(ui, &name, "%d/%m/%Y %H:%M", UNIT + 16.0, &mut format)
                .on_hover_text(text.get("pipeline-time-format-why"));
            draft.time_format = (!format.trim().is_empty()).then_some(format);
        }
    });
}

/// The locomotive: a column, the file's name, or one for all rows.
fn loco_ui(ui: &mut Ui, cx: &Cx<'_>, draft: &mut SourceDraft, header: &[String]) {
    let text = cx.text;
    let by_file = text.get("pipeline-loco-file").into_owned();
    let by_hand = text.get("pipeline-loco-hand").into_owned();
    ui.horizontal(|ui| {
        name_ui(ui, &text.field(Field::Loco));
        let shown = match &draft.loco {
            LocoIn::Column(column) => column.clone(),
            LocoIn::FileName => Some(by_file.clone()),
            LocoIn::Constant(_) => Some(by_hand.clone()),
        };
        let more = [by_file, by_hand];
        let chosen = column_choice_ui(ui, cx, Field::Loco, shown.as_deref(), header, &more);
        match chosen {
            None => {}
            Some(0) => draft.loco = LocoIn::Column(None),
            Some(1) => draft.loco = LocoIn::FileName,
            Some(2) => draft.loco = LocoIn::Constant(String::new()),
            Some(at) => draft.loco = LocoIn::Column(header.get(at - 3).cloned()),
        }
        if let LocoIn::Constant(name) = &mut draft.loco {
            field_ui(
                ui,
                &text.get("pipeline-loco-name"),
                "LOCO_001",
                UNIT + 16.0,
                name,
            );
        }
    });
}

/// How the table is written, where looking found it wrong.
fn reading_ui(ui: &mut Ui, cx: &Cx<'_>, draft: &mut SourceDraft, found: Option<&Found>) {
    let text = cx.text;
    label_ui(ui, &text.get("pipeline-reading"));
    let auto = text.get("pipeline-auto").into_owned();
    ui.horizontal_wrapped(|ui| {
        let words = [
            auto.clone(),
            ",".into(),
            ";".into(),
            text.get("pipeline-tab").into_owned(),
            "|".into(),
        ];
        let marks = [None, Some(','), Some(';'), Some('\t'), Some('|')];
        let at = marks
            .iter()
            .position(|mark| *mark == draft.delimiter)
            .unwrap_or(0);
        let name = text.get("pipeline-delimiter");
        label_ui(ui, &name);
        if let Some(chosen) = choice_ui(ui, "delimiter", &name, UNIT, &words[at], &words) {
            draft.delimiter = marks[chosen];
        }
        let words = [auto, ",".into(), ".".into()];
        let marks = [None, Some(','), Some('.')];
        let at = marks
            .iter()
            .position(|mark| *mark == draft.decimal)
            .unwrap_or(0);
        let name = text.get("pipeline-decimal");
        label_ui(ui, &name);
        if let Some(chosen) = choice_ui(ui, "decimal", &name, UNIT, &words[at], &words) {
            draft.decimal = marks[chosen];
        }
    });
    ui.horizontal(|ui| {
        let name = text.get("pipeline-header-row");
        label_ui(ui, &name);
        let mut row = draft
            .header_row
            .map_or_else(String::new, |row| row.to_string());
        let hint = found
            .and_then(|found| found.dialect.header_row)
            .map_or_else(String::new, |row| row.to_string());
        if field_ui(ui, &name, &hint, 64.0, &mut row).changed() {
            draft.header_row = row.trim().parse().ok().filter(|row| *row > 0);
        }
        let sheet = found.and_then(|found| found.dialect.sheet.as_ref());
        if let Some(sheet) = sheet {
            let name = text.get("pipeline-sheet");
            label_ui(ui, &name);
            let mut own = draft.sheet.clone().unwrap_or_default();
            if field_ui(ui, &name, sheet, 132.0, &mut own).changed() {
                draft.sheet = (!own.trim().is_empty()).then_some(own);
            }
        }
    });
}

/// How the file is written, as it was found.
fn written(cx: &Cx<'_>, found: &Found) -> String {
    let text = cx.text;
    let dialect = &found.dialect;
    let mut words = Vec::new();
    words.extend(dialect.format.map(|format| format.key().to_owned()));
    words.extend(dialect.encoding.map(|encoding| encoding.key().to_owned()));
    if let Some(delimiter) = dialect.delimiter {
        let mark = match delimiter {
            b'\t' => text.get("pipeline-tab").into_owned(),
            other => text.with(
                "pipeline-quoted",
                [("mark", char::from(other).to_string().into())],
            ),
        };
        words.push(text.with("check-delimiter", [("value", mark.into())]));
    }
    if let Some(comma) = dialect.decimal_comma {
        let key = if comma {
            text.get("pipeline-found-comma")
        } else {
            text.get("pipeline-found-point")
        };
        words.push(key.into_owned());
    }
    if let Some(sheet) = &dialect.sheet {
        words.push(text.with("check-sheet", [("value", sheet.as_str().into())]));
    }
    if let Some(row) = dialect.header_row {
        words.push(text.with("check-header", [("value", row.to_string().into())]));
    }
    if found.files > 1 {
        let files = text.count(found.files as u64);
        words.push(text.with("pipeline-found-files", [("files", files.into())]));
    }
    if found.simulated {
        words.push(text.get("synthetic").into_owned());
    }
    words.join(" · ")
}
