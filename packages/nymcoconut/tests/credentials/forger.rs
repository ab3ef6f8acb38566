//! What forgers make for themselves: shows and payments around any encodings of h' and s', with proofs and signatures that are right for them. And what
//! a verifier would say who takes every point of the curve for one of the group, on a library that multiplies and pairs whatever it is given.

use bls12_381::{G1Affine, G1Projective, G2Affine, G2Prepared, G2Projective, Scalar as Oracle};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use nym_coconut::algebra::response;
use nym_coconut::backend::{encode_scalar, Curve, Group as _, Scalar, G2};
use nym_coconut::contract::{serial_of, spend_message};
use nym_coconut::{CredentialType, PreparedInfo, SecretScalar, Transcript, VerificationKey};
use rand_chacha::ChaCha20Rng;

use crate::contract::{is_one, unchecked};
use crate::support::{full_public, Full, Token, CONTEXT};

/// What the prover of a selective show knows: r, the hidden attributes and a nonce for each.
#[derive(Clone, Copy)]
pub struct Prover {
    pub r: Scalar,
    pub hidden: [Scalar; 2],
    pub nonces: [Scalar; 3],
}

impl Prover {
    /// Anything: whoever has no credential is free to choose.
    pub fn random(rng: &mut ChaCha20Rng) -> Self {
        let mut any = || SecretScalar::random(rng).expose();
        Self { r: any(), hidden: [any(), any()], nonces: [any(), any(), any()] }
    }

    /// ζ = m₁·g2.
    pub fn zeta(&self) -> [u8; 96] {
        (G2::generator() * self.hidden[0]).to_affine().to_compressed()
    }

    /// A show around these encodings of h', s' and ζ, whose proof holds.
    pub fn show(
        &self,
        key: &VerificationKey<Full>,
        h: &[u8; 48],
        s: &[u8; 48],
        zeta: &[u8; 96],
        context: &[u8],
    ) -> Vec<u8> {
        let kappa = |r: &Scalar, hidden: &[Scalar]| {
            let terms = key.beta_g2().iter().zip(hidden);
            let sum = terms.fold(G2::generator() * r, |sum, (beta, m)| sum + *beta * m) + key.alpha();
            sum.to_affine().to_compressed()
        };
        let [w_r, w @ ..] = &self.nonces;
        let a_zeta = (G2::generator() * w[0]).to_affine().to_compressed();
        let mut bytes = [&h[..], s, &kappa(&self.r, &self.hidden), zeta].concat();
        let challenge = challenge(key, &bytes, context, [&kappa(w_r, w), &a_zeta]);
        bytes.extend_from_slice(&encode_scalar(&challenge));
        for (w, secret) in self.nonces.iter().zip([&self.r].into_iter().chain(&self.hidden)) {
            bytes.extend_from_slice(&encode_scalar(&response(w, &challenge, secret)));
        }
        bytes
    }
}

/// The challenge of a show that begins with these points, however they are encoded.
fn challenge(key: &VerificationKey<Full>, points: &[u8], context: &[u8], commitments: [&[u8; 96]; 2]) -> Scalar {
    let mut transcript = Transcript::new("nym-coconut-show-v1");
    transcript.bytes(Full::LABEL.as_bytes()).bytes(&[4, 2]).bytes(key.digest());
    for place in [0..48, 48..96, 96..192, 192..288] {
        transcript.bytes(&points[place]);
    }
    for m in full_public().as_slice() {
        transcript.scalar(m);
    }
    transcript.bytes(context).bytes(commitments[0]).bytes(commitments[1]);
    transcript.challenge()
}

/// A payment around these encodings of h' and s', signed by the one-time key.
pub fn pay(key: &SigningKey, h: &[u8; 48], s: &[u8; 48]) -> Vec<u8> {
    let signature = key.sign(&spend_message(CONTEXT, h, s)).to_bytes();
    [&h[..], s, &key.verifying_key().to_bytes(), &signature].concat()
}

/// What a pairing equation is about: e(h', key) = e(s', g2).
pub type Equation = (G1Affine, G2Projective, G1Affine);

/// Whether the equations hold together, each with a weight of its own: what one alone and every batch looks at.
pub fn hold(equations: &[Equation]) -> bool {
    let mut sum = G1Projective::identity();
    let mut pairs = Vec::new();
    for (weight, (h, key, s)) in (1_000_003u64..).zip(equations) {
        let weight = Oracle::from(weight);
        pairs.push((G1Affine::from(h * weight), G2Prepared::from(G2Affine::from(key))));
        sum += s * weight;
    }
    pairs.push((G1Affine::from(-sum), G2Prepared::from(G2Affine::generator())));
    is_one(&pairs)
}

/// The point of G2's curve, wherever on it.
pub fn any_g2(bytes: &[u8]) -> G2Projective {
    let point = G2Affine::from_compressed_unchecked(bytes.try_into().unwrap());
    Option::<G2Affine>::from(point).unwrap().into()
}

fn oracle(bytes: &[u8]) -> Oracle {
    Oracle::from_bytes(bytes.try_into().unwrap()).unwrap()
}

/// The equation of a selective show.
pub fn equation_of_show(key: &VerificationKey<Full>, show: &[u8]) -> Equation {
    let public = full_public();
    let terms = key.beta_g2()[Full::HIDDEN..].iter().zip(public.as_slice());
    let sum = terms
        .fold(any_g2(&show[96..192]), |sum, (beta, m)| sum + any_g2(&beta.to_compressed()) * oracle(&encode_scalar(m)));
    (unchecked(&show[..48]), sum, unchecked(&show[48..96]))
}

/// Whether the proof of a selective show holds.
pub fn proof_holds(key: &VerificationKey<Full>, show: &[u8], context: &[u8]) -> bool {
    let [c, z_r, z_1, z_2] = [288, 320, 352, 384].map(|at| oracle(&show[at..at + 32]));
    let [kappa, zeta] = [96, 192].map(|at| any_g2(&show[at..at + 96]));
    let [alpha, beta_1, beta_2] =
        [key.alpha(), &key.beta_g2()[0], &key.beta_g2()[1]].map(|point| any_g2(&point.to_compressed()));
    let g2 = G2Projective::generator();
    let a_kappa = kappa * c + g2 * z_r + alpha * (Oracle::one() - c) + beta_1 * z_1 + beta_2 * z_2;
    let [a_kappa, a_zeta] = [a_kappa, zeta * c + g2 * z_1].map(|point| G2Affine::from(point).to_compressed());
    encode_scalar(&challenge(key, show, context, [&a_kappa, &a_zeta]))[..] == show[288..320]
}

/// The equation of a payment: e(h', A_info + m·β) = e(s', g2).
pub fn equation_of_payment(info: &PreparedInfo<Token>, key: &VerificationKey<Token>, payment: &[u8]) -> Equation {
    let mut serial = [0; 32];
    serial[..16].copy_from_slice(&serial_of(payment[96..128].try_into().unwrap()));
    let beta = any_g2(&key.beta_g2()[0].to_compressed());
    let sum = any_g2(&info.point().to_compressed()) + beta * oracle(&serial);
    (unchecked(&payment[..48]), sum, unchecked(&payment[48..96]))
}

/// Whether the signature of a payment holds, by the strictest of rules.
pub fn signature_holds(payment: &[u8]) -> bool {
    let message = spend_message(CONTEXT, payment[..48].try_into().unwrap(), payment[48..96].try_into().unwrap());
    let key = VerifyingKey::from_bytes(payment[96..128].try_into().unwrap()).unwrap();
    key.verify_strict(&message, &Signature::from_slice(&payment[128..]).unwrap()).is_ok()
}
