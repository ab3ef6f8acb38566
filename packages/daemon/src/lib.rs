//! What every service shares: configuration, logs, metrics, health, shutdown and the way an error
//! reaches a human.
//!
//! Nothing here knows a packet, a chain or a contract. A service's `main.rs` parses its arguments,
//! loads its configuration with [`config::Loader`], starts the logs, starts the service, waits in
//! [`until_signal`] and shuts down; [`exit::run`] turns what went wrong into three lines and an exit
//! code. Everything is per service, never per process, so that a test can start ten services in one
//! process: there is no global metrics recorder.

pub mod admin;
pub mod config;
pub mod exit;
pub mod health;
pub mod http;
pub mod logging;
pub mod metrics;
pub mod run;
pub mod seats;
pub mod sensitive;
pub mod shutdown;
pub mod signals;
pub mod units;

pub use exit::{ErrorKind, Explain, Failure};
pub use health::{CheckStatus, Readiness};
pub use http::HttpLimits;
pub use metrics::{Counter, Gauge, Registry};
pub use run::{reload_logs, until_signal_or_defect, Running};
pub use seats::{Seat, Seats};
pub use sensitive::Sensitive;
pub use shutdown::Shutdown;
pub use signals::{until_signal, Signals};
pub use units::ByteSize;

/// Version of the workspace this service was built from.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
