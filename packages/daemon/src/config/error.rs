//! What can be wrong with a configuration, and what to do about it.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::Origin;
use crate::exit::{ErrorKind, Explain};

/// A key that nobody reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownKey {
    /// The dotted key.
    pub key: String,
    /// Where it was found.
    pub origin: Origin,
    /// The known key that looks most like it.
    pub suggestion: Option<String>,
}

impl fmt::Display for UnknownKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown configuration key '{}' in {}", self.key, self.origin)?;
        match &self.suggestion {
            Some(suggestion) => write!(f, "; did you mean '{suggestion}'?"),
            None => Ok(()),
        }
    }
}

/// Why a configuration could not be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("could not read the configuration file {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is no TOML.
    #[error("the configuration file {} is not valid TOML: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Place and reason.
        message: String,
    },
    /// A value does not fit its key.
    #[error("{message}")]
    Value {
        /// Key, value and what is expected.
        message: String,
    },
    /// A value fits its type but breaks a rule.
    #[error("{key} is {value}, but {rule}")]
    Rule {
        /// The dotted key.
        key: String,
        /// The value that was given.
        value: String,
        /// What has to hold.
        rule: String,
    },
    /// Keys that nobody reads, in a strict check.
    #[error("{first}{}", if *more == 0 { String::new() } else { format!(" (and {more} more)") })]
    Unknown {
        /// The first of them.
        first: UnknownKey,
        /// How many others there are.
        more: usize,
    },
    /// A secret in the environment.
    #[error("{name} looks like a secret, and secrets are not read from the environment")]
    SecretInEnvironment {
        /// The variable.
        name: String,
    },
}

impl ConfigError {
    pub(super) fn read(error: figment::Error, file: Option<PathBuf>) -> Self {
        let message = error.to_string().replace("\"default.", "\"");
        match file {
            Some(path) if !message.contains(&*path.to_string_lossy()) => {
                Self::Value { message: format!("{message} (reading {})", path.display()) }
            }
            _ => Self::Value { message },
        }
    }

    /// A value that fits its type but breaks a rule.
    pub fn rule(key: &str, value: impl ToString, rule: &str) -> Self {
        Self::Rule { key: key.to_owned(), value: value.to_string(), rule: rule.to_owned() }
    }
}

impl Explain for ConfigError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::File { source, .. } if source.kind() == io::ErrorKind::NotFound => ErrorKind::NotFound,
            _ => ErrorKind::Usage,
        }
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Self::File { .. } => "make one with the init command, or name another folder with --home".into(),
            Self::Syntax { .. } | Self::Value { .. } | Self::Rule { .. } => {
                "correct the value; the example file beside the program's README explains every key".into()
            }
            Self::Unknown { .. } => "correct or remove the key".into(),
            Self::SecretInEnvironment { name } => {
                format!("unset {name}: other processes can read it; put the secret into a file that only you can read")
            }
        })
    }
}
