//! A signer's answer to a request.

use core::marker::PhantomData;

use crate::algebra::sign;
use crate::backend::{Curve, G1Affine, G1_BYTES};
use crate::credential_type::{CredentialType, PublicAttributes};
use crate::keys::SecretKeyShare;
use crate::request::Request;
use crate::wire::Reader;
use crate::DecodeError;

/// Why a signer refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    /// The request's proof does not hold for these public attributes and this epoch.
    #[error("the request's proof does not hold for these public attributes and this epoch")]
    Proof,
}

/// One signer's blind signature.
pub struct PartialSignature<T> {
    pub(crate) signer: u16,
    pub(crate) point: G1Affine,
    of: PhantomData<fn() -> T>,
}

impl<T: CredentialType> SecretKeyShare<T> {
    /// Checks the request's proof and signs blindly; secret scalars only meet constant-time code.
    ///
    /// Implements `BlindSign` of Coconut (the text that [`crate::algebra`] names). The caller has decided from `public` and `epoch` whether to sign, and answers one request per deposit:
    /// the same request gets the same bytes.
    ///
    /// # Errors
    /// When the proof does not hold.
    pub fn sign(
        &self,
        epoch: u64,
        public: &PublicAttributes<T>,
        request: &Request<T>,
    ) -> Result<PartialSignature<T>, IssueError> {
        let h = request.verify(epoch, public).ok_or(IssueError::Proof)?;
        let (x, y) = self.expose();
        let point = sign(&h, &request.blinded, public.as_slice(), &x, &y).to_affine();
        Ok(PartialSignature { signer: self.index(), point, of: PhantomData })
    }
}

impl<T: CredentialType> PartialSignature<T> {
    /// Length of [`PartialSignature::to_bytes`].
    pub const BYTES: usize = 2 + G1_BYTES;

    /// Who signed, as the signature says.
    pub fn signer(&self) -> u16 {
        self.signer
    }

    /// The signer's index and the point.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.signer.to_be_bytes().to_vec();
        bytes.extend_from_slice(&self.point.to_compressed());
        bytes
    }

    /// Reads what [`PartialSignature::to_bytes`] wrote.
    ///
    /// # Errors
    /// When the length is wrong, the index is zero, or the point is malformed, outside the subgroup or the identity.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes, Self::BYTES, "a partial signature")?;
        let signer = reader.u16("the signer's index")?;
        if signer == 0 {
            return Err(DecodeError::Zero { what: "the signer's index" });
        }
        Ok(Self { signer, point: reader.g1("a partial signature")?, of: PhantomData })
    }
}

impl<T> Clone for PartialSignature<T> {
    fn clone(&self) -> Self {
        Self { signer: self.signer, point: self.point, of: PhantomData }
    }
}

impl<T> core::fmt::Debug for PartialSignature<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "PartialSignature(member {})", self.signer)
    }
}
