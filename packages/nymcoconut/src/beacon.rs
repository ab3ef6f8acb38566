//! The epoch beacon: a threshold BLS signature of the issuing group, one random value for each epoch that nobody can choose.
//!
//! Boneh, Lynn and Shacham (ASIACRYPT 2001, §2 and §3), threshold as Boldyreva (PKC 2003, §3): signatures in G1, keys in G2, so that a contract
//! checks one with its host's `hash_to_g1` and `pairing_equality`. The key is dealt by a polynomial of its own. We differ in that partial signatures are checked
//! in one batch with random weights and culprits are found by halving. Bytes and equations: `docs/protocol/beacon.md`.

use rand_core::{CryptoRng, RngCore};
use zeroize::ZeroizeOnDrop;

use crate::backend::{
    decode_g1, hash_to_g1, msm_g1_128, msm_g2_128, pairing_product_is_one, random_weight, Curve, G1Affine, G2Affine,
    G2Prepared, PrimeCurveAffine, G1, G1_BYTES,
};
use crate::batch::find;
use crate::dkg::algebra::interpolate;
use crate::dkg::{GroupKey, IndexError};
use crate::params::minus_g2;
use crate::stream::Stream;
use crate::{DecodeError, SecretScalar};

/// Domain separation tag of the hash to G1.
pub const BEACON_DST: &[u8] = b"nym-beacon-v1_BLS12381G1_XMD:SHA-256_SSWU_RO_";

/// Length of a partial signature.
pub const PARTIAL_BYTES: usize = 2 + G1_BYTES;

/// The message whose signature is an epoch's seed.
///
/// "nym-beacon-v1", chain id, mixnet contract and last accepted seed behind their lengths, epoch as u32; integers big endian.
pub fn beacon_message(chain_id: &str, contract: &str, epoch: u32, last_seed: &[u8]) -> Vec<u8> {
    let mut message = b"nym-beacon-v1".to_vec();
    let field = |message: &mut Vec<u8>, bytes: &[u8]| {
        let length = u32::try_from(bytes.len()).expect("names and seeds are far below four gigabytes");
        message.extend_from_slice(&length.to_be_bytes());
        message.extend_from_slice(bytes);
    };
    field(&mut message, chain_id.as_bytes());
    field(&mut message, contract.as_bytes());
    message.extend_from_slice(&epoch.to_be_bytes());
    field(&mut message, last_seed);
    message
}

/// The point that is signed for a message.
pub fn beacon_hash(message: &[u8]) -> G1Affine {
    hash_to_g1(message, BEACON_DST).to_affine()
}

/// A member's share of the beacon's key. Erased when dropped.
#[derive(Clone, ZeroizeOnDrop)]
pub struct BeaconShare {
    index: u16,
    secret: SecretScalar,
}

impl BeaconShare {
    pub(crate) fn new(index: u16, secret: SecretScalar) -> Self {
        Self { index, secret }
    }

    /// Whose share it is.
    pub fn index(&self) -> u16 {
        self.index
    }

    /// Signs. To be sent only after the epoch's transition has begun.
    pub fn sign(&self, message: &[u8]) -> PartialSeed {
        PartialSeed { index: self.index, point: (G1::from(beacon_hash(message)) * self.secret.expose()).to_affine() }
    }
}

impl std::fmt::Debug for BeaconShare {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BeaconShare {{ index: {}, .. }}", self.index)
    }
}

/// A member's signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartialSeed {
    index: u16,
    point: G1Affine,
}

impl PartialSeed {
    /// Whose signature it is.
    pub fn index(&self) -> u16 {
        self.index
    }

    /// The bytes: index u16 ‖ point.
    pub fn to_bytes(&self) -> [u8; PARTIAL_BYTES] {
        let mut bytes = [0; PARTIAL_BYTES];
        bytes[..2].copy_from_slice(&self.index.to_be_bytes());
        bytes[2..].copy_from_slice(&self.point.to_compressed());
        bytes
    }

    /// Reads a partial signature.
    ///
    /// # Errors
    ///
    /// Anything but the one encoding: wrong length, index 0, a point that is not canonical, not in the subgroup or the identity.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let what = "a partial beacon signature";
        let wrong = DecodeError::Length { what, expected: PARTIAL_BYTES, got: bytes.len() };
        let (index, rest) = bytes.split_first_chunk::<2>().ok_or(wrong)?;
        if rest.len() != G1_BYTES {
            return Err(wrong);
        }
        let index = u16::from_be_bytes(*index);
        if index == 0 {
            return Err(DecodeError::Zero { what: "the index of a partial beacon signature" });
        }
        Ok(Self { index, point: decode_g1(rest, what)? })
    }
}

/// Why partial signatures do not make a seed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BeaconError {
    /// The list of signers.
    #[error(transparent)]
    Signers(#[from] IndexError),
    /// Somebody who holds no share.
    #[error("member {index} holds no share of the beacon's key")]
    Stranger {
        /// The index.
        index: u16,
    },
    /// Too few.
    #[error("{given} partial signatures, but {required} are required")]
    TooFew {
        /// How many there are.
        given: usize,
        /// The threshold.
        required: usize,
    },
    /// Wrong signatures.
    #[error("wrong partial signatures came from {culprits:?}")]
    Wrong {
        /// From whom.
        culprits: Vec<u16>,
    },
    /// No seed for this message and key.
    #[error("the seed is no signature of the message by the group")]
    Seed,
}

impl BeaconError {
    /// Whose fault it is.
    pub fn culprits(&self) -> &[u16] {
        match self {
            Self::Wrong { culprits } => culprits,
            Self::Stranger { index } | Self::Signers(IndexError::Twice { index }) => std::slice::from_ref(index),
            Self::Signers(_) | Self::TooFew { .. } | Self::Seed => &[],
        }
    }
}

/// The members' and the group's beacon keys.
///
/// Made once for a group; every signature is checked against it.
#[derive(Clone)]
pub struct BeaconKey {
    members: Vec<(u16, G2Affine)>,
    threshold: usize,
    group: G2Affine,
    prepared: G2Prepared,
}

impl BeaconKey {
    /// The keys of a group.
    pub fn new(group: &GroupKey) -> Self {
        let members = group.members().into_iter().map(|(index, key)| (index, key.beacon)).collect();
        let key = group.beacon_key();
        Self { members, threshold: group.threshold(), group: key, prepared: key.into() }
    }

    /// The group's key: 96 bytes when compressed.
    pub fn group(&self) -> &G2Affine {
        &self.group
    }

    /// A member's key.
    pub fn member(&self, index: u16) -> Option<&G2Affine> {
        self.members.binary_search_by_key(&index, |(member, _)| *member).ok().map(|at| &self.members[at].1)
    }

    /// Checks partial signatures: e(Σw·σᵢ, g2) = e(H, Σw·Zᵢ) for all at once; only if that fails, in halves.
    ///
    /// # Errors
    ///
    /// Nobody, somebody twice or without a share; wrong signatures, with all their signers.
    pub fn verify_partials(
        &self,
        message: &[u8],
        partials: &[PartialSeed],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), BeaconError> {
        crate::dkg::algebra::distinct(&partials.iter().map(|partial| partial.index).collect::<Vec<_>>())?;
        let mut items = Vec::with_capacity(partials.len());
        for partial in partials {
            let key = self.member(partial.index).ok_or(BeaconError::Stranger { index: partial.index })?;
            items.push((partial, *key));
        }
        let rng = &mut Stream::over(rng, |all| {
            all.bytes(b"partial seeds").bytes(message).g2(&self.group);
            items.iter().for_each(|(partial, key)| {
                all.bytes(&partial.to_bytes()).g2(key);
            });
        });
        let hash = beacon_hash(message);
        let wrong = find(items.len(), &mut |range| hold(&hash, &items[range], rng));
        if wrong.is_empty() {
            return Ok(());
        }
        let mut culprits: Vec<u16> = wrong.into_iter().map(|place| items[place].0.index).collect();
        culprits.sort_unstable();
        Err(BeaconError::Wrong { culprits })
    }

    /// Makes the seed of the first t partial signatures and checks it once; only if that fails, checks every partial signature.
    ///
    /// # Errors
    ///
    /// Too few; somebody twice or without a share; wrong signatures, with all their signers.
    pub fn combine(
        &self,
        message: &[u8],
        partials: &[PartialSeed],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Seed, BeaconError> {
        crate::dkg::algebra::distinct(&partials.iter().map(|partial| partial.index).collect::<Vec<_>>())?;
        if let Some(stranger) = partials.iter().find(|partial| self.member(partial.index).is_none()) {
            return Err(BeaconError::Stranger { index: stranger.index });
        }
        let chosen = partials
            .get(..self.threshold)
            .ok_or(BeaconError::TooFew { given: partials.len(), required: self.threshold })?;
        let seed = Self::interpolate(chosen)?;
        match self.verify(message, &seed) {
            Ok(()) => Ok(seed),
            Err(error) => self.verify_partials(message, partials, rng).and(Err(error)),
        }
    }

    /// The value at 0 of these partial signatures, unchecked.
    fn interpolate(partials: &[PartialSeed]) -> Result<Seed, IndexError> {
        let indices: Vec<_> = partials.iter().map(|partial| partial.index).collect();
        let points: Vec<_> = partials.iter().map(|partial| partial.point).collect();
        Ok(Seed(interpolate(&indices, &points)?.to_affine()))
    }

    /// Checks a seed: e(S, g2) = e(H, Z).
    ///
    /// # Errors
    ///
    /// It is not the group's signature of this message.
    pub fn verify(&self, message: &[u8], seed: &Seed) -> Result<(), BeaconError> {
        if bool::from(seed.0.is_identity())
            || !pairing_product_is_one(&[(&seed.0, minus_g2()), (&beacon_hash(message), &self.prepared)])
        {
            return Err(BeaconError::Seed);
        }
        Ok(())
    }
}

fn hold(hash: &G1Affine, items: &[(&PartialSeed, G2Affine)], rng: &mut Stream) -> bool {
    let weights: Vec<_> = items.iter().map(|_| random_weight(rng)).collect();
    let signatures: Vec<_> = items.iter().map(|(partial, _)| partial.point).collect();
    let keys: Vec<_> = items.iter().map(|(_, key)| *key).collect();
    let left = msm_g1_128(&signatures, &weights).to_affine();
    let right = G2Prepared::from(msm_g2_128(&keys, &weights).to_affine());
    pairing_product_is_one(&[(&left, minus_g2()), (hash, &right)])
}

impl std::fmt::Debug for BeaconKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BeaconKey {{ members: {}, threshold: {} }}", self.members.len(), self.threshold)
    }
}

/// An epoch's seed: the group's signature. There is exactly one for a key and a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(G1Affine);

impl Seed {
    /// The 48 bytes, which are the seed of the lottery.
    pub fn to_bytes(&self) -> [u8; G1_BYTES] {
        self.0.to_compressed()
    }

    /// Reads a seed; [`BeaconKey::verify`] is another step.
    ///
    /// # Errors
    ///
    /// Anything but the one encoding of a point of the subgroup other than the identity.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Ok(Self(decode_g1(bytes, "a beacon seed")?))
    }
}
