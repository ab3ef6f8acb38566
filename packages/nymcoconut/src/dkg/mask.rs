//! What hides a share from everybody but its receiver, and what hides a secret in a proof.

use zeroize::Zeroizing;

use crate::backend::{encode_scalar, G1Affine, Scalar};
use crate::Transcript;

/// Who masks what for whom: a mask is a function of this and of the shared point, ρ·pk = sk·R.
#[derive(Clone, Copy)]
pub(crate) struct MaskContext<'a> {
    /// The ceremony's digest, and with it chain and contract.
    pub(crate) ceremony: &'a [u8; 32],
    /// Who masks.
    pub(crate) dealer: u16,
    /// For whom.
    pub(crate) receiver: u16,
    /// R.
    pub(crate) nonce: &'a G1Affine,
}

impl MaskContext<'_> {
    /// The mask of the share of one polynomial, from 64 bytes of hash.
    pub(crate) fn mask(&self, polynomial: u8, shared: &G1Affine) -> Scalar {
        let mut transcript = Transcript::new("nym-dkg-mask-v1");
        transcript
            .bytes(self.ceremony)
            .bytes(&self.dealer.to_be_bytes())
            .bytes(&self.receiver.to_be_bytes())
            .bytes(&[polynomial])
            .g1(self.nonce)
            .g1(shared);
        transcript.uniform_scalar()
    }
}

/// The nonce of a proof: a hash of fresh randomness, the secret and the whole statement, so that a source of randomness
/// that repeats itself never gives one nonce for two statements.
pub(crate) fn proof_nonce(fresh: &[u8; 32], secret: &Scalar, statement: &[u8; 32], number: u8) -> Scalar {
    let secret = Zeroizing::new(encode_scalar(secret));
    let mut transcript = Transcript::new("nym-dkg-nonce-v1");
    transcript.bytes(fresh).bytes(secret.as_ref()).bytes(statement).bytes(&[number]);
    transcript.uniform_scalar()
}
