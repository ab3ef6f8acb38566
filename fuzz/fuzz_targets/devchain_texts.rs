//! Texts for the development chain: coins, addresses, event queries, block times, prices.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nym_devchain::fuzzing::Target;
use std::sync::LazyLock;

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let home = std::env::temp_dir().join(format!("nym-fuzz-texts-{}", std::process::id()));
    Target::start(&home).expect("an empty chain starts")
});

fuzz_target!(|text: &str| TARGET.text(text));
