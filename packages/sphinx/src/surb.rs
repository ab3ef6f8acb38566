//! Single-use reply blocks: a finished header that somebody else may send a payload with.
//!
//! The replier gets the header, the first hop and one seed, and adds one layer. Every hop then
//! *removes* a layer with its own key, so that neither replier nor hops can recognise the payload
//! elsewhere; the creator, who kept all seeds, puts those layers back and removes the replier's.

use std::{fmt, ops::Range};

use rand::{CryptoRng, RngCore};
use x25519_dalek::StaticSecret;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{
    hop::{is_canonical, Destination, Hop},
    keys::{payload_cipher, HopKeys, ReplayTag},
    packet::build_header,
    payload,
    process::Instruction,
    sizes::{PayloadSize, ADDRESS_LEN, HEADER_LEN, IDENTIFIER_LEN, MAX_HOPS, SEED_LEN, SURB_LEN},
    Address, BuildError, Identifier, ProcessError, SurbError,
};

/// A reply block as its user holds it: good for one reply, says nothing about its creator.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Surb {
    header: [u8; HEADER_LEN],
    first_hop: Address,
    seed: [u8; SEED_LEN],
}

impl Surb {
    /// Creates a block whose reply ends at the last hop of `route`, the creator itself, and the
    /// keys that read the reply. The creator finds the keys by `destination.identifier`, which
    /// must not be all zero and should be random.
    pub fn create<R: RngCore + CryptoRng>(
        route: &[Hop],
        destination: &Destination,
        rng: &mut R,
    ) -> Result<(Self, SurbKeys), BuildError> {
        if destination.identifier == [0; IDENTIFIER_LEN] {
            return Err(BuildError::ZeroIdentifier);
        }

        let (header, keys) = build_header(route, destination, rng)?;
        let seeds: Vec<_> = keys.iter().map(|keys| *keys.payload_seed()).collect();
        let (Some(first), Some(seed)) = (route.first(), seeds.last()) else {
            return Err(BuildError::RouteLength { hops: route.len() });
        };

        let surb = Self { header, first_hop: first.address, seed: *seed };
        Ok((surb, SurbKeys { identifier: destination.identifier, seeds }))
    }

    /// Where a packet made from this block is sent first.
    pub fn first_hop(&self) -> &Address {
        &self.first_hop
    }

    /// Uses the block up: the packet that carries `plaintext` to the creator, to be sent to
    /// [`Surb::first_hop`].
    pub fn into_packet(self, size: PayloadSize, plaintext: &[u8]) -> Result<Vec<u8>, BuildError> {
        let mut packet = vec![0; size.packet_len()];
        let (head, body) = packet.split_at_mut(HEADER_LEN);
        head.copy_from_slice(&self.header);
        payload::pad(body, plaintext)?;
        payload_cipher(&self.seed).encrypt(body);
        Ok(packet)
    }

    /// `header ‖ first hop ‖ seed`.
    pub fn to_bytes(&self) -> [u8; SURB_LEN] {
        let mut bytes = [0; SURB_LEN];
        let (header, rest) = bytes.split_at_mut(HEADER_LEN);
        let (first_hop, seed) = rest.split_at_mut(ADDRESS_LEN);
        header.copy_from_slice(&self.header);
        first_hop.copy_from_slice(&self.first_hop);
        seed.copy_from_slice(&self.seed);
        bytes
    }

    /// Reads what [`Surb::to_bytes`] wrote. The header's content cannot be checked by anybody but
    /// its hops; its group element can, and is.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SurbError> {
        let error = SurbError::WrongLength { len: bytes.len() };
        let bytes: &[u8; SURB_LEN] = bytes.try_into().map_err(|_| error)?;
        let (header, rest) = bytes.split_first_chunk().ok_or(error)?;
        let (first_hop, rest) = rest.split_first_chunk().ok_or(error)?;
        let seed = rest.first_chunk().ok_or(error)?;
        if !header.first_chunk().is_some_and(is_canonical) {
            return Err(SurbError::NonCanonicalAlpha);
        }
        Ok(Self { header: *header, first_hop: *first_hop, seed: *seed })
    }
}

impl fmt::Debug for Surb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Surb(..)")
    }
}

/// What the creator of a reply block keeps to read the reply: the identifier, by which it is
/// found, and every hop's payload seed. Never leaves the creator.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct SurbKeys {
    identifier: Identifier,
    seeds: Vec<[u8; SEED_LEN]>,
}

impl SurbKeys {
    /// The identifier that the reply's header carries for its final hop.
    pub fn identifier(&self) -> &Identifier {
        &self.identifier
    }

    /// Reads the reply in its buffer, as it came from the last forwarding hop and was opened with
    /// [`read_reply_header`]: the range of the buffer that holds the plaintext.
    ///
    /// The last hop is the creator, who has no need to remove a layer only to put it back: the
    /// other hops' layers are restored, last one first, then the replier's is removed.
    pub fn recover(&self, packet: &mut [u8]) -> Result<Range<usize>, SurbError> {
        let bad_length = ProcessError::WrongLength { len: packet.len() };
        PayloadSize::from_packet_len(packet.len()).ok_or(bad_length)?;
        let body = packet.get_mut(HEADER_LEN..).ok_or(bad_length)?;
        let Some((last, others)) = self.seeds.split_last() else {
            return Err(ProcessError::BadPayload.into());
        };

        for seed in others.iter().rev() {
            payload_cipher(seed).encrypt(body);
        }
        payload_cipher(last).decrypt(body);

        let found = payload::find_plaintext(body).ok_or(ProcessError::BadPayload)?;
        Ok(HEADER_LEN + found.start..HEADER_LEN + found.end)
    }

    /// `identifier ‖ seeds`, first hop's seed first: secret, for the creator's own storage.
    pub fn to_secret_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(IDENTIFIER_LEN + SEED_LEN * self.seeds.len());
        bytes.extend_from_slice(&self.identifier);
        for seed in &self.seeds {
            bytes.extend_from_slice(seed);
        }
        bytes
    }

    /// Reads what [`SurbKeys::to_secret_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SurbError> {
        let error = SurbError::WrongKeysLength { len: bytes.len() };
        let (identifier, rest) = bytes.split_first_chunk().ok_or(error)?;
        let (seeds, remainder) = rest.as_chunks::<SEED_LEN>();
        if !remainder.is_empty() || !(1..=MAX_HOPS).contains(&seeds.len()) {
            return Err(error);
        }
        Ok(Self { identifier: *identifier, seeds: seeds.to_vec() })
    }
}

impl fmt::Debug for SurbKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SurbKeys(..)")
    }
}

/// What the creator of reply blocks reads from the header of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplyHeader {
    /// Names the block: the key for looking up its [`SurbKeys`].
    pub destination: Destination,
    /// The tag of this reply, the same for every copy of it.
    pub replay_tag: ReplayTag,
}

/// Opens the header of a reply with the creator's own hop key. The packet is not changed; its
/// payload is read with [`SurbKeys::recover`].
pub fn read_reply_header(secret: &StaticSecret, packet: &[u8]) -> Result<ReplyHeader, SurbError> {
    let keys = HopKeys::agree(secret, packet)?;
    match keys.open_header(packet)?.instruction() {
        Instruction::Final(destination) => {
            Ok(ReplyHeader { destination: *destination, replay_tag: *keys.replay_tag() })
        }
        Instruction::Forward { .. } => Err(SurbError::NotFinal),
    }
}
