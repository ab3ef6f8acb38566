//! Transactions for the development chain: decoded strictly and checked.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nym_devchain::fuzzing::Target;
use std::sync::LazyLock;

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let home = std::env::temp_dir().join(format!("nym-fuzz-tx-{}", std::process::id()));
    Target::start(&home).expect("an empty chain starts")
});

fuzz_target!(|bytes: &[u8]| TARGET.tx_decode(bytes));
