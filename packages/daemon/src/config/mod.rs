//! Configuration: flag over environment over file over default, and which of them won.
//!
//! [`Loader`] merges the layers and tells unknown keys apart; [`Loaded`] holds the result and can show it
//! with the origin of each value. An unknown key is a warning when a service runs, because a stale key must
//! not lock an operator out, and an error in [`Loaded::validate`]. Secrets are refused in the environment,
//! where every process of the user can read them.

mod error;
#[cfg(feature = "test-util")]
pub mod example;
mod keys;
mod show;

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use figment::providers::{Format, Serialized, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};
use serde::de::DeserializeOwned;
use serde::Serialize;

pub use error::{ConfigError, UnknownKey};
pub use show::ConfigCommand;

/// Environment variables of the product start with this; `__` separates sections.
pub const ENV_PREFIX: &str = "NYM_";

/// Last words of an environment key that would hold a secret.
const SECRET_WORDS: [&str; 7] = ["MNEMONIC", "PASSPHRASE", "PASSWORD", "SECRET", "TOKEN", "SEED", "KEY"];

/// Most dots of a dotted key; one with more would be nested one call deeper with each.
const DOTS: usize = 8;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Built in.
    Default,
    /// The configuration file.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// A command line flag.
    Flag,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment(name) => write!(f, "{name}"),
            Self::Flag => f.write_str("flag"),
        }
    }
}

/// Collects the layers of a configuration of type `C`.
///
/// `C` serialises every key, unset ones as none: the keys of `C::default()` are the keys there are.
#[derive(Clone, Debug)]
pub struct Loader<C> {
    file: Option<PathBuf>,
    environment: Vec<(String, String)>,
    flags: Vec<(String, String)>,
    config: PhantomData<C>,
}

/// A configuration with the origin of every value.
#[derive(Clone, Debug)]
pub struct Loaded<C> {
    /// The configuration in force.
    pub config: C,
    /// Keys that nobody reads, with what was probably meant.
    pub unknown: Vec<UnknownKey>,
    values: BTreeMap<String, Value>,
    origins: BTreeMap<String, Origin>,
}

impl<C: Default + Serialize + DeserializeOwned> Default for Loader<C> {
    fn default() -> Self {
        Self::new()
    }
}

impl<C: Default + Serialize + DeserializeOwned> Loader<C> {
    /// Defaults and the process's environment.
    pub fn new() -> Self {
        let environment = std::env::vars_os()
            .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self { file: None, environment, flags: Vec::new(), config: PhantomData }
    }

    /// Reads this file, which has to exist.
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.file = Some(path.into());
        self
    }

    /// Replaces the process's environment.
    #[must_use]
    pub fn environment(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        self.environment = variables.into_iter().collect();
        self
    }

    /// Sets a dotted key, as a flag does.
    #[must_use]
    pub fn flag(mut self, key: &str, value: impl ToString) -> Self {
        self.flags.push((key.to_owned(), value.to_string()));
        self
    }

    /// Sets a dotted key if the flag was given.
    #[must_use]
    pub fn flag_if_set(self, key: &str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.flag(key, value),
            None => self,
        }
    }

    /// Merges the layers and reads `C` from them.
    pub fn load(self) -> Result<Loaded<C>, ConfigError> {
        let defaults = Value::serialize(C::default()).map_err(|error| ConfigError::read(error, None))?;
        let known = keys::flatten(&defaults);
        let mut figment = Figment::from(Serialized::defaults(C::default()));
        let mut values = known.clone();
        let mut origins: BTreeMap<_, _> = known.keys().map(|key| (key.clone(), Origin::Default)).collect();
        let mut unknown = Vec::new();

        let mut layers = Vec::new();
        if let Some(path) = &self.file {
            layers.push(file_layer(path)?);
        }
        for (name, key, value) in environment_keys(&self.environment, &known, &mut unknown)? {
            layers.push(Layer::single(Origin::Environment(name), &key, value, &known));
        }
        for (key, value) in &self.flags {
            layers.push(Layer::single(Origin::Flag, key, value, &known));
        }

        for layer in layers {
            for (key, value) in keys::flatten(&Value::from(layer.data.clone())) {
                if keys::is_empty_section(&key, &value, &known) {
                    continue;
                }
                if keys::is_known(&key, &known) {
                    origins.insert(key.clone(), layer.origin.clone());
                    values.insert(key, value);
                } else {
                    let suggestion = keys::suggest(&key, known.keys());
                    unknown.push(UnknownKey { key, origin: layer.origin.clone(), suggestion });
                }
            }
            figment = figment.merge(layer);
        }
        let config = figment.extract().map_err(|error| ConfigError::read(error, self.file.clone()))?;
        Ok(Loaded { config, unknown, values, origins })
    }
}

impl<C> Loaded<C> {
    /// Logs a warning for each key that nobody reads.
    pub fn warn_unknown(&self) {
        for key in &self.unknown {
            tracing::warn!("{key}");
        }
    }

    /// Refuses keys that nobody reads.
    pub fn validate(&self) -> Result<(), ConfigError> {
        match self.unknown.first() {
            None => Ok(()),
            Some(key) => Err(ConfigError::Unknown { first: key.clone(), more: self.unknown.len() - 1 }),
        }
    }

    /// Where the value of a dotted key came from.
    pub fn origin(&self, key: &str) -> Option<&Origin> {
        self.origins.get(key)
    }
}

/// The dotted keys of a configuration, for tests that compare them with an example file.
pub fn known_keys<C: Default + Serialize>() -> Vec<String> {
    Value::serialize(C::default()).map(|value| keys::flatten(&value).into_keys().collect()).unwrap_or_default()
}

struct Layer {
    origin: Origin,
    data: Dict,
}

impl Layer {
    fn single(origin: Origin, key: &str, text: &str, known: &BTreeMap<String, Value>) -> Self {
        let value = keys::parse_like(text, known.get(key));
        Self { origin, data: figment::util::nest(key, value).into_dict().unwrap_or_default() }
    }
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.origin.to_string())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Profile::Default.collect(self.data.clone()))
    }
}

fn file_layer(path: &Path) -> Result<Layer, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::File { path: path.to_owned(), source })?;
    let data = Toml::from_str(&text).map_err(|source: <Toml as Format>::Error| ConfigError::Syntax {
        path: path.to_owned(),
        message: source.to_string(),
    })?;
    Ok(Layer { origin: Origin::File(path.to_owned()), data })
}

/// The variables that name a key of this configuration, as (variable, dotted key, value). Keys that are too deep go
/// to the unknown ones.
fn environment_keys<'a>(
    variables: &'a [(String, String)],
    known: &BTreeMap<String, Value>,
    unknown: &mut Vec<UnknownKey>,
) -> Result<Vec<(String, String, &'a str)>, ConfigError> {
    let mut found = Vec::new();
    for (name, value) in variables {
        let Some(rest) = name.strip_prefix(ENV_PREFIX) else { continue };
        let key = rest.replace("__", ".").to_lowercase();
        let too_deep = key.matches('.').count() > DOTS;
        let is_key = !too_deep && keys::is_known(&key, known);
        // Variables without a section belong to other tools as well: only known ones are ours.
        if !is_key && !rest.contains("__") {
            continue;
        }
        let last_word = rest.rsplit('_').next().unwrap_or(rest);
        if !is_key && SECRET_WORDS.contains(&last_word) {
            return Err(ConfigError::SecretInEnvironment { name: name.clone() });
        }
        if too_deep {
            unknown.push(UnknownKey { key, origin: Origin::Environment(name.clone()), suggestion: None });
            continue;
        }
        found.push((name.clone(), key, value.as_str()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
