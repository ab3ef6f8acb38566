//! What a client sends to every signer: a commitment to all attributes, each hidden one blinded, and a proof that they agree.

use core::marker::PhantomData;

use rand_core::{CryptoRng, RngCore};

use crate::algebra::{blinded_attribute, commitment, fold, powers, request_commitments, response};
use crate::backend::{affine_g1, hash_to_g1, CombG1, Curve, Field, G1Affine, Scalar, G1, G1_BYTES, SCALAR_BYTES};
use crate::credential_type::{CredentialType, HiddenAttributes, Layout, PublicAttributes};
use crate::params::bases;
use crate::secret::Exposed;
use crate::wire::Reader;
use crate::{DecodeError, SecretScalar, Transcript};

/// Domain separation tag of the hash that gives a credential its h.
pub const COMMITMENT_DST: &[u8] = b"nym-coconut-commitment-v1-BLS12381G1_XMD:SHA-256_SSWU_RO_";

/// The openings of a request's commitments: o of the whole, oⱼ of each hidden attribute. Erased when dropped.
///
/// Random, or derived from a wallet's seed so that a lost disk makes the same request again. Never the same for two requests.
pub struct Blindings<T> {
    opening: SecretScalar,
    openings: Vec<SecretScalar>,
    of: PhantomData<fn() -> T>,
}

impl<T: CredentialType> Blindings<T> {
    /// Random ones.
    pub fn random(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        Self::from_fn(|_| SecretScalar::random(rng))
    }

    /// o from position 0, the oⱼ from the positions after it.
    pub fn from_fn(mut scalar: impl FnMut(usize) -> SecretScalar) -> Self {
        Self { opening: scalar(0), openings: (1..=T::HIDDEN).map(scalar).collect(), of: PhantomData }
    }

    pub(crate) fn openings(&self) -> Exposed {
        Exposed::of(&self.openings)
    }
}

impl<T> Clone for Blindings<T> {
    fn clone(&self) -> Self {
        Self { opening: self.opening.clone(), openings: self.openings.clone(), of: PhantomData }
    }
}

// Each scalar erases itself.
impl<T> zeroize::ZeroizeOnDrop for Blindings<T> {}

impl<T> core::fmt::Debug for Blindings<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Blindings(..)")
    }
}

/// A request for a blind signature.
pub struct Request<T> {
    pub(crate) cm: G1Affine,
    pub(crate) blinded: Vec<G1Affine>,
    challenge: Scalar,
    z_opening: Scalar,
    z_folded: Scalar,
    z_attributes: Vec<Scalar>,
    of: PhantomData<fn() -> T>,
}

impl<T: CredentialType> Request<T> {
    /// Length of [`Request::to_bytes`].
    pub const BYTES: usize = G1_BYTES * (1 + T::HIDDEN) + SCALAR_BYTES * (3 + T::HIDDEN);

    /// Commits and proves: `PrepareBlindSign` of Coconut (the text that [`crate::algebra`] names), with Pedersen commitments for the ElGamal ciphertexts.
    ///
    /// One proof for all blinded attributes: they are added up with weights 1, e, e², … where e hashes the statement. Why that is as good as
    /// one proof for each is in `docs/protocol/credential-shows.md`.
    ///
    /// The proof's nonces are hashes of every secret and of the whole statement, so the same input makes the same bytes and no nonce ever serves
    /// two statements, whatever the source of randomness does (after RFC 8032 §5.1.6).
    pub fn new(
        epoch: u64,
        public: &PublicAttributes<T>,
        hidden: &HiddenAttributes<T>,
        blindings: &Blindings<T>,
    ) -> Self {
        Self::with_h(epoch, public, hidden, blindings).0
    }

    /// The request, and its h.
    pub(crate) fn with_h(
        epoch: u64,
        public: &PublicAttributes<T>,
        hidden: &HiddenAttributes<T>,
        blindings: &Blindings<T>,
    ) -> (Self, G1Affine) {
        let bases = bases();
        let secrets = hidden.expose();
        let opening = blindings.opening.expose();
        let openings = blindings.openings();
        let cm = (commitment(bases, &opening, &secrets) + public.commitment()).to_affine();
        let of_h = CombG1::new(&h::<T>(epoch, &cm, public));
        let h = of_h.base();
        let blinded: Vec<_> =
            openings.iter().zip(secrets.iter()).map(|(o, m)| blinded_attribute(bases, &of_h, o, m)).collect();
        let blinded = affine_g1(&blinded);

        let statement = statement::<T>(epoch, public, &h, &cm, &blinded);
        let weights = weights::<T>(&statement);
        let nonces = Nonces::new(&statement, hidden, blindings);
        let (w_opening, w_folded) = (nonces.scalar(0), nonces.scalar(1));
        let w_attributes = Exposed::from_fn(T::HIDDEN, |j| nonces.scalar(2 + j));
        let a = commitment(bases, &w_opening, &w_attributes);
        let b = blinded_attribute(bases, &of_h, &w_folded, &fold(&weights, &w_attributes));
        let challenge = challenge(statement, &affine_g1(&[a, b]));

        let request = Self {
            cm,
            blinded,
            z_opening: response(&w_opening, &challenge, &opening),
            z_folded: response(&w_folded, &challenge, &fold(&weights, &openings)),
            z_attributes: w_attributes.iter().zip(secrets.iter()).map(|(w, m)| response(w, &challenge, m)).collect(),
            challenge,
            of: PhantomData,
        };
        (request, h)
    }

    /// Checks the proof and returns h, which is always computed and never taken from anybody.
    pub(crate) fn verify(&self, epoch: u64, public: &PublicAttributes<T>) -> Option<G1Affine> {
        let h = h::<T>(epoch, &self.cm, public).to_affine();
        let statement = statement::<T>(epoch, public, &h, &self.cm, &self.blinded);
        let (a, b) = request_commitments(
            bases(),
            &h,
            &self.cm,
            public.commitment(),
            &self.blinded,
            &weights::<T>(&statement),
            &self.challenge,
            &self.z_opening,
            &self.z_folded,
            &self.z_attributes,
        );
        (challenge(statement, &affine_g1(&[a, b])) == self.challenge).then_some(h)
    }

    /// cm, the cⱼ, challenge, z_o, z, the z_mⱼ.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::BYTES);
        bytes.extend_from_slice(&self.cm.to_compressed());
        self.blinded.iter().for_each(|c| bytes.extend_from_slice(&c.to_compressed()));
        let scalars = [&self.challenge, &self.z_opening, &self.z_folded].into_iter().chain(&self.z_attributes);
        scalars.for_each(|s| bytes.extend_from_slice(&crate::backend::encode_scalar(s)));
        bytes
    }

    /// Reads what [`Request::to_bytes`] wrote.
    ///
    /// # Errors
    /// When the length is not the type's, a point is malformed, outside the subgroup or the identity, or a scalar is not canonical.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes, Self::BYTES, "a request")?;
        let cm = reader.g1("a commitment")?;
        let blinded = reader.many(T::HIDDEN, |r| r.g1("a blinded attribute"))?;
        let challenge = reader.scalar("a challenge")?;
        if bool::from(challenge.is_zero()) {
            return Err(DecodeError::Zero { what: "a challenge" });
        }
        let z_opening = reader.scalar("a response")?;
        let z_folded = reader.scalar("a response")?;
        let z_attributes = reader.many(T::HIDDEN, |r| r.scalar("a response"))?;
        Ok(Self { cm, blinded, challenge, z_opening, z_folded, z_attributes, of: PhantomData })
    }
}

impl<T> Clone for Request<T> {
    fn clone(&self) -> Self {
        Self {
            cm: self.cm,
            blinded: self.blinded.clone(),
            challenge: self.challenge,
            z_opening: self.z_opening,
            z_folded: self.z_folded,
            z_attributes: self.z_attributes.clone(),
            of: PhantomData,
        }
    }
}

impl<T> core::fmt::Debug for Request<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Request(cm {:?})", self.cm)
    }
}

/// h = H(type, epoch, q, k, cm, public attributes): one h for one vector of attributes, since two signatures under one h give a third.
fn h<T: CredentialType>(epoch: u64, cm: &G1Affine, public: &PublicAttributes<T>) -> G1 {
    let mut message = Vec::with_capacity(128);
    let field = |message: &mut Vec<u8>, bytes: &[u8]| {
        let length = u32::try_from(bytes.len())
            .expect("labels are part of the program, points and scalars have at most 48 bytes");
        message.extend_from_slice(&length.to_be_bytes());
        message.extend_from_slice(bytes);
    };
    field(&mut message, T::LABEL.as_bytes());
    field(&mut message, &epoch.to_be_bytes());
    field(&mut message, &counts::<T>());
    field(&mut message, &cm.to_compressed());
    for m in public.as_slice() {
        field(&mut message, &crate::backend::encode_scalar(m));
    }
    hash_to_g1(&message, COMMITMENT_DST)
}

/// Number of attributes and of hidden ones.
pub(crate) fn counts<T: CredentialType>() -> [u8; 2] {
    // Both are at most 16.
    [Layout::<T>::COUNT as u8, T::HIDDEN as u8]
}

fn statement<T: CredentialType>(
    epoch: u64,
    public: &PublicAttributes<T>,
    h: &G1Affine,
    cm: &G1Affine,
    blinded: &[G1Affine],
) -> Transcript {
    let mut transcript = Transcript::new("nym-coconut-request-v1");
    transcript.bytes(T::LABEL.as_bytes()).u64(epoch).bytes(&counts::<T>()).g1(&bases().generator());
    (0..Layout::<T>::COUNT).for_each(|j| {
        transcript.g1(&bases().attribute(j));
    });
    transcript.g1(h).g1(cm);
    public.as_slice().iter().for_each(|m| {
        transcript.scalar(m);
    });
    blinded.iter().for_each(|c| {
        transcript.g1(c);
    });
    transcript
}

/// 1, e, e², … where e hashes the statement, hence every blinded attribute.
fn weights<T: CredentialType>(statement: &Transcript) -> Vec<Scalar> {
    let mut transcript = Transcript::new("nym-coconut-request-fold-v1");
    transcript.bytes(&statement.clone().digest());
    powers(&transcript.challenge(), T::HIDDEN)
}

fn challenge(mut statement: Transcript, commitments: &[G1Affine]) -> Scalar {
    commitments.iter().for_each(|point| {
        statement.g1(point);
    });
    statement.challenge()
}

/// A secret hash of all secrets and of the statement, from which the proof's nonces are drawn.
struct Nonces(SecretScalar);

impl Nonces {
    fn new<T: CredentialType>(statement: &Transcript, hidden: &HiddenAttributes<T>, blindings: &Blindings<T>) -> Self {
        let mut transcript = Transcript::new("nym-coconut-request-nonces-v1");
        transcript.bytes(&statement.clone().digest());
        for secret in hidden.as_slice().iter().chain([&blindings.opening]).chain(&blindings.openings) {
            transcript.bytes(secret.to_secret_bytes().as_ref());
        }
        Self(SecretScalar::new(&transcript.uniform_scalar()))
    }

    /// The nonce of o at place 0, of z at 1, of the hidden attributes from 2 on.
    fn scalar(&self, place: usize) -> Scalar {
        let mut transcript = Transcript::new("nym-coconut-request-nonce-v1");
        transcript.bytes(self.0.to_secret_bytes().as_ref()).bytes(&[place as u8]);
        transcript.uniform_scalar()
    }
}
