//! The JSON that a node prints and its owner's command line sends: bonds, and keys of a period.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nym_chain_client::{BondingData, SignedBonding, SignedKeys};
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
    let other = SignedBonding { nonce: bonding.nonce ^ 1, ..bonding };
    let another = other.payload().expect("what was read can be signed");
    check_signature(other.data.identity(), &other.signature, &payload, &another);
}

fn check_keys(text: &str) {
    let Ok(signed) = serde_json::from_str::<SignedKeys>(text) else { return };
    let written = serde_json::to_string(&signed).expect("text and numbers become JSON");
    assert_eq!(serde_json::from_str::<SignedKeys>(&written).expect("it was written just now"), signed);
    assert!(signed.check_context(&signed.chain_id, &signed.contract, &signed.owner).is_ok());
    assert!(signed.check_context("another chain", "another contract", "somebody else").is_err());
    let payload = signed.payload();
    let mut other = signed;
    other.keys.period ^= 1;
    check_signature(&other.identity_key, &other.signature, &payload, &other.payload());
}

/// The signature covers all of it: one over a payload is none over another.
fn check_signature(key: &str, signature: &[u8], payload: &[u8], another: &[u8]) {
    let (Ok(key), Ok(signature)) = (key.parse::<identity::PublicKey>(), identity::Signature::from_bytes(signature))
    else {
        return;
    };
    if key.verify(payload, &signature).is_ok() {
        assert!(key.verify(another, &signature).is_err());
    }
}

fuzz_target!(|text: &str| {
    check::<MixnodeBonding>(text);
    check::<GatewayBonding>(text);
    check_keys(text);
});
