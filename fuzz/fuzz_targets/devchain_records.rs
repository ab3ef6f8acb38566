//! What the development chain finds in its home folder: accounts, ways back and blocks of the database, the genesis, the configuration.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nym_devchain::fuzzing::Target;
use std::sync::LazyLock;

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let home = std::env::temp_dir().join(format!("nym-fuzz-records-{}", std::process::id()));
    Target::start(&home).expect("an empty chain starts")
});

fuzz_target!(|data: &[u8]| TARGET.record(data));
