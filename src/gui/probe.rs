//! `--probe`: the real window, and what came of it as one object: what drew it, how long it took, and the text
//! of the page as a screen reader would say it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use eframe::egui::accesskit::{Node, NodeId, Role, Toggled, TreeUpdate};
use eframe::egui::{Context, FullOutput, Plugin, Ui, ViewportCommand};
use serde::Serialize;

use super::App;
use super::context::Page;
use super::renderer::Adapter;

/// What is asked of a probe.
#[derive(Debug, Clone)]
pub struct ProbeAsk {
    pub page: Page,
    /// When the process began.
    pub begun: Instant,
    /// After so long what is there is reported as not ready.
    pub patience: Duration,
}

/// What a probe found.
#[derive(Debug, Clone, Serialize)]
pub struct ProbeReport {
    /// The page showed the fleet, or why there is none, before patience ran out.
    pub ready: bool,
    #[serde(flatten)]
    pub adapter: Adapter,
    /// From the start of the process to the end of the first pass of the interface, milliseconds.
    pub first_ui_ms: f64,
    /// To the moment the first frame had been handed to the screen, milliseconds.
    pub first_frame_ms: f64,
    /// Of it, our own code: arguments, configuration, the service's start, the first pass. The rest is the
    /// driver's and the window system's.
    pub own_ms: f64,
    /// To the page with its data, milliseconds.
    pub ready_ms: f64,
    pub page: &'static str,
    pub language: &'static str,
    /// Points.
    pub size: [f32; 2],
    /// Pixels a point.
    pub scale: f32,
    /// In reading order.
    pub text: Vec<String>,
}

/// Where the report is left for whoever opened the window.
pub(super) type Found = Rc<RefCell<Option<ProbeReport>>>;

/// Hands on what is told to screen readers.
struct Listener(Sender<TreeUpdate>);

impl Plugin for Listener {
    fn debug_name(&self) -> &'static str {
        "probe"
    }

    fn output_hook(&mut self, _ctx: &Context, output: &mut FullOutput) {
        if let Some(update) = &output.platform_output.accesskit_update {
            // Nobody listens any more once the report is made.
            let _ = self.0.send(update.clone());
        }
    }
}

/// The application with somebody beside it who takes notes.
pub(super) struct Probed {
    app: App,
    ask: ProbeAsk,
    adapter: Adapter,
    /// Before and while the application was made.
    own: Duration,
    heard: Receiver<TreeUpdate>,
    first_ui: Option<Duration>,
    first_frame: Option<Duration>,
    ready: Option<Duration>,
    /// Frames since it was ready: tables measure themselves on the first.
    settled: u32,
    found: Found,
}

impl Probed {
    pub fn new(
        ctx: &Context,
        app: App,
        ask: ProbeAsk,
        adapter: Adapter,
        own: Duration,
        found: Found,
    ) -> Self {
        let (tell, heard) = channel();
        ctx.add_plugin(Listener(tell));
        Self {
            app,
            ask,
            adapter,
            own,
            heard,
            first_ui: None,
            first_frame: None,
            ready: None,
            settled: 0,
            found,
        }
    }

    fn report(&self, ctx: &Context, update: &TreeUpdate) -> ProbeReport {
        let ms = |at: Option<Duration>| at.unwrap_or_default().as_secs_f64() * 1000.0;
        ProbeReport {
            ready: self.ready.is_some(),
            adapter: self.adapter.clone(),
            first_ui_ms: ms(self.first_ui),
            first_frame_ms: ms(self.first_frame),
            own_ms: ms(Some(self.own)),
            ready_ms: ms(Some(self.ready.unwrap_or_else(|| self.ask.begun.elapsed()))),
            page: self.app.page().name(),
            language: self.app.language().code(),
            size: ctx.content_rect().size().into(),
            scale: ctx.pixels_per_point(),
            text: said(update),
        }
    }
}

impl eframe::App for Probed {
    fn logic(&mut self, ctx: &Context, frame: &mut eframe::Frame) {
        if self.first_ui.is_some() && self.first_frame.is_none() {
            self.first_frame = Some(self.ask.begun.elapsed());
        }
        self.app.logic(ctx, frame);
    }

    fn ui(&mut self, ui: &mut Ui, frame: &mut eframe::Frame) {
        let began = Instant::now();
        self.app.ui(ui, frame);
        if self.first_ui.is_none() {
            self.own += began.elapsed();
            self.first_ui = Some(self.ask.begun.elapsed());
        }
        let ctx = ui.ctx();
        // Whatever the page waits for, the next look is soon.
        ctx.request_repaint_after(Duration::from_millis(20));
        let patient = self.ask.begun.elapsed() < self.ask.patience;
        if self.first_frame.is_none() || (patient && !self.app.is_settled()) {
            return;
        }
        if patient && self.ready.is_none() {
            self.ready = Some(self.ask.begun.elapsed());
        }
        self.settled += 1;
        match self.settled {
            0..=2 => {}
            3 => ctx.enable_accesskit(),
            _ => {
                if let Some(update) = self.heard.try_iter().last() {
                    *self.found.borrow_mut() = Some(self.report(ctx, &update));
                    ctx.send_viewport_cmd(ViewportCommand::Close);
                }
            }
        }
    }
}

/// What a screen reader would say of the tree, in its order.
pub(super) fn said(update: &TreeUpdate) -> Vec<String> {
    let nodes: HashMap<NodeId, &Node> = update.nodes.iter().map(|(id, node)| (*id, node)).collect();
    let mut said = Vec::new();
    let root = update.tree.as_ref().map(|tree| tree.root);
    let mut stack: Vec<NodeId> = root.into_iter().collect();
    while let Some(id) = stack.pop() {
        let Some(node) = nodes.get(&id) else { continue };
        let words = words_of(node);
        // A text and the run that draws it are one.
        if !words.is_empty() && said.last() != Some(&words) {
            said.push(words);
        }
        stack.extend(node.children().iter().rev());
    }
    said
}

fn words_of(node: &Node) -> String {
    if matches!(node.role(), Role::TextRun) {
        return String::new();
    }
    let number = node.numeric_value().map(|n| n.to_string());
    let mut words = match (node.label(), node.value().map(str::to_owned).or(number)) {
        (Some(label), Some(value)) if label != value => format!("{label}: {value}"),
        (Some(words), _) => words.to_owned(),
        (None, Some(words)) => words,
        (None, None) => return String::new(),
    };
    if node.toggled() == Some(Toggled::True) {
        words.push_str(" ✓");
    }
    words.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::RawInput;

    #[test]
    fn a_page_is_said_in_its_order() {
        let ctx = Context::default();
        ctx.enable_accesskit();
        let mut value = 7.5;
        let mut output = ctx.run_ui(RawInput::default(), |ui| {
            ui.label("Flotte");
            let name = ui.label("Vibrations").id;
            ui.add(eframe::egui::Slider::new(&mut value, 0.0..=15.0))
                .labelled_by(name);
            let _ = ui.selectable_label(true, "24 h");
        });
        output.textures_delta.clear();
        let all = said(&output.platform_output.accesskit_update.unwrap());
        let at = |words: &str| {
            all.iter()
                .position(|said| said.contains(words))
                .unwrap_or_else(|| panic!("{words} is not said: {all:?}"))
        };
        assert!(at("Flotte") < at("Vibrations"));
        assert!(at("Vibrations") < at("24 h ✓"));
        assert!(all.iter().any(|said| said.contains("7.5")), "{all:?}");
    }

    #[test]
    fn the_listener_hands_on_what_it_hears() {
        let (tell, heard) = channel();
        let ctx = Context::default();
        ctx.add_plugin(Listener(tell));
        let pass = |words: &str| {
            let mut drawn = ctx.run_ui(RawInput::default(), |ui| {
                ui.label(words);
            });
            drawn.textures_delta.clear();
        };
        pass("silence");
        assert_eq!(heard.try_iter().count(), 0, "nothing is told yet");
        ctx.enable_accesskit();
        pass("Flotte");
        let update = heard.try_iter().last().unwrap();
        assert!(said(&update).contains(&"Flotte".to_owned()));
    }
}
