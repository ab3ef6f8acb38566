//! From a shared secret to the keys of one hop, and the chain of secrets along a route.

use std::fmt;

use curve25519_dalek::{
    edwards::EdwardsPoint,
    scalar::{clamp_integer, Scalar},
};
use hkdf::Hkdf;
use sha2::Sha256;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    hop::{is_canonical, Hop},
    lioness::{Lioness, LIONESS_KEY_LEN},
    sizes::{PayloadSize, ALPHA_LEN, MAC_LEN, SEED_LEN},
    ProcessError,
};

/// The label is part of the wire format; its wording is historical.
const EXPAND_INFO: &[u8] =
    b"Dwste mou enan moxlo arketa makru kai ena upomoxlio gia na ton topothetisw kai tha kinisw thn gh.";
const PAYLOAD_INFO: &[u8] = b"sphinx-payload-key-V01-CS01-HKDF:SHA256-INFO";
const PAYLOAD_SALT: &[u8] = b"sphinx-payload-key-V01-CS01-HKDF:SHA256-SALT";

const STREAM_KEY: usize = 0;
const MAC_KEY: usize = STREAM_KEY + 16;
const SEED: usize = MAC_KEY + 16;
// The seed is the start of 192 bytes that earlier versions used as the payload key.
const BLINDING: usize = SEED + 192;
const TAG: usize = BLINDING + 32;
const EXPANDED_LEN: usize = TAG + 32;

/// What identifies a packet to one hop under one key: derived from the shared secret, the same
/// for every copy of the packet, unrelated to what any other hop sees.
pub type ReplayTag = [u8; 32];

/// The keys of one hop for one packet, derived from their shared secret.
///
/// The first thing to take from it is [`HopKeys::replay_tag`]: nothing else has been computed
/// yet, and a copy of a known packet can be dropped here.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct HopKeys([u8; EXPANDED_LEN]);

impl HopKeys {
    /// Checks length and group element of a packet and derives this hop's keys: one X25519
    /// multiplication, nothing of the packet is changed.
    pub fn agree(secret: &StaticSecret, packet: &[u8]) -> Result<Self, ProcessError> {
        let alpha = Self::alpha(packet)?;
        let shared = secret.diffie_hellman(&PublicKey::from(*alpha));
        Self::from_shared_secret(shared.as_bytes())
    }

    /// The group element of a packet that has a known length: the input of the X25519
    /// multiplication, for callers that do many at once.
    pub fn alpha(packet: &[u8]) -> Result<&[u8; ALPHA_LEN], ProcessError> {
        let length_error = ProcessError::WrongLength { len: packet.len() };
        PayloadSize::from_packet_len(packet.len()).ok_or(length_error)?;
        let alpha = packet.first_chunk().ok_or(length_error)?;
        if !is_canonical(alpha) {
            return Err(ProcessError::NonCanonicalAlpha);
        }
        Ok(alpha)
    }

    /// The keys that follow from a finished X25519 multiplication; all zero is refused.
    pub fn from_shared_secret(shared: &[u8; 32]) -> Result<Self, ProcessError> {
        if shared.iter().fold(0, |acc, byte| acc | byte) == 0 {
            return Err(ProcessError::LowOrderAlpha);
        }
        Ok(Self::expand(shared))
    }

    /// The tag under which this hop remembers the packet.
    pub fn replay_tag(&self) -> &ReplayTag {
        self.part(TAG)
    }

    pub(crate) fn expand(shared: &[u8; 32]) -> Self {
        let mut keys = Self([0; EXPANDED_LEN]);
        Hkdf::<Sha256>::new(None, shared)
            .expand(EXPAND_INFO, &mut keys.0)
            .expect("288 bytes are below HKDF's limit of 8,160");
        keys
    }

    pub(crate) fn stream_key(&self) -> &[u8; 16] {
        self.part(STREAM_KEY)
    }

    pub(crate) fn mac_key(&self) -> &[u8; MAC_LEN] {
        self.part(MAC_KEY)
    }

    pub(crate) fn payload_seed(&self) -> &[u8; SEED_LEN] {
        self.part(SEED)
    }

    pub(crate) fn payload_cipher(&self) -> Lioness {
        payload_cipher(self.payload_seed())
    }

    /// The group element of the next hop's packet.
    pub(crate) fn blind(&self, alpha: &[u8; ALPHA_LEN]) -> [u8; ALPHA_LEN] {
        StaticSecret::from(*self.part(BLINDING)).diffie_hellman(&PublicKey::from(*alpha)).to_bytes()
    }

    fn part<const N: usize>(&self, at: usize) -> &[u8; N] {
        self.0.get(at..).and_then(<[u8]>::first_chunk).expect("parts lie inside the expansion")
    }
}

impl fmt::Debug for HopKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HopKeys(..)")
    }
}

/// The payload cipher that a seed stands for.
pub(crate) fn payload_cipher(seed: &[u8; SEED_LEN]) -> Lioness {
    let mut key = Zeroizing::new([0; LIONESS_KEY_LEN]);
    Hkdf::<Sha256>::new(Some(PAYLOAD_SALT), seed)
        .expand(PAYLOAD_INFO, key.as_mut())
        .expect("192 bytes are below HKDF's limit of 8,160");
    Lioness::new(&key)
}

/// The group element of a fresh packet and the keys of each hop, first hop first.
///
/// Hop i sees the group element multiplied by all blinding factors before it; instead of walking
/// that chain anew for each hop, the product of the scalars is carried along ([`crate::HopKey`]).
pub(crate) fn agree_along(route: &[Hop], initial_secret: &[u8; 32]) -> ([u8; ALPHA_LEN], Vec<HopKeys>) {
    let mut eighth = Zeroizing::new(eighth_of_clamped(*initial_secret));
    let full = Zeroizing::new(*eighth * Scalar::from(8u8));
    let alpha = EdwardsPoint::mul_base(&full).to_montgomery().to_bytes();

    let mut keys: Vec<HopKeys> = Vec::with_capacity(route.len());
    for hop in route {
        if let Some(previous) = keys.last() {
            let blinding = Zeroizing::new(Scalar::from_bytes_mod_order(clamp_integer(*previous.part(BLINDING))));
            *eighth *= &*blinding;
        }
        let shared = Zeroizing::new(hop.key.shared_secret(&eighth));
        keys.push(HopKeys::expand(&shared));
    }

    (alpha, keys)
}

/// An eighth of the clamped scalar: clamping clears the three low bits, so it is whole.
fn eighth_of_clamped(bytes: [u8; 32]) -> Scalar {
    let mut clamped = Zeroizing::new(clamp_integer(bytes));
    let mut carry = 0;
    for byte in clamped.iter_mut().rev() {
        let low = *byte << 5;
        *byte = (*byte >> 3) | carry;
        carry = low;
    }
    Scalar::from_bytes_mod_order(*clamped)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use curve25519_dalek::constants::EIGHT_TORSION;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha20Rng;

    use super::*;

    /// The definition: every hop's secret by walking the whole chain of X25519 functions.
    fn agree_naively(route: &[[u8; 32]], initial_secret: &[u8; 32]) -> Vec<HopKeys> {
        let mut scalars = vec![*initial_secret];
        let mut keys = Vec::new();
        for hop in route {
            let shared = scalars.iter().fold(*hop, |point, scalar| x25519_dalek::x25519(*scalar, point));
            keys.push(HopKeys::expand(&shared));
            scalars.push(*keys.last().unwrap().part(BLINDING));
        }
        keys
    }

    #[test]
    fn products_of_scalars_give_the_chains_secrets_for_every_key_on_the_curve() {
        let rng = &mut ChaCha20Rng::seed_from_u64(11);
        for torsion in EIGHT_TORSION {
            let public: Vec<[u8; 32]> = (0..5)
                .map(|_| {
                    let honest = EdwardsPoint::mul_base_clamped(rng.gen());
                    (honest + torsion).to_montgomery().to_bytes()
                })
                .collect();
            let route: Vec<Hop> =
                public.iter().map(|key| Hop::new([0; 32], &(*key).into(), Duration::ZERO).unwrap()).collect();
            let initial_secret = rng.gen();

            let (alpha, ours) = agree_along(&route, &initial_secret);

            assert_eq!(alpha, *PublicKey::from(&StaticSecret::from(initial_secret)).as_bytes());
            for (ours, naive) in ours.iter().zip(agree_naively(&public, &initial_secret)) {
                assert_eq!(ours.0, naive.0);
            }
        }
    }
}
