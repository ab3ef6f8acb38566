//! The example file proves itself.

use nym_client::Config;
use nym_daemon::config::{known_keys, Loader};

fn example() -> String {
    std::fs::read_to_string(crate::in_crate("nym-client.example.toml")).unwrap()
}

fn load(text: &str) -> Config {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, text).unwrap();
    let loaded = Loader::<Config>::new().file(&path).environment([]).load().unwrap();
    loaded.validate().unwrap();
    loaded.config.check().unwrap();
    loaded.config
}

#[test]
fn the_example_parses_to_the_default() {
    assert_eq!(load(&example()), Config::default());
}

#[test]
fn the_example_with_its_keys_uncommented_is_the_default() {
    let unset = ["gateway", "mean_hop_delay"];
    let uncommented: String = example()
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(key) if is_assignment(key) && !unset.iter().any(|unset| key.starts_with(unset)) => format!("{key}\n"),
            _ => format!("{line}\n"),
        })
        .collect();

    assert_eq!(load(&uncommented), Config::default());
}

fn is_assignment(line: &str) -> bool {
    line.split_once(" = ").is_some_and(|(key, _)| key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'))
}

#[test]
fn every_field_occurs_in_the_example() {
    let example = example();
    for key in known_keys::<Config>() {
        let name = key.rsplit('.').next().unwrap();
        assert!(example.contains(&format!("# {name} = ")), "{key} is missing");
    }
}

#[test]
fn values_that_break_a_rule_are_refused() {
    for (text, key) in [
        ("[api]\nlisten = \"0.0.0.0:1977\"", "api.listen"),
        ("[api]\nmax_connections = 0", "api.max_connections"),
        ("[api]\nmax_connections = 9223372036854775807", "api.max_connections"),
        ("[traffic]\nrate = 51", "rate"),
        ("[traffic]\nloop_cover = \"0s\"", "traffic.loop_cover"),
        ("[limits]\noutgoing_size = \"1 MiB\"", "limits.outgoing_size"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, text).unwrap();
        let problem = match Loader::<Config>::new().file(&path).environment([]).load() {
            Ok(loaded) => loaded.config.check().unwrap_err().to_string(),
            Err(error) => error.to_string(),
        };
        assert!(problem.contains(key), "{text}: {problem}");
    }
}
