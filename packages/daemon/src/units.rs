//! Durations and sizes as people write them: `"30s"`, `"2 MiB"`.
//!
//! Durations stay [`std::time::Duration`] and are read with `#[serde(with = "nym_daemon::units::duration")]`;
//! sizes have a type of their own because a bare integer in a file hides its unit.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// `#[serde(with = "nym_daemon::units::duration")]`: reads and writes `"30s"`, `"1h 30m"`, of `Duration` and `Option<Duration>`.
pub mod duration {
    use std::time::Duration;

    pub use humantime_serde::serialize;
    use humantime_serde::Serde;
    use serde::{Deserialize, Deserializer};

    /// Longest duration of a configuration, ten years: sums and multiples of it stay within every clock.
    pub const LONGEST: Duration = Duration::from_secs(10 * 365 * 86_400);

    /// Reads a duration; one that is longer than [`LONGEST`] is an error.
    pub fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
    where
        T: Into<Option<Duration>> + Copy,
        Serde<T>: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        let read: T = humantime_serde::deserialize(deserializer)?;
        match read.into() {
            Some(duration) if duration > LONGEST => {
                let given = humantime::format_duration(duration);
                Err(serde::de::Error::custom(format!("'{given}' is longer than ten years, the longest duration")))
            }
            _ => Ok(read),
        }
    }
}

/// A number of bytes, written `"512 KiB"`, `"2 MiB"` or `"1 GB"` in files and flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteSize(pub u64);

/// What a text has to be to name a size.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("'{0}' is no size; write a number and a unit, as in \"2 MiB\" (B, KiB, MiB, GiB, TiB, kB, MB, GB, TB)")]
pub struct ByteSizeError(String);

const UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("B", 1),
];

impl ByteSize {
    /// `count` units of 1024 bytes.
    pub const fn kib(count: u64) -> Self {
        Self(count << 10)
    }

    /// `count` units of 1024² bytes.
    pub const fn mib(count: u64) -> Self {
        Self(count << 20)
    }

    /// `count` units of 1024³ bytes.
    pub const fn gib(count: u64) -> Self {
        Self(count << 30)
    }

    /// The number of bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = UNITS.iter().take(4).find(|(_, size)| self.0 != 0 && self.0.is_multiple_of(*size));
        match exact {
            Some((unit, size)) => write!(f, "{} {unit}", self.0 / size),
            None => write!(f, "{} B", self.0),
        }
    }
}

impl FromStr for ByteSize {
    type Err = ByteSizeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ByteSizeError(text.to_owned());
        let trimmed = text.trim();
        let digits = trimmed.chars().take_while(char::is_ascii_digit).count();
        let (number, unit) = trimmed.split_at_checked(digits).ok_or_else(wrong)?;
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let unit = unit.trim();
        let (_, size) = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).ok_or_else(wrong)?;
        number.checked_mul(*size).map(Self).ok_or_else(wrong)
    }
}

impl Serialize for ByteSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::ByteSize;
    use std::time::Duration;

    #[test]
    fn a_duration_beyond_ten_years_is_refused_with_the_rule() {
        #[derive(Debug, serde::Deserialize)]
        struct Config {
            #[serde(with = "super::duration")]
            pause: Duration,
        }
        let read = |text: &str| toml::from_str::<Config>(&format!("pause = \"{text}\""));

        assert_eq!(read("1h 30m").unwrap().pause, Duration::from_secs(5_400));
        assert_eq!(read("3650days").unwrap().pause, super::duration::LONGEST);
        for text in ["3651days", "18446744073709551615s"] {
            assert!(read(text).unwrap_err().to_string().contains("longer than ten years"), "{text}");
        }
    }

    #[test]
    fn sizes_round_trip_through_text() {
        for size in
            [ByteSize(0), ByteSize(17), ByteSize::kib(3), ByteSize::mib(2), ByteSize::gib(5), ByteSize(1_000_000)]
        {
            assert_eq!(size.to_string().parse::<ByteSize>().unwrap(), size);
        }
        assert_eq!("1 MB".parse::<ByteSize>().unwrap(), ByteSize(1_000_000));
        assert_eq!("64KiB".parse::<ByteSize>().unwrap(), ByteSize::kib(64));
    }

    #[test]
    fn a_size_without_unit_or_beyond_64_bits_is_refused() {
        for text in ["", "12", "MiB", "-1 B", "1.5 GiB", "18446744073709551615 KiB", "2 parsecs", "é"] {
            assert!(text.parse::<ByteSize>().is_err(), "{text}");
        }
    }
}
