//! Two credential types, their groups, and one honest message of each kind, made of fixed randomness.

use std::sync::LazyLock;

use nym_coconut::backend::Scalar;
pub use nym_coconut::test_util::EPOCH;
use nym_coconut::test_util::{issue, sign_all};
use nym_coconut::{
    Blindings, Credential, CredentialType, Group, HiddenAttributes, OneTimeKey, OpenSerial, OpenShow, PartialSignature,
    Pending, PreparedInfo, PublicAttributes, SecretKeyShare, SecretScalar, Selective, Show,
};
use rand_chacha::rand_core::SeedableRng;
use rand_chacha::ChaCha20Rng;

#[path = "altered.rs"]
#[allow(dead_code)]
mod altered_message;
pub use altered_message::altered;

/// Two hidden attributes and two public ones, shown by proof.
pub enum Full {}
impl CredentialType for Full {
    const LABEL: &'static str = "fuzz-full";
    const HIDDEN: usize = 2;
    const PUBLIC: usize = 2;
    type Show = Selective;
}

/// A hidden serial and a public attribute, shown by a one-time key.
pub enum Token {}
impl CredentialType for Token {
    const LABEL: &'static str = "fuzz-token";
    const HIDDEN: usize = 1;
    const PUBLIC: usize = 1;
    type Show = OpenSerial;
}

/// What a payment is bound to.
pub const CONTEXT: &[&[u8]] = &[b"chain", b"contract", b"payee", b"type"];

/// What the targets start from: a group of four of whom three sign.
pub struct World {
    pub shares: Vec<SecretKeyShare<Full>>,
    pub group: Group<Full>,
    pub public: PublicAttributes<Full>,
    pub pending: Pending<Full>,
    pub partials: Vec<PartialSignature<Full>>,
    pub credential: Credential<Full>,
    pub show: Show<Full>,
    pub token_group: Group<Token>,
    pub info: PreparedInfo<Token>,
    /// Payments by two one-time keys.
    pub payments: Vec<OpenShow<Token>>,
}

pub static WORLD: LazyLock<World> = LazyLock::new(|| {
    let mut rng = rng();
    let (shares, group) = SecretKeyShare::<Full>::deal(4, 3, &mut rng).expect("three of four");
    let public = PublicAttributes::new([Scalar::from(1_000), Scalar::from(20_417)]);
    let hidden = HiddenAttributes::new([SecretScalar::random(&mut rng), SecretScalar::random(&mut rng)]);
    let pending = Pending::new(EPOCH, public.clone(), hidden.expect("not zero"), Blindings::random(&mut rng));
    let partials = sign_all(&shares, &pending);
    let credential = pending.aggregate(&group, &partials, &mut rng).expect("honest signatures");
    let show = credential.show(group.key(), b"context", &mut rng);

    let (token_shares, token_group) = SecretKeyShare::<Token>::deal(4, 3, &mut rng).expect("three of four");
    let info = token_group.key().prepare(&PublicAttributes::new([Scalar::from(77)]));
    let payments = (0..2)
        .map(|_| {
            let key = OneTimeKey::random(&mut rng);
            let hidden = HiddenAttributes::new([key.serial()]).expect("not zero");
            let token = issue(&token_shares, &token_group, info.public(), hidden, &mut rng);
            token.spend(&key, CONTEXT, &mut rng).expect("its own key")
        })
        .collect();
    World { shares, group, public, pending, partials, credential, show, token_group, info, payments }
});

/// The same randomness each time.
pub fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(6)
}
