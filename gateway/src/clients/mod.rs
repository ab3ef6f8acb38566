//! The side that clients see: websocket listener, sessions, who is connected.

mod limited;
pub(crate) mod listener;
pub(crate) mod registry;
mod session;
