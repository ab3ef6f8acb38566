//! The epoch beacon: what the issuing group signs so that its signature is the seed of an epoch. Documented in `docs/protocol/lottery.md`.
//!
//! BLS on BLS12-381 with signatures in G1 and keys in G2, points compressed. A signature is unique: whoever combines it cannot choose among seeds.

use crate::EpochId;

/// First bytes of everything the group signs here.
pub const LABEL: &[u8] = b"nym-beacon-v1";

/// Domain of the hash to the curve, RFC 9380.
pub const DOMAIN: &[u8] = b"nym-beacon-v1_BLS12381G1_XMD:SHA-256_SSWU_RO_";

/// Bytes of a key: a compressed point of G2.
pub const KEY_LENGTH: usize = 96;

/// Bytes of a signature or a share of one: a compressed point of G1.
pub const SIGNATURE_LENGTH: usize = 48;

/// The message whose signature is the seed of `epoch`:
/// `"nym-beacon-v1" ‖ chain id ‖ contract ‖ epoch u32 ‖ last accepted seed`, texts and seed prefixed with their length as u32.
pub fn message(chain_id: &str, contract: &str, epoch: EpochId, last_seed: &[u8]) -> Vec<u8> {
    let mut bytes = LABEL.to_vec();
    field(&mut bytes, chain_id.as_bytes());
    field(&mut bytes, contract.as_bytes());
    bytes.extend_from_slice(&epoch.to_be_bytes());
    field(&mut bytes, last_seed);
    bytes
}

fn field(bytes: &mut Vec<u8>, value: &[u8]) {
    // Bounded: chain ids, addresses and seeds are far below 4 GiB.
    bytes.extend_from_slice(&(value.len() as u32).to_be_bytes());
    bytes.extend_from_slice(value);
}

#[cfg(test)]
mod tests {
    use super::message;

    #[test]
    fn the_message_is_label_chain_contract_epoch_and_last_seed() {
        let bytes = message("c", "nn", 0x0102_0304, &[9, 8]);
        let expected = b"nym-beacon-v1\0\0\0\x01c\0\0\0\x02nn\x01\x02\x03\x04\0\0\0\x02\x09\x08";
        assert_eq!(bytes, expected);
    }
}
