//! Requests to the development chain that are not JSON-RPC bodies: to its faucet, and calls by their address.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nym_devchain::fuzzing::Target;
use std::sync::LazyLock;

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let home = std::env::temp_dir().join(format!("nym-fuzz-faucet-{}", std::process::id()));
    Target::start(&home).expect("an empty chain starts")
});

fuzz_target!(|data: &[u8]| {
    TARGET.faucet_request(data);
    if let Ok(text) = std::str::from_utf8(data) {
        TARGET.rpc_address(text);
    }
});
