//! Commitment, blinded attributes, their proof, blind signature, unblinding.

use crate::backend::{erase, msm_g1, sum_of_multiples, CombG1, Field, FixedG1, G1Affine, Scalar, G1};

/// Tables of the generator of G1 and of the attribute bases h₁ … h_q.
pub struct Bases {
    g1: FixedG1,
    attributes: Vec<FixedG1>,
}

impl Bases {
    /// Makes the tables.
    pub fn new(g1: &G1, attributes: &[G1]) -> Self {
        Self { g1: FixedG1::new(g1), attributes: attributes.iter().map(FixedG1::new).collect() }
    }

    /// The base of an attribute, from 0.
    pub fn attribute(&self, position: usize) -> G1Affine {
        self.attributes[position].base()
    }

    /// A multiple of the generator, in constant time.
    pub fn multiple_of_generator(&self, scalar: &Scalar) -> G1 {
        self.g1.mul(scalar)
    }

    /// The generator.
    pub fn generator(&self) -> G1Affine {
        self.g1.base()
    }
}

/// Σ mⱼ·hⱼ over the public attributes, which start at position `hidden`. Variable time.
pub fn public_commitment(bases: &Bases, hidden: usize, public: &[Scalar]) -> G1 {
    let terms: Vec<_> = bases.attributes[hidden..].iter().zip(public).collect();
    FixedG1::sum_vartime(&terms)
}

/// o·g1 + Σ mⱼ·hⱼ over the attributes given, in constant time. With all attributes it is cm.
pub fn commitment(bases: &Bases, opening: &Scalar, attributes: &[Scalar]) -> G1 {
    let mut terms = vec![(&bases.g1, opening)];
    terms.extend(bases.attributes.iter().zip(attributes));
    FixedG1::sum(&terms)
}

/// cⱼ = oⱼ·g1 + mⱼ·h, in constant time.
pub fn blinded_attribute(bases: &Bases, h: &CombG1, opening: &Scalar, attribute: &Scalar) -> G1 {
    bases.g1.mul(opening) + h.mul(attribute)
}

/// 1, e, e², …: the weights with which a request's proof adds its blinded attributes up.
pub fn powers(e: &Scalar, count: usize) -> Vec<Scalar> {
    core::iter::successors(Some(Scalar::ONE), |power| Some(*power * e)).take(count).collect()
}

/// Σ eⱼ·vⱼ.
pub fn fold(weights: &[Scalar], values: &[Scalar]) -> Scalar {
    weights.iter().zip(values).fold(Scalar::ZERO, |sum, (e, v)| sum + *e * v)
}

/// z = w − challenge·secret.
pub fn response(witness: &Scalar, challenge: &Scalar, secret: &Scalar) -> Scalar {
    *witness - *challenge * secret
}

/// What A and B of a request's proof must have been: A = challenge·(cm − P) + z_o·g1 + Σ z_mⱼ·hⱼ, P being the [`public_commitment`], and
/// B = challenge·Σ eⱼ·cⱼ + z·g1 + (Σ eⱼ·z_mⱼ)·h. Variable time: everything is public.
///
/// With all weights zero but one, B is the commitment of that blinded attribute's own proof.
#[allow(clippy::too_many_arguments)]
pub fn request_commitments(
    bases: &Bases,
    h: &G1Affine,
    cm: &G1Affine,
    public: &G1,
    blinded: &[G1Affine],
    weights: &[Scalar],
    challenge: &Scalar,
    z_opening: &Scalar,
    z_folded: &Scalar,
    z_attributes: &[Scalar],
) -> (G1, G1) {
    let mut terms = vec![(&bases.g1, z_opening)];
    terms.extend(bases.attributes.iter().zip(z_attributes));
    let a = FixedG1::sum_vartime(&terms) + (G1::from(*cm) - public) * challenge;
    let points: Vec<G1Affine> = blinded.iter().chain([h]).copied().collect();
    let mut scalars: Vec<Scalar> = weights.iter().map(|e| *challenge * e).collect();
    scalars.push(fold(weights, z_attributes));
    let b = FixedG1::sum_vartime(&[(&bases.g1, z_folded)]) + msm_g1(&points, &scalars);
    (a, b)
}

/// x·h + Σ yⱼ·cⱼ + (Σ mⱼ·yⱼ)·h: hidden attributes in the first sum, public ones in the second. Constant time.
pub fn sign(h: &G1Affine, blinded: &[G1Affine], public: &[Scalar], x: &Scalar, y: &[Scalar]) -> G1 {
    let (y_hidden, y_public) = y.split_at(blinded.len());
    let points: Vec<G1Affine> = blinded.iter().chain([h]).copied().collect();
    let mut scalars = Vec::with_capacity(points.len());
    scalars.extend_from_slice(y_hidden);
    scalars.push(y_public.iter().zip(public).fold(*x, |sum, (y, m)| sum + *y * m));
    let signature = sum_of_multiples(&points, &scalars);
    erase(&mut scalars, Scalar::ZERO);
    signature
}

/// The blind signature less Σ oⱼ·β1ⱼ, in constant time.
pub fn unblind(blind: &G1, openings: &[Scalar], beta_g1: &[FixedG1]) -> G1 {
    let terms: Vec<_> = beta_g1.iter().zip(openings).collect();
    *blind - FixedG1::sum(&terms)
}
