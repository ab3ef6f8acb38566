//! Requests to a validator's API: paths, query strings, page tokens.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nym_validator_api::fuzzing::Target;

thread_local!(static TARGET: Target = Target::measured().expect("an API with measurements can be made"));

fuzz_target!(|text: &str| TARGET.with(|target| target.request(text)));
