//! The JSON-RPC of CometBFT 0.38 over HTTP and websocket.
//!
//! [`server`] listens, [`call`] takes requests apart, [`params`] reads arguments in every form
//! clients send them, [`methods`] answers, [`json`] writes blocks and results, [`socket`] keeps
//! subscriptions.

pub(crate) mod call;
pub(crate) mod json;
pub(crate) mod methods;
pub(crate) mod params;
pub(crate) mod search;
pub(crate) mod server;
pub(crate) mod socket;
