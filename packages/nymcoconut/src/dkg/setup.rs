//! Who generates what key: the members, the threshold, and everything that messages are bound to.
//!
//! A [`Plan`] is known before anybody registers; with the receivers' registered keys it becomes a [`Ceremony`], whose digest is
//! part of every hash of every later message.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::algebra::distinct;
use super::error::SetupError;
use super::group::GroupKey;
use crate::backend::G1Affine;
use crate::{Transcript, MAX_ATTRIBUTES};

/// Most members of a group.
pub const MAX_MEMBERS: usize = 256;
/// Longest chain id and contract address.
pub const MAX_NAME: usize = 128;

/// The members of a group, by index, ascending.
///
/// An index belongs to one member for good: it stays when the group changes and is never given to anybody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committee(Vec<u16>);

impl Committee {
    /// A group of these members, in any order.
    ///
    /// # Errors
    ///
    /// Nobody, an index 0, an index twice, more than [`MAX_MEMBERS`].
    pub fn new(indices: &[u16]) -> Result<Self, SetupError> {
        distinct(indices)?;
        if indices.len() > MAX_MEMBERS {
            return Err(SetupError::TooMany { count: indices.len(), maximum: MAX_MEMBERS });
        }
        let mut sorted = indices.to_vec();
        sorted.sort_unstable();
        Ok(Self(sorted))
    }

    /// The indices, ascending.
    pub fn indices(&self) -> &[u16] {
        &self.0
    }

    /// Whether this member is one of them.
    pub fn contains(&self, index: u16) -> bool {
        self.0.binary_search(&index).is_ok()
    }

    /// How many members there are.
    pub fn size(&self) -> usize {
        self.0.len()
    }

    /// t = ⌊2n/3⌋ + 1: so many members make a signature, fewer learn nothing.
    ///
    /// With f ≤ n − t members misbehaving, two quorums for one deposit would need 2(t − f) ≤ n − f honest members, which is impossible.
    pub fn threshold(&self) -> usize {
        self.size() * 2 / 3 + 1
    }
}

/// What a ceremony is for.
#[derive(Debug, Clone)]
pub enum Purpose {
    /// A new key.
    NewKey,
    /// The key of this group goes to the members of the plan; they may be the same (a refresh) or others.
    HandOver(Arc<GroupKey>),
}

/// A ceremony before its members have registered.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(crate) chain_id: String,
    pub(crate) contract: String,
    pub(crate) epoch: u64,
    pub(crate) attributes: u8,
    pub(crate) committee: Committee,
    pub(crate) purpose: Purpose,
}

impl Plan {
    /// Plans a new key with this many attributes for this group.
    ///
    /// `epoch` is the ceremony's number: the contract gives each attempt at a key, a resharing or a refresh a new, higher one.
    ///
    /// # Errors
    ///
    /// Names or number of attributes out of range.
    pub fn new_key(
        chain_id: &str,
        contract: &str,
        epoch: u64,
        attributes: usize,
        committee: Committee,
    ) -> Result<Self, SetupError> {
        for (what, name) in [("chain id", chain_id), ("contract address", contract)] {
            if name.is_empty() || name.len() > MAX_NAME {
                return Err(SetupError::Name { what, length: name.len(), maximum: MAX_NAME });
            }
        }
        let attributes = u8::try_from(attributes)
            .ok()
            .filter(|count| (1..=MAX_ATTRIBUTES).contains(&usize::from(*count)))
            .ok_or(SetupError::Attributes { given: attributes, maximum: MAX_ATTRIBUTES })?;
        Ok(Self {
            chain_id: chain_id.to_owned(),
            contract: contract.to_owned(),
            epoch,
            attributes,
            committee,
            purpose: Purpose::NewKey,
        })
    }

    /// Plans to hand a key over to this group: resharing, or refresh when the group stays the same.
    ///
    /// # Errors
    ///
    /// As [`Plan::new_key`]; a number that is not higher than that of the ceremony which made the old group.
    pub fn hand_over(
        chain_id: &str,
        contract: &str,
        epoch: u64,
        old: Arc<GroupKey>,
        committee: Committee,
    ) -> Result<Self, SetupError> {
        if epoch <= old.epoch() {
            return Err(SetupError::NotLater { given: epoch, group: old.epoch() });
        }
        let plan = Self::new_key(chain_id, contract, epoch, old.attributes(), committee)?;
        Ok(Self { purpose: Purpose::HandOver(old), ..plan })
    }

    /// The ceremony's number.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Number of y's of the key.
    pub fn attributes(&self) -> usize {
        usize::from(self.attributes)
    }

    /// The group that will hold the key.
    pub fn committee(&self) -> &Committee {
        &self.committee
    }

    /// Who deals: the group itself for a new key, the holders of the old one else.
    pub fn dealers(&self) -> &[u16] {
        match &self.purpose {
            Purpose::NewKey => self.committee.indices(),
            Purpose::HandOver(old) => old.holders(),
        }
    }

    /// How many dealers must qualify: as many as hold the key, so that one of them at least is honest and, when a key is handed over, the old one is determined.
    pub fn required_dealers(&self) -> usize {
        match &self.purpose {
            Purpose::NewKey => self.committee.threshold(),
            Purpose::HandOver(old) => old.threshold(),
        }
    }

    /// The group whose key is handed over.
    pub fn old_group(&self) -> Option<&GroupKey> {
        match &self.purpose {
            Purpose::NewKey => None,
            Purpose::HandOver(old) => Some(old),
        }
    }

    /// Number of polynomials: x, the y's and z.
    pub fn polynomials(&self) -> u8 {
        self.attributes + 2
    }
}

/// A ceremony whose receivers are known.
#[derive(Debug, Clone)]
pub struct Ceremony {
    plan: Plan,
    keys: BTreeMap<u16, G1Affine>,
    digest: [u8; 32],
}

impl Ceremony {
    /// From the keys that passed [`Registry::post`](super::Registry::post).
    ///
    /// The threshold stays that of the planned group when some did not register; t of them must have.
    pub(crate) fn new(plan: Plan, keys: BTreeMap<u16, G1Affine>) -> Result<Self, SetupError> {
        let required = plan.committee.threshold();
        if keys.len() < required {
            return Err(SetupError::TooFewRegistered { registered: keys.len(), required });
        }
        let mut receivers = Transcript::new("nym-dkg-receivers-v1");
        for (index, key) in &keys {
            receivers.bytes(&index.to_be_bytes()).g1(key);
        }
        let mut transcript = Transcript::new("nym-dkg-ceremony-v1");
        transcript
            .bytes(plan.chain_id.as_bytes())
            .bytes(plan.contract.as_bytes())
            .u64(plan.epoch)
            .bytes(&plan.committee.indices().iter().flat_map(|index| index.to_be_bytes()).collect::<Vec<_>>())
            .u32(count_u16(plan.committee.threshold()).into())
            .u32(plan.attributes.into())
            .bytes(&receivers.digest());
        // A new key hashes an empty item here, a handed-over one the 32 bytes of the group.
        transcript.bytes(plan.old_group().map(GroupKey::digest).as_ref().map_or(&[][..], |digest| &digest[..]));
        let digest = transcript.digest();
        Ok(Self { plan, keys, digest })
    }

    /// What was planned.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The digest that binds every message to chain, contract, epoch, group, receivers' keys and, when a key is handed over, the old group.
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// The receivers, ascending.
    pub fn receivers(&self) -> impl ExactSizeIterator<Item = u16> + '_ {
        self.keys.keys().copied()
    }

    /// A receiver's key.
    pub fn key(&self, receiver: u16) -> Option<&G1Affine> {
        self.keys.get(&receiver)
    }

    /// Receivers and keys.
    pub(crate) fn keys(&self) -> &BTreeMap<u16, G1Affine> {
        &self.keys
    }

    /// A receiver's place among the receivers.
    pub(crate) fn row(&self, receiver: u16) -> Option<usize> {
        self.keys.keys().position(|&index| index == receiver)
    }

    /// Whether this dealer and this receiver are one member: known in a group that deals for itself.
    pub(crate) fn is_own_dealing(&self, dealer: u16, receiver: u16) -> bool {
        self.plan.old_group().is_none() && dealer == receiver
    }

    /// Number of commitments to each polynomial.
    pub(crate) fn threshold(&self) -> usize {
        self.plan.committee.threshold()
    }
}

/// A number that is bounded by [`MAX_MEMBERS`].
pub(crate) fn count_u16(number: usize) -> u16 {
    u16::try_from(number).expect("a plan and `GroupKey::decode` take at most MAX_MEMBERS members")
}
