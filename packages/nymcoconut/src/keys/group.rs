//! Who signs, how many are needed, and under which key: what a client must know before it asks.

use std::collections::BTreeMap;

use super::{KeyError, VerificationKey};
use crate::credential_type::{CredentialType, Layout};
use crate::dkg::{Announcement, GroupKey, IndexError};

/// Why keys do not make a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GroupError {
    /// Zero, or more than there are members.
    #[error("the threshold is {threshold} but the group has {members} members")]
    Threshold {
        /// Asked for.
        threshold: usize,
        /// There are.
        members: usize,
    },
    /// An index of zero or twice the same.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// A member's key does not lie on the polynomial of the others.
    #[error("the key of member {member} does not lie on the group's polynomial")]
    OffPolynomial {
        /// The member.
        member: u16,
    },
    /// A key with another number of attributes than the type's.
    #[error("the key has {got} attributes but its type has {expected}")]
    Attributes {
        /// The type's.
        expected: usize,
        /// The key's.
        got: usize,
    },
    /// A member's key is malformed.
    #[error("the key of member {member}")]
    Key {
        /// The member.
        member: u16,
        /// What is wrong with it.
        #[source]
        source: KeyError,
    },
}

/// The signers of one credential type.
pub struct Group<T> {
    threshold: u16,
    key: VerificationKey<T>,
    members: BTreeMap<u16, VerificationKey<T>>,
}

impl<T: CredentialType> Group<T> {
    /// A group of members with their keys; every key must lie on the polynomial that the first ones determine.
    ///
    /// # Errors
    /// When the threshold is impossible, an index is zero or given twice, or a key is off the polynomial.
    pub fn new(threshold: u16, keys: Vec<(u16, VerificationKey<T>)>) -> Result<Self, GroupError> {
        let count = keys.len();
        if threshold == 0 || usize::from(threshold) > count {
            return Err(GroupError::Threshold { threshold: threshold.into(), members: count });
        }
        let mut members = BTreeMap::new();
        for (index, key) in keys {
            if index == 0 {
                return Err(IndexError::Zero.into());
            }
            if members.insert(index, key).is_some() {
                return Err(IndexError::Twice { index }.into());
            }
        }
        let first: Vec<_> = members.iter().take(threshold.into()).map(|(index, key)| (*index, key)).collect();
        let key = VerificationKey::aggregate(&first)?;
        // With t - 1 of the first and one other, interpolation gives the same key exactly when the other is on the polynomial.
        for (&member, other) in members.iter().skip(threshold.into()) {
            let mut with = first[..first.len() - 1].to_vec();
            with.push((member, other));
            if VerificationKey::aggregate(&with)? != key {
                return Err(GroupError::OffPolynomial { member });
            }
        }
        Ok(Self { threshold, key, members })
    }

    /// The group after key generation: its public polynomials, and each member's y's in G2 as announced and verified.
    ///
    /// # Errors
    /// When the key was generated for another number of attributes, an announced point does not belong to its member's key,
    /// or fewer members announced than the threshold.
    pub fn from_key_generation(key: &GroupKey, announcements: &[Announcement]) -> Result<Self, GroupError> {
        let expected = Layout::<T>::COUNT;
        if key.attributes() != expected {
            return Err(GroupError::Attributes { expected, got: key.attributes() });
        }
        let mut keys = Vec::with_capacity(announcements.len());
        for announcement in announcements {
            let member = announcement.index();
            let public = key.commitments().at(member);
            let made = VerificationKey::new(public.alpha, public.beta, announcement.keys().to_vec());
            keys.push((member, made.map_err(|source| GroupError::Key { member, source })?));
        }
        let threshold = u16::try_from(key.threshold()).unwrap_or(u16::MAX);
        let group = Self::new(threshold, keys)?;
        // The polynomials' constant terms are the key that contracts know.
        if group.key.alpha() != &key.alpha() || group.key.beta_g1() != key.beta() {
            return Err(GroupError::OffPolynomial { member: group.members.keys().copied().next().unwrap_or(0) });
        }
        Ok(group)
    }

    /// How many signatures make a credential.
    pub fn threshold(&self) -> u16 {
        self.threshold
    }

    /// The group's key: credentials verify under it.
    pub fn key(&self) -> &VerificationKey<T> {
        &self.key
    }

    /// A member's key.
    pub fn member(&self, index: u16) -> Option<&VerificationKey<T>> {
        self.members.get(&index)
    }

    /// The members' indices, ascending.
    pub fn members(&self) -> impl Iterator<Item = u16> + '_ {
        self.members.keys().copied()
    }
}

impl<T> core::fmt::Debug for Group<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Group({} of {})", self.threshold, self.members.len())
    }
}
