pub mod cli;
pub mod config;
pub mod domain;
pub mod etl;
pub mod gui;
pub mod logging;
pub mod ml;
pub mod service;
pub mod sources;
pub mod warehouse;
pub mod window;

pub mod text;
