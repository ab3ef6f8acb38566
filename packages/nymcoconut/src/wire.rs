//! Reads messages whose length follows from the credential type alone.

use crate::backend::{
    decode_g1, decode_g2, decode_scalar, G1Affine, G2Affine, Scalar, G1_BYTES, G2_BYTES, SCALAR_BYTES,
};
use crate::{DecodeError, SecretScalar};

/// Reads from the front of bytes whose total length was checked.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Starts; `what` has exactly `expected` bytes.
    pub(crate) fn new(bytes: &'a [u8], expected: usize, what: &'static str) -> Result<Self, DecodeError> {
        if bytes.len() != expected {
            return Err(DecodeError::Length { what, expected, got: bytes.len() });
        }
        Ok(Self(bytes))
    }

    pub(crate) fn take(&mut self, length: usize) -> &'a [u8] {
        let (head, tail) = self.0.split_at(length.min(self.0.len()));
        self.0 = tail;
        head
    }

    pub(crate) fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], DecodeError> {
        let bytes = self.take(N);
        bytes.try_into().map_err(|_| DecodeError::Length { what, expected: N, got: bytes.len() })
    }

    pub(crate) fn u16(&mut self, what: &'static str) -> Result<u16, DecodeError> {
        self.array(what).map(u16::from_be_bytes)
    }

    pub(crate) fn u64(&mut self, what: &'static str) -> Result<u64, DecodeError> {
        self.array(what).map(u64::from_be_bytes)
    }

    pub(crate) fn g1(&mut self, what: &'static str) -> Result<G1Affine, DecodeError> {
        decode_g1(self.take(G1_BYTES), what)
    }

    pub(crate) fn g2(&mut self, what: &'static str) -> Result<G2Affine, DecodeError> {
        decode_g2(self.take(G2_BYTES), what)
    }

    pub(crate) fn scalar(&mut self, what: &'static str) -> Result<Scalar, DecodeError> {
        decode_scalar(self.take(SCALAR_BYTES), what)
    }

    pub(crate) fn secret(&mut self) -> Result<SecretScalar, DecodeError> {
        SecretScalar::from_secret_bytes(self.take(SCALAR_BYTES))
    }

    pub(crate) fn many<V>(
        &mut self,
        count: usize,
        mut one: impl FnMut(&mut Self) -> Result<V, DecodeError>,
    ) -> Result<Vec<V>, DecodeError> {
        // Taken once: growing would leave copies behind, and some of what is read is secret.
        let mut values = Vec::with_capacity(count);
        for _ in 0..count {
            values.push(one(self)?);
        }
        Ok(values)
    }
}
