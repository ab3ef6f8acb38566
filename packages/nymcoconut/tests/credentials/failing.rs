//! Sources of randomness that fail, and that repeat, for both test programs.

use std::num::NonZeroU32;
use std::panic::{catch_unwind, AssertUnwindSafe};

use rand_chacha::rand_core::{CryptoRng, Error, RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;

/// Gives so many times and then no more: an error for those who can take one, a panic for the others, as the system's source does.
pub struct Failing {
    left: usize,
    source: ChaCha20Rng,
}

impl RngCore for Failing {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.fill_bytes(&mut bytes);
        u32::from_le_bytes(bytes)
    }
    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill_bytes(&mut bytes);
        u64::from_le_bytes(bytes)
    }
    fn fill_bytes(&mut self, dest: &mut [u8]) {
        self.try_fill_bytes(dest).unwrap();
    }
    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), Error> {
        self.left = self.left.checked_sub(1).ok_or(NonZeroU32::MIN)?;
        self.source.fill_bytes(dest);
        Ok(())
    }
}

impl CryptoRng for Failing {}

/// How often it draws. With a source that fails at any of its draws it ends in a panic, so that nothing of it comes out.
pub fn draws<R>(run: impl Fn(&mut Failing) -> R) -> usize {
    let source = |left: usize| Failing { left, source: ChaCha20Rng::seed_from_u64(1) };
    let mut enough = source(usize::MAX);
    drop(run(&mut enough));
    let draws = usize::MAX - enough.left;
    for left in 0..draws {
        let mut failing = source(left);
        let ended = catch_unwind(AssertUnwindSafe(|| drop(run(&mut failing))));
        assert!(ended.is_err(), "something came out after {left} of {draws} draws");
    }
    draws
}

/// Always gives the same.
pub struct Stuck(pub u8);

impl RngCore for Stuck {
    fn next_u32(&mut self) -> u32 {
        u32::from_le_bytes([self.0; 4])
    }
    fn next_u64(&mut self) -> u64 {
        u64::from_le_bytes([self.0; 8])
    }
    fn fill_bytes(&mut self, dest: &mut [u8]) {
        dest.fill(self.0);
    }
    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(dest);
        Ok(())
    }
}

impl CryptoRng for Stuck {}
