//! The selective show: hidden attributes stay hidden, the image of the serial is seen.
//!
//! `ProveCred` and `VerifyCred` of Coconut (the text that [`crate::algebra`] names). We differ: h', s', the public attributes and the verifier's context are in the challenge (without them anybody
//! could randomise a show and present it elsewhere), and ζ = m₁·g2 makes a second show of one credential visible.

use core::marker::PhantomData;

use rand_core::{CryptoRng, RngCore};

use super::ShowError;
use crate::algebra::{credential_equation, kappa, public_part, randomise_folded, response, show_commitments, zeta};
use crate::backend::{
    affine_g1, affine_g2, encode_scalar, msm_g1_128, pairing_product_is_one, random_nonzero_scalar, random_scalar,
    random_weight, Curve, Field, G1Affine, G2Affine, G2Prepared, Scalar, G1_BYTES, G2_BYTES, SCALAR_BYTES,
};
use crate::batch::{find, BatchError};
use crate::credential_type::{CredentialType, PublicAttributes, Selective};
use crate::keys::VerificationKey;
use crate::params::minus_g2;
use crate::request::counts;
use crate::secret::Exposed;
use crate::stream::Stream;
use crate::wire::Reader;
use crate::{Credential, DecodeError, Transcript};

/// A selective show.
pub struct Show<T> {
    h: G1Affine,
    s: G1Affine,
    kappa: G2Affine,
    zeta: G2Affine,
    challenge: Scalar,
    z_r: Scalar,
    z_attributes: Vec<Scalar>,
    of: PhantomData<fn() -> T>,
}

impl<T: CredentialType<Show = Selective>> Credential<T> {
    /// Shows the credential to whoever expects `context`.
    pub fn show(&self, key: &VerificationKey<T>, context: &[u8], rng: &mut (impl RngCore + CryptoRng)) -> Show<T> {
        let rng = &mut Stream::hedged(rng, &self.to_secret_bytes(), &[key.digest(), context]);
        let bases = key.tables().show();
        let hidden = self.hidden.expose();
        let (r, r_prime) = (random_scalar(rng), random_nonzero_scalar(rng));
        let (h, s) = randomise_folded(&self.h, &self.s, &r_prime, &r);
        let w_r = random_scalar(rng);
        let w = Exposed::from_fn(hidden.len(), |_| random_scalar(rng));
        let points = affine_g2(&[
            kappa(&bases, &r, &hidden),
            zeta(&bases, &hidden[0]),
            kappa(&bases, &w_r, &w),
            zeta(&bases, &w[0]),
        ]);
        let mut show = Show {
            h,
            s,
            kappa: points[0],
            zeta: points[1],
            challenge: Scalar::from(0),
            z_r: Scalar::from(0),
            z_attributes: Vec::new(),
            of: PhantomData,
        };
        show.challenge = show.challenge_of(key, &self.public, context, &points[2], &points[3]);
        show.z_r = response(&w_r, &show.challenge, &r);
        show.z_attributes = w.iter().zip(hidden.iter()).map(|(w, m)| response(w, &show.challenge, m)).collect();
        show
    }
}

impl<T: CredentialType<Show = Selective>> Show<T> {
    /// Length of [`Show::to_bytes`].
    pub const BYTES: usize = 2 * G1_BYTES + 2 * G2_BYTES + SCALAR_BYTES * (2 + T::HIDDEN);

    /// Checks proof and credential.
    ///
    /// A show may come twice; the verifier remembers [`Show::serial`] and refuses it the second time.
    ///
    /// # Errors
    /// When the proof does not hold for this key, these attributes and this context, or the group has not signed.
    pub fn verify(
        &self,
        key: &VerificationKey<T>,
        public: &PublicAttributes<T>,
        context: &[u8],
    ) -> Result<(), ShowError> {
        if !self.proof_holds(key, public, context) {
            return Err(ShowError::Proof);
        }
        let sum = public_part(&key.tables().show(), T::HIDDEN, public.as_slice()) + self.kappa;
        if !credential_equation(&self.h, &sum, &self.s, minus_g2()) {
            return Err(ShowError::Credential);
        }
        Ok(())
    }

    /// ζ, the same in every show of one credential.
    pub fn serial(&self) -> [u8; G2_BYTES] {
        self.zeta.to_compressed()
    }

    fn proof_holds(&self, key: &VerificationKey<T>, public: &PublicAttributes<T>, context: &[u8]) -> bool {
        let bases = key.tables().show();
        let (a_kappa, a_zeta) =
            show_commitments(&bases, &self.kappa, &self.zeta, &self.challenge, &self.z_r, &self.z_attributes);
        let a = affine_g2(&[a_kappa, a_zeta]);
        self.challenge_of(key, public, context, &a[0], &a[1]) == self.challenge
    }

    fn challenge_of(
        &self,
        key: &VerificationKey<T>,
        public: &PublicAttributes<T>,
        context: &[u8],
        a_kappa: &G2Affine,
        a_zeta: &G2Affine,
    ) -> Scalar {
        let mut transcript = Transcript::new("nym-coconut-show-v1");
        transcript.bytes(T::LABEL.as_bytes()).bytes(&counts::<T>()).bytes(key.digest());
        transcript.g1(&self.h).g1(&self.s).g2(&self.kappa).g2(&self.zeta);
        public.as_slice().iter().for_each(|m| {
            transcript.scalar(m);
        });
        transcript.bytes(context).g2(a_kappa).g2(a_zeta);
        transcript.challenge()
    }

    /// h', s', κ, ζ, challenge, z_r, the z_mⱼ.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::BYTES);
        [&self.h, &self.s].iter().for_each(|p| bytes.extend_from_slice(&p.to_compressed()));
        [&self.kappa, &self.zeta].iter().for_each(|p| bytes.extend_from_slice(&p.to_compressed()));
        let scalars = [&self.challenge, &self.z_r].into_iter().chain(&self.z_attributes);
        scalars.for_each(|s| bytes.extend_from_slice(&encode_scalar(s)));
        bytes
    }

    /// Reads what [`Show::to_bytes`] wrote.
    ///
    /// # Errors
    /// When the length is not the type's, a point is malformed, outside the subgroup or the identity, a scalar is not canonical, or the challenge is zero.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes, Self::BYTES, "a show")?;
        let (h, s) = (reader.g1("h'")?, reader.g1("s'")?);
        let (kappa, zeta) = (reader.g2("kappa")?, reader.g2("zeta")?);
        let challenge = reader.scalar("a challenge")?;
        if bool::from(challenge.is_zero()) {
            return Err(DecodeError::Zero { what: "a challenge" });
        }
        let z_r = reader.scalar("a response")?;
        let z_attributes = reader.many(T::HIDDEN, |r| r.scalar("a response"))?;
        Ok(Self { h, s, kappa, zeta, challenge, z_r, z_attributes, of: PhantomData })
    }
}

/// Checks many selective shows under one key: every proof by itself, all credentials in one product of pairings with random weights.
/// With feature `parallel`, each core takes a part of both.
///
/// # Errors
/// Names every show that is invalid, and every one whose serial an earlier valid one of the batch has.
pub fn verify_batch<T: CredentialType<Show = Selective>>(
    key: &VerificationKey<T>,
    items: &[(&Show<T>, &PublicAttributes<T>, &[u8])],
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(), BatchError> {
    let rng = &mut Stream::over(rng, |all| {
        all.bytes(b"selective shows").bytes(key.digest());
        for (show, public, context) in items {
            all.bytes(&show.to_bytes()).bytes(context);
            public.as_slice().iter().for_each(|m| {
                all.scalar(m);
            });
        }
    });
    let mut good = vec![true; items.len()];
    let holds =
        |(show, public, context): &(&Show<T>, &PublicAttributes<T>, &[u8])| show.proof_holds(key, public, context);
    #[cfg(feature = "parallel")]
    {
        use rayon::prelude::*;
        good.par_iter_mut().zip(items).for_each(|(good, item)| *good = holds(item));
    }
    #[cfg(not(feature = "parallel"))]
    good.iter_mut().zip(items).for_each(|(good, item)| *good = holds(item));
    let left: Vec<usize> = (0..items.len()).filter(|i| good[*i]).collect();
    for place in without_equation(key, items, &left, rng) {
        good[place] = false;
    }
    // Only a valid show uses up its serial: ζ can be copied into an invalid one.
    let mut seen = std::collections::HashSet::new();
    for (good, (show, ..)) in good.iter_mut().zip(items) {
        *good = *good && seen.insert(show.serial());
    }
    let bad: Vec<usize> = (0..items.len()).filter(|i| !good[*i]).collect();
    if bad.is_empty() {
        Ok(())
    } else {
        Err(BatchError { bad })
    }
}

/// The places whose pairing equation does not hold.
fn without_equation<T: CredentialType<Show = Selective>>(
    key: &VerificationKey<T>,
    items: &[(&Show<T>, &PublicAttributes<T>, &[u8])],
    places: &[usize],
    rng: &mut Stream,
) -> Vec<usize> {
    let search = |part: &[usize], rng: &mut Stream| -> Vec<usize> {
        let bad = find(part.len(), &mut |range| equations_hold(key, items, &part[range], rng));
        bad.into_iter().map(|i| part[i]).collect()
    };
    #[cfg(feature = "parallel")]
    {
        use rayon::prelude::*;
        // Each part has one final exponentiation, worth about two of its items.
        let part = places.len().div_ceil(rayon::current_num_threads()).max(8);
        let parts: Vec<_> = places.chunks(part).map(|part| (part, rng.split())).collect();
        parts.into_par_iter().flat_map_iter(|(part, mut rng)| search(part, &mut rng)).collect()
    }
    #[cfg(not(feature = "parallel"))]
    search(places, rng)
}

fn equations_hold<T: CredentialType<Show = Selective>>(
    key: &VerificationKey<T>,
    items: &[(&Show<T>, &PublicAttributes<T>, &[u8])],
    places: &[usize],
    rng: &mut Stream,
) -> bool {
    let weights: Vec<[u8; 16]> = places.iter().map(|_| random_weight(rng)).collect();
    let bases = key.tables().show();
    let keys: Vec<_> =
        places.iter().map(|&i| public_part(&bases, T::HIDDEN, items[i].1.as_slice()) + items[i].0.kappa).collect();
    let lines: Vec<G2Prepared> = affine_g2(&keys).into_iter().map(G2Prepared::from).collect();
    let h: Vec<_> =
        places.iter().zip(&weights).map(|(&i, w)| msm_g1_128(&[items[i].0.h], core::slice::from_ref(w))).collect();
    let h = affine_g1(&h);
    let s: Vec<_> = places.iter().map(|&i| items[i].0.s).collect();
    let s = msm_g1_128(&s, &weights).to_affine();
    let mut pairs: Vec<_> = h.iter().zip(&lines).collect();
    pairs.push((&s, minus_g2()));
    pairing_product_is_one(&pairs)
}

impl<T> Clone for Show<T> {
    fn clone(&self) -> Self {
        Self {
            h: self.h,
            s: self.s,
            kappa: self.kappa,
            zeta: self.zeta,
            challenge: self.challenge,
            z_r: self.z_r,
            z_attributes: self.z_attributes.clone(),
            of: PhantomData,
        }
    }
}

impl<T> core::fmt::Debug for Show<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Show(zeta {:?})", self.zeta)
    }
}
