//! Acknowledgements and lists of acknowledged reply fragments from bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nym_keys::identity;
use nym_wire::message::{Body, MAX_REPLY_ACKS};
use nym_wire::payload::{ack_plaintext, read_ack};
use nym_wire::sizes::ACK_PLAINTEXT;

fuzz_target!(|data: &[u8]| {
    match read_ack(data) {
        Ok((client, id)) => {
            assert_eq!([client.as_slice(), id].concat(), data);
            if let Ok(client) = identity::PublicKey::from_bytes(client) {
                assert_eq!(ack_plaintext(&client, id), data);
            }
        }
        Err(_) => assert_ne!(data.len(), ACK_PLAINTEXT),
    }
    if let Ok(ids) = Body::read_reply_acks(data) {
        assert!((1..=MAX_REPLY_ACKS).contains(&ids.len()));
        assert_eq!(Body::reply_acks(&ids), data);
    }
});
