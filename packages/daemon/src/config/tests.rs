#![allow(clippy::unwrap_used)]
//! The layers, their order, and what is refused.

use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{ConfigError, Loaded, Loader, Origin};
use crate::units::ByteSize;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Config {
    name: String,
    admin: Section,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Section {
    listen: Option<SocketAddr>,
    timeout: Timeout,
    quota: ByteSize,
    peers: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
struct Timeout(#[serde(with = "crate::units::duration")] Duration);

impl Default for Config {
    fn default() -> Self {
        Self { name: "node".into(), admin: Section::default() }
    }
}

impl Default for Section {
    fn default() -> Self {
        Self { listen: None, timeout: Timeout(Duration::from_secs(30)), quota: ByteSize::mib(64), peers: 5 }
    }
}

fn load(file: &str, environment: &[(&str, &str)], flags: &[(&str, &str)]) -> Result<Loaded<Config>, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, file).unwrap();
    let variables = environment.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let mut loader = Loader::new().file(&path).environment(variables);
    for (key, value) in flags {
        loader = loader.flag(key, value);
    }
    loader.load()
}

#[test]
fn flag_beats_environment_beats_file_beats_default() {
    let file = "name = \"file\"\n[admin]\npeers = 1\ntimeout = \"1s\"\n";
    let environment = [("NYM_ADMIN__PEERS", "2"), ("NYM_NAME", "12"), ("NYM_OTHER", "x")];

    let loaded = load(file, &environment, &[("admin.peers", "3")]).unwrap();

    assert_eq!(loaded.config.admin.peers, 3);
    assert_eq!(loaded.config.name, "12", "a text stays a text even when it looks like a number");
    assert_eq!(loaded.config.admin.timeout, Timeout(Duration::from_secs(1)));
    assert_eq!(loaded.config.admin.quota, ByteSize::mib(64));
    assert_eq!(loaded.origin("admin.peers"), Some(&Origin::Flag));
    assert_eq!(loaded.origin("name"), Some(&Origin::Environment("NYM_NAME".into())));
    assert!(matches!(loaded.origin("admin.timeout"), Some(Origin::File(_))));
    assert_eq!(loaded.origin("admin.quota"), Some(&Origin::Default));
}

#[test]
fn addresses_parse_from_every_layer() {
    let address: SocketAddr = "127.0.0.1:17".parse().unwrap();

    let from_file = load("[admin]\nlisten = \"127.0.0.1:17\"", &[], &[]).unwrap();
    let from_environment = load("", &[("NYM_ADMIN__LISTEN", "127.0.0.1:17")], &[]).unwrap();
    let from_flag = load("", &[], &[("admin.listen", "127.0.0.1:17")]).unwrap();

    for loaded in [from_file, from_environment, from_flag] {
        assert_eq!(loaded.config.admin.listen, Some(address));
    }
}

#[test]
fn an_unknown_key_is_a_warning_with_a_suggestion_and_an_error_when_validated() {
    let loaded = load("[admin]\npeer = 3\n[nonsense]\nqqqqqqqqq = 1", &[], &[]).unwrap();

    assert_eq!(loaded.unknown.len(), 2);
    assert_eq!(loaded.unknown[0].suggestion.as_deref(), Some("admin.peers"));
    assert_eq!(loaded.unknown[1].suggestion, None);
    assert!(loaded.validate().unwrap_err().to_string().contains("did you mean 'admin.peers'? (and 1 more)"));
}

#[test]
fn a_secret_in_the_environment_is_refused_with_the_reason() {
    for name in ["NYM_WALLET__MNEMONIC", "NYM_CHAIN__API_TOKEN", "NYM_KEYS__PRIVATE_KEY"] {
        let error = load("", &[(name, "x")], &[]).unwrap_err();

        assert!(matches!(error, ConfigError::SecretInEnvironment { .. }), "{name}");
    }
}

#[test]
fn a_wrong_value_names_the_key() {
    let error = load("[admin]\npeers = \"many\"", &[], &[]).unwrap_err();

    assert!(error.to_string().contains("admin.peers"), "{error}");
}

#[test]
fn a_value_of_nothing_but_brackets_is_text() {
    for bracket in ["[", "{", "{a="] {
        let text = bracket.repeat(100_000);

        let error = load("", &[("NYM_ADMIN__PEERS", text.as_str())], &[]).unwrap_err();
        assert!(error.to_string().contains("admin.peers"), "{bracket}");
        let error = load("", &[], &[("admin.listen", text.as_str())]).unwrap_err();
        assert!(error.to_string().contains("admin.listen"), "{bracket}");
    }
}

#[test]
fn a_key_that_is_too_deep_is_unknown_even_below_one_that_is_unset() {
    for start in ["NYM_ADMIN__LISTEN", "NYM_A"] {
        let name = format!("{start}{}", "__A".repeat(50_000));

        let loaded = load("", &[(name.as_str(), "1")], &[]).unwrap();

        assert_eq!(loaded.config, Config::default());
        assert_eq!(loaded.unknown.len(), 1);
        assert_eq!(loaded.unknown[0].origin, Origin::Environment(name));
    }
}

#[test]
fn the_shown_configuration_loads_again() {
    let loaded = load("[admin]\npeers = 9", &[], &[]).unwrap();

    let shown = loaded.show(true);
    let again = load(&shown, &[], &[]).unwrap();

    assert_eq!(again.config, loaded.config);
    assert!(shown.contains("peers = 9  # "), "{shown}");
    assert!(shown.contains("quota = \"64 MiB\"  # default"), "{shown}");
}
