//! Messages to the people on call: queued in the warehouse, sent with back-off, never in the way of a run.
