//! Random sources derived from the caller's: one for each thread, one for each show that also hashes what is shown and to whom,
//! and one for each batch that also hashes everything in it.
//!
//! With the second, a source of randomness that fails or repeats never uses a nonce for two statements. With the third, whoever
//! knows what the source will give still does not know the weights before the batch is fixed, so errors do not cancel.

use rand_core::{CryptoRng, Error, RngCore};
use sha2::{Digest, Sha256};
use zeroize::Zeroize;

use crate::Transcript;

/// An endless stream of bytes from a seed.
pub(crate) struct Stream {
    seed: [u8; 32],
    counter: u64,
}

impl Stream {
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        Self { seed, counter: 0 }
    }

    /// Mixes fresh randomness with the secrets and the statement that it is for.
    pub(crate) fn hedged(rng: &mut (impl RngCore + CryptoRng), secret: &[u8], context: &[&[u8]]) -> Self {
        let mut fresh = zeroize::Zeroizing::new([0; 32]);
        rng.fill_bytes(fresh.as_mut());
        let mut transcript = Transcript::new("nym-coconut-hedged-v1");
        transcript.bytes(fresh.as_ref()).bytes(secret);
        context.iter().for_each(|part| {
            transcript.bytes(part);
        });
        Self::new(transcript.digest())
    }

    /// Weights for a batch: fresh randomness, and a hash of every byte that the equation depends on, which `all` adds.
    ///
    /// With a source that repeats, what is left is a Fiat-Shamir challenge as in the contract.
    pub(crate) fn over(rng: &mut (impl RngCore + CryptoRng), all: impl FnOnce(&mut Transcript)) -> Self {
        let mut fresh = [0; 32];
        rng.fill_bytes(&mut fresh);
        let mut transcript = Transcript::new("nym-coconut-batch-weights-v1");
        transcript.bytes(&fresh);
        all(&mut transcript);
        Self::new(transcript.digest())
    }

    /// Another stream, for another thread.
    #[cfg(feature = "parallel")]
    pub(crate) fn split(&mut self) -> Self {
        let mut seed = [0; 32];
        self.fill_bytes(&mut seed);
        Self::new(seed)
    }

    fn block(&mut self) -> [u8; 32] {
        self.counter += 1;
        // Label, seed and counter have fixed lengths, so none is written.
        let hash = Sha256::new().chain_update(b"nym-coconut-stream-v1").chain_update(self.seed);
        hash.chain_update(self.counter.to_be_bytes()).finalize().into()
    }
}

impl RngCore for Stream {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.fill_bytes(&mut bytes);
        u32::from_be_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill_bytes(&mut bytes);
        u64::from_be_bytes(bytes)
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        for chunk in dest.chunks_mut(32) {
            let block = self.block();
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(dest);
        Ok(())
    }
}

impl CryptoRng for Stream {}

impl Drop for Stream {
    fn drop(&mut self) {
        self.seed.zeroize();
    }
}

impl zeroize::ZeroizeOnDrop for Stream {}
