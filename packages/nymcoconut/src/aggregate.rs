//! From signers' answers to a credential: interpolate, unblind, verify once; look for culprits only when that fails.

use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use crate::algebra::{credential_equation, hidden_part, public_part, unblind};
use crate::backend::{
    affine_g2, msm_g1_128, msm_g2_128, pairing_product_is_one, random_weight, Curve, G1Affine, G2Prepared,
    PrimeCurveAffine, G1_BYTES, SCALAR_BYTES,
};
use crate::credential_type::{CredentialType, HiddenAttributes, Layout, PublicAttributes};
use crate::dkg::algebra::interpolate;
use crate::dkg::IndexError;
use crate::issue::PartialSignature;
use crate::keys::{Group, VerificationKey};
use crate::params::minus_g2;
use crate::request::{Blindings, Request};
use crate::stream::Stream;
use crate::wire::Reader;
use crate::DecodeError;

/// Why signatures did not make a credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AggregateError {
    /// Not enough signatures.
    #[error("{got} signatures were given but {required} are required")]
    TooFew {
        /// The group's threshold.
        required: usize,
        /// How many were given.
        got: usize,
    },
    /// A signer twice.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// Somebody who is no member.
    #[error("member {member} is not in the group")]
    Stranger {
        /// The index that the signature names.
        member: u16,
    },
    /// Signatures that do not verify under their signers' keys.
    #[error("the signatures of members {culprits:?} are invalid")]
    Invalid {
        /// Their signers, ascending.
        culprits: Vec<u16>,
    },
}

impl AggregateError {
    /// Whose signatures are to blame.
    pub fn culprits(&self) -> &[u16] {
        match self {
            Self::Invalid { culprits } => culprits,
            Self::Stranger { member } => core::slice::from_ref(member),
            Self::Index(IndexError::Twice { index }) => core::slice::from_ref(index),
            Self::TooFew { .. } | Self::Index(_) => &[],
        }
    }
}

/// A request whose answers are awaited: everything that turns them into a credential.
pub struct Pending<T> {
    epoch: u64,
    public: PublicAttributes<T>,
    hidden: HiddenAttributes<T>,
    blindings: Blindings<T>,
    request: Request<T>,
    h: G1Affine,
}

impl<T: CredentialType> Pending<T> {
    /// Makes the request.
    pub fn new(epoch: u64, public: PublicAttributes<T>, hidden: HiddenAttributes<T>, blindings: Blindings<T>) -> Self {
        let (request, h) = Request::with_h(epoch, &public, &hidden, &blindings);
        Self { epoch, public, hidden, blindings, request, h }
    }

    /// What is sent to the signers.
    pub fn request(&self) -> &Request<T> {
        &self.request
    }

    /// The public attributes.
    pub fn public(&self) -> &PublicAttributes<T> {
        &self.public
    }

    /// A credential from the signatures of at least the threshold of members, in any order.
    ///
    /// Implements `AggCred` and `Unblind` of Coconut (the text that [`crate::algebra`] names) in the other order: the interpolation first, so that one
    /// unblinding and one pairing check serve all shares.
    ///
    /// # Errors
    /// When there are too few, one is from a stranger or given twice, or some are invalid; those are all named.
    pub fn aggregate(
        &self,
        group: &Group<T>,
        signatures: &[PartialSignature<T>],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Credential<T>, AggregateError> {
        let indices: Vec<u16> = signatures.iter().map(|s| s.signer).collect();
        let required = usize::from(group.threshold());
        if signatures.len() < required {
            return Err(AggregateError::TooFew { required, got: signatures.len() });
        }
        if let Some(&member) = indices.iter().find(|index| group.member(**index).is_none()) {
            return Err(AggregateError::Stranger { member });
        }
        let points: Vec<G1Affine> = signatures.iter().map(|s| s.point).collect();
        let blind = interpolate(&indices, &points)?;
        let s = unblind(&blind, &self.blindings.openings(), group.key().tables().beta_g1()).to_affine();
        let credential =
            Credential { epoch: self.epoch, h: self.h, s, hidden: self.hidden.clone(), public: self.public.clone() };
        if credential.verify(group.key()) {
            return Ok(credential);
        }
        Err(AggregateError::Invalid { culprits: self.culprits(group, signatures, rng) })
    }

    /// Whether one signature is valid under its signer's key.
    pub fn verify_partial(
        &self,
        group: &Group<T>,
        signature: &PartialSignature<T>,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> bool {
        match group.member(signature.signer) {
            Some(key) => {
                self.all_valid(&[(key, signature)], &mut self.weights(group, core::slice::from_ref(signature), rng))
            }
            None => false,
        }
    }

    /// The signers of invalid signatures, by halving.
    fn culprits(
        &self,
        group: &Group<T>,
        signatures: &[PartialSignature<T>],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Vec<u16> {
        let items: Vec<_> = signatures.iter().filter_map(|s| group.member(s.signer).map(|key| (key, s))).collect();
        let rng = &mut self.weights(group, signatures, rng);
        let bad = crate::batch::find(items.len(), &mut |range| self.all_valid(&items[range], rng));
        let mut culprits: Vec<u16> = bad.into_iter().map(|i| items[i].1.signer).collect();
        culprits.sort_unstable();
        culprits
    }

    /// Weights that nobody knew when request, keys and signatures were made.
    fn weights(
        &self,
        group: &Group<T>,
        signatures: &[PartialSignature<T>],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Stream {
        Stream::over(rng, |all| {
            all.bytes(b"partial signatures").bytes(T::LABEL.as_bytes()).u64(self.epoch);
            all.bytes(&self.request.to_bytes());
            self.public.as_slice().iter().for_each(|m| {
                all.scalar(m);
            });
            for signature in signatures {
                let key: &[u8] = group.member(signature.signer).map_or(&[], |key| key.digest());
                all.bytes(key).bytes(&signature.to_bytes());
            }
        })
    }

    /// e(h, Σ ρᵢ·(αᵢ + Σ mⱼ·β2ᵢⱼ)) · Π e(cⱼ, Σ ρᵢ·β2ᵢⱼ) · e(Σ ρᵢ·σᵢ, −g2) = 1 with random ρᵢ of 128 bits: blind signatures are checked as they are.
    fn all_valid(
        &self,
        items: &[(&VerificationKey<T>, &PartialSignature<T>)],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> bool {
        let weights: Vec<[u8; 16]> = items.iter().map(|_| random_weight(rng)).collect();
        let sum = |point: &dyn Fn(&VerificationKey<T>) -> crate::backend::G2Affine| {
            msm_g2_128(&items.iter().map(|(key, _)| point(key)).collect::<Vec<_>>(), &weights)
        };
        let mut of_h = sum(&|key| *key.alpha());
        for (j, m) in self.public.as_slice().iter().enumerate() {
            of_h += sum(&|key| key.beta_g2()[T::HIDDEN + j]) * m;
        }
        let mut left = vec![of_h];
        left.extend((0..T::HIDDEN).map(|j| sum(&|key| key.beta_g2()[j])));
        let lines: Vec<G2Prepared> = affine_g2(&left).into_iter().map(G2Prepared::from).collect();
        let signed = msm_g1_128(&items.iter().map(|(_, s)| s.point).collect::<Vec<_>>(), &weights).to_affine();
        let mut pairs = vec![(&self.h, &lines[0]), (&signed, minus_g2())];
        pairs.extend(self.request.blinded.iter().zip(&lines[1..]));
        pairing_product_is_one(&pairs)
    }
}

// The secrets in it erase themselves.
impl<T> zeroize::ZeroizeOnDrop for Pending<T> {}

impl<T> core::fmt::Debug for Pending<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Pending(..)")
    }
}

/// A signature on attributes, and the attributes: whoever has the bytes can spend it. Its holder keeps it secret.
pub struct Credential<T> {
    pub(crate) epoch: u64,
    pub(crate) h: G1Affine,
    pub(crate) s: G1Affine,
    pub(crate) hidden: HiddenAttributes<T>,
    pub(crate) public: PublicAttributes<T>,
}

impl<T: CredentialType> Credential<T> {
    /// Length of [`Credential::to_secret_bytes`].
    pub const BYTES: usize = 8 + 2 * G1_BYTES + SCALAR_BYTES * Layout::<T>::COUNT;

    /// e(h, α + Σ mⱼ·β2ⱼ) = e(s, g2) and h is not the identity.
    pub fn verify(&self, key: &VerificationKey<T>) -> bool {
        let bases = key.tables().show();
        let sum = hidden_part(&bases, &self.hidden.expose()) + public_part(&bases, T::HIDDEN, self.public.as_slice());
        !bool::from(self.h.is_identity()) && credential_equation(&self.h, &sum, &self.s, minus_g2())
    }

    /// The epoch of the key that signed.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The public attributes.
    pub fn public(&self) -> &PublicAttributes<T> {
        &self.public
    }

    /// The bytes that a wallet stores.
    pub fn to_secret_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(Self::BYTES));
        bytes.extend_from_slice(&self.epoch.to_be_bytes());
        bytes.extend_from_slice(&self.h.to_compressed());
        bytes.extend_from_slice(&self.s.to_compressed());
        self.hidden.as_slice().iter().for_each(|m| bytes.extend_from_slice(m.to_secret_bytes().as_ref()));
        self.public.as_slice().iter().for_each(|m| bytes.extend_from_slice(&crate::backend::encode_scalar(m)));
        bytes
    }

    /// Reads what [`Credential::to_secret_bytes`] wrote. Whether it is valid, [`Credential::verify`] says.
    ///
    /// # Errors
    /// When the length is not the type's, a point is malformed, outside the subgroup or the identity, a scalar is not canonical, or the serial is zero.
    pub fn from_secret_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes, Self::BYTES, "a credential")?;
        let epoch = reader.u64("an epoch")?;
        let h = reader.g1("h")?;
        let s = reader.g1("s")?;
        let hidden = HiddenAttributes::from_vec(reader.many(T::HIDDEN, Reader::secret)?)?;
        let public = PublicAttributes::from_vec(reader.many(T::PUBLIC, |r| r.scalar("an attribute"))?);
        Ok(Self { epoch, h, s, hidden, public })
    }
}

// The hidden attributes erase themselves; h and s are points that a show randomises anew.
impl<T> zeroize::ZeroizeOnDrop for Credential<T> {}

impl<T> core::fmt::Debug for Credential<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Credential(..)")
    }
}
