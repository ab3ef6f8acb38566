//! Answers of a validator's API: the bodies that its clients read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nym_topology::SignedDocument;
use nym_validator_api_client::types::{ErrorBody, GatewayView, MeasurementView, NetworkView, NodeView, Page};
use serde::de::DeserializeOwned;
use serde::Serialize;
use std::fmt::Debug;

fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(body: &[u8]) {
    let Ok(answer) = serde_json::from_slice::<T>(body) else { return };
    let written = serde_json::to_vec(&answer).expect("answers become JSON");
    assert_eq!(serde_json::from_slice::<T>(&written).expect("it was written just now"), answer);
}

fuzz_target!(|data: &[u8]| {
    let Some((kind, body)) = data.split_first() else { return };
    match kind % 6 {
        0 => check::<SignedDocument>(body),
        1 => check::<NetworkView>(body),
        2 => check::<Page<GatewayView>>(body),
        3 => check::<Page<MeasurementView>>(body),
        4 => check::<ErrorBody>(body),
        // Shares are binary fractions, whose last digit a text may lose.
        _ => {
            if let Ok(page) = serde_json::from_slice::<Page<NodeView>>(body) {
                let written = serde_json::to_vec(&page).expect("answers become JSON");
                assert!(serde_json::from_slice::<Page<NodeView>>(&written).is_ok());
            }
        }
    }
});
