pub mod cli;
pub mod config;
pub mod domain;
pub mod etl;
pub mod service;
pub mod sources;
pub mod warehouse;
