//! Making a dealing.

use std::collections::HashSet;

use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use super::check::{challenge, statement};
use super::Dealing;
use crate::algebra::response;
use crate::backend::{random_nonzero_scalar, Curve, G1Affine, Scalar, G1};
use crate::dkg::algebra::{base_g1, base_g2, evaluate};
use crate::dkg::commitments::Commitments;
use crate::dkg::error::DealError;
use crate::dkg::mask::{proof_nonce, MaskContext};
use crate::dkg::setup::Ceremony;
use crate::dkg::share::MemberShare;
use crate::secret::Exposed;
use crate::SecretScalar;

/// Coefficients of one polynomial, lowest first.
pub(super) type Polynomial = Vec<SecretScalar>;

impl Dealing {
    /// Deals: random polynomials for a new key, polynomials through the dealer's own shares when a key is handed over.
    ///
    /// Nothing of it needs to be kept: the share to oneself is in the message, for one's own receiver's key.
    ///
    /// # Errors
    ///
    /// Somebody who is no dealer; a share that is missing, not needed or of another key; a source of randomness that repeats itself.
    pub fn deal(
        ceremony: &Ceremony,
        dealer: u16,
        share: Option<&MemberShare>,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Self, DealError> {
        let constants = constants(ceremony, dealer, share)?;
        let mut polynomials = Vec::with_capacity(usize::from(ceremony.plan().polynomials()));
        for number in 0..usize::from(ceremony.plan().polynomials()) {
            let constant = constants.as_ref().map(|known| known[number].clone());
            polynomials.push(polynomial(ceremony.threshold(), constant, rng));
        }
        let nonce = SecretScalar::new(&random_nonzero_scalar(rng));
        let commitments = Commitments::commit(&polynomials);
        let public = base_g1(&nonce.expose()).to_affine();
        distinct(&commitments, &public)?;
        let mut dealing = Self {
            dealer,
            commitments,
            nonce: public,
            masked: Vec::with_capacity(ceremony.keys().len()),
            proof: Vec::new(),
        };
        for (&receiver, key) in ceremony.keys() {
            dealing.masked.push(dealing.mask(ceremony, receiver, key, &nonce, &polynomials));
        }
        dealing.prove(ceremony, &polynomials, &nonce, rng);
        Ok(dealing)
    }

    fn mask(
        &self,
        ceremony: &Ceremony,
        receiver: u16,
        key: &G1Affine,
        nonce: &SecretScalar,
        polynomials: &[Polynomial],
    ) -> Vec<Scalar> {
        let shared = (G1::from(*key) * nonce.expose()).to_affine();
        let context = MaskContext { ceremony: ceremony.digest(), dealer: self.dealer, receiver, nonce: &self.nonce };
        let shares = polynomials.iter().map(|coefficients| share_of(coefficients, receiver));
        (0u8..).zip(shares).map(|(number, share)| share.expose() + context.mask(number, &shared)).collect()
    }

    fn prove(
        &mut self,
        ceremony: &Ceremony,
        polynomials: &[Polynomial],
        nonce: &SecretScalar,
        rng: &mut (impl RngCore + CryptoRng),
    ) {
        let mut fresh = Zeroizing::new([0; 32]);
        rng.fill_bytes(fresh.as_mut());
        let statement = statement(ceremony, &self.unproved(ceremony).finish());
        let secrets: Vec<&SecretScalar> =
            polynomials.iter().map(|coefficients| &coefficients[0]).chain([nonce]).collect();
        let hidden: Vec<SecretScalar> = (0u8..)
            .zip(&secrets)
            .map(|(number, secret)| SecretScalar::new(&proof_nonce(&fresh, &secret.expose(), &statement, number)))
            .collect();
        let last = polynomials.len() - 1;
        let commitments: Vec<Vec<u8>> = hidden
            .iter()
            .enumerate()
            .map(|(number, w)| {
                let w = w.expose();
                if number == 0 || number == last {
                    base_g2(&w).to_affine().to_compressed().to_vec()
                } else {
                    base_g1(&w).to_affine().to_compressed().to_vec()
                }
            })
            .collect();
        let challenge = challenge(&statement, &commitments);
        self.proof = std::iter::once(challenge)
            .chain(hidden.iter().zip(secrets).map(|(w, secret)| response(&w.expose(), &challenge, &secret.expose())))
            .collect();
    }
}

fn share_of(coefficients: &[SecretScalar], receiver: u16) -> SecretScalar {
    SecretScalar::new(&evaluate(&Exposed::of(coefficients), receiver))
}

fn polynomial(threshold: usize, constant: Option<SecretScalar>, rng: &mut (impl RngCore + CryptoRng)) -> Polynomial {
    let mut coefficients = Vec::with_capacity(threshold);
    coefficients.extend(constant);
    while coefficients.len() < threshold {
        coefficients.push(SecretScalar::new(&random_nonzero_scalar(rng)));
    }
    coefficients
}

/// The dealer's old shares in the order of the polynomials, when a key is handed over.
fn constants(
    ceremony: &Ceremony,
    dealer: u16,
    share: Option<&MemberShare>,
) -> Result<Option<Vec<SecretScalar>>, DealError> {
    if ceremony.plan().dealers().binary_search(&dealer).is_err() {
        return Err(DealError::NotADealer { index: dealer });
    }
    match (ceremony.plan().old_group(), share) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(DealError::ShareNotNeeded),
        (Some(_), None) => Err(DealError::ShareNeeded),
        (Some(old), Some(share)) => {
            if share.index() != dealer
                || share.epoch() != old.epoch()
                || old.member(dealer).as_ref() != Some(&share.public())
            {
                return Err(DealError::OtherShare { index: dealer });
            }
            Ok(Some(std::iter::once(share.x()).chain(share.y()).chain([share.z()]).cloned().collect()))
        }
    }
}

/// No two coefficients are equal: a source of randomness that repeats itself would make x equal to a y, and forging easy.
fn distinct(commitments: &Commitments, nonce: &G1Affine) -> Result<(), DealError> {
    let mut g2 = HashSet::new();
    let mut g1 = HashSet::new();
    let fresh = commitments.x.iter().chain(&commitments.z).all(|point| g2.insert(point.to_compressed()))
        && commitments.y.iter().flatten().chain([nonce]).all(|point| g1.insert(point.to_compressed()));
    if fresh {
        Ok(())
    } else {
        Err(DealError::RepeatedRandomness)
    }
}
