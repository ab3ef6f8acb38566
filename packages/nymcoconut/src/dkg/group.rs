//! The public key of a group: who holds it, and the polynomials on which every member's share lies.
//!
//! Anyone computes it from the qualified dealings. It holds what verifies a member's partial signatures, what a later resharing must
//! start from, and the group's own key, which stays when the group changes.

use super::algebra::lagrange;
use super::commitments::{Commitments, MemberKey, Prepared};
use super::dealing::Dealing;
use super::error::{MessageError, OutcomeError};
use super::setup::{count_u16, Ceremony, MAX_MEMBERS};
use super::wire::{Kind, Reader, Writer};
use crate::backend::{affine_g1, affine_g2, msm_g1, msm_g2, G1Affine, G2Affine, PrimeCurveAffine, Scalar, G1, G2};
use crate::{Transcript, MAX_ATTRIBUTES};

/// Bytes before the holders' indices: kind, epoch, attributes, threshold, number of holders.
const HEAD_BYTES: usize = 1 + 8 + 1 + 2 + 2;

/// A group's public polynomials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupKey {
    epoch: u64,
    holders: Vec<u16>,
    commitments: Commitments,
}

impl GroupKey {
    /// Adds up the dealings of the qualified dealers; with Lagrange's coefficients when a key is handed over.
    pub(crate) fn aggregate(ceremony: &Ceremony, qualified: &[(u16, &Dealing)]) -> Result<Self, OutcomeError> {
        let commitments = match weights(ceremony, qualified) {
            None => sum(ceremony, qualified),
            Some(weights) => weighted_sum(ceremony, qualified, &weights),
        };
        let g2 = commitments.x.iter().chain(&commitments.z).any(|point| bool::from(point.is_identity()));
        if g2 || commitments.y.iter().flatten().any(|point| bool::from(point.is_identity())) {
            return Err(OutcomeError::IdentityKey);
        }
        Ok(Self { epoch: ceremony.plan().epoch(), holders: ceremony.receivers().collect(), commitments })
    }

    /// The number of the ceremony that made this group.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Who holds a share, ascending.
    pub fn holders(&self) -> &[u16] {
        &self.holders
    }

    /// So many shares make a signature.
    pub fn threshold(&self) -> usize {
        self.commitments.threshold()
    }

    /// Number of y's.
    pub fn attributes(&self) -> usize {
        self.commitments.y.len()
    }

    /// α = x·g2.
    pub fn alpha(&self) -> G2Affine {
        self.commitments.x[0]
    }

    /// β1ⱼ = yⱼ·g1.
    pub fn beta(&self) -> Vec<G1Affine> {
        self.commitments.constants().beta
    }

    /// The beacon's key, z·g2.
    pub fn beacon_key(&self) -> G2Affine {
        self.commitments.z[0]
    }

    /// The public polynomials.
    pub fn commitments(&self) -> &Commitments {
        &self.commitments
    }

    /// A member's keys, `None` for somebody who holds no share.
    pub fn member(&self, index: u16) -> Option<MemberKey> {
        self.holders.binary_search(&index).ok().map(|_| self.commitments.at(index))
    }

    /// All members' keys, in the order of [`GroupKey::holders`].
    pub fn members(&self) -> Vec<(u16, MemberKey)> {
        let prepared = self.commitments.prepare();
        self.holders.iter().map(|&index| (index, prepared.at(index))).collect()
    }

    /// Hash of [`GroupKey::to_bytes`].
    pub fn digest(&self) -> [u8; 32] {
        let mut transcript = Transcript::new("nym-dkg-group-v1");
        transcript.bytes(&self.to_bytes());
        transcript.digest()
    }

    /// The bytes: kind 5 ‖ epoch ‖ attributes u8 ‖ threshold u16 ‖ number of holders u16 ‖ their indices, ascending ‖ commitments.
    pub fn to_bytes(&self) -> Vec<u8> {
        let length = HEAD_BYTES + 2 * self.holders.len() + Commitments::length(self.threshold(), self.attributes());
        let mut writer = Writer::new(Kind::GroupKey, self.epoch, length);
        writer.u8(u8::try_from(self.attributes()).expect("a plan and `decode` take at most sixteen attributes"));
        writer.u16(count_u16(self.threshold())).u16(count_u16(self.holders.len()));
        for &index in &self.holders {
            writer.u16(index);
        }
        self.commitments.write(&mut writer);
        writer.finish()
    }

    /// Reads what [`GroupKey::to_bytes`] wrote.
    ///
    /// # Errors
    ///
    /// Anything but the one encoding of a possible group.
    pub fn decode(bytes: &[u8]) -> Result<Self, MessageError> {
        let head = bytes.get(..HEAD_BYTES).unwrap_or(bytes);
        let mut reader = Reader::new(head, HEAD_BYTES)?;
        reader.kind(Kind::GroupKey)?;
        let epoch = reader.u64()?;
        let (attributes, threshold, count) = (reader.u8()?, reader.u16()?, reader.u16()?);
        let within = |what, given: u16, least: usize, most: usize| {
            let number = usize::from(given);
            if (least..=most).contains(&number) {
                Ok(number)
            } else {
                Err(MessageError::Range { what, given, least: count_u16(least), most: count_u16(most) })
            }
        };
        let attributes = within("number of attributes", attributes.into(), 1, MAX_ATTRIBUTES)?;
        let size = within("number of holders", count, 1, MAX_MEMBERS)?;
        // Fewer than planned may have registered, never more: the threshold is at least that of those who did.
        let threshold = within("threshold", threshold, size * 2 / 3 + 1, size)?;
        let mut reader = Reader::new(bytes, HEAD_BYTES + 2 * size + Commitments::length(threshold, attributes))?;
        reader.take(HEAD_BYTES)?;
        let mut holders = Vec::with_capacity(size);
        for _ in 0..size {
            let index = reader.u16()?;
            if index <= holders.last().copied().unwrap_or(0) {
                return Err(MessageError::Stranger { index });
            }
            holders.push(index);
        }
        let commitments = Commitments::read(&mut reader, threshold, attributes)?;
        Ok(Self { epoch, holders, commitments })
    }
}

/// The factor of each qualified dealer's shares and commitments: `None` for a new key, where it is 1.
///
/// Applied when shares are summed, over the dealers that qualified: were it dealt into the constant terms, one exclusion would spoil the key.
pub(crate) fn weights<T>(ceremony: &Ceremony, qualified: &[(u16, T)]) -> Option<Vec<Scalar>> {
    ceremony.plan().old_group()?;
    let dealers: Vec<u16> = qualified.iter().map(|(dealer, _)| *dealer).collect();
    Some(lagrange(&dealers).expect("who qualified are the keys of a map, one at least is required, and no member is 0"))
}

fn sum(ceremony: &Ceremony, qualified: &[(u16, &Dealing)]) -> Commitments {
    let threshold = ceremony.threshold();
    let mut sum = Prepared {
        x: vec![<G2 as group::Group>::identity(); threshold],
        y: vec![vec![<G1 as group::Group>::identity(); threshold]; ceremony.plan().attributes()],
        z: vec![<G2 as group::Group>::identity(); threshold],
    };
    for (_, dealing) in qualified {
        sum.add(dealing.commitments());
    }
    sum.finish()
}

fn weighted_sum(ceremony: &Ceremony, qualified: &[(u16, &Dealing)], weights: &[Scalar]) -> Commitments {
    let g2 = |pick: &dyn Fn(&Commitments, usize) -> G2Affine| {
        let sums = (0..ceremony.threshold()).map(|k| {
            let points: Vec<_> = qualified.iter().map(|(_, dealing)| pick(dealing.commitments(), k)).collect();
            msm_g2(&points, weights)
        });
        affine_g2(&sums.collect::<Vec<_>>())
    };
    let g1 = |j: usize| {
        let sums = (0..ceremony.threshold()).map(|k| {
            let points: Vec<_> = qualified.iter().map(|(_, dealing)| dealing.commitments().y[j][k]).collect();
            msm_g1(&points, weights)
        });
        affine_g1(&sums.collect::<Vec<_>>())
    };
    Commitments { x: g2(&|c, k| c.x[k]), y: (0..ceremony.plan().attributes()).map(g1).collect(), z: g2(&|c, k| c.z[k]) }
}
