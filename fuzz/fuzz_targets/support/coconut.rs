//! Groups of two credential types, and one honest message of each kind, made of fixed randomness.

use std::sync::LazyLock;

use nym_coconut::backend::Scalar;
use nym_coconut::test_util::{sign_all, token};
pub use nym_coconut::test_util::{Full, Token, EPOCH};
use nym_coconut::{
    Blindings, Credential, Group, HiddenAttributes, OpenShow, PartialSignature, Pending, PreparedInfo,
    PublicAttributes, SecretKeyShare, SecretScalar, Show,
};
use rand_chacha::rand_core::SeedableRng;
use rand_chacha::ChaCha20Rng;

#[path = "altered.rs"]
#[allow(dead_code)]
mod altered_message;
pub use altered_message::altered;

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
            let (key, credential) = token(&token_shares, &token_group, info.public(), &mut rng);
            credential.spend(&key, CONTEXT, &mut rng).expect("its own key")
        })
        .collect();
    World { shares, group, public, pending, partials, credential, show, token_group, info, payments }
});

/// The same randomness each time.
pub fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(6)
}
