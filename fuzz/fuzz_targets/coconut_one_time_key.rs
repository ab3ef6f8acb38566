//! Ed25519 keys and signatures from bytes: none that is strictly encoded is decided otherwise by a gateway than by a chain, alone and in a batch.
#![no_main]

#[path = "support/coconut.rs"]
#[allow(dead_code)]
mod coconut;

use std::sync::LazyLock;

use coconut::{altered, rng, Token, CONTEXT, WORLD};
use cosmwasm_crypto::{ed25519_batch_verify, ed25519_verify};
use libfuzzer_sys::fuzz_target;
use nym_coconut::contract::{ed25519_encoding_is_strict, spend_message};
use nym_coconut::{OpenShow, ShowError};

static HONEST: LazyLock<Vec<u8>> = LazyLock::new(|| WORLD.payments[0].to_bytes().to_vec());
static MESSAGE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let (h, s) = HONEST[..96].split_at(48);
    spend_message(CONTEXT, h.try_into().expect("48 bytes"), s.try_into().expect("48 bytes"))
});

fuzz_target!(|data: &[u8]| {
    let bytes = altered(&HONEST[96..], data);
    let Ok(parts) = <&[u8; 96]>::try_from(&bytes[..]) else { return };
    let (key, signature) = parts.split_first_chunk::<32>().expect("32 of 96 bytes");
    let signature: &[u8; 64] = signature.try_into().expect("the other 64");
    let strict = ed25519_encoding_is_strict(key, signature);
    let read = OpenShow::<Token>::from_bytes(&[&HONEST[..96], parts].concat());
    assert_eq!(read.is_ok(), strict, "the serial of no key in reach is zero");
    let Ok(show) = read else { return };
    let gateway = show.verify(&WORLD.info, CONTEXT) != Err(ShowError::Signature);
    let chain = ed25519_verify(&MESSAGE, signature, key).unwrap_or(false);
    let batch = ed25519_batch_verify(&mut rng(), &[&MESSAGE], &[signature], &[key]).unwrap_or(false);
    assert_eq!((gateway, gateway), (chain, batch));
    assert_eq!(gateway, bytes == HONEST[96..], "an altered signature is accepted");
});
