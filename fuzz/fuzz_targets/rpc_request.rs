//! Bodies for the development chain's RPC: parsed, their arguments read, answered.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nym_devchain::fuzzing::Target;
use std::sync::LazyLock;

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let home = std::env::temp_dir().join(format!("nym-fuzz-rpc-{}", std::process::id()));
    Target::start(&home).expect("an empty chain starts")
});

fuzz_target!(|body: &[u8]| TARGET.rpc_request(body));
