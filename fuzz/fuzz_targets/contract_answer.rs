//! Answers of contracts to the development chain, with the messages that they want sent; compressed code.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nym_devchain::fuzzing::Target;
use std::sync::LazyLock;

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let home = std::env::temp_dir().join(format!("nym-fuzz-answer-{}", std::process::id()));
    Target::start(&home).expect("an empty chain starts")
});

fuzz_target!(|data: &[u8]| TARGET.contract_answer(data));
