//! Verification keys: α = x·g2, and yⱼ in both groups; tables are made when first used and kept.

use core::marker::PhantomData;
use std::sync::{Arc, OnceLock};

use crate::algebra::{public_part, ShowBases};
use crate::backend::{
    affine_g1, affine_g2, msm_g1, msm_g1_128, msm_g2, msm_g2_128, pairing_product_is_one, Curve, FixedG1, FixedG2,
    G1Affine, G2Affine, G2Prepared, PrimeCurveAffine, Scalar, G1_BYTES, G2_BYTES,
};
use crate::credential_type::{CredentialType, Layout, OpenSerial, PublicAttributes};
use crate::dkg::algebra::lagrange;
use crate::dkg::IndexError;
use crate::params;
use crate::wire::Reader;
use crate::{DecodeError, Transcript};

/// Why something is not a verification key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The bytes are no points.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// Another number of attributes than the type's.
    #[error("the key has {got} attributes but its type has {expected}")]
    Attributes {
        /// The type's.
        expected: usize,
        /// The key's.
        got: usize,
    },
    /// A y that differs between the groups.
    #[error("the key's halves in G1 and G2 do not belong together")]
    Mismatch,
}

/// A verification key of a member or of the group.
pub struct VerificationKey<T> {
    alpha: G2Affine,
    beta_g1: Vec<G1Affine>,
    beta_g2: Vec<G2Affine>,
    digest: [u8; 32],
    tables: Arc<OnceLock<KeyTables>>,
    of: PhantomData<fn() -> T>,
}

/// Tables of a key's points.
pub(crate) struct KeyTables {
    alpha: FixedG2,
    beta_g1: Vec<FixedG1>,
    beta_g2: Vec<FixedG2>,
    pub(crate) beta_serial: G2Prepared,
}

impl KeyTables {
    pub(crate) fn show(&self) -> ShowBases<'_> {
        ShowBases { g2: params::g2(), alpha: &self.alpha, beta: &self.beta_g2 }
    }

    pub(crate) fn beta_g1(&self) -> &[FixedG1] {
        &self.beta_g1
    }
}

impl<T: CredentialType> VerificationKey<T> {
    /// Length of [`VerificationKey::to_bytes`].
    pub const BYTES: usize = G2_BYTES + (G1_BYTES + G2_BYTES) * Layout::<T>::COUNT;

    /// A key from points that somebody posted.
    ///
    /// # Errors
    /// When the number of attributes is not the type's, a point is the identity, or the halves of a y in G1 and G2 differ.
    pub fn new(alpha: G2Affine, beta_g1: Vec<G1Affine>, beta_g2: Vec<G2Affine>) -> Result<Self, KeyError> {
        let expected = Layout::<T>::COUNT;
        for got in [beta_g1.len(), beta_g2.len()] {
            if got != expected {
                return Err(KeyError::Attributes { expected, got });
            }
        }
        if bool::from(alpha.is_identity()) {
            return Err(DecodeError::Identity { what: "alpha" }.into());
        }
        let identity = beta_g1.iter().any(|b| b.is_identity().into()) || beta_g2.iter().any(|b| b.is_identity().into());
        if identity {
            return Err(DecodeError::Identity { what: "a beta" }.into());
        }
        let key = Self::trusted(alpha, beta_g1, beta_g2);
        if !key.halves_agree() {
            return Err(KeyError::Mismatch);
        }
        Ok(key)
    }

    /// A key that we computed ourselves.
    pub(crate) fn trusted(alpha: G2Affine, beta_g1: Vec<G1Affine>, beta_g2: Vec<G2Affine>) -> Self {
        let mut transcript = Transcript::new("nym-coconut-key-v1");
        transcript.bytes(T::LABEL.as_bytes()).g2(&alpha);
        for (g1, g2) in beta_g1.iter().zip(&beta_g2) {
            transcript.g1(g1).g2(g2);
        }
        let digest = transcript.digest();
        Self { alpha, beta_g1, beta_g2, digest, tables: Arc::new(OnceLock::new()), of: PhantomData }
    }

    /// e(Σ wⱼ·β1ⱼ, g2) = e(g1, Σ wⱼ·β2ⱼ) with weights that hash all points: pairwise scaled errors do not cancel.
    fn halves_agree(&self) -> bool {
        let weights: Vec<[u8; 16]> = (0u32..)
            .take(self.beta_g1.len())
            .map(|i| {
                let mut transcript = Transcript::new("nym-coconut-key-weight-v1");
                transcript.bytes(&self.digest).u32(i);
                let digest = transcript.digest();
                core::array::from_fn(|j| digest[j])
            })
            .collect();
        let g1 = msm_g1_128(&self.beta_g1, &weights).to_affine();
        let g2 = msm_g2_128(&self.beta_g2, &weights).to_affine();
        let minus_g2 = params::minus_g2();
        pairing_product_is_one(&[(&g1, minus_g2), (&G1Affine::generator(), &G2Prepared::from(g2))])
    }

    /// α, β1 and β2 of each attribute.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::BYTES);
        bytes.extend_from_slice(&self.alpha.to_compressed());
        self.beta_g1.iter().for_each(|b| bytes.extend_from_slice(&b.to_compressed()));
        self.beta_g2.iter().for_each(|b| bytes.extend_from_slice(&b.to_compressed()));
        bytes
    }

    /// Reads what [`VerificationKey::to_bytes`] wrote, and checks it as [`VerificationKey::new`] does.
    ///
    /// # Errors
    /// When the length is not the type's, a point is malformed or the identity, or the halves differ.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let mut reader = Reader::new(bytes, Self::BYTES, "a verification key")?;
        let alpha = reader.g2("alpha")?;
        let beta_g1 = reader.many(Layout::<T>::COUNT, |r| r.g1("a beta in G1"))?;
        let beta_g2 = reader.many(Layout::<T>::COUNT, |r| r.g2("a beta in G2"))?;
        Self::new(alpha, beta_g1, beta_g2)
    }

    /// The group's key from members' keys: Lagrange interpolation at zero.
    ///
    /// The caller knows that the keys lie on one polynomial; [`super::Group::new`] checks it.
    ///
    /// # Errors
    /// When there is no key, or an index is zero or given twice.
    pub fn aggregate(keys: &[(u16, &Self)]) -> Result<Self, IndexError> {
        let indices: Vec<u16> = keys.iter().map(|(index, _)| *index).collect();
        let lambda = lagrange(&indices)?;
        let column_g2 = |point: &dyn Fn(&Self) -> G2Affine| {
            msm_g2(&keys.iter().map(|(_, key)| point(key)).collect::<Vec<_>>(), &lambda)
        };
        let mut g2 = vec![column_g2(&|key| key.alpha)];
        g2.extend((0..Layout::<T>::COUNT).map(|j| column_g2(&|key| key.beta_g2[j])));
        let g1: Vec<_> = (0..Layout::<T>::COUNT)
            .map(|j| msm_g1(&keys.iter().map(|(_, key)| key.beta_g1[j]).collect::<Vec<_>>(), &lambda))
            .collect();
        let g2 = affine_g2(&g2);
        Ok(Self::trusted(g2[0], affine_g1(&g1), g2[1..].to_vec()))
    }

    /// α.
    pub fn alpha(&self) -> &G2Affine {
        &self.alpha
    }

    /// yⱼ in G1, in the order of the attributes, hidden ones first.
    pub fn beta_g1(&self) -> &[G1Affine] {
        &self.beta_g1
    }

    /// yⱼ in G2, in the order of the attributes, hidden ones first.
    pub fn beta_g2(&self) -> &[G2Affine] {
        &self.beta_g2
    }

    /// The hash of type and key that every proof contains.
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    pub(crate) fn tables(&self) -> &KeyTables {
        self.tables.get_or_init(|| KeyTables {
            alpha: FixedG2::new(&self.alpha.to_curve()),
            beta_g1: self.beta_g1[..T::HIDDEN].iter().map(|b| FixedG1::new(&b.to_curve())).collect(),
            beta_g2: self.beta_g2.iter().map(|b| FixedG2::new(&b.to_curve())).collect(),
            beta_serial: G2Prepared::from(self.beta_g2[0]),
        })
    }
}

impl<T: CredentialType<Show = OpenSerial>> VerificationKey<T> {
    /// Prepares the verification of credentials with these public attributes: kept by whoever verifies many.
    ///
    /// ```
    /// # use nym_coconut::{backend::Scalar, CredentialType, GroupError, OpenSerial, PublicAttributes, SecretKeyShare};
    /// # enum Token {}
    /// impl CredentialType for Token {
    ///     const HIDDEN: usize = 1;
    ///     type Show = OpenSerial;
    /// #   const LABEL: &'static str = "token";
    /// #   const PUBLIC: usize = 1;
    /// }
    /// # let (_, group) = SecretKeyShare::<Token>::deal(1, 1, &mut rand::rngs::OsRng)?;
    /// group.key().prepare(&PublicAttributes::new([Scalar::from(1)]));
    /// # Ok::<(), GroupError>(())
    /// ```
    ///
    /// It does not compile for a type that hides more than its serial:
    ///
    /// ```compile_fail,E0080
    /// # use nym_coconut::{backend::Scalar, CredentialType, GroupError, OpenSerial, PublicAttributes, SecretKeyShare};
    /// # enum Token {}
    /// impl CredentialType for Token {
    ///     const HIDDEN: usize = 2;
    /// #   type Show = OpenSerial;
    /// #   const LABEL: &'static str = "token";
    /// #   const PUBLIC: usize = 1;
    /// }
    /// # let (_, group) = SecretKeyShare::<Token>::deal(1, 1, &mut rand::rngs::OsRng)?;
    /// group.key().prepare(&PublicAttributes::new([Scalar::from(1)]));
    /// # Ok::<(), GroupError>(())
    /// ```
    ///
    /// nor for one with the other show:
    ///
    /// ```compile_fail,E0599
    /// # use nym_coconut::{backend::Scalar, CredentialType, GroupError, PublicAttributes, SecretKeyShare, Selective};
    /// # enum Token {}
    /// impl CredentialType for Token {
    ///     type Show = Selective;
    /// #   const HIDDEN: usize = 1;
    /// #   const LABEL: &'static str = "token";
    /// #   const PUBLIC: usize = 1;
    /// }
    /// # let (_, group) = SecretKeyShare::<Token>::deal(1, 1, &mut rand::rngs::OsRng)?;
    /// group.key().prepare(&PublicAttributes::new([Scalar::from(1)]));
    /// # Ok::<(), GroupError>(())
    /// ```
    pub fn prepare(&self, public: &PublicAttributes<T>) -> PreparedInfo<T> {
        const { assert!(T::HIDDEN == 1, "an open-serial type hides its serial and nothing else") };
        let point = (public_part(&self.tables().show(), T::HIDDEN, public.as_slice()) + self.alpha).to_affine();
        PreparedInfo { key: self.clone(), point, lines: G2Prepared::from(point), public: public.clone() }
    }
}

/// A key with fixed public attributes: A_info = α + Σ mⱼ·β2ⱼ, which a contract stores.
pub struct PreparedInfo<T> {
    pub(crate) key: VerificationKey<T>,
    pub(crate) point: G2Affine,
    pub(crate) lines: G2Prepared,
    pub(crate) public: PublicAttributes<T>,
}

impl<T: CredentialType> PreparedInfo<T> {
    /// A_info.
    pub fn point(&self) -> &G2Affine {
        &self.point
    }

    /// The public attributes.
    pub fn public(&self) -> &PublicAttributes<T> {
        &self.public
    }

    /// A_info is right if e(g1, A_info − α) = e(Σ mⱼ·β1ⱼ, g2): how a contract accepts one that anybody posts.
    pub fn left_and_right(&self) -> (G2Affine, G1Affine) {
        let left = (self.point.to_curve() - self.key.alpha).to_affine();
        let scalars: Vec<Scalar> = self.public.as_slice().to_vec();
        (left, msm_g1(&self.key.beta_g1[T::HIDDEN..], &scalars).to_affine())
    }
}

impl<T> Clone for VerificationKey<T> {
    fn clone(&self) -> Self {
        Self {
            alpha: self.alpha,
            beta_g1: self.beta_g1.clone(),
            beta_g2: self.beta_g2.clone(),
            digest: self.digest,
            tables: Arc::clone(&self.tables),
            of: PhantomData,
        }
    }
}

impl<T> PartialEq for VerificationKey<T> {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl<T> core::fmt::Debug for VerificationKey<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("VerificationKey(")?;
        self.digest[..8].iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}
