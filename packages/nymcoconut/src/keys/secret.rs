//! A signer's share of the key. There is no way to get x·g1 out of it: with that point anybody could sign.

use core::marker::PhantomData;

use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use super::{Group, GroupError, VerificationKey};
use crate::backend::{affine_g1, affine_g2, Scalar, SCALAR_BYTES};
use crate::credential_type::{CredentialType, Layout};
use crate::dkg::algebra::evaluate;
use crate::dkg::MemberShare;
use crate::params;
use crate::secret::Exposed;
use crate::wire::Reader;
use crate::{DecodeError, SecretScalar};

/// A signer's shares of x and of one y for each attribute. Erased when dropped, never printed.
pub struct SecretKeyShare<T> {
    index: u16,
    x: SecretScalar,
    y: Vec<SecretScalar>,
    of: PhantomData<fn() -> T>,
}

impl<T: CredentialType> SecretKeyShare<T> {
    /// Length of [`SecretKeyShare::to_secret_bytes`].
    pub const BYTES: usize = 2 + SCALAR_BYTES * (1 + Layout::<T>::COUNT);

    /// The share of a member after key generation.
    ///
    /// # Errors
    /// When the key was generated for another number of attributes.
    pub fn from_member(share: &MemberShare) -> Result<Self, GroupError> {
        if share.y().len() != Layout::<T>::COUNT {
            return Err(GroupError::Attributes { expected: Layout::<T>::COUNT, got: share.y().len() });
        }
        Ok(Self { index: share.index(), x: share.x().clone(), y: share.y().to_vec(), of: PhantomData })
    }

    /// Shares of a key that one dealer made, for tests and for groups of one: real groups use [`crate::dkg`].
    ///
    /// # Errors
    /// When the threshold is zero or above the number of members.
    pub fn deal(
        members: u16,
        threshold: u16,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(Vec<Self>, Group<T>), GroupError> {
        let degree = usize::from(threshold);
        let polynomials: Vec<Vec<SecretScalar>> =
            (0..=Layout::<T>::COUNT).map(|_| (0..degree).map(|_| SecretScalar::random(rng)).collect()).collect();
        let at = |polynomial: &[SecretScalar], index| {
            let coefficients = Exposed::of(polynomial);
            SecretScalar::new(&evaluate(&coefficients, index))
        };
        let shares: Vec<Self> = (1..=members)
            .map(|index| Self {
                index,
                x: at(&polynomials[0], index),
                y: polynomials[1..].iter().map(|p| at(p, index)).collect(),
                of: PhantomData,
            })
            .collect();
        let keys = shares.iter().map(|share| (share.index, share.verification_key())).collect();
        let group = Group::new(threshold, keys)?;
        Ok((shares, group))
    }

    /// The member's evaluation point, from 1.
    pub fn index(&self) -> u16 {
        self.index
    }

    /// The public half.
    pub fn verification_key(&self) -> VerificationKey<T> {
        let y = Exposed::of(&self.y);
        let mut g2 = vec![params::g2().mul(&self.x.expose())];
        g2.extend(y.iter().map(|y| params::g2().mul(y)));
        let g2 = affine_g2(&g2);
        let g1: Vec<_> = y.iter().map(|y| params::bases().multiple_of_generator(y)).collect();
        VerificationKey::trusted(g2[0], affine_g1(&g1), g2[1..].to_vec())
    }

    /// The bytes to store, in a file that nobody else can read: index, x, the y's.
    pub fn to_secret_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(Self::BYTES));
        bytes.extend_from_slice(&self.index.to_be_bytes());
        for secret in core::iter::once(&self.x).chain(&self.y) {
            bytes.extend_from_slice(secret.to_secret_bytes().as_ref());
        }
        bytes
    }

    /// Reads what [`SecretKeyShare::to_secret_bytes`] wrote.
    ///
    /// # Errors
    /// When the length is not the type's, the index is zero or a scalar is not canonical.
    pub fn from_secret_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes, Self::BYTES, "a secret key share")?;
        let index = reader.u16("the index")?;
        if index == 0 {
            return Err(DecodeError::Zero { what: "the index" });
        }
        let x = reader.secret()?;
        let y = reader.many(Layout::<T>::COUNT, Reader::secret)?;
        Ok(Self { index, x, y, of: PhantomData })
    }

    pub(crate) fn expose(&self) -> (Scalar, Exposed) {
        (self.x.expose(), Exposed::of(&self.y))
    }
}

// Each scalar erases itself.
impl<T> zeroize::ZeroizeOnDrop for SecretKeyShare<T> {}

impl<T> core::fmt::Debug for SecretKeyShare<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "SecretKeyShare(member {}, ..)", self.index)
    }
}
