//! Logs on stderr: what an operator may act on, with timestamps no finer than they need be.
//!
//! Exact times of connections are evidence against users, so timestamps are rounded down to
//! `logging.time_granularity`. The answer of a command is stdout's; logs never go there.

use std::fmt;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::EnvFilter;

use crate::exit::{ErrorKind, Explain};
use crate::sensitive::show_sensitive_values;

/// `[logging]` of every service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LoggingConfig {
    /// Filter: a level (`info`) or directives (`info,nym_mixnode=debug`).
    pub level: String,
    /// Text for people or JSON for collectors.
    pub format: LogFormat,
    /// Timestamps are rounded down to a multiple of this.
    #[serde(with = "crate::units::duration")]
    pub time_granularity: Duration,
    /// Whether addresses and identities are shown. Only for debugging on one's own machine.
    pub sensitive: bool,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One readable line.
    #[default]
    Text,
    /// One JSON object.
    Json,
}

impl Default for LoggingConfig {
    fn default() -> Self {
        Self {
            level: "info".into(),
            format: LogFormat::Text,
            time_granularity: Duration::from_secs(1),
            sensitive: false,
        }
    }
}

/// Why the logs could not be started.
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    /// The filter does not parse.
    #[error("'{filter}' is no log filter")]
    Filter {
        /// The filter that was given.
        filter: String,
        /// What the parser says.
        source: tracing_subscriber::filter::ParseError,
    },
}

impl Explain for LoggingError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Usage
    }

    fn help(&self) -> Option<String> {
        Some(
            "set logging.level to error, warn, info, debug or trace, or to directives such as info,nym_gateway=debug"
                .into(),
        )
    }
}

/// Changes the filter of the logs that [`init`] has started; a process has one log.
static FILTER: OnceLock<Box<dyn Fn(EnvFilter) + Send + Sync>> = OnceLock::new();

/// Starts the logs of this process. Once; further calls change nothing, so tests may call it freely.
pub fn init(config: &LoggingConfig) -> Result<(), LoggingError> {
    let filter = filter(config)?;
    show_sensitive_values(config.sensitive);
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // A line that cannot be written is lost; saying so on the same stderr would panic.
        .log_internal_errors(false)
        .with_timer(RoundedTime { granularity: config.time_granularity });
    match config.format {
        LogFormat::Text => {
            let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
            let builder = builder.with_ansi(terminal).with_filter_reloading();
            let handle = builder.reload_handle();
            if builder.try_init().is_ok() {
                let _ = FILTER.set(Box::new(move |filter| drop(handle.reload(filter))));
            }
        }
        LogFormat::Json => {
            let builder = builder.json().with_filter_reloading();
            let handle = builder.reload_handle();
            if builder.try_init().is_ok() {
                let _ = FILTER.set(Box::new(move |filter| drop(handle.reload(filter))));
            }
        }
    }
    Ok(())
}

/// Changes the filter of the running logs, and whether addresses are shown; format and timestamps stay.
pub fn reload(config: &LoggingConfig) -> Result<(), LoggingError> {
    let filter = filter(config)?;
    show_sensitive_values(config.sensitive);
    if let Some(change) = FILTER.get() {
        change(filter);
    }
    Ok(())
}

fn filter(config: &LoggingConfig) -> Result<EnvFilter, LoggingError> {
    let parsed = EnvFilter::builder().parse(&config.level);
    parsed.map_err(|source| LoggingError::Filter { filter: config.level.clone(), source })
}

/// UTC in RFC 3339, rounded down.
struct RoundedTime {
    granularity: Duration,
}

impl FormatTime for RoundedTime {
    fn format_time(&self, w: &mut Writer<'_>) -> fmt::Result {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        w.write_str(&rfc3339(rounded(now, self.granularity)))
    }
}

fn rounded(since_epoch: Duration, granularity: Duration) -> Duration {
    let step = granularity.as_millis().max(1);
    let millis = since_epoch.as_millis() / step * step;
    Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
}

fn rfc3339(since_epoch: Duration) -> String {
    humantime::format_rfc3339_millis(UNIX_EPOCH + since_epoch).to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{rfc3339, rounded, Duration, LoggingConfig};

    #[test]
    fn timestamps_are_rounded_down() {
        let time = Duration::from_millis(1_700_000_123_456);

        assert_eq!(rfc3339(rounded(time, Duration::from_secs(60))), "2023-11-14T22:15:00.000Z");
        assert_eq!(rfc3339(rounded(time, Duration::ZERO)), "2023-11-14T22:15:23.456Z");
    }

    #[test]
    fn a_wrong_filter_is_refused() {
        let config = LoggingConfig { level: "nym=loud".into(), ..LoggingConfig::default() };

        super::init(&config).unwrap_err();
        super::reload(&config).unwrap_err();
    }
}
