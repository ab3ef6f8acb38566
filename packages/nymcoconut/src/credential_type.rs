//! What a kind of credential is: its name, how many attributes it has, and the one show that it permits.
//!
//! Counts are constants of a type, so no length that arrives from elsewhere decides anything. A key serves one credential
//! type: after randomisation nothing in a credential says which type it was issued for, only the key does.

use core::marker::PhantomData;
use std::sync::{Arc, OnceLock};

use crate::algebra::public_commitment;
use crate::backend::{decode_scalar, Scalar, G1};
use crate::params::bases;
use crate::secret::Exposed;
use crate::{DecodeError, SecretScalar, Transcript};

/// At most so many attributes, hidden and public together.
pub const MAX_ATTRIBUTES: usize = 16;

/// A kind of credential.
///
/// The first hidden attribute is the serial: whoever spends a credential twice shows the same serial, or its image, twice.
///
/// ```
/// use nym_coconut::{CredentialType, SecretKeyShare, Selective};
///
/// enum Membership {}
/// impl CredentialType for Membership {
///     const LABEL: &'static str = "membership";
///     const HIDDEN: usize = 1;
///     const PUBLIC: usize = 1;
///     type Show = Selective;
/// }
/// let bytes = SecretKeyShare::<Membership>::BYTES;
/// assert_eq!(bytes, 98);
/// ```
///
/// A type without a serial cannot be used:
///
/// ```compile_fail,E0080
/// # use nym_coconut::{CredentialType, SecretKeyShare, Selective};
/// # enum Membership {}
/// impl CredentialType for Membership {
///     const HIDDEN: usize = 0;
/// #   const LABEL: &'static str = "membership";
/// #   const PUBLIC: usize = 1;
/// #   type Show = Selective;
/// }
/// let bytes = SecretKeyShare::<Membership>::BYTES;
/// # assert_eq!(bytes, 98);
/// ```
pub trait CredentialType: Send + Sync + 'static {
    /// Names the type in every hash; no two types share a label.
    const LABEL: &'static str;
    /// How many attributes the signers never see; at least one, the serial.
    const HIDDEN: usize;
    /// How many attributes everybody sees.
    const PUBLIC: usize;
    /// [`Selective`] or [`OpenSerial`].
    type Show: ShowKind;
}

/// The show that a type permits. The two kinds have different serials, so one credential with both could be spent twice.
pub trait ShowKind: sealed::Sealed {}

/// Hidden attributes stay hidden: a zero-knowledge proof, the image of the serial is seen.
#[derive(Debug, Clone, Copy)]
pub enum Selective {}
/// The serial, which is the hash of a one-time key, is seen; the one-time key signs.
#[derive(Debug, Clone, Copy)]
pub enum OpenSerial {}

impl ShowKind for Selective {}
impl ShowKind for OpenSerial {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Selective {}
    impl Sealed for super::OpenSerial {}
}

pub(crate) struct Layout<T>(PhantomData<T>);

impl<T: CredentialType> Layout<T> {
    /// Number of attributes; compiling fails for a type without a serial or with too many attributes.
    pub(crate) const COUNT: usize = {
        assert!(T::HIDDEN >= 1, "a credential type has a serial, its first hidden attribute");
        assert!(T::HIDDEN + T::PUBLIC <= MAX_ATTRIBUTES, "a credential type has at most 16 attributes");
        T::HIDDEN + T::PUBLIC
    };
}

/// The attributes that everybody sees, in the order of the type. Copies share the part of commitments that follows from them, which is computed once.
pub struct PublicAttributes<T> {
    values: Vec<Scalar>,
    commitment: Arc<OnceLock<G1>>,
    of: PhantomData<fn() -> T>,
}

impl<T: CredentialType> PublicAttributes<T> {
    /// One scalar for each; another number than the type's does not compile.
    ///
    /// ```
    /// # use nym_coconut::{backend::Scalar, CredentialType, PublicAttributes, Selective};
    /// # enum Membership {}
    /// impl CredentialType for Membership {
    ///     const PUBLIC: usize = 2;
    /// #   const LABEL: &'static str = "membership";
    /// #   const HIDDEN: usize = 1;
    /// #   type Show = Selective;
    /// }
    /// let public = PublicAttributes::<Membership>::new([Scalar::from(1), Scalar::from(2)]);
    /// # assert_eq!(public.as_slice().len(), 2);
    /// ```
    ///
    /// ```compile_fail,E0080
    /// # use nym_coconut::{backend::Scalar, CredentialType, PublicAttributes, Selective};
    /// # enum Membership {}
    /// # impl CredentialType for Membership {
    /// #   const PUBLIC: usize = 2;
    /// #   const LABEL: &'static str = "membership";
    /// #   const HIDDEN: usize = 1;
    /// #   type Show = Selective;
    /// # }
    /// let public = PublicAttributes::<Membership>::new([Scalar::from(1)]);
    /// # assert_eq!(public.as_slice().len(), 2);
    /// ```
    pub fn new<const N: usize>(values: [Scalar; N]) -> Self {
        const { assert!(N == T::PUBLIC, "the credential type has another number of public attributes") };
        Self::from_vec(values.to_vec())
    }

    /// The scalars.
    pub fn as_slice(&self) -> &[Scalar] {
        &self.values
    }

    pub(crate) fn from_vec(values: Vec<Scalar>) -> Self {
        debug_assert_eq!(values.len(), T::PUBLIC);
        Self { values, commitment: Arc::default(), of: PhantomData }
    }

    /// Σ mⱼ·hⱼ.
    pub(crate) fn commitment(&self) -> &G1 {
        self.commitment.get_or_init(|| public_commitment(bases(), T::HIDDEN, &self.values))
    }
}

impl<T> Clone for PublicAttributes<T> {
    fn clone(&self) -> Self {
        Self { values: self.values.clone(), commitment: Arc::clone(&self.commitment), of: PhantomData }
    }
}

impl<T> PartialEq for PublicAttributes<T> {
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values
    }
}

impl<T> core::fmt::Debug for PublicAttributes<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(&self.values).finish()
    }
}

/// The attributes that only the holder knows, the serial first. Erased when dropped.
pub struct HiddenAttributes<T> {
    values: Vec<SecretScalar>,
    of: PhantomData<fn() -> T>,
}

impl<T: CredentialType> HiddenAttributes<T> {
    /// One scalar for each; another number than the type's does not compile.
    ///
    /// # Errors
    /// When the serial is zero.
    pub fn new<const N: usize>(values: [SecretScalar; N]) -> Result<Self, DecodeError> {
        const { assert!(N == T::HIDDEN, "the credential type has another number of hidden attributes") };
        Self::from_vec(values.into())
    }

    pub(crate) fn from_vec(values: Vec<SecretScalar>) -> Result<Self, DecodeError> {
        debug_assert_eq!(values.len(), T::HIDDEN);
        if values[0].is_zero() {
            return Err(DecodeError::Zero { what: "the serial" });
        }
        Ok(Self { values, of: PhantomData })
    }

    pub(crate) fn as_slice(&self) -> &[SecretScalar] {
        &self.values
    }

    pub(crate) fn expose(&self) -> Exposed {
        Exposed::of(&self.values)
    }
}

impl<T> Clone for HiddenAttributes<T> {
    fn clone(&self) -> Self {
        Self { values: self.values.clone(), of: PhantomData }
    }
}

// Each scalar erases itself.
impl<T> zeroize::ZeroizeOnDrop for HiddenAttributes<T> {}

impl<T> core::fmt::Debug for HiddenAttributes<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("HiddenAttributes(..)")
    }
}

/// An attribute from 32 bytes, little endian; bytes at or above the group order, which would collide after reduction, are refused.
pub fn attribute(bytes: &[u8]) -> Result<Scalar, DecodeError> {
    decode_scalar(bytes, "an attribute")
}

/// An attribute that stands for a list of values: their hash under a label. No two lists share an attribute.
pub fn hashed_attribute(label: &str, values: &[&[u8]]) -> Scalar {
    let mut transcript = Transcript::new("nym-coconut-attribute-v1");
    transcript.bytes(label.as_bytes());
    for value in values {
        transcript.bytes(value);
    }
    transcript.uniform_scalar()
}
