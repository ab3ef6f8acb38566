//! Randomised credentials, what is shown of the key, its proof, and the pairing equations.

use crate::backend::{
    affine_g1, pairing_product_is_one, Curve, FixedG2, G1Affine, G2Affine, G2Prepared, Scalar, G1, G2,
};

/// Tables of the generator of G2, of α and of β2₁ … β2_q.
pub struct ShowBases<'a> {
    /// The generator of G2.
    pub g2: &'a FixedG2,
    /// α.
    pub alpha: &'a FixedG2,
    /// β2ⱼ.
    pub beta: &'a [FixedG2],
}

/// (r'·h, r'·s): the open-serial show's randomisation, in constant time.
pub fn randomise(h: &G1Affine, s: &G1Affine, r_prime: &Scalar) -> (G1Affine, G1Affine) {
    let both = affine_g1(&[*h * r_prime, *s * r_prime]);
    (both[0], both[1])
}

/// (r'·h, r'·s + r·r'·h): the selective show's randomisation, in constant time.
pub fn randomise_folded(h: &G1Affine, s: &G1Affine, r_prime: &Scalar, r: &Scalar) -> (G1Affine, G1Affine) {
    let both = affine_g1(&[*h * r_prime, *s * r_prime + *h * (*r_prime * r)]);
    (both[0], both[1])
}

/// κ = r·g2 + α + Σ mⱼ·β2ⱼ over the hidden attributes, in constant time.
pub fn kappa(bases: &ShowBases<'_>, r: &Scalar, hidden: &[Scalar]) -> G2 {
    let mut terms = vec![(bases.g2, r)];
    terms.extend(bases.beta.iter().zip(hidden));
    FixedG2::sum(&terms) + bases.alpha.base()
}

/// α + Σ mⱼ·β2ⱼ over the hidden attributes, in constant time: κ before it is blinded.
pub fn hidden_part(bases: &ShowBases<'_>, hidden: &[Scalar]) -> G2 {
    let terms: Vec<_> = bases.beta.iter().zip(hidden).collect();
    FixedG2::sum(&terms) + bases.alpha.base()
}

/// ζ = m₁·g2, in constant time.
pub fn zeta(bases: &ShowBases<'_>, serial: &Scalar) -> G2 {
    bases.g2.mul(serial)
}

/// Σ mⱼ·β2ⱼ over the public attributes, which start at position `hidden`. Variable time.
pub fn public_part(bases: &ShowBases<'_>, hidden: usize, public: &[Scalar]) -> G2 {
    let terms: Vec<_> = bases.beta[hidden..].iter().zip(public).collect();
    FixedG2::sum_vartime(&terms)
}

/// What A_κ and A_ζ must have been: A_κ = challenge·κ + z_r·g2 + (1 − challenge)·α + Σ z_mⱼ·β2ⱼ, A_ζ = challenge·ζ + z_m₁·g2. Variable time.
pub fn show_commitments(
    bases: &ShowBases<'_>,
    kappa: &G2Affine,
    zeta: &G2Affine,
    challenge: &Scalar,
    z_r: &Scalar,
    z_attributes: &[Scalar],
) -> (G2, G2) {
    let of_alpha = Scalar::from(1) - challenge;
    let mut terms = vec![(bases.g2, z_r), (bases.alpha, &of_alpha)];
    terms.extend(bases.beta.iter().zip(z_attributes));
    let a_kappa = FixedG2::sum_vartime(&terms) + *kappa * challenge;
    let a_zeta = FixedG2::sum_vartime(&[(bases.g2, &z_attributes[0])]) + *zeta * challenge;
    (a_kappa, a_zeta)
}

/// e(h, key)·e(s, −g2) = 1, where `key` is α + Σ mⱼ·β2ⱼ, or κ plus the public part.
pub fn credential_equation(h: &G1Affine, key: &G2, s: &G1Affine, minus_g2: &G2Prepared) -> bool {
    let key = G2Prepared::from(key.to_affine());
    pairing_product_is_one(&[(h, &key), (s, minus_g2)])
}

/// e(h', A_info)·e(P, β)·e(s', −g2) = 1: the open-serial equation as a contract checks it, with P = m·h'.
pub fn open_equation(
    h: &G1Affine,
    p: &G1,
    s: &G1Affine,
    info: &G2Prepared,
    beta: &G2Prepared,
    minus_g2: &G2Prepared,
) -> bool {
    pairing_product_is_one(&[(h, info), (&p.to_affine(), beta), (s, minus_g2)])
}
