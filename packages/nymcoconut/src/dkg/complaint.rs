//! A complaint: the receiver opens what one dealer sent it, and anyone decides.
//!
//! The receiver publishes K = sk·R with a proof that log_g1 pk = log_R K (Chaum and Pedersen, CRYPTO 1992; in the form of challenge and response as in
//! RFC 9497, §2.2, with a transcript of our own and, for one pair of points, no weights). With K everybody unmasks the shares of this dealer for this
//! receiver, and of nobody else: every dealer proved to know the logarithm of its own R, so K tells it nothing, and no other dealing has this R.

use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use super::algebra::base_g1;
use super::board::Board;
use super::dealing::Dealing;
use super::error::MessageError;
use super::mask::proof_nonce;
use super::registration::ReceiverSecret;
use super::setup::Ceremony;
use super::sigma::recommit;
use super::wire::{Kind, Place, Reader, Writer};
use crate::algebra::response;
use crate::backend::{Curve, G1Affine, Group, Scalar, G1, G1_BYTES, SCALAR_BYTES};
use crate::secret::Exposed;
use crate::{SecretScalar, Transcript};

/// Length of a complaint.
pub const COMPLAINT_BYTES: usize = 1 + 8 + 2 + 2 + G1_BYTES + 2 * SCALAR_BYTES;

/// A receiver's complaint about one dealer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    dealer: u16,
    receiver: u16,
    shared: G1Affine,
    challenge: Scalar,
    response: Scalar,
}

/// What a complaint shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The dealer is at fault.
    Upheld {
        /// The first polynomial whose share is wrong.
        polynomial: u8,
    },
    /// The receiver is at fault: the point is not the one that opens the shares.
    WrongProof,
    /// The receiver is at fault: every share is right.
    RightShares,
}

impl Complaint {
    /// Complains about a dealer. `None` when its dealing is missing or refused by everybody: then nothing must be opened, since the nonce may be another dealer's.
    pub fn make(
        board: &Board,
        dealer: u16,
        receiver: u16,
        secret: &ReceiverSecret,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Option<Self> {
        let ceremony = board.ceremony();
        let dealing = board.dealing(dealer)?;
        let key = ceremony.key(receiver)?;
        if *key != secret.key() || ceremony.is_own_dealing(dealer, receiver) {
            return None;
        }
        let nonce_point = G1::from(*dealing.nonce());
        let shared = (nonce_point * secret.scalar()).to_affine();
        let context = context(ceremony, dealing, receiver, key, &shared);
        let mut fresh = Zeroizing::new([0; 32]);
        rng.fill_bytes(fresh.as_mut());
        let nonce = SecretScalar::new(&proof_nonce(&fresh, &secret.scalar(), &context.clone().digest(), 0));
        let challenge = challenge(context, &base_g1(&nonce.expose()), &(nonce_point * nonce.expose()));
        let response = response(&nonce.expose(), &challenge, &secret.scalar());
        Some(Self { dealer, receiver, shared, challenge, response })
    }

    /// Who is complained about.
    pub fn dealer(&self) -> u16 {
        self.dealer
    }

    /// Who complains.
    pub fn receiver(&self) -> u16 {
        self.receiver
    }

    /// K.
    pub fn shared(&self) -> &G1Affine {
        &self.shared
    }

    /// The bytes: kind 3 ‖ epoch ‖ receiver u16 ‖ dealer u16 ‖ K ‖ challenge ‖ response.
    pub fn to_bytes(&self, ceremony: &Ceremony) -> Vec<u8> {
        let mut writer = Writer::new(Kind::Complaint, ceremony.plan().epoch(), COMPLAINT_BYTES);
        writer.u16(self.receiver).u16(self.dealer).g1(&self.shared).scalar(&self.challenge).scalar(&self.response);
        writer.finish()
    }

    /// Reads a complaint that this member sent.
    ///
    /// # Errors
    ///
    /// Anything but the one encoding of a complaint in this ceremony; a member who complains about itself.
    pub fn decode(ceremony: &Ceremony, sender: u16, bytes: &[u8]) -> Result<Self, MessageError> {
        let mut reader = Reader::new(bytes, COMPLAINT_BYTES)?;
        reader.head(Kind::Complaint, ceremony.plan().epoch())?;
        reader.sender(sender)?;
        if ceremony.key(sender).is_none() {
            return Err(MessageError::Stranger { index: sender });
        }
        let dealer = reader.u16()?;
        if ceremony.plan().dealers().binary_search(&dealer).is_err() || ceremony.is_own_dealing(dealer, sender) {
            return Err(MessageError::Stranger { index: dealer });
        }
        Ok(Self {
            dealer,
            receiver: sender,
            shared: reader.g1(Place::SharedPoint)?,
            challenge: reader.scalar(Place::Proof { number: 0 })?,
            response: reader.scalar(Place::Proof { number: 1 })?,
        })
    }

    /// Decides: a function of the dealing and the complaint alone, the same for everybody.
    ///
    /// The dealing must be the complaint's dealer's; any other makes the proof fail.
    pub fn judge(&self, ceremony: &Ceremony, dealing: &Dealing) -> Verdict {
        let Some(key) = ceremony.key(self.receiver) else { return Verdict::WrongProof };
        if dealing.dealer() != self.dealer || !self.proof_holds(ceremony, dealing, key) {
            return Verdict::WrongProof;
        }
        let Some(shares) = dealing.unmask(ceremony, self.receiver, &self.shared) else { return Verdict::WrongProof };
        match dealing.commitments().misfit(self.receiver, &Exposed::of(&shares)) {
            Some(polynomial) => Verdict::Upheld { polynomial },
            None => Verdict::RightShares,
        }
    }

    fn proof_holds(&self, ceremony: &Ceremony, dealing: &Dealing, key: &G1Affine) -> bool {
        let first = recommit(&G1::generator(), &G1::from(*key), &self.challenge, &self.response);
        let second = recommit(&G1::from(*dealing.nonce()), &G1::from(self.shared), &self.challenge, &self.response);
        challenge(context(ceremony, dealing, self.receiver, key, &self.shared), &first, &second) == self.challenge
    }
}

fn context(ceremony: &Ceremony, dealing: &Dealing, receiver: u16, key: &G1Affine, shared: &G1Affine) -> Transcript {
    let mut transcript = Transcript::new("nym-dkg-complaint-v1");
    transcript.bytes(ceremony.digest()).bytes(&dealing.dealer().to_be_bytes()).bytes(&receiver.to_be_bytes());
    transcript.g1(dealing.nonce()).g1(key).g1(shared);
    transcript
}

fn challenge(mut context: Transcript, first: &G1, second: &G1) -> Scalar {
    context.g1(&first.to_affine()).g1(&second.to_affine());
    context.challenge()
}
