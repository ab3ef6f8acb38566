//! The points that everybody uses: generators of both groups and one base of G1 for each attribute position.

use std::sync::OnceLock;

use crate::algebra::Bases;
use crate::backend::{hash_to_g1, Curve, FixedG2, G1Affine, G2Affine, G2Prepared, Group, PrimeCurveAffine, G1, G2};
use crate::credential_type::MAX_ATTRIBUTES;

/// Domain separation tag of the attribute bases.
pub const GENERATOR_DST: &[u8] = b"nym-coconut-generator-v1-BLS12381G1_XMD:SHA-256_SSWU_RO_";

/// The base of attribute `position`, from 0: nobody knows its discrete logarithm to the generator or another base.
pub fn attribute_base(position: usize) -> G1Affine {
    hash_to_g1(format!("attribute {}", position + 1).as_bytes(), GENERATOR_DST).to_affine()
}

/// Tables of G1's generator and of every attribute base.
pub(crate) fn bases() -> &'static Bases {
    static BASES: OnceLock<Bases> = OnceLock::new();
    BASES.get_or_init(|| {
        let attributes: Vec<G1> = (0..MAX_ATTRIBUTES).map(|i| attribute_base(i).to_curve()).collect();
        Bases::new(&G1::generator(), &attributes)
    })
}

/// Table of G2's generator.
pub(crate) fn g2() -> &'static FixedG2 {
    static TABLE: OnceLock<FixedG2> = OnceLock::new();
    TABLE.get_or_init(|| FixedG2::new(&G2::generator()))
}

/// The lines of minus G2's generator: the right-hand side of every pairing equation.
pub(crate) fn minus_g2() -> &'static G2Prepared {
    static LINES: OnceLock<G2Prepared> = OnceLock::new();
    LINES.get_or_init(|| G2Prepared::from(-G2Affine::generator()))
}
