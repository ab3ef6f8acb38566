//! Configuration files of the services: what is accepted can be shown and read again; flags in any spelling.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nym_daemon::config::{ConfigCommand, ConfigError, Loader};
use serde::de::DeserializeOwned;
use serde::Serialize;
use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::LazyLock;

static FILE: LazyLock<PathBuf> =
    LazyLock::new(|| std::env::temp_dir().join(format!("nym-fuzz-config-{}.toml", std::process::id())));

fn read<C>(text: &str) -> Result<nym_daemon::config::Loaded<C>, ConfigError>
where
    C: Default + Serialize + DeserializeOwned,
{
    std::fs::write(&*FILE, text).expect("the file can be written");
    Loader::<C>::new().environment([]).file(&*FILE).load()
}

fn check<C>(text: &str, rules: impl Fn(&C) -> Result<(), ConfigError>)
where
    C: Default + Serialize + DeserializeOwned + PartialEq + Debug,
{
    let Ok(loaded) = read::<C>(text) else { return };
    let _ = (loaded.show(true), loaded.validate());
    if rules(&loaded.config).is_err() {
        return;
    }
    let shown = ConfigCommand::Show { origin: false }.run(&loaded).expect("it can be shown");
    let again = read::<C>(&shown).unwrap_or_else(|error| panic!("what is shown is not read: {error:?}\n{shown}"));
    assert_eq!(again.config, loaded.config, "{shown}");
}

/// `key=value`, as a flag or a variable sets it.
fn flag<C: Default + Serialize + DeserializeOwned>(text: &str) {
    let (key, value) = text.split_once('=').unwrap_or(("mixnet.listen", text));
    let _ = Loader::<C>::new().environment([]).flag(key, value).load();
    let variable = (format!("NYM_{}", key.replace('.', "__").to_uppercase()), value.to_owned());
    let _ = Loader::<C>::new().environment([variable]).load();
}

fuzz_target!(|data: &str| {
    let Some(kind) = data.chars().next() else { return };
    let text = &data[kind.len_utf8()..];
    match kind as u32 % 6 {
        0 => check::<nym_mixnode::Config>(text, nym_mixnode::Config::check),
        1 => check::<nym_gateway::Config>(text, nym_gateway::Config::check),
        2 => check::<nym_client::Config>(text, nym_client::Config::check),
        3 => check::<nym_validator_api::Config>(text, nym_validator_api::Config::check),
        4 => flag::<nym_gateway::Config>(text),
        _ => flag::<nym_client::Config>(text),
    }
});
