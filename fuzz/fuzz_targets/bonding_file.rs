//! The JSON that a node prints and its owner's command line sends.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nym_chain_client::{BondingData, SignedBonding};
use nym_contract_types::mixnet::{GatewayBonding, MixnodeBonding};
use nym_keys::identity;
use serde::de::DeserializeOwned;
use serde::Serialize;

fn check<D: BondingData + Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(text: &str) {
    let Ok(bonding) = serde_json::from_str::<SignedBonding<D>>(text) else { return };
    let written = serde_json::to_string(&bonding).expect("text and numbers become JSON");
    assert_eq!(serde_json::from_str::<SignedBonding<D>>(&written).expect("it was written just now"), bonding);
    assert!(bonding.check_context(&bonding.chain_id, &bonding.contract, &bonding.owner).is_ok());
    assert!(bonding.check_context("another chain", "another contract", "somebody else").is_err());
    let payload = bonding.payload().expect("what was read can be signed");
    let key = bonding.data.identity().parse::<identity::PublicKey>();
    if let (Ok(key), Ok(signature)) = (key, identity::Signature::from_bytes(&bonding.signature)) {
        if key.verify(&payload, &signature).is_ok() {
            // The signature covers all of it.
            let other = SignedBonding { nonce: bonding.nonce ^ 1, ..bonding };
            let payload = other.payload().expect("what was read can be signed");
            assert!(key.verify(&payload, &signature).is_err());
        }
    }
}

fuzz_target!(|text: &str| {
    check::<MixnodeBonding>(text);
    check::<GatewayBonding>(text);
});
