//! A contract's verifier on the chain's own functions: it accepts what a gateway accepts, one by one and in batches, and nothing else.
#![no_main]

#[path = "support/coconut.rs"]
#[allow(dead_code)]
mod coconut;

use std::sync::LazyLock;

use coconut::{altered, rng, Token, CONTEXT, WORLD};
use cosmwasm_crypto::{bls12_381_aggregate_g1, bls12_381_pairing_equality, ed25519_batch_verify};
use libfuzzer_sys::fuzz_target;
use nym_coconut::backend::{Curve, G1Affine, G1};
use nym_coconut::contract::{verify, verify_batch, Host, Payment};
use nym_coconut::OpenShow;

struct Chain;

impl Host for Chain {
    fn pairing_equality(&self, ps: &[u8], qs: &[u8], r: &[u8], s: &[u8]) -> bool {
        bls12_381_pairing_equality(ps, qs, r, s).unwrap_or(false)
    }

    fn in_g1(&self, points: &[u8]) -> bool {
        bls12_381_aggregate_g1(points).is_ok()
    }

    fn ed25519_verify(&self, messages: &[&[u8]], signatures: &[&[u8]], public_keys: &[&[u8]]) -> bool {
        ed25519_batch_verify(&mut rng(), messages, signatures, public_keys).unwrap_or(false)
    }
}

/// h' ‖ P ‖ s' ‖ one-time key ‖ signature, as a contract receives them.
fn sent(show: &OpenShow<Token>) -> Vec<u8> {
    let [h, p, s] = show.for_contract();
    [&h[..], &p, &s, &show.to_bytes()[96..]].concat()
}

static HONEST: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| WORLD.payments.iter().map(sent).collect());
static KEYS: LazyLock<([u8; 96], [u8; 96])> =
    LazyLock::new(|| (WORLD.info.point().to_compressed(), WORLD.token_group.key().beta_g2()[0].to_compressed()));

fn part<const N: usize>(bytes: &[u8], from: usize) -> &[u8; N] {
    bytes[from..].first_chunk().expect("the length was checked")
}

fn payment(bytes: &[u8]) -> Payment<'_> {
    Payment {
        h: part(bytes, 0),
        s: part(bytes, 192),
        public_key: part(bytes, 288),
        signature: part(bytes, 320),
        context: CONTEXT,
    }
}

/// Whether a gateway takes it: the same points compressed.
fn gateway_accepts(bytes: &[u8]) -> bool {
    let compressed = |from: usize| {
        let point = Option::<G1Affine>::from(G1Affine::from_uncompressed(part(bytes, from)))?;
        // The library also reads compressed points here.
        (point.to_uncompressed() == *part(bytes, from)).then_some(())?;
        Some(G1::from(point).to_affine().to_compressed())
    };
    let (Some(h), Some(s)) = (compressed(0), compressed(192)) else { return false };
    let show = OpenShow::<Token>::from_bytes(&[&h[..], &s, &bytes[288..]].concat());
    show.is_ok_and(|show| show.verify(&WORLD.info, CONTEXT).is_ok())
}

fuzz_target!(|data: &[u8]| {
    let bytes = altered(&HONEST[0], data);
    if bytes.len() != HONEST[0].len() {
        return;
    }
    let (info, beta) = &*KEYS;
    let one = verify(&Chain, info, beta, &payment(&bytes), part(&bytes, 96));
    assert_eq!(one.is_ok(), bytes == HONEST[0], "{one:?}");
    let same_but_product = bytes[..96] == HONEST[0][..96] && bytes[192..] == HONEST[0][192..];
    assert_eq!(gateway_accepts(&bytes), same_but_product);
    // The batch computes the products itself.
    let batch = verify_batch(&Chain, info, beta, &[payment(&HONEST[1]), payment(&bytes)]);
    assert_eq!(batch.is_ok(), same_but_product, "{batch:?}");
});
