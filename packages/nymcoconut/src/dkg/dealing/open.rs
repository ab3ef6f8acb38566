//! The receiver's side: every dealer's shares, checked together.

use std::collections::BTreeMap;

use rand_core::{CryptoRng, RngCore};

use super::Dealing;
use crate::backend::{msm_g1, msm_g2, random_weight, Curve, Field, G1Affine, G2Affine, Scalar, G1};
use crate::batch::find;
use crate::dkg::algebra::{base_g1, base_g2, point};
use crate::dkg::board::{Board, Outcome};
use crate::dkg::complaint::Complaint;
use crate::dkg::error::FinishError;
use crate::dkg::group::weights;
use crate::dkg::mask::MaskContext;
use crate::dkg::registration::ReceiverSecret;
use crate::dkg::setup::Ceremony;
use crate::dkg::share::MemberShare;
use crate::stream::Stream;
use crate::SecretScalar;

/// The shares that one member received, and which of them are wrong. Erased when dropped.
pub struct Inbox {
    index: u16,
    shares: BTreeMap<u16, Vec<SecretScalar>>,
    wrong: Vec<u16>,
}

impl Dealing {
    /// The shares for this member, right or wrong, in the order x, y1, …, z.
    pub(crate) fn unmask(&self, ceremony: &Ceremony, receiver: u16, shared: &G1Affine) -> Option<Vec<SecretScalar>> {
        let context = MaskContext { ceremony: ceremony.digest(), dealer: self.dealer, receiver, nonce: &self.nonce };
        let row = self.masked(ceremony.row(receiver)?);
        Some(
            (0u8..)
                .zip(row)
                .map(|(number, masked)| SecretScalar::new(&(*masked - context.mask(number, shared))))
                .collect(),
        )
    }
}

impl Inbox {
    /// Opens the shares of every dealing that nobody must refuse and checks them in one batch; only if that fails, in halves.
    ///
    /// Weights of 128 bits are drawn from a hash of 32 bytes of `rng` and of all dealings, so whoever knows what `rng` gives cannot deal errors that cancel.
    ///
    /// # Errors
    ///
    /// Not a receiver, or another key than the registered one.
    pub fn open(
        board: &Board,
        index: u16,
        secret: &ReceiverSecret,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Self, FinishError> {
        let ceremony = board.ceremony();
        let registered = ceremony.key(index).ok_or(FinishError::NotAReceiver { index })?;
        if *registered != secret.key() {
            return Err(FinishError::OtherKey { index });
        }
        let mut shares = BTreeMap::new();
        let mut items = Vec::new();
        for (dealer, dealing) in board.sound() {
            let shared = (G1::from(*dealing.nonce()) * secret.scalar()).to_affine();
            shares.insert(dealer, dealing.unmask(ceremony, index, &shared).ok_or(FinishError::NotAReceiver { index })?);
            items.push(dealing);
        }
        let rng = &mut Stream::over(rng, |all| {
            all.bytes(b"dealings").bytes(ceremony.digest()).bytes(&index.to_be_bytes());
            items.iter().for_each(|dealing| {
                all.bytes(&dealing.to_bytes(ceremony));
            });
        });
        let batch = Batch::new(index, ceremony.threshold());
        let wrong = find(items.len(), &mut |range| batch.holds(&items[range], &shares, rng));
        let wrong = wrong.into_iter().map(|place| items[place].dealer()).collect();
        Ok(Self { index, shares, wrong })
    }

    /// Whose shares are wrong, ascending.
    pub fn wrong(&self) -> &[u16] {
        &self.wrong
    }

    /// A complaint about each of them.
    pub fn complaints(
        &self,
        board: &Board,
        secret: &ReceiverSecret,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Vec<Complaint> {
        self.wrong.iter().filter_map(|&dealer| Complaint::make(board, dealer, self.index, secret, rng)).collect()
    }

    /// The member's share of the group's key.
    ///
    /// # Errors
    ///
    /// A qualified dealer's share is wrong, because no complaint came in time; an outcome of another ceremony.
    pub fn finish(&self, outcome: &Outcome) -> Result<MemberShare, FinishError> {
        let qualified = outcome.qualified();
        let wrong: Vec<u16> = qualified.iter().copied().filter(|dealer| self.wrong.contains(dealer)).collect();
        if !wrong.is_empty() {
            return Err(FinishError::WrongShares { dealers: wrong });
        }
        let rows = qualified
            .iter()
            .map(|dealer| self.shares.get(dealer).map(|row| (*dealer, row)))
            .collect::<Option<Vec<_>>>();
        let rows = rows.ok_or(FinishError::OtherOutcome)?;
        let weights = weights(outcome.ceremony(), &rows);
        let count = usize::from(outcome.ceremony().plan().polynomials());
        let mut sums = Vec::with_capacity(count);
        for number in 0..count {
            let mut sum = SecretScalar::new(&Scalar::ZERO);
            for (position, (_, row)) in rows.iter().enumerate() {
                let share = row.get(number).ok_or(FinishError::OtherOutcome)?.expose();
                let term = weights.as_ref().map_or(share, |weights| weights[position] * share);
                sum = SecretScalar::new(&(sum.expose() + term));
            }
            sums.push(sum);
        }
        let share = MemberShare::of(outcome.key().epoch(), self.index, &sums).ok_or(FinishError::OtherOutcome)?;
        if outcome.key().member(self.index) != Some(share.public()) {
            return Err(FinishError::OtherOutcome);
        }
        Ok(share)
    }
}

// Each share erases itself.
impl zeroize::ZeroizeOnDrop for Inbox {}

impl std::fmt::Debug for Inbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Inbox {{ index: {}, dealers: {}, wrong: {:?}, .. }}", self.index, self.shares.len(), self.wrong)
    }
}

/// Feldman's equation of many dealings at once: Σ w·iᵏ·Cₖ = (Σ w·s)·g, one sum in each group.
struct Batch {
    powers: Vec<Scalar>,
}

impl Batch {
    fn new(index: u16, threshold: usize) -> Self {
        let at = point(index);
        let powers = std::iter::successors(Some(Scalar::ONE), |power| Some(*power * at)).take(threshold).collect();
        Self { powers }
    }

    fn holds(&self, items: &[&Dealing], shares: &BTreeMap<u16, Vec<SecretScalar>>, rng: &mut Stream) -> bool {
        let mut g1 = Terms::<G1Affine>::default();
        let mut g2 = Terms::<G2Affine>::default();
        for dealing in items {
            let Some(row) = shares.get(&dealing.dealer()) else { return false };
            let [x, y @ .., z] = row.as_slice() else { return false };
            let commitments = dealing.commitments();
            g2.add(&commitments.x, &self.powers, x, rng);
            g2.add(&commitments.z, &self.powers, z, rng);
            for (points, share) in commitments.y.iter().zip(y) {
                g1.add(points, &self.powers, share, rng);
            }
        }
        msm_g1(&g1.points, &g1.scalars) == base_g1(&g1.sum.expose())
            && msm_g2(&g2.points, &g2.scalars) == base_g2(&g2.sum.expose())
    }
}

/// One group's side of the batch.
struct Terms<A> {
    points: Vec<A>,
    scalars: Vec<Scalar>,
    sum: SecretScalar,
}

impl<A> Default for Terms<A> {
    fn default() -> Self {
        Self { points: Vec::new(), scalars: Vec::new(), sum: SecretScalar::new(&Scalar::ZERO) }
    }
}

impl<A: Copy> Terms<A> {
    fn add(&mut self, points: &[A], powers: &[Scalar], share: &SecretScalar, rng: &mut Stream) {
        let weight = crate::backend::reduce(&random_weight(rng));
        self.points.extend_from_slice(points);
        self.scalars.extend(powers.iter().map(|power| weight * power));
        self.sum = SecretScalar::new(&(self.sum.expose() + weight * share.expose()));
    }
}
