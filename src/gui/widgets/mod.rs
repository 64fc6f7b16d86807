//! The parts that pages are made of. Each draws itself, tells screen readers what it is, and keeps no
//! business state.

pub mod alarm;
pub mod bars;
pub mod button;
pub mod calendar;
pub mod card;
pub mod chip;
pub mod entry;
pub mod loco_choice;
pub mod slider;
pub mod spark;
pub mod verdict;
