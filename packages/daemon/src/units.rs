//! Durations and sizes as people write them: `"30s"`, `"2 MiB"`.
//!
//! Durations stay [`std::time::Duration`] and are read with `#[serde(with = "nym_daemon::units::duration")]`;
//! sizes have a type of their own because a bare integer in a file hides its unit.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// `#[serde(with = "nym_daemon::units::duration")]`: reads and writes `"30s"`, `"1h 30m"`, of `Duration` and `Option<Duration>`.
pub mod duration {
    use std::fmt;
    use std::time::Duration;

    pub use humantime_serde::serialize;
    use serde::de::{Error, Visitor};
    use serde::{Deserialize, Deserializer};

    /// Longest duration of a configuration, ten years: sums and multiples of it stay within every clock.
    pub const LONGEST: Duration = Duration::from_secs(10 * 365 * 86_400);

    /// Longest text of a duration, bytes.
    const TEXT: usize = 100;

    /// Most digits of a number in it: as many years as that, as often as they fit into the text, are seconds of 64 bits.
    const DIGITS: usize = 9;

    /// What a text has to be to name a duration.
    #[derive(Debug, thiserror::Error, PartialEq, Eq)]
    pub enum DurationError {
        /// It does not parse.
        #[error(
            "'{0}' is no duration; write up to 100 characters, numbers of up to 9 digits with units, as in \"1h 30m\""
        )]
        Unreadable(String),
        /// It is above [`LONGEST`].
        #[error("'{0}' is longer than ten years, the longest duration")]
        TooLong(String),
    }

    /// Reads `"30s"` or `"1h 30m"`, up to [`LONGEST`].
    pub fn parse(text: &str) -> Result<Duration, DurationError> {
        let unreadable = || DurationError::Unreadable(text.to_owned());
        // The parser panics where the seconds of a sum overflow, and takes numbers with blanks inside for one.
        let dense: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        if text.len() > TEXT || dense.split(|c: char| !c.is_ascii_digit()).any(|digits| digits.len() > DIGITS) {
            return Err(unreadable());
        }
        match humantime::parse_duration(text) {
            Ok(duration) if duration > LONGEST => Err(DurationError::TooLong(text.to_owned())),
            Ok(duration) => Ok(duration),
            Err(_) => Err(unreadable()),
        }
    }

    /// What a key may hold: `Duration`, or `Option<Duration>` for one that may be unset.
    pub trait Readable: Sized {
        /// Reads it.
        fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
    }

    impl Readable for Duration {
        fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_str(Text)
        }
    }

    impl Readable for Option<Duration> {
        fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            Ok(Option::<Read>::deserialize(deserializer)?.map(|Read(duration)| duration))
        }
    }

    struct Read(Duration);

    impl<'de> Deserialize<'de> for Read {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            Duration::read(deserializer).map(Self)
        }
    }

    struct Text;

    impl Visitor<'_> for Text {
        type Value = Duration;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a duration")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
            parse(text).map_err(E::custom)
        }
    }

    /// Reads a duration as [`parse`] does.
    pub fn deserialize<'de, T: Readable, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        T::read(deserializer)
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
        for text in ["3651days", "999999999years"] {
            assert!(read(text).unwrap_err().to_string().contains("longer than ten years"), "{text}");
        }
    }

    #[test]
    fn texts_at_which_the_parser_of_durations_panics_are_refused() {
        use super::duration::{parse, DurationError::Unreadable};

        for text in [
            "18446744073709551615s 1000000000ns",
            "18446744073709551615s500ms500ms",
            "184467440 737095516 15s 100000000 0ns",
            format!("1s{}", " ".repeat(100)).as_str(),
        ] {
            assert_eq!(parse(text), Err(Unreadable(text.to_owned())));
        }
        let most = "999999999y".repeat(10);
        assert!(parse(&most).unwrap_err().to_string().contains("longer than ten years"), "{most}");
    }

    #[test]
    fn a_duration_that_may_be_unset_is_read_by_the_same_rule() {
        #[derive(Debug, serde::Deserialize)]
        struct Config {
            #[serde(with = "super::duration", default)]
            pause: Option<Duration>,
        }
        let read = |text: &str| serde_json::from_str::<Config>(text).map(|config| config.pause);

        assert_eq!(read("{}").unwrap(), None);
        assert_eq!(read("{\"pause\":null}").unwrap(), None);
        assert_eq!(read("{\"pause\":\"30s\"}").unwrap(), Some(Duration::from_secs(30)));
        assert!(read("{\"pause\":\"3651days\"}").unwrap_err().to_string().contains("longer than ten years"));
        assert!(read("{\"pause\":30}").unwrap_err().to_string().contains("expected a duration"));
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
