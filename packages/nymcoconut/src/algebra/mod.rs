//! The equations of the scheme over plain scalars and points: no hashes, no types, no wire formats.
//!
//! What the rest of the crate runs, laid open so that test vectors and auditors can reach every value. Additive notation; attributes
//! 1 … k are hidden, the others public. Sonnino et al., "Coconut", in the text of NDSS 2019, which is the last at
//! [arXiv](https://arxiv.org/abs/1802.07344) too: the algorithms of "The Coconut Threshold Credential Scheme", for several attributes. The signature is
//! Pointcheval and Sanders' (CT-RSA 2016, §6.1). We differ in four ways: blinded attributes are Pedersen commitments instead of ElGamal
//! ciphertexts (one point each, hiding without a decryption key), the commitment covers the public attributes, the proofs of the
//! blinded attributes are folded into one, and the element ν of a show is folded into s'.
//!
//! Nothing here checks that its input makes sense; callers do.

mod issuance;
mod show;

pub use issuance::{
    blinded_attribute, commitment, fold, powers, public_commitment, request_commitments, response, sign, unblind, Bases,
};
pub use show::{
    credential_equation, hidden_part, kappa, open_equation, public_part, randomise, randomise_folded, show_commitments,
    zeta, ShowBases,
};
