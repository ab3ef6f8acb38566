//! A source of randomness that fails, for both test programs.

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

/// How often it draws. With a source that fails earlier it ends in a panic each time, so that nothing of it comes out.
pub fn draws<R>(run: impl Fn(&mut Failing) -> R) -> usize {
    let comes_out = |left: &usize| {
        let mut source = Failing { left: *left, source: ChaCha20Rng::seed_from_u64(1) };
        catch_unwind(AssertUnwindSafe(|| drop(run(&mut source)))).is_ok()
    };
    (0..100).find(comes_out).expect("nothing here draws a hundred times")
}
