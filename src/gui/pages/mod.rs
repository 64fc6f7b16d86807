//! The pages: one file each, and files for their larger parts. Every page answers one question.

pub mod alarms;
pub mod continuity;
pub mod fleet;
pub mod locomotive;
pub mod log;
pub mod model;
pub mod pipeline;
pub mod settings;
pub mod simulator;

mod charts;
mod contour;
mod curves;
mod danger_map;
mod fleet_bar;
mod fleet_head;
pub(super) mod fleet_list;
mod fleet_table;
mod hypothesis;
mod quality_lane;
mod reading_card;
mod sim_values;
mod story;
mod time_axis;
mod way_back;
