//! The example file proves itself.

use nym_daemon::config::example::{load, missing_keys, uncommented};
use nym_mixnode::Config;

const EXAMPLE: &str = include_str!("../mixnode.example.toml");

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
    assert!(config.mixnet.announce.take().is_some());
    assert!(config.admin.listen.take().is_some());
    assert_eq!(config, Config::default());
}

#[test]
fn every_key_occurs_in_the_example() {
    assert_eq!(missing_keys::<Config>(EXAMPLE), Vec::<String>::new());
}

#[test]
fn released_files_still_load() {
    load::<Config>(include_str!("configs/v0.1.0.toml")).validate().unwrap();
}
