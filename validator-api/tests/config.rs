//! The example file proves itself.

use nym_daemon::config::example::{load, missing_keys, uncommented};
use nym_validator_api::Config;

const EXAMPLE: &str = include_str!("../validator-api.example.toml");

#[test]
fn the_example_parses_to_the_default() {
    assert_eq!(load::<Config>(EXAMPLE).config, Config::default());
}

#[test]
fn what_the_example_shows_is_the_default() {
    let loaded = load::<Config>(&uncommented(EXAMPLE));
    loaded.validate().unwrap();
    let mut config = loaded.config;
    // Unset by default; the example shows what a value looks like.
    assert!(config.admin.listen.take().is_some());
    assert_eq!(config, Config::default());
}

#[test]
fn every_key_occurs_in_the_example() {
    assert_eq!(missing_keys::<Config>(EXAMPLE), Vec::<String>::new());
}

#[test]
fn values_that_break_a_rule_are_named_with_it() {
    for (text, key) in [
        ("[http]\ntimeout = \"0s\"", "http.timeout"),
        ("[http]\nrequests_per_second = 0", "http.requests_per_second"),
        ("[http]\nburst = 0", "http.burst"),
        ("[http]\nmax_connections = 0", "http.max_connections"),
        ("[http]\nmax_connections_per_ip = 0", "http.max_connections_per_ip"),
        ("[cache]\npoll_interval = \"0s\"", "cache.poll_interval"),
        ("[monitor]\nprobe_interval = \"0s\"", "monitor.probe_interval"),
        ("[operator]\nnodes_per_step = 0", "operator.nodes_per_step"),
        ("[operator]\nnodes_per_step = 1501", "operator.nodes_per_step"),
    ] {
        let error = load::<Config>(text).config.check().unwrap_err().to_string();
        assert!(error.contains(key), "{text}: {error}");
    }
}

#[test]
fn released_files_still_load() {
    load::<Config>(include_str!("configs/v0.1.0.toml")).validate().unwrap();
}
