//! A receiver's key for one ceremony: made fresh, proved, and erased after it.
//!
//! The proof is a Schnorr proof of the secret, bound to chain, contract, epoch and index: a copied key registers for nobody.

use std::collections::BTreeMap;

use rand_core::{CryptoRng, RngCore};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::algebra::base_g1;
use super::error::{MessageError, SetupError};
use super::mask::proof_nonce;
use super::setup::{Ceremony, Plan};
use super::wire::{Kind, Place, Reader, Writer};
use crate::algebra::response;
use crate::backend::{Curve, G1Affine, Scalar, G1, G1_BYTES, SCALAR_BYTES};
use crate::{DecodeError, SecretScalar, Transcript};

/// Length of a registration.
pub const REGISTRATION_BYTES: usize = 1 + 8 + 2 + G1_BYTES + 2 * SCALAR_BYTES;

/// The secret of a receiver's key. It opens every share that is dealt to its member in this ceremony.
///
/// It is all that a member must keep to survive a crash: dealings are public, and a member's share to itself is among them. Erased when dropped.
#[derive(Clone, ZeroizeOnDrop)]
pub struct ReceiverSecret(SecretScalar);

impl ReceiverSecret {
    /// Makes a key and its registration.
    pub fn register(plan: &Plan, index: u16, rng: &mut (impl RngCore + CryptoRng)) -> (Self, Registration) {
        let secret = Self(SecretScalar::new(&crate::backend::random_nonzero_scalar(rng)));
        let registration = secret.registration(plan, index, rng);
        (secret, registration)
    }

    /// The registration of a key that exists, for a member that lost it before it was sent.
    pub fn registration(&self, plan: &Plan, index: u16, rng: &mut (impl RngCore + CryptoRng)) -> Registration {
        let key = self.key();
        let mut fresh = Zeroizing::new([0; 32]);
        rng.fill_bytes(fresh.as_mut());
        let nonce = SecretScalar::new(&proof_nonce(&fresh, &self.0.expose(), &statement(plan, index, &key), 0));
        let challenge = challenge(plan, index, &key, &base_g1(&nonce.expose()).to_affine());
        let response = response(&nonce.expose(), &challenge, &self.0.expose());
        Registration { index, key, challenge, response }
    }

    /// The public key.
    pub fn key(&self) -> G1Affine {
        base_g1(&self.0.expose()).to_affine()
    }

    /// The scalar, for one expression.
    pub(crate) fn scalar(&self) -> Scalar {
        self.0.expose()
    }

    /// The 32 bytes to be kept in a file that nobody else reads.
    pub fn to_secret_bytes(&self) -> Zeroizing<[u8; 32]> {
        self.0.to_secret_bytes()
    }

    /// Reads what [`ReceiverSecret::to_secret_bytes`] wrote.
    ///
    /// # Errors
    ///
    /// Not 32 bytes, not below the group's order, or zero.
    pub fn from_secret_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let secret = SecretScalar::from_secret_bytes(bytes)?;
        if secret.is_zero() {
            return Err(DecodeError::Zero { what: "a receiver's secret" });
        }
        Ok(Self(secret))
    }
}

impl std::fmt::Debug for ReceiverSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ReceiverSecret(..)")
    }
}

/// A receiver's key with its proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    index: u16,
    key: G1Affine,
    challenge: Scalar,
    response: Scalar,
}

impl Registration {
    /// Whose key it is.
    pub fn index(&self) -> u16 {
        self.index
    }

    /// The key.
    pub fn key(&self) -> &G1Affine {
        &self.key
    }

    /// The bytes: kind 1 ‖ epoch ‖ index u16 ‖ key ‖ challenge ‖ response.
    pub fn to_bytes(&self, plan: &Plan) -> Vec<u8> {
        let mut writer = Writer::new(Kind::Registration, plan.epoch(), REGISTRATION_BYTES);
        writer.u16(self.index).g1(&self.key).scalar(&self.challenge).scalar(&self.response);
        writer.finish()
    }

    /// Reads a registration; [`Registration::verify`] is another step.
    ///
    /// # Errors
    ///
    /// Anything but the one encoding of a registration for this plan.
    pub fn decode(plan: &Plan, bytes: &[u8]) -> Result<Self, MessageError> {
        let mut reader = Reader::new(bytes, REGISTRATION_BYTES)?;
        reader.head(Kind::Registration, plan.epoch())?;
        let index = reader.u16()?;
        if !plan.committee().contains(index) {
            return Err(MessageError::Stranger { index });
        }
        Ok(Self {
            index,
            key: reader.g1(Place::Key)?,
            challenge: reader.scalar(Place::Proof { number: 0 })?,
            response: reader.scalar(Place::Proof { number: 1 })?,
        })
    }

    /// Whether the proof holds for this plan.
    pub fn verify(&self, plan: &Plan) -> bool {
        let commitment = base_g1(&self.response) + G1::from(self.key) * self.challenge;
        challenge(plan, self.index, &self.key, &commitment.to_affine()) == self.challenge
    }
}

fn bind(label: &str, plan: &Plan, index: u16, key: &G1Affine) -> Transcript {
    let mut transcript = Transcript::new(label);
    transcript
        .bytes(plan.chain_id.as_bytes())
        .bytes(plan.contract.as_bytes())
        .u64(plan.epoch)
        .bytes(&index.to_be_bytes())
        .g1(key);
    transcript
}

fn statement(plan: &Plan, index: u16, key: &G1Affine) -> [u8; 32] {
    bind("nym-dkg-registration-statement-v1", plan, index, key).digest()
}

fn challenge(plan: &Plan, index: u16, key: &G1Affine, commitment: &G1Affine) -> Scalar {
    let mut transcript = bind("nym-dkg-registration-v1", plan, index, key);
    transcript.g1(commitment);
    transcript.challenge()
}

/// Why a registration was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationError {
    /// Not a registration for this plan.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// The sender does not know the secret, or made it for another chain, contract, epoch or member.
    #[error("the registration of member {index} has a wrong proof")]
    Proof {
        /// The sender.
        index: u16,
    },
    /// The member has registered.
    #[error("member {index} is registered")]
    Twice {
        /// The sender.
        index: u16,
    },
    /// Somebody else has registered this key: two members share a secret.
    #[error("member {index} registers the key of member {other}")]
    SameKey {
        /// The sender.
        index: u16,
        /// Who was first.
        other: u16,
    },
}

/// Takes registrations until the deadline.
#[derive(Debug, Clone)]
pub struct Registry {
    plan: Plan,
    keys: BTreeMap<u16, G1Affine>,
}

impl Registry {
    /// Nobody is registered.
    pub fn new(plan: Plan) -> Self {
        Self { plan, keys: BTreeMap::new() }
    }

    /// Takes a registration that this member sent.
    ///
    /// # Errors
    ///
    /// Malformed, in another member's name, with a wrong proof, a second one, or with another member's key.
    pub fn post(&mut self, sender: u16, bytes: &[u8]) -> Result<(), RegistrationError> {
        let registration = Registration::decode(&self.plan, bytes)?;
        let index = registration.index;
        if index != sender {
            return Err(MessageError::Sender { given: index, required: sender }.into());
        }
        if self.keys.contains_key(&index) {
            return Err(RegistrationError::Twice { index });
        }
        if !registration.verify(&self.plan) {
            return Err(RegistrationError::Proof { index });
        }
        if let Some((&other, _)) = self.keys.iter().find(|(_, key)| **key == registration.key) {
            return Err(RegistrationError::SameKey { index, other });
        }
        self.keys.insert(index, registration.key);
        Ok(())
    }

    /// Who is registered, ascending.
    pub fn registered(&self) -> impl ExactSizeIterator<Item = u16> + '_ {
        self.keys.keys().copied()
    }

    /// The deadline: the ceremony goes on with those who registered.
    ///
    /// # Errors
    ///
    /// Fewer than the threshold did.
    pub fn close(self) -> Result<Ceremony, SetupError> {
        Ceremony::new(self.plan, self.keys)
    }
}
