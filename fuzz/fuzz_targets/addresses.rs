//! Texts and bytes that name clients, nodes, messages and senders.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nym_keys::{identity, x25519, ClientAddress};
use nym_wire::ids::{MessageId, SenderTag};
use std::fmt::Display;
use std::str::FromStr;

/// Reads a text in its one spelling.
fn spelled<T: FromStr + Display>(text: &str) -> Option<T> {
    let value = text.parse::<T>().ok()?;
    assert_eq!(value.to_string(), text, "it has one spelling");
    Some(value)
}

fuzz_target!(|data: &[u8]| {
    if let Ok(address) = ClientAddress::from_bytes(data) {
        assert_eq!(address.to_bytes(), data);
        assert_eq!(spelled::<ClientAddress>(&address.to_string()), Some(address));
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some(address) = spelled::<ClientAddress>(text) {
        assert_eq!(ClientAddress::from_bytes(&address.to_bytes()).expect("they were written just now"), address);
    }
    spelled::<identity::PublicKey>(text);
    spelled::<identity::Signature>(text);
    spelled::<x25519::PublicKey>(text);
    // Ids are read in capitals too.
    let small = text.to_ascii_lowercase();
    assert_eq!(
        text.parse::<MessageId>().ok().map(|id| id.to_string()),
        spelled::<MessageId>(&small).map(|_| small.clone())
    );
    assert_eq!(text.parse::<SenderTag>().is_ok(), text.parse::<MessageId>().is_ok());
    // As JSON has it in a document or a request.
    if let Ok(address) = serde_json::from_slice::<ClientAddress>(data) {
        assert_eq!(serde_json::to_string(&address).expect("text becomes JSON"), format!("\"{address}\""));
    }
});
