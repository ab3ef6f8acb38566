//! The verifier's line of a Schnorr proof, for any base: used with one base for knowledge and with two for equal logarithms. The prover's is
//! [`crate::algebra::response`].
//!
//! Proofs are written as challenge and responses. The verifier computes the prover's commitments again and compares the challenge, so that a
//! proof has one encoding and no point that would have to be decoded.

use crate::backend::{Group, Scalar};

/// The commitment z·base + c·public that a right response belongs to.
pub fn recommit<G: Group<Scalar = Scalar>>(base: &G, public: &G, challenge: &Scalar, response: &Scalar) -> G {
    *base * *response + *public * *challenge
}
