//! The y's in G2: announced by members, accepted by a pairing.
//!
//! Dealings commit to the y's in G1 only, which is half the size; verifiers need them in G2. Each member announces its yᵢⱼ·g2, anyone checks all of
//! them in two pairings against the public polynomials, and t of them give the group's by interpolation.

use rand_core::{CryptoRng, RngCore};

use super::algebra::{base_g2, lagrange};
use super::error::{AnnounceError, MessageError};
use super::group::GroupKey;
use super::share::MemberShare;
use super::wire::{Kind, Place, Reader, Writer};
use crate::backend::{
    affine_g2, msm_g1_128, msm_g2, msm_g2_128, pairing_product_is_one, random_weight, Curve, G1Affine, G2Affine,
    G2Prepared, PrimeCurveAffine, G2_BYTES,
};
use crate::batch::find;
use crate::params::minus_g2;
use crate::stream::Stream;

/// A member's keys in G2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    index: u16,
    keys: Vec<G2Affine>,
}

impl Announcement {
    /// Announces a member's keys.
    pub fn new(share: &MemberShare) -> Self {
        let keys: Vec<_> = share.y().iter().map(|y| base_g2(&y.expose())).collect();
        Self { index: share.index(), keys: affine_g2(&keys) }
    }

    /// Whose keys they are.
    pub fn index(&self) -> u16 {
        self.index
    }

    /// β2ᵢⱼ = yᵢⱼ·g2.
    pub fn keys(&self) -> &[G2Affine] {
        &self.keys
    }

    /// The bytes: kind 6 ‖ epoch ‖ index u16 ‖ a point of G2 for each y.
    pub fn to_bytes(&self, group: &GroupKey) -> Vec<u8> {
        let mut writer = Writer::new(Kind::Announcement, group.epoch(), Self::length(group));
        writer.u16(self.index);
        for key in &self.keys {
            writer.g2(key);
        }
        writer.finish()
    }

    fn length(group: &GroupKey) -> usize {
        1 + 8 + 2 + group.attributes() * G2_BYTES
    }

    /// Reads an announcement, by whoever sent it: a right one is right from anybody.
    ///
    /// # Errors
    ///
    /// Anything but the one encoding of an announcement for this group.
    pub fn decode(group: &GroupKey, bytes: &[u8]) -> Result<Self, MessageError> {
        let mut reader = Reader::new(bytes, Self::length(group))?;
        reader.head(Kind::Announcement, group.epoch())?;
        let index = reader.u16()?;
        if group.holders().binary_search(&index).is_err() {
            return Err(MessageError::Stranger { index });
        }
        let keys = (0..group.attributes()).zip(1u8..).map(|(_, number)| reader.g2(Place::Announced { number }));
        Ok(Self { index, keys: keys.collect::<Result<Vec<_>, _>>()? })
    }

    /// Checks announcements: e(β1, g2) = e(g1, β2) for all members and y's at once, with random weights; only if that fails, in halves.
    ///
    /// # Errors
    ///
    /// Nobody, somebody twice or without a share; wrong keys, with all their announcers.
    pub fn verify(
        group: &GroupKey,
        announcements: &[Self],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), AnnounceError> {
        super::algebra::distinct(&announcements.iter().map(|item| item.index).collect::<Vec<_>>())?;
        let prepared = group.commitments().prepare();
        let mut items = Vec::with_capacity(announcements.len());
        for item in announcements {
            if group.holders().binary_search(&item.index).is_err() {
                return Err(AnnounceError::Stranger { index: item.index });
            }
            if item.keys.len() != group.attributes() {
                return Err(AnnounceError::Count {
                    index: item.index,
                    given: item.keys.len(),
                    required: group.attributes(),
                });
            }
            items.push((item, prepared.at(item.index).beta));
        }
        let rng = &mut Stream::over(rng, |all| {
            all.bytes(b"announcements").bytes(&group.digest());
            announcements.iter().for_each(|item| {
                all.bytes(&item.to_bytes(group));
            });
        });
        let wrong = find(items.len(), &mut |range| hold(&items[range], rng));
        if wrong.is_empty() {
            return Ok(());
        }
        let mut culprits: Vec<u16> = wrong.into_iter().map(|place| items[place].0.index).collect();
        culprits.sort_unstable();
        Err(AnnounceError::Wrong { culprits })
    }

    /// The group's β2 from at least t announcements that passed [`Announcement::verify`].
    ///
    /// # Errors
    ///
    /// Fewer than t; somebody twice, or without a share.
    pub fn combine(group: &GroupKey, announcements: &[Self]) -> Result<Vec<G2Affine>, AnnounceError> {
        if announcements.len() < group.threshold() {
            return Err(AnnounceError::TooFew { given: announcements.len(), required: group.threshold() });
        }
        let chosen = &announcements[..group.threshold()];
        for item in chosen {
            if item.keys.len() != group.attributes() {
                return Err(AnnounceError::Count {
                    index: item.index,
                    given: item.keys.len(),
                    required: group.attributes(),
                });
            }
            if group.holders().binary_search(&item.index).is_err() {
                return Err(AnnounceError::Stranger { index: item.index });
            }
        }
        let coefficients = lagrange(&chosen.iter().map(|item| item.index).collect::<Vec<_>>())?;
        let sums = (0..group.attributes())
            .map(|j| msm_g2(&chosen.iter().map(|item| item.keys[j]).collect::<Vec<_>>(), &coefficients));
        Ok(affine_g2(&sums.collect::<Vec<_>>()))
    }
}

type Item<'a> = (&'a Announcement, Vec<G1Affine>);

fn hold(items: &[Item<'_>], rng: &mut Stream) -> bool {
    let g1: Vec<_> = items.iter().flat_map(|(_, beta)| beta.iter().copied()).collect();
    let g2: Vec<_> = items.iter().flat_map(|(item, _)| item.keys.iter().copied()).collect();
    let weights: Vec<_> = g1.iter().map(|_| random_weight(rng)).collect();
    let left = msm_g1_128(&g1, &weights).to_affine();
    let right = msm_g2_128(&g2, &weights).to_affine();
    pairing_product_is_one(&[(&left, minus_g2()), (&G1Affine::generator(), &G2Prepared::from(right))])
}
