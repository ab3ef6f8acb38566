//! A dealer that can lie: builds a dealing from the written format, with valid proofs over whatever it deals.

use std::collections::BTreeMap;

use nym_coconut::backend::{encode_scalar, random_scalar, Curve, Group, Scalar, G1, G2};
use nym_coconut::dkg::{algebra::evaluate, Ceremony, MemberShare};
use nym_coconut::Transcript;
use rand_chacha::ChaCha20Rng;

/// Everything that a dealer may choose.
pub struct Forge {
    pub dealer: u16,
    /// x, y1, …, z; shares are of all coefficients, commitments of the first t.
    pub polynomials: Vec<Vec<Scalar>>,
    pub rho: Scalar,
    /// Shares sent instead of the right ones, by receiver and polynomial.
    pub instead: BTreeMap<(u16, u8), Scalar>,
    /// Commitments in the message; t unless the degree is lied about.
    pub committed: usize,
}

impl Forge {
    /// An honest dealer's choices.
    pub fn new(ceremony: &Ceremony, dealer: u16, share: Option<&MemberShare>, rng: &mut ChaCha20Rng) -> Self {
        let threshold = ceremony.plan().committee().threshold();
        let mut polynomials: Vec<Vec<Scalar>> =
            (0..ceremony.plan().polynomials()).map(|_| (0..threshold).map(|_| random_scalar(rng)).collect()).collect();
        if let Some(share) = share {
            let bytes = share.to_secret_bytes();
            for (polynomial, scalar) in polynomials.iter_mut().zip(bytes[10..].chunks_exact(32)) {
                polynomial[0] = nym_coconut::backend::decode_scalar(scalar, "share").unwrap();
            }
        }
        Self { dealer, polynomials, rho: random_scalar(rng), instead: BTreeMap::new(), committed: threshold }
    }

    /// The message.
    pub fn bytes(&self, ceremony: &Ceremony, rng: &mut ChaCha20Rng) -> Vec<u8> {
        let plan = ceremony.plan();
        let last = self.polynomials.len() - 1;
        let mut bytes = vec![2];
        bytes.extend_from_slice(&plan.epoch().to_be_bytes());
        bytes.extend_from_slice(&self.dealer.to_be_bytes());
        bytes.extend_from_slice(&u16::try_from(plan.committee().size()).unwrap().to_be_bytes());
        bytes.extend_from_slice(&u16::try_from(self.committed).unwrap().to_be_bytes());
        bytes.push(u8::try_from(plan.attributes()).unwrap());
        for (number, polynomial) in self.polynomials.iter().enumerate() {
            for coefficient in &polynomial[..self.committed] {
                bytes.extend(in_group(number, last, coefficient));
            }
        }
        let nonce = (G1::generator() * self.rho).to_affine();
        bytes.extend_from_slice(&nonce.to_compressed());
        for receiver in ceremony.receivers() {
            let shared = (G1::from(*ceremony.key(receiver).unwrap()) * self.rho).to_affine();
            for (number, polynomial) in (0u8..).zip(&self.polynomials) {
                let share =
                    self.instead.get(&(receiver, number)).copied().unwrap_or_else(|| evaluate(polynomial, receiver));
                let mut mask = Transcript::new("nym-dkg-mask-v1");
                mask.bytes(ceremony.digest())
                    .bytes(&self.dealer.to_be_bytes())
                    .bytes(&receiver.to_be_bytes())
                    .bytes(&[number]);
                mask.g1(&nonce).g1(&shared);
                bytes.extend_from_slice(&encode_scalar(&(share + mask.uniform_scalar())));
            }
        }
        let mut statement = Transcript::new("nym-dkg-dealing-statement-v1");
        statement.bytes(ceremony.digest()).bytes(&bytes);
        let mut challenge = Transcript::new("nym-dkg-dealing-v1");
        challenge.bytes(&statement.digest());
        let hidden: Vec<Scalar> = (0..self.polynomials.len() + 1).map(|_| random_scalar(rng)).collect();
        for (number, w) in hidden.iter().enumerate() {
            challenge.bytes(&in_group(number, last, w));
        }
        let challenge = challenge.challenge();
        bytes.extend_from_slice(&encode_scalar(&challenge));
        for (w, secret) in hidden.iter().zip(self.polynomials.iter().map(|p| p[0]).chain([self.rho])) {
            bytes.extend_from_slice(&encode_scalar(&(*w - challenge * secret)));
        }
        bytes
    }
}

fn in_group(number: usize, last: usize, scalar: &Scalar) -> Vec<u8> {
    if number == 0 || number == last {
        (G2::generator() * scalar).to_affine().to_compressed().to_vec()
    } else {
        (G1::generator() * scalar).to_affine().to_compressed().to_vec()
    }
}
