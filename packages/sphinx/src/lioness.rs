//! LIONESS over ChaCha20 and keyed BLAKE2b: one permutation over the whole payload.
//!
//! Changing any bit of the ciphertext changes every bit of the plaintext, which is what makes a
//! tagged payload worthless to who tagged it. [Anderson and Biham, BEAR and LION, 1996][paper].
//!
//! [paper]: https://www.cl.cam.ac.uk/archive/rja14/Papers/bear-lion.pdf

use blake2::{digest::consts::U32, Blake2bMac};
use chacha20::{
    cipher::{KeyIvInit, StreamCipher},
    ChaCha20,
};
use hmac::digest::{FixedOutput, KeyInit, Update};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Two stream keys of 32 and two hash keys of 64 bytes.
pub(crate) const LIONESS_KEY_LEN: usize = 2 * (STREAM + HASH);
const STREAM: usize = 32;
const HASH: usize = 64;

/// A keyed permutation of blocks longer than 32 bytes.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct Lioness {
    stream_one: [u8; STREAM],
    hash_two: [u8; HASH],
    stream_three: [u8; STREAM],
    hash_four: [u8; HASH],
}

impl Lioness {
    pub(crate) fn new(key: &[u8; LIONESS_KEY_LEN]) -> Self {
        let (stream_one, rest) = key.split_first_chunk().expect("the key has 192 bytes");
        let (hash_two, rest) = rest.split_first_chunk().expect("160 bytes are left");
        let (stream_three, rest) = rest.split_first_chunk().expect("96 bytes are left");
        let hash_four = rest.first_chunk().expect("64 bytes are left");
        Self { stream_one: *stream_one, hash_two: *hash_two, stream_three: *stream_three, hash_four: *hash_four }
    }

    /// Encrypts a block in place. Payload sizes are a closed list, all above 32 bytes.
    pub(crate) fn encrypt(&self, block: &mut [u8]) {
        let (left, right) = split(block);
        stream(&self.stream_one, left, right);
        hash(&self.hash_two, left, right);
        stream(&self.stream_three, left, right);
        hash(&self.hash_four, left, right);
    }

    /// Undoes [`Lioness::encrypt`].
    pub(crate) fn decrypt(&self, block: &mut [u8]) {
        let (left, right) = split(block);
        hash(&self.hash_four, left, right);
        stream(&self.stream_three, left, right);
        hash(&self.hash_two, left, right);
        stream(&self.stream_one, left, right);
    }
}

fn split(block: &mut [u8]) -> (&mut [u8; STREAM], &mut [u8]) {
    block.split_first_chunk_mut().expect("callers give payloads of a `PayloadSize`, and each is above 32 bytes")
}

/// right ⊕= ChaCha20(left ⊕ key)
fn stream(key: &[u8; STREAM], left: &[u8; STREAM], right: &mut [u8]) {
    let mut mixed = Zeroizing::new(*key);
    xor(mixed.as_mut(), left);
    ChaCha20::new((&*mixed).into(), &[0; 12].into()).apply_keystream(right);
}

/// left ⊕= BLAKE2b(key, right)
fn hash(key: &[u8; HASH], left: &mut [u8; STREAM], right: &[u8]) {
    let mut mac = <Blake2bMac<U32> as KeyInit>::new(key.into());
    mac.update(right);
    xor(left, &mac.finalize_fixed());
}

fn xor(into: &mut [u8], with: &[u8]) {
    for (a, b) in into.iter_mut().zip(with) {
        *a ^= b;
    }
}
