//! Curve arithmetic: BLS12-381 by [`blst`] (default) or [`pure`] Rust, with the same types, functions and bytes.
//!
//! The rest of the crate uses the one chosen by feature through the names re-exported here; with both features
//! `blst` is chosen, and the tests run each operation through both.
//!
//! Rules: a point is read only by a decoder that checks encoding, curve and subgroup. [`msm_g1`], [`msm_g2`] and
//! everything named `vartime` take public scalars only. Secrets go through [`FixedG1::mul`], [`CombG1::mul`], [`sum_of_multiples`]
//! or `*` ([`G1`], [`G2`]), of which blst's takes longer for zero: no nonce, randomiser or key is zero. `benches/timing.rs` measures all of them.

#[macro_use]
mod shared;
mod fixed;
mod variable;

#[cfg(feature = "blst")]
pub mod blst;
#[cfg(feature = "pure")]
pub mod pure;

#[cfg(feature = "blst")]
use self::blst as chosen;
#[cfg(all(feature = "pure", not(feature = "blst")))]
use self::pure as chosen;

pub use chosen::{
    affine_g1, affine_g2, canonical, decode_g1, decode_g1_or_identity, decode_g2, decode_g2_or_identity, decode_scalar,
    encode_scalar, erase, hash_to_g1, msm_g1, msm_g1_128, msm_g1_small, msm_g2, msm_g2_128, pairing_product_is_one,
    random_nonzero_scalar, random_scalar, random_weight, reduce, sum_of_multiples, CombG1, FixedG1, FixedG2, G1Affine,
    G2Affine, G2Prepared, Scalar, G1, G2, NAME,
};
// What makes the operators and the identities of these types available.
pub use ff::{Field, PrimeField};
pub use group::{prime::PrimeCurveAffine, Curve, Group};

/// Length of a scalar.
pub const SCALAR_BYTES: usize = 32;
/// Length of a compressed point of G1.
pub const G1_BYTES: usize = 48;
/// Length of a compressed point of G2.
pub const G2_BYTES: usize = 96;
