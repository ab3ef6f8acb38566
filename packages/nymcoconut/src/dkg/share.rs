//! What a member holds after a ceremony: its shares of x, of the y's and of z.
//!
//! The shares of x and the y's sign credentials, the share of z signs for the beacon; they are split into types of their own before use.

use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::algebra::{base_g1, base_g2};
use super::commitments::MemberKey;
use crate::backend::{Curve, SCALAR_BYTES};
use crate::beacon::BeaconShare;
use crate::{DecodeError, SecretScalar, MAX_ATTRIBUTES};

/// A member's shares of the group's key. Erased when dropped.
#[derive(Clone, ZeroizeOnDrop)]
pub struct MemberShare {
    epoch: u64,
    index: u16,
    x: SecretScalar,
    y: Vec<SecretScalar>,
    z: SecretScalar,
}

impl MemberShare {
    /// Out of the shares of x, y1, …, z; `None` when one of the three kinds is missing.
    ///
    /// They are copied, each to where it stays: a list that is shortened keeps what it gave away behind its end, where nothing erases it.
    pub(crate) fn of(epoch: u64, index: u16, shares: &[SecretScalar]) -> Option<Self> {
        match shares {
            [x, y @ .., z] if !y.is_empty() => Some(Self { epoch, index, x: x.clone(), y: y.to_vec(), z: z.clone() }),
            _ => None,
        }
    }

    /// Whose shares they are.
    pub fn index(&self) -> u16 {
        self.index
    }

    /// The ceremony that made them.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The share of x. Signing keys are made of it.
    pub fn x(&self) -> &SecretScalar {
        &self.x
    }

    /// The shares of the y's.
    pub fn y(&self) -> &[SecretScalar] {
        &self.y
    }

    /// The share of z.
    pub(crate) fn z(&self) -> &SecretScalar {
        &self.z
    }

    /// The key that signs for the beacon.
    pub fn beacon_share(&self) -> BeaconShare {
        BeaconShare::new(self.index, self.z.clone())
    }

    /// The public images of the shares.
    pub fn public(&self) -> MemberKey {
        MemberKey {
            alpha: base_g2(&self.x.expose()).to_affine(),
            beta: self.y.iter().map(|share| base_g1(&share.expose()).to_affine()).collect(),
            beacon: base_g2(&self.z.expose()).to_affine(),
        }
    }

    /// The bytes to be kept in a file that nobody else reads: epoch u64 ‖ index u16 ‖ x ‖ y1 … ‖ z.
    pub fn to_secret_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(10 + SCALAR_BYTES * (self.y.len() + 2)));
        bytes.extend_from_slice(&self.epoch.to_be_bytes());
        bytes.extend_from_slice(&self.index.to_be_bytes());
        for share in std::iter::once(&self.x).chain(&self.y).chain([&self.z]) {
            bytes.extend_from_slice(share.to_secret_bytes().as_ref());
        }
        bytes
    }

    /// Reads what [`MemberShare::to_secret_bytes`] wrote.
    ///
    /// # Errors
    ///
    /// A length that no number of attributes gives, index 0, scalars that are not below the group's order.
    pub fn from_secret_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let what = "a member's share";
        let wrong = DecodeError::Length { what, expected: 10 + 3 * SCALAR_BYTES, got: bytes.len() };
        let (epoch, rest) = bytes.split_first_chunk::<8>().ok_or(wrong)?;
        let (index, rest) = rest.split_first_chunk::<2>().ok_or(wrong)?;
        let index = u16::from_be_bytes(*index);
        if index == 0 {
            return Err(DecodeError::Zero { what });
        }
        let count = rest.len() / SCALAR_BYTES;
        if rest.len() % SCALAR_BYTES != 0 || !(3..=MAX_ATTRIBUTES + 2).contains(&count) {
            return Err(wrong);
        }
        // Taken once: growing would leave copies behind.
        let mut shares = Vec::with_capacity(count);
        for chunk in rest.chunks_exact(SCALAR_BYTES) {
            shares.push(SecretScalar::from_secret_bytes(chunk)?);
        }
        Self::of(u64::from_be_bytes(*epoch), index, &shares).ok_or(wrong)
    }
}

impl std::fmt::Debug for MemberShare {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MemberShare {{ epoch: {}, index: {}, .. }}", self.epoch, self.index)
    }
}
