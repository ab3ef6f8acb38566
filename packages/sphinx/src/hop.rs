//! The stations of a route, with their public keys checked and prepared.
//!
//! X25519 leaves it to the caller what a public key may be. Here a key is checked once, when it
//! becomes a [`HopKey`], so that building packets can use products of scalars: see [`HopKey`].

use std::{fmt, time::Duration};

use curve25519_dalek::{edwards::EdwardsPoint, montgomery::MontgomeryPoint, traits::IsIdentity, Scalar};
use x25519_dalek::PublicKey;

use crate::{Address, BuildError, Identifier};

/// Whether these bytes are the only encoding of their value: below 2^255 − 19, top bit clear.
pub fn is_canonical(u: &[u8; 32]) -> bool {
    let [first, middle @ .., last] = u;
    *last < 0x7f || (*last == 0x7f && (*first < 0xed || middle.iter().any(|byte| *byte != 0xff)))
}

/// The public key of a hop, checked and prepared for building.
///
/// X25519 scalars are multiples of the cofactor, so `s·P = (s/8)·(8·P)`, and `8·P` lies in the
/// subgroup of prime order, where a chain of scalars is one scalar: their product. This makes
/// one multiplication per hop give exactly the result of the whole chain, for every key on the
/// curve. Keys on the twist, which no secret key belongs to, and keys of low order are refused.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HopKey {
    public: [u8; 32],
    times_eight: EdwardsPoint,
}

impl HopKey {
    /// Checks and prepares a public key: about 7 µs, worth keeping for a network's nodes.
    pub fn new(public: &PublicKey) -> Result<Self, BuildError> {
        Self::from_bytes(public.as_bytes())
    }

    /// As [`HopKey::new`], from the key's 32 bytes.
    pub fn from_bytes(public: &[u8; 32]) -> Result<Self, BuildError> {
        if !is_canonical(public) {
            return Err(BuildError::NonCanonicalKey);
        }
        // The sign is free: both points share the u-coordinate, and so do their multiples.
        let point = match MontgomeryPoint(*public).to_edwards(0) {
            Some(point) => point,
            // u = −1 has order four but no Edwards form.
            None if is_minus_one(public) => return Err(BuildError::LowOrderKey),
            None => return Err(BuildError::KeyOffCurve),
        };
        let times_eight = point.mul_by_cofactor();
        if times_eight.is_identity() {
            return Err(BuildError::LowOrderKey);
        }

        Ok(Self { public: *public, times_eight })
    }

    /// The key's bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.public
    }

    /// The u-coordinate of `8·scalar·key`, in constant time.
    pub(crate) fn shared_secret(&self, eighth_of_scalar: &Scalar) -> [u8; 32] {
        (self.times_eight * eighth_of_scalar).to_montgomery().to_bytes()
    }
}

impl fmt::Debug for HopKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HopKey").field(&self.public).finish()
    }
}

/// Whether these canonical bytes are 2^255 − 20.
fn is_minus_one(u: &[u8; 32]) -> bool {
    let [first, middle @ .., last] = u;
    *first == 0xec && *last == 0x7f && middle.iter().all(|byte| *byte == 0xff)
}

/// One station of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hop {
    /// What the hop before it reads as the next address.
    pub address: Address,
    /// The key with which it opens its layer.
    pub key: HopKey,
    /// How long it holds the packet. Whole nanoseconds on the wire, at most 2^64 − 1 of them;
    /// the final hop's delay is not sent.
    pub delay: Duration,
}

impl Hop {
    /// A station from an address and an X25519 public key, which is checked here.
    pub fn new(address: Address, key: &PublicKey, delay: Duration) -> Result<Self, BuildError> {
        Ok(Self { address, key: HopKey::new(key)?, delay })
    }
}

/// What the final hop finds in the header.
///
/// All zero in everything that ends at a gateway ([`Destination::NONE`]): the recipient stands
/// inside the payload, so a packet whose payload was changed arrives as garbage for nobody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Destination {
    /// Meant for the final hop.
    pub address: Address,
    /// Meant for the final hop; names the reply block in replies.
    pub identifier: Identifier,
}

impl Destination {
    /// No destination: the default of forward packets, acknowledgements and loops.
    pub const NONE: Self = Self { address: [0; 32], identifier: [0; 16] };
}
