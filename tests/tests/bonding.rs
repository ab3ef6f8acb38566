//! Mix nodes that are bonded and not running.

use cosmwasm_std::coin;
use nym_chain_client::SignedBonding;
use nym_contract_types::mixnet::{MixNode, MixNodeCostParams, MixnodeBonding};
use nym_contract_types::Percent;
use nym_keys::{identity, x25519};

/// Any 32 bytes are an X25519 key.
pub(crate) fn key_text(byte: u8) -> String {
    x25519::PublicKey::from_bytes(&[byte; 32]).unwrap().to_string()
}

/// The identity that stands for a number.
pub(crate) fn secret(number: u8) -> identity::SecretKey {
    identity::SecretKey::from_secret_bytes(&[number; 32]).unwrap()
}

/// A node, announced by its owner for the first time.
pub(crate) fn mixnode(number: u8, owner: &str, contract: &str, chain_id: &str) -> SignedBonding<MixnodeBonding> {
    let secret = secret(number);
    let mix_node = MixNode {
        host: "127.0.0.1".to_owned(),
        mix_port: 1_789,
        verloc_port: 0,
        http_api_port: 0,
        sphinx_key: key_text(10 + number),
        identity_key: secret.public_key().to_string(),
        version: "0.1.0".to_owned(),
        noise_key: Some(key_text(20 + number)),
    };
    let cost_params = MixNodeCostParams {
        profit_margin_percent: Percent::from_percentage(10).unwrap(),
        interval_operating_cost: coin(1_000_000, "unym"),
    };
    let (data, pledge) = (MixnodeBonding { mix_node, cost_params }, vec![coin(100_000_000, "unym")]);
    SignedBonding::sign(data, pledge, owner, 0, contract, chain_id, |bytes| secret.sign(bytes).to_bytes()).unwrap()
}
