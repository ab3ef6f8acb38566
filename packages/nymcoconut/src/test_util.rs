//! Credential types and issued credentials, for the tests and benchmarks of this crate and of those beside it.

#![allow(clippy::unwrap_used)]

use rand_core::{CryptoRng, RngCore};

use crate::{
    Blindings, Credential, CredentialType, Group, HiddenAttributes, OneTimeKey, OpenSerial, PartialSignature, Pending,
    PublicAttributes, SecretKeyShare, Selective,
};

/// The epoch for which everything here is signed.
pub const EPOCH: u64 = 7;

/// Two hidden and two public attributes, shown selectively.
pub enum Full {}

impl CredentialType for Full {
    const LABEL: &'static str = "test-full";
    const HIDDEN: usize = 2;
    const PUBLIC: usize = 2;
    type Show = Selective;
}

/// A hidden serial and a public attribute, paid with.
pub enum Token {}

impl CredentialType for Token {
    const LABEL: &'static str = "test-token";
    const HIDDEN: usize = 1;
    const PUBLIC: usize = 1;
    type Show = OpenSerial;
}

/// What each of the signers answers.
pub fn sign_all<T: CredentialType>(shares: &[SecretKeyShare<T>], pending: &Pending<T>) -> Vec<PartialSignature<T>> {
    shares.iter().map(|share| share.sign(EPOCH, pending.public(), pending.request()).unwrap()).collect()
}

/// A credential with these attributes, signed by these signers.
pub fn issue<T: CredentialType>(
    shares: &[SecretKeyShare<T>],
    group: &Group<T>,
    public: &PublicAttributes<T>,
    hidden: HiddenAttributes<T>,
    rng: &mut (impl RngCore + CryptoRng),
) -> Credential<T> {
    let pending = Pending::new(EPOCH, public.clone(), hidden, Blindings::random(rng));
    pending.aggregate(group, &sign_all(shares, &pending), rng).unwrap()
}

/// A credential to pay with, and its key.
pub fn token(
    shares: &[SecretKeyShare<Token>],
    group: &Group<Token>,
    public: &PublicAttributes<Token>,
    rng: &mut (impl RngCore + CryptoRng),
) -> (OneTimeKey, Credential<Token>) {
    let key = OneTimeKey::random(rng);
    let hidden = HiddenAttributes::new([key.serial()]).unwrap();
    let credential = issue(shares, group, public, hidden, rng);
    (key, credential)
}
