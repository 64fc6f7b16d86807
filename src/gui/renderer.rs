//! With what the window is drawn: in which order it is tried, what was found, and how much work that may be
//! given. A processor that plays graphics card draws less, and more rarely while nobody is at the window.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use eframe::egui::Context;
use eframe::egui_wgpu::{WgpuConfiguration, WgpuSetup};
use eframe::{CreationContext, Renderer, wgpu};

/// What the settings ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wish {
    #[default]
    Auto,
    Wgpu,
    Glow,
}

impl Wish {
    /// In the order to try: a wish comes first, the other way is still better than no window. wgpu works over
    /// Remote Desktop and in virtual machines, where OpenGL often does not. Where a processor has to draw,
    /// OpenGL asks a fifth of what Vulkan does of it (measured with Mesa), but on Windows it is not to be had.
    #[must_use]
    pub const fn order(self) -> &'static [Way] {
        match self {
            Self::Auto if cfg!(windows) => &[Way::Wgpu, Way::Glow],
            Self::Auto => &[Way::WgpuCard, Way::Glow, Way::Wgpu],
            Self::Wgpu => &[Way::Wgpu, Way::Glow],
            Self::Glow => &[Way::Glow, Way::Wgpu],
        }
    }
}

/// A way to draw that can be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// wgpu, on a graphics card only.
    WgpuCard,
    /// wgpu, on whatever it finds.
    Wgpu,
    Glow,
}

impl Way {
    /// As the log calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WgpuCard => "wgpu-card",
            Self::Wgpu => "wgpu",
            Self::Glow => "glow",
        }
    }

    #[must_use]
    pub const fn renderer(self) -> Renderer {
        match self {
            Self::Wgpu | Self::WgpuCard => Renderer::Wgpu,
            Self::Glow => Renderer::Glow,
        }
    }

    /// How wgpu is to choose.
    #[must_use]
    pub fn wgpu(self) -> WgpuConfiguration {
        let mut options = WgpuConfiguration::default();
        if let (Self::WgpuCard, WgpuSetup::CreateNew(new)) = (self, &mut options.wgpu_setup) {
            new.native_adapter_selector = Some(std::sync::Arc::new(|adapters, surface| {
                let usable = adapters.iter().filter(|adapter| {
                    let info = adapter.get_info();
                    let card = card_rank(info.device_type).is_some() && !is_software(&info.name);
                    card && surface.is_none_or(|s| adapter.is_surface_supported(s))
                });
                usable
                    .min_by_key(|adapter| card_rank(adapter.get_info().device_type))
                    .cloned()
                    .ok_or_else(|| "no graphics card for this screen".to_owned())
            }));
        }
        options
    }
}

/// The quickest first; `None` for a processor.
const fn card_rank(kind: wgpu::DeviceType) -> Option<u8> {
    match kind {
        wgpu::DeviceType::DiscreteGpu => Some(0),
        wgpu::DeviceType::IntegratedGpu => Some(1),
        wgpu::DeviceType::VirtualGpu => Some(2),
        wgpu::DeviceType::Other => Some(3),
        wgpu::DeviceType::Cpu => None,
    }
}

/// What draws.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Adapter {
    pub renderer: &'static str,
    /// As its driver calls it.
    pub adapter: String,
    /// Vulkan, DX12, Metal, OpenGL.
    pub backend: String,
    /// The processor draws.
    pub software: bool,
}

impl Adapter {
    /// What the window that was just made is drawn with.
    #[must_use]
    pub fn of(cc: &CreationContext<'_>) -> Self {
        if let Some(state) = &cc.wgpu_render_state {
            let info = state.adapter.get_info();
            let software = info.device_type == wgpu::DeviceType::Cpu || is_software(&info.name);
            return Self {
                renderer: Way::Wgpu.name(),
                adapter: info.name,
                backend: info.backend.to_string(),
                software,
            };
        }
        let (adapter, backend) = cc.gl.as_deref().map(opengl).unwrap_or_default();
        Self {
            renderer: Way::Glow.name(),
            software: is_software(&adapter),
            adapter,
            backend,
        }
    }

    /// Gives it no more to draw than it can.
    pub fn lighten(&self, ctx: &Context) {
        ctx.tessellation_options_mut(|o| o.feathering = !self.software);
    }
}

/// Name and version that OpenGL gives of itself.
#[expect(
    unsafe_code,
    reason = "OpenGL is asked for two texts; its context is current while a window is made"
)]
fn opengl(gl: &eframe::glow::Context) -> (String, String) {
    use eframe::glow::{self, HasContext as _};
    // SAFETY: eframe made this context current before it called the creator of the application.
    unsafe {
        (
            gl.get_parameter_string(glow::RENDERER),
            format!("OpenGL {}", gl.get_parameter_string(glow::VERSION)),
        )
    }
}

/// Whether a driver's name is that of a processor that draws.
fn is_software(name: &str) -> bool {
    let name = name.to_lowercase();
    [
        "llvmpipe",
        "softpipe",
        "swiftshader",
        "swrast",
        "lavapipe",
        "software rasterizer",
        "microsoft basic render",
        "gdi generic",
        "warp",
    ]
    .iter()
    .any(|known| name.contains(known))
}

/// An attempt that came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    pub renderer: &'static str,
    pub why: String,
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.renderer, self.why)
    }
}

/// So long after the last touch nobody is at the window.
const IDLE: Duration = Duration::from_secs(1);
/// Between two frames of a processor while nobody is at the window.
const RARELY: Duration = Duration::from_millis(500);
/// One frame for one piece of news: "at once" would be two in egui.
const SOON: Duration = Duration::from_millis(1);

/// How long news may wait to be drawn.
#[must_use]
pub fn wait(software: bool, since_touch: Duration, since_frame: Duration) -> Duration {
    if software && since_touch >= IDLE {
        RARELY.saturating_sub(since_frame).max(SOON)
    } else {
        SOON
    }
}

/// Written by the frame loop, read by the service's thread when it has news.
#[derive(Debug)]
pub struct Pace {
    begun: Instant,
    software: AtomicBool,
    /// Milliseconds after `begun`.
    touched: AtomicU64,
    drawn: AtomicU64,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            begun: Instant::now(),
            software: AtomicBool::new(false),
            touched: AtomicU64::new(0),
            drawn: AtomicU64::new(0),
        }
    }
}

impl Pace {
    pub fn set_software(&self, software: bool) {
        self.software.store(software, Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// A frame is drawn; whether a hand or a key was there.
    pub fn frame(&self, touched: bool) {
        let now = self.now();
        self.drawn.store(now, Ordering::Relaxed);
        if touched {
            self.touched.store(now, Ordering::Relaxed);
        }
    }

    /// How long the next news may wait.
    #[must_use]
    pub fn wait(&self) -> Duration {
        let now = self.now();
        let since =
            |at: &AtomicU64| Duration::from_millis(now.saturating_sub(at.load(Ordering::Relaxed)));
        wait(
            self.software.load(Ordering::Relaxed),
            since(&self.touched),
            since(&self.drawn),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn both_ways_are_tried_a_wish_first() {
        for wish in [Wish::Auto, Wish::Wgpu, Wish::Glow] {
            let order = wish.order();
            // Whatever was wished, nothing that might draw is left untried.
            assert!(order.contains(&Way::Wgpu) && order.contains(&Way::Glow));
            let first = order[0].renderer();
            assert_eq!(first == Renderer::Glow, wish == Wish::Glow);
        }
        assert_eq!(card_rank(wgpu::DeviceType::Cpu), None);
    }

    #[test]
    fn a_processor_that_draws_is_known_by_its_name() {
        for name in [
            "llvmpipe (LLVM 19.1.7, 256 bits)",
            "Microsoft Basic Render Driver",
            "Google SwiftShader",
            "GDI Generic",
        ] {
            assert!(is_software(name), "{name}");
        }
        for name in [
            "NVIDIA GeForce RTX 3060",
            "Intel(R) UHD Graphics 620",
            "AMD Radeon",
            "",
        ] {
            assert!(!is_software(name), "{name}");
        }
    }

    #[test]
    fn a_processor_draws_at_most_twice_a_second_while_nobody_is_there() {
        assert_eq!(wait(true, MS(1000), MS(0)), MS(500));
        assert_eq!(wait(true, MS(60_000), MS(380)), MS(120));
        assert_eq!(wait(true, MS(60_000), MS(9_000)), SOON);
        assert_eq!(wait(true, MS(999), MS(0)), SOON, "somebody is there");
        assert_eq!(wait(false, MS(60_000), MS(0)), SOON, "a graphics card");
    }

    #[test]
    fn news_every_tenth_of_a_second_make_two_frames() {
        let (mut frames, mut drawn) = (0, MS(0));
        let mut due = None;
        for now in (0..10_000).map(MS) {
            if now.as_millis() % 100 == 0 {
                let at = now + wait(true, MS(5_000) + now, now - drawn);
                due = Some(due.map_or(at, |d: Duration| d.min(at)));
            }
            if due.is_some_and(|at| at <= now) {
                (due, drawn, frames) = (None, now, frames + 1);
            }
        }
        assert!((18..=20).contains(&frames), "{frames} in ten seconds");
    }

    #[test]
    fn a_touch_makes_the_pace_quick_again() {
        let pace = Pace {
            begun: Instant::now() - Duration::from_secs(10),
            ..Pace::default()
        };
        pace.set_software(true);
        pace.frame(false);
        assert!(pace.wait() > MS(400));
        pace.frame(true);
        assert_eq!(pace.wait(), SOON);
    }

    #[test]
    fn software_draws_without_feathering() {
        let ctx = Context::default();
        let mut adapter = Adapter {
            renderer: "wgpu",
            adapter: "llvmpipe".into(),
            backend: "vulkan".into(),
            software: true,
        };
        adapter.lighten(&ctx);
        assert!(!ctx.tessellation_options(|o| o.feathering));
        adapter.software = false;
        adapter.lighten(&ctx);
        assert!(ctx.tessellation_options(|o| o.feathering));
    }
}
