//! The settings of a chain.

use crate::app::GasPrice;
use crate::error::Error;
use nym_daemon::logging::LoggingConfig;
use nym_daemon::units::duration::{self, DurationError};
use nym_daemon::ByteSize;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// When blocks are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockTime {
    /// One block in each interval, empty or not.
    Every(Duration),
    /// A block as soon as a transaction waits, and none otherwise.
    OnDemand,
}

impl std::str::FromStr for BlockTime {
    type Err = String;

    /// Parses `on-demand` or a duration such as `1s` or `200ms`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "on-demand" {
            return Ok(BlockTime::OnDemand);
        }
        match duration::parse(text) {
            Ok(time) if time >= Duration::from_millis(10) => Ok(BlockTime::Every(time)),
            Ok(_) => Err(format!("block time '{text}' is below 10ms")),
            Err(error @ DurationError::TooLong(_)) => Err(format!("block time {error}")),
            Err(DurationError::Unreadable(_)) => {
                Err(format!("block time '{text}' is neither a duration such as 1s nor on-demand"))
            }
        }
    }
}

impl std::fmt::Display for BlockTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BlockTime::Every(time) => write!(f, "{}", humantime::format_duration(*time)),
            BlockTime::OnDemand => f.write_str("on-demand"),
        }
    }
}

/// The settings of a chain; the example file explains each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// Folder of the database. Not in the file: it is where the file is.
    #[serde(skip)]
    pub home: PathBuf,
    /// Name of the chain, which every signature covers.
    pub chain_id: String,
    /// First letters of addresses.
    pub address_prefix: String,
    /// Where the RPC listens.
    pub listen: SocketAddr,
    /// When blocks are made: a duration, or `on-demand`.
    #[serde(with = "text")]
    pub block_time: BlockTime,
    /// Least prices of gas, one of which a transaction must pay, e.g. `0.025unyx`.
    pub minimum_gas_prices: String,
    /// Past states that may be queried.
    pub history: u64,
    /// What the faucet gives for each request; empty means there is none.
    pub faucet: String,
    /// Open connections, websockets among them.
    pub max_connections: usize,
    /// A request's header is complete within this, counted from the connection or the request before it.
    #[serde(with = "nym_daemon::units::duration")]
    pub header_timeout: Duration,
    /// Largest request.
    pub max_body: ByteSize,
    /// Subscriptions of one websocket.
    pub max_subscriptions: usize,
    /// Logs on stderr.
    pub logging: LoggingConfig,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            home: PathBuf::new(),
            chain_id: "nym-dev-1".to_owned(),
            address_prefix: "n".to_owned(),
            listen: SocketAddr::from(([127, 0, 0, 1], 26657)),
            block_time: BlockTime::Every(Duration::from_secs(1)),
            minimum_gas_prices: "0.025unyx".to_owned(),
            history: 1_000,
            faucet: String::new(),
            max_connections: 900,
            // Longer than clients keep a connection that is idle, 90 s by custom: a request on it would meet the close.
            header_timeout: Duration::from_secs(100),
            max_body: ByteSize(1_000_000),
            max_subscriptions: 5,
            logging: LoggingConfig::default(),
        }
    }
}

/// Text that parses and prints itself.
mod text {
    use serde::{Deserialize, Deserializer, Serializer};
    use std::fmt::Display;
    use std::str::FromStr;

    pub(super) fn serialize<S: Serializer, T: Display>(value: &T, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>, T: FromStr<Err = String>>(d: D) -> Result<T, D::Error> {
        let text = String::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Config {
    /// The gas prices, parsed.
    pub(crate) fn gas_prices(&self) -> Result<Vec<(String, GasPrice)>, Error> {
        let mut prices = Vec::new();
        let parts = self.minimum_gas_prices.split(',').map(str::trim);
        for part in parts.filter(|p| !p.is_empty()) {
            let digits = part.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
            let (number, denom) = part.split_at(digits);
            match GasPrice::parse(number) {
                Some(price) if crate::app::coins::is_denom(denom) => {
                    prices.push((denom.to_owned(), price));
                }
                _ => {
                    return Err(Error::Config(format!("minimum_gas_prices: '{part}' is not a price such as 0.025unyx")))
                }
            }
        }
        Ok(prices)
    }

    /// Checks what the types do not.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let long = self.chain_id.is_empty() || self.chain_id.len() > 50;
        if long || self.chain_id.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(Error::Config(format!(
                "chain_id '{}' must have 1 to 50 letters without blanks",
                self.chain_id
            )));
        }
        let positive = [
            ("history", self.history > 0),
            ("max_connections", self.max_connections > 0),
            ("header_timeout", !self.header_timeout.is_zero()),
            ("max_body", self.max_body.bytes() > 0),
        ];
        for (name, good) in positive {
            if !good {
                return Err(Error::Config(format!("{name} must be above 0")));
            }
        }
        Ok(())
    }
}
