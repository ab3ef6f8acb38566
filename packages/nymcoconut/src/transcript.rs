//! What is hashed, and how: a label that names scheme, version and role, then every item with its length.
//!
//! Two different lists of items never give the same bytes, and two uses of the hash never share a label.
//! Lengths and integers are big endian, scalars little endian, points compressed.
//!
//! Not everything is hashed this way. Where the use fixes every length, the label is written as it is and the fields follow without lengths:
//! the blocks of a `Stream`, of which a batch hashes one for each weight, and the weights of [`crate::contract`], which has no `Transcript` and pays for
//! every byte. The message of the [beacon](crate::beacon::beacon_message) begins with its label as it is too; what can vary in length stands behind
//! its length there, and the hash to the curve has a tag of its own. Their labels begin with an `n` where a transcript has the zero of a
//! length, and none is the beginning of another, so none of their bytes are a transcript's or each other's.
//! A one-time key's [serial](crate::contract::serial_of) is the plain hash of its 32 bytes. A request's h, of fields behind their lengths, and the bases
//! of the attributes, of their numbers, are hashes to the curve under tags of their own: [`crate::COMMITMENT_DST`], [`crate::params::GENERATOR_DST`].

use sha2::{Digest, Sha256, Sha512};

use crate::backend::{self, G1Affine, G2Affine, Scalar};

/// A labelled hash of a list of items.
#[derive(Clone)]
pub struct Transcript(Sha256);

impl Transcript {
    /// Starts with the label of the use, such as `nym-coconut-request-v1`.
    pub fn new(label: &str) -> Self {
        let mut transcript = Self(Sha256::new());
        transcript.bytes(label.as_bytes());
        transcript
    }

    /// Adds bytes behind their length.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        // A longer item would have to be in memory twice over: nothing of this scheme comes near.
        let length = u32::try_from(bytes.len()).expect("items of a transcript are shorter than 4 GiB");
        self.0.update(length.to_be_bytes());
        self.0.update(bytes);
        self
    }

    /// Adds an integer.
    pub fn u32(&mut self, value: u32) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    /// Adds an integer.
    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    /// Adds a scalar.
    pub fn scalar(&mut self, scalar: &Scalar) -> &mut Self {
        self.bytes(&backend::encode_scalar(scalar))
    }

    /// Adds a point of G1.
    pub fn g1(&mut self, point: &G1Affine) -> &mut Self {
        self.bytes(&point.to_compressed())
    }

    /// Adds a point of G2.
    pub fn g2(&mut self, point: &G2Affine) -> &mut Self {
        self.bytes(&point.to_compressed())
    }

    /// The hash.
    pub fn digest(self) -> [u8; 32] {
        self.0.finalize().into()
    }

    /// The hash as a challenge: a little-endian integer modulo the group order.
    pub fn challenge(self) -> Scalar {
        backend::reduce(&self.digest())
    }

    /// A scalar whose distance from uniform is negligible: the hash stretched to 64 bytes before it is reduced.
    pub fn uniform_scalar(self) -> Scalar {
        let seed = self.digest();
        backend::reduce(&Sha512::digest(seed))
    }
}
