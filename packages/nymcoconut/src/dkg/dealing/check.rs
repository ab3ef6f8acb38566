//! What everybody checks of a dealing: encoding, proof, and in a handover that it starts from the dealer's old share.

use super::layout::{Layout, HEAD_BYTES};
use super::Dealing;
use crate::backend::{Curve, Group, Scalar, G1, G2};
use crate::dkg::commitments::Commitments;
use crate::dkg::error::MessageError;
use crate::dkg::setup::{count_u16, Ceremony};
use crate::dkg::sigma::recommit;
use crate::dkg::wire::{Kind, Place, Reader};
use crate::Transcript;

/// Why everybody refuses a dealing that stands alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// Not the one encoding of a dealing of this ceremony.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// The dealer does not know all constant terms and the nonce's logarithm, or dealt for another dealer, epoch, contract or chain.
    #[error("the proof of knowledge does not hold")]
    Proof,
    /// A constant term that is not the dealer's share of the key that is handed over.
    #[error("the constant term of polynomial {polynomial} is not the dealer's share of the old key")]
    OtherConstant {
        /// The polynomial's number.
        polynomial: u8,
    },
}

impl Dealing {
    /// Reads and checks a dealing that this member sent.
    ///
    /// # Errors
    ///
    /// The flaw, for which the dealer answers.
    pub fn check(ceremony: &Ceremony, dealer: u16, bytes: &[u8]) -> Result<Self, Flaw> {
        let dealing = decode(ceremony, dealer, bytes)?;
        if !proof_holds(ceremony, &dealing, bytes) {
            return Err(Flaw::Proof);
        }
        match other_constants(ceremony, &dealing).first() {
            Some(&polynomial) => Err(Flaw::OtherConstant { polynomial }),
            None => Ok(dealing),
        }
    }
}

/// Reads the head of a dealing and checks its length: what a contract does before it stores one.
pub(crate) fn head<'a>(ceremony: &Ceremony, dealer: u16, bytes: &'a [u8]) -> Result<Reader<'a>, MessageError> {
    let plan = ceremony.plan();
    if plan.dealers().binary_search(&dealer).is_err() {
        return Err(MessageError::Stranger { index: dealer });
    }
    let required = Layout::of(ceremony).length();
    let wrong_length = MessageError::Length { given: bytes.len(), required };
    if bytes.len() < HEAD_BYTES {
        return Err(wrong_length);
    }
    // The numbers come before the length: whoever deals a wrong degree is told so.
    let mut reader = Reader::new(bytes, bytes.len())?;
    reader.head(Kind::Dealing, plan.epoch())?;
    reader.sender(dealer)?;
    shape("number of members", reader.u16()?, count_u16(plan.committee().size()))?;
    shape("number of coefficients", reader.u16()?, count_u16(ceremony.threshold()))?;
    shape("number of attributes", u16::from(reader.u8()?), u16::from(plan.polynomials() - 2))?;
    if bytes.len() != required {
        return Err(wrong_length);
    }
    Ok(reader)
}

fn shape(what: &'static str, given: u16, required: u16) -> Result<(), MessageError> {
    if given == required {
        Ok(())
    } else {
        Err(MessageError::Shape { what, given, required })
    }
}

/// Reads a dealing without checking its proof.
pub(crate) fn decode(ceremony: &Ceremony, dealer: u16, bytes: &[u8]) -> Result<Dealing, MessageError> {
    let mut reader = head(ceremony, dealer, bytes)?;
    let polynomials = ceremony.plan().polynomials();
    let commitments = Commitments::read(&mut reader, ceremony.threshold(), ceremony.plan().attributes())?;
    let nonce = reader.g1(Place::Nonce)?;
    let mut masked = Vec::with_capacity(ceremony.keys().len());
    for receiver in ceremony.receivers() {
        let row = (0..polynomials).map(|polynomial| reader.scalar(Place::Masked { receiver, polynomial }));
        masked.push(row.collect::<Result<Vec<_>, _>>()?);
    }
    let proof =
        (0..polynomials + 2).map(|number| reader.scalar(Place::Proof { number })).collect::<Result<Vec<_>, _>>()?;
    Ok(Dealing { dealer, commitments, nonce, masked, proof })
}

/// Hash of the ceremony and of everything before the proof.
pub(super) fn statement(ceremony: &Ceremony, unproved: &[u8]) -> [u8; 32] {
    let mut transcript = Transcript::new("nym-dkg-dealing-statement-v1");
    transcript.bytes(ceremony.digest()).bytes(unproved);
    transcript.digest()
}

/// The challenge to the commitments of x, y1, …, z and ρ, compressed.
pub(super) fn challenge(statement: &[u8; 32], commitments: &[Vec<u8>]) -> Scalar {
    let mut transcript = Transcript::new("nym-dkg-dealing-v1");
    transcript.bytes(statement);
    for commitment in commitments {
        transcript.bytes(commitment);
    }
    transcript.challenge()
}

/// Whether the dealer knows every constant term and the nonce's logarithm.
///
/// One challenge for all: the proof of ρ holds only together with those of the constant terms, and with everything that was dealt.
pub(crate) fn proof_holds(ceremony: &Ceremony, dealing: &Dealing, bytes: &[u8]) -> bool {
    let Some(unproved) = bytes.get(..Layout::of(ceremony).proof()) else { return false };
    let Some((given, responses)) = dealing.proof.split_first() else { return false };
    let keys = dealing.commitments.constants();
    let g1 = |public: &crate::backend::G1Affine, response: &Scalar| {
        recommit(&G1::generator(), &G1::from(*public), given, response).to_affine().to_compressed().to_vec()
    };
    let g2 = |public: &crate::backend::G2Affine, response: &Scalar| {
        recommit(&G2::generator(), &G2::from(*public), given, response).to_affine().to_compressed().to_vec()
    };
    let [x, y @ .., z, rho] = responses else { return false };
    let mut commitments = vec![g2(&keys.alpha, x)];
    commitments.extend(keys.beta.iter().zip(y).map(|(public, response)| g1(public, response)));
    commitments.push(g2(&keys.beacon, z));
    commitments.push(g1(&dealing.nonce, rho));
    challenge(&statement(ceremony, unproved), &commitments) == *given
}

/// In a handover, the polynomials that do not start from the dealer's share of the old key, ascending.
pub(crate) fn other_constants(ceremony: &Ceremony, dealing: &Dealing) -> Vec<u8> {
    let Some(old) = ceremony.plan().old_group() else { return Vec::new() };
    // Dealers of a handover are the holders of the old key; who is none starts from nothing that is known.
    let Some(known) = old.member(dealing.dealer) else { return (0..ceremony.plan().polynomials()).collect() };
    let dealt = dealing.commitments.constants();
    let mut same = vec![dealt.alpha == known.alpha];
    same.extend(dealt.beta.iter().zip(&known.beta).map(|(dealt, known)| dealt == known));
    same.push(dealt.beacon == known.beacon);
    (0u8..).zip(same).filter(|(_, same)| !same).map(|(number, _)| number).collect()
}
