//! What every service's example file has to prove; for the services' tests.

#![allow(clippy::unwrap_used)]

use super::{known_keys, Loaded, Loader};
use serde::de::DeserializeOwned;
use serde::Serialize;

/// The example with every `# key = value` line made active.
pub fn uncommented(example: &str) -> String {
    let active = |line: &str| match line.strip_prefix("# ") {
        Some(rest) if rest.split_once(" = ").is_some_and(|(key, _)| !key.contains(' ')) => rest.to_owned(),
        _ => line.to_owned(),
    };
    example.lines().map(active).collect::<Vec<_>>().join("\n")
}

/// Reads a configuration from a text, without the environment.
pub fn load<C: Default + Serialize + DeserializeOwned>(text: &str) -> Loaded<C> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, text).unwrap();
    Loader::new().environment([]).file(path).load().unwrap()
}

/// Keys that the example does not show.
pub fn missing_keys<C: Default + Serialize>(example: &str) -> Vec<String> {
    let parsed: toml::Table = uncommented(example).parse().unwrap();
    let shown = |key: &String| {
        let mut value = Some(toml::Value::Table(parsed.clone()));
        for part in key.split('.') {
            value = value.and_then(|value| value.get(part).cloned());
        }
        value.is_some()
    };
    known_keys::<C>().into_iter().filter(|key| !shown(key)).collect()
}
