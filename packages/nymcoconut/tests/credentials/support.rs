//! Credential types, groups and credentials for the other files.

use nym_coconut::backend::Scalar;
use nym_coconut::{
    Blindings, Credential, CredentialType, Group, HiddenAttributes, OneTimeKey, OpenSerial, OpenShow, PartialSignature,
    Pending, PublicAttributes, SecretKeyShare, SecretScalar, Selective,
};
use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};

pub enum Full {}
impl CredentialType for Full {
    const LABEL: &'static str = "test-full";
    const HIDDEN: usize = 2;
    const PUBLIC: usize = 2;
    type Show = Selective;
}

pub enum Token {}
impl CredentialType for Token {
    const LABEL: &'static str = "test-token";
    const HIDDEN: usize = 1;
    const PUBLIC: usize = 1;
    type Show = OpenSerial;
}

pub const CONTEXT: &[&[u8]] = &[b"chain", b"contract", b"payee", b"type 1"];

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

pub fn full_pending(rng: &mut ChaCha20Rng) -> Pending<Full> {
    let hidden = HiddenAttributes::new([SecretScalar::random(rng), SecretScalar::random(rng)]).unwrap();
    Pending::new(7, full_public(), hidden, Blindings::random(rng))
}

pub fn sign_all<T: CredentialType>(shares: &[SecretKeyShare<T>], pending: &Pending<T>) -> Vec<PartialSignature<T>> {
    shares.iter().map(|share| share.sign(7, pending.public(), pending.request()).unwrap()).collect()
}

pub fn full_credential(
    shares: &[SecretKeyShare<Full>],
    group: &Group<Full>,
    rng: &mut ChaCha20Rng,
) -> Credential<Full> {
    let pending = full_pending(rng);
    pending.aggregate(group, &sign_all(shares, &pending), rng).unwrap()
}

pub fn token(
    shares: &[SecretKeyShare<Token>],
    group: &Group<Token>,
    public: &PublicAttributes<Token>,
    rng: &mut ChaCha20Rng,
) -> (OneTimeKey, Credential<Token>) {
    let key = OneTimeKey::random(rng);
    let hidden = HiddenAttributes::new([key.serial()]).unwrap();
    let pending = Pending::new(7, public.clone(), hidden, Blindings::random(rng));
    let credential = pending.aggregate(group, &sign_all(shares, &pending), rng).unwrap();
    (key, credential)
}

pub fn spend(shares: &[SecretKeyShare<Token>], group: &Group<Token>, rng: &mut ChaCha20Rng) -> OpenShow<Token> {
    let (key, credential) = token(shares, group, &token_public(), rng);
    credential.spend(&key, CONTEXT, rng).unwrap()
}
