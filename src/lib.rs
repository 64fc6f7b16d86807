pub mod domain;
pub mod gui;
pub mod service;
