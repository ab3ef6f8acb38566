//! Credential types, groups and credentials for the other files.

use nym_coconut::backend::Scalar;
use nym_coconut::test_util::{issue, EPOCH};
pub use nym_coconut::test_util::{sign_all, token, Full, Token};
use nym_coconut::{
    Blindings, Credential, Group, HiddenAttributes, OpenShow, Pending, PublicAttributes, SecretKeyShare, SecretScalar,
};
use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};

pub const CONTEXT: &[&[u8]] = &[b"chain", b"contract", b"payee", b"type 1"];

/// Every other place for which a payment might be taken: another chain, contract, payee or type, a field more or less, and the same bytes in other fields.
pub const ELSEWHERE: [&[&[u8]]; 7] = [
    &[b"chain 2", b"contract", b"payee", b"type 1"],
    &[b"chain", b"contract 2", b"payee", b"type 1"],
    &[b"chain", b"contract", b"payee 2", b"type 1"],
    &[b"chain", b"contract", b"payee", b"type 2"],
    &[b"chain", b"contract", b"payee"],
    &[b"chain", b"contract", b"payee", b"type 1", b""],
    &[b"chaincontract", b"payee", b"type 1"],
];

pub fn rng(seed: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([seed; 32])
}

pub fn scalar(value: u64) -> Scalar {
    Scalar::from(value)
}

pub fn full_public() -> PublicAttributes<Full> {
    PublicAttributes::new([scalar(1_000), scalar(20_417)])
}

pub fn token_public() -> PublicAttributes<Token> {
    PublicAttributes::new([scalar(77)])
}

fn full_hidden(rng: &mut ChaCha20Rng) -> HiddenAttributes<Full> {
    HiddenAttributes::new([SecretScalar::random(rng), SecretScalar::random(rng)]).unwrap()
}

pub fn full_pending(rng: &mut ChaCha20Rng) -> Pending<Full> {
    let hidden = full_hidden(rng);
    Pending::new(EPOCH, full_public(), hidden, Blindings::random(rng))
}

pub fn full_credential(
    shares: &[SecretKeyShare<Full>],
    group: &Group<Full>,
    rng: &mut ChaCha20Rng,
) -> Credential<Full> {
    let hidden = full_hidden(rng);
    issue(shares, group, &full_public(), hidden, rng)
}

pub fn spend(shares: &[SecretKeyShare<Token>], group: &Group<Token>, rng: &mut ChaCha20Rng) -> OpenShow<Token> {
    let (key, credential) = token(shares, group, &token_public(), rng);
    credential.spend(&key, CONTEXT, rng).unwrap()
}
