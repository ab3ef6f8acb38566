//! The bytes that identity keys sign, pinned by a vector of an independent implementation (docs/protocol/signing.md).
#![allow(clippy::unwrap_used)]

use cosmwasm_std::coins;
use nym_contract_types::keys;
use nym_contract_types::mixnet::{Gateway, GatewayBonding};
use nym_contract_types::signing::{MessageType, Payload};

#[test]
fn the_payload_is_that_of_the_vector() {
    let gateway = Gateway {
        host: "203.0.113.7".to_owned(),
        mix_port: 1_789,
        clients_port: 9_000,
        location: "here".to_owned(),
        sphinx_key: keys::to_text(&[1; 32]),
        identity_key: keys::to_text(&[2; 32]),
        version: "0.1.0".to_owned(),
        noise_key: Some(keys::to_text(&[3; 32])),
    };
    let payload = Payload {
        chain_id: "nym-dev-1",
        contract: "n14hj2tavq8fpesdwxxcu44rty3hh90vhujrvcmstl4zr3txmfvw9sjyvg3g",
        message_type: MessageType::GatewayBonding,
        sender: "n1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqa5xfm",
        nonce: 7,
        data: &GatewayBonding { gateway },
        funds: &coins(100_000_000, "unym"),
    };

    assert_eq!(hex::encode(payload.bytes()), include_str!("vectors/signing.hex").trim());
}
