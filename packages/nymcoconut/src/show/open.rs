//! The open-serial show: the hidden attribute is the hash of a one-time key, and that key signs what is paid for.
//!
//! No zero-knowledge proof is needed. The serial is seen, but h' is uniform and s' follows from it, the serial and the key, so nothing leads back to the
//! issuance, where the serial was hidden. The argument is written out in `docs/protocol/credential-shows.md`.

use core::marker::PhantomData;
use std::collections::HashSet;

use rand_core::{CryptoRng, RngCore};
use subtle::ConstantTimeEq;

use super::ed25519::{all_hold, OneTimeKey, Parts};
use super::ShowError;
use crate::algebra::{credential_equation, public_part, randomise};
use crate::backend::{
    msm_g1, msm_g1_128, pairing_product_is_one, random_nonzero_scalar, random_weight, reduce, Curve, G1Affine, Scalar,
    G1, G1_BYTES,
};
use crate::batch::{find, BatchError};
use crate::contract::{serial_of, spend_message};
use crate::credential_type::{CredentialType, OpenSerial};
use crate::keys::PreparedInfo;
use crate::params::minus_g2;
use crate::stream::Stream;
use crate::wire::Reader;
use crate::{Credential, DecodeError};

/// An open-serial show: 192 bytes.
pub struct OpenShow<T> {
    h: G1Affine,
    s: G1Affine,
    public_key: [u8; 32],
    signature: [u8; 64],
    of: PhantomData<fn() -> T>,
}

impl<T: CredentialType<Show = OpenSerial>> Credential<T> {
    /// Spends the credential: the one-time key signs the context's fields together with h' and s'.
    ///
    /// # Errors
    /// When the one-time key is not the credential's.
    pub fn spend(
        &self,
        one_time_key: &OneTimeKey,
        context: &[&[u8]],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<OpenShow<T>, ShowError> {
        if !bool::from(self.hidden.as_slice()[0].ct_eq(&one_time_key.serial())) {
            return Err(ShowError::OneTimeKey);
        }
        let rng = &mut Stream::hedged(rng, &self.to_secret_bytes(), context);
        let (h, s) = randomise(&self.h, &self.s, &random_nonzero_scalar(rng));
        let message = spend_message(context, &h.to_compressed(), &s.to_compressed());
        Ok(OpenShow {
            h,
            s,
            public_key: one_time_key.public_key(),
            signature: one_time_key.sign(&message),
            of: PhantomData,
        })
    }
}

impl<T: CredentialType<Show = OpenSerial>> OpenShow<T> {
    /// Length of [`OpenShow::to_bytes`].
    pub const BYTES: usize = 2 * G1_BYTES + 32 + 64;

    /// Checks signature and credential.
    ///
    /// A show may come twice; every layer remembers [`OpenShow::serial`], never the key, and refuses it the second time.
    ///
    /// # Errors
    /// When the signature is not over this context or the group has not signed these attributes.
    pub fn verify(&self, info: &PreparedInfo<T>, context: &[&[u8]]) -> Result<(), ShowError> {
        if !self.parts(&self.message(context)).is_some_and(|parts| parts.holds()) {
            return Err(ShowError::Signature);
        }
        let m = self.serial_scalar();
        let key = public_part(&info.key.tables().show(), 0, &[m]) + info.point;
        if !credential_equation(&self.h, &key, &self.s, minus_g2()) {
            return Err(ShowError::Credential);
        }
        Ok(())
    }

    /// The serial: 16 bytes that no other credential has.
    pub fn serial(&self) -> [u8; 16] {
        serial_of(&self.public_key)
    }

    /// The one-time key.
    pub fn public_key(&self) -> &[u8; 32] {
        &self.public_key
    }

    /// h', s', the one-time key, its signature.
    pub fn to_bytes(&self) -> [u8; 192] {
        let mut bytes = [0; 192];
        bytes[..48].copy_from_slice(&self.h.to_compressed());
        bytes[48..96].copy_from_slice(&self.s.to_compressed());
        bytes[96..128].copy_from_slice(&self.public_key);
        bytes[128..].copy_from_slice(&self.signature);
        bytes
    }

    /// Reads what [`OpenShow::to_bytes`] wrote.
    ///
    /// # Errors
    /// When the length is wrong, a point is malformed, outside the subgroup or the identity, the key or signature is not strictly encoded, or the serial is zero.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes, Self::BYTES, "a show")?;
        let (h, s) = (reader.g1("h'")?, reader.g1("s'")?);
        let public_key = reader.array("a one-time key")?;
        let signature = reader.array("a signature")?;
        if !crate::contract::ed25519_encoding_is_strict(&public_key, &signature) {
            return Err(DecodeError::Value { what: "the encoding of the one-time key or its signature" });
        }
        if serial_of(&public_key) == [0; 16] {
            return Err(DecodeError::Zero { what: "the serial" });
        }
        Ok(Self { h, s, public_key, signature, of: PhantomData })
    }

    /// The points that a contract wants uncompressed: h', P = m·h', s'.
    pub fn for_contract(&self) -> [[u8; 96]; 3] {
        let p: G1 = msm_g1_128(&[self.h], &[self.serial()]);
        [self.h.to_uncompressed(), p.to_affine().to_uncompressed(), self.s.to_uncompressed()]
    }

    fn message(&self, context: &[&[u8]]) -> Vec<u8> {
        spend_message(context, &self.h.to_compressed(), &self.s.to_compressed())
    }

    fn parts(&self, message: &[u8]) -> Option<Parts> {
        Parts::new(&self.public_key, &self.signature, message)
    }

    fn serial_scalar(&self) -> Scalar {
        reduce(&self.serial())
    }
}

/// One of a batch: the show, the public attributes under their key, the context's fields.
pub type OpenItem<'a, T> = (&'a OpenShow<T>, &'a PreparedInfo<T>, &'a [&'a [u8]]);

/// Checks many open-serial shows, each with its context and with its public attributes under its key.
///
/// Two checks for the whole batch, with random weights of 128 bits: one sum for the signatures, one product of two pairings
/// and one more for each further key and each different set of public attributes. With feature `parallel`, each core takes a part.
///
/// # Errors
/// Names every show that is invalid, or whose serial an earlier valid one of the batch has, under whatever key.
pub fn verify_open_batch<T: CredentialType<Show = OpenSerial>>(
    items: &[OpenItem<'_, T>],
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(), BatchError> {
    #[cfg(feature = "parallel")]
    let mut good = in_parallel(items, rng);
    #[cfg(not(feature = "parallel"))]
    let mut good = checked(items, rng);
    let mut seen = HashSet::new();
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

/// A part of at least 64 shows for each core, with a random source of its own seeded from the caller's.
#[cfg(feature = "parallel")]
fn in_parallel<T: CredentialType<Show = OpenSerial>>(
    items: &[OpenItem<'_, T>],
    rng: &mut (impl RngCore + CryptoRng),
) -> Vec<bool> {
    use rayon::prelude::*;
    let part = items.len().div_ceil(rayon::current_num_threads()).max(64);
    let parts: Vec<_> = items
        .chunks(part)
        .map(|part| {
            let mut seed = [0; 32];
            rng.fill_bytes(&mut seed);
            (part, seed)
        })
        .collect();
    let checked: Vec<Vec<bool>> =
        parts.into_par_iter().map(|(part, seed)| checked(part, &mut crate::stream::Stream::new(seed))).collect();
    checked.concat()
}

fn checked<T: CredentialType<Show = OpenSerial>>(
    items: &[OpenItem<'_, T>],
    rng: &mut (impl RngCore + CryptoRng),
) -> Vec<bool> {
    let messages: Vec<Vec<u8>> = items.iter().map(|(show, _, context)| show.message(context)).collect();
    let rng = &mut Stream::over(rng, |all| {
        all.bytes(b"open-serial shows");
        for ((show, info, _), message) in items.iter().zip(&messages) {
            // The message holds h', s' and the context.
            all.bytes(info.key.digest()).g2(&info.point).bytes(message).bytes(&show.public_key).bytes(&show.signature);
        }
    });
    let parts: Vec<Option<Parts>> = items.iter().zip(&messages).map(|((show, ..), m)| show.parts(m)).collect();
    let mut good: Vec<bool> = parts.iter().map(Option::is_some).collect();
    let present: Vec<&Parts> = parts.iter().flatten().collect();
    if !present.is_empty() && !all_hold(&present, rng) {
        for (good, parts) in good.iter_mut().zip(&parts) {
            *good = parts.as_ref().is_some_and(Parts::holds);
        }
    }
    let left: Vec<usize> = (0..items.len()).filter(|i| good[*i]).collect();
    for i in find(left.len(), &mut |range| equations_hold(items, &left[range], rng)) {
        good[left[i]] = false;
    }
    good
}

/// Π e(Σ ρᵢ·h'ᵢ, A_info) · Π e(Σ ρᵢ·mᵢ·h'ᵢ, β) · e(Σ ρᵢ·s'ᵢ, −g2) = 1, a first factor for each different A_info and a second for each key.
fn equations_hold<T: CredentialType<Show = OpenSerial>>(
    items: &[OpenItem<'_, T>],
    places: &[usize],
    rng: &mut Stream,
) -> bool {
    let weights: Vec<[u8; 16]> = places.iter().map(|_| random_weight(rng)).collect();
    let s: Vec<G1Affine> = places.iter().map(|&i| items[i].0.s).collect();
    let s = msm_g1_128(&s, &weights).to_affine();
    let mut keys: Vec<Sharing<'_, T, Scalar>> = Vec::new();
    let mut infos: Vec<Sharing<'_, T, [u8; 16]>> = Vec::new();
    for (&i, weight) in places.iter().zip(&weights) {
        let (show, info, _) = items[i];
        let (_, h, scalars) = group(&mut keys, info, |known| known.key == info.key);
        h.push(show.h);
        scalars.push(reduce(weight) * show.serial_scalar());
        let (_, h, weights) = group(&mut infos, info, |known| known.point == info.point);
        h.push(show.h);
        weights.push(*weight);
    }
    let of_keys: Vec<G1Affine> = keys.iter().map(|(_, h, scalars)| msm_g1(h, scalars).to_affine()).collect();
    let of_infos: Vec<G1Affine> = infos.iter().map(|(_, h, weights)| msm_g1_128(h, weights).to_affine()).collect();
    let mut pairs = vec![(&s, minus_g2())];
    pairs.extend(of_keys.iter().zip(&keys).map(|(sum, (info, ..))| (sum, &info.key.tables().beta_serial)));
    pairs.extend(of_infos.iter().zip(&infos).map(|(sum, (info, ..))| (sum, &info.lines)));
    pairing_product_is_one(&pairs)
}

/// Points that share a factor of the pairing: the info that stands for them, the points, and what multiplies each.
type Sharing<'a, T, S> = (&'a PreparedInfo<T>, Vec<G1Affine>, Vec<S>);

/// The entry whose info is the same, or a new one at the end.
fn group<'l, 'a, T, S>(
    known: &'l mut Vec<Sharing<'a, T, S>>,
    info: &'a PreparedInfo<T>,
    same: impl Fn(&PreparedInfo<T>) -> bool,
) -> &'l mut Sharing<'a, T, S> {
    let place = known.iter().position(|(other, ..)| same(other)).unwrap_or_else(|| {
        known.push((info, Vec::new(), Vec::new()));
        known.len() - 1
    });
    &mut known[place]
}

impl<T> Clone for OpenShow<T> {
    fn clone(&self) -> Self {
        Self { h: self.h, s: self.s, public_key: self.public_key, signature: self.signature, of: PhantomData }
    }
}

impl<T> core::fmt::Debug for OpenShow<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "OpenShow(key {:02x?})", &self.public_key[..4])
    }
}
