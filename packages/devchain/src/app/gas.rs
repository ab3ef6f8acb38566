//! Gas meters and the SDK's prices for its key-value stores.
//!
//! A meter is shared by everything that runs under it; consuming past the limit is an error
//! that names the place, with the SDK's own words.

use crate::error::{Halt, Outcome};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

/// CosmWasm gas for one unit of SDK gas.
pub(crate) const VM_GAS: u64 = 140_000;

pub(crate) const HAS: u64 = 1_000;
pub(crate) const DELETE: u64 = 1_000;
pub(crate) const READ: u64 = 1_000;
pub(crate) const READ_BYTE: u64 = 3;
pub(crate) const WRITE: u64 = 2_000;
pub(crate) const WRITE_BYTE: u64 = 30;
pub(crate) const ITERATE: u64 = 30;

#[derive(Debug)]
struct Meter {
    limit: u64,
    consumed: AtomicU64,
}

/// A shared gas meter.
#[derive(Debug, Clone)]
pub(crate) struct Gas(Arc<Meter>);

impl Gas {
    /// A meter that stops at `limit`.
    pub(crate) fn limited(limit: u64) -> Self {
        Gas(Arc::new(Meter { limit, consumed: AtomicU64::new(0) }))
    }

    /// A meter that counts and never stops, for genesis and simulation.
    pub(crate) fn infinite() -> Self {
        Gas::limited(u64::MAX)
    }

    pub(crate) fn limit(&self) -> u64 {
        self.0.limit
    }

    pub(crate) fn consumed(&self) -> u64 {
        self.0.consumed.load(Ordering::Relaxed)
    }

    pub(crate) fn remaining(&self) -> u64 {
        self.0.limit.saturating_sub(self.consumed())
    }

    pub(crate) fn is_exhausted(&self) -> bool {
        self.0.limit != u64::MAX && self.consumed() >= self.0.limit
    }

    /// Takes `amount`; above the limit it is taken all the same, and the caller must stop.
    pub(crate) fn consume(&self, amount: u64, place: &'static str) -> Outcome<()> {
        let total = self.consumed().saturating_add(amount);
        self.0.consumed.store(total, Ordering::Relaxed);
        if total > self.0.limit {
            return Err(Halt::OutOfGas(place));
        }
        Ok(())
    }

    /// CosmWasm gas that a contract may use now.
    pub(crate) fn for_vm(&self) -> u64 {
        if self.0.limit == u64::MAX {
            return u64::MAX;
        }
        self.remaining().saturating_mul(VM_GAS)
    }

    /// Charges what a contract used inside the virtual machine.
    pub(crate) fn consume_vm(&self, vm_gas: u64) -> Outcome<()> {
        self.consume(vm_gas / VM_GAS, "wasm contract")?;
        if self.is_exhausted() {
            return Err(Halt::OutOfGas("Wasm engine function execution"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consuming_past_the_limit_is_refused_and_counted() {
        let gas = Gas::limited(10);

        assert_eq!(gas.consume(10, "a"), Ok(()));
        assert_eq!(gas.consume(1, "b"), Err(Halt::OutOfGas("b")));

        assert_eq!((gas.consumed(), gas.remaining()), (11, 0));
    }

    #[test]
    fn an_infinite_meter_counts() {
        let gas = Gas::infinite();

        gas.consume(1 << 60, "a").expect("no limit");

        assert_eq!((gas.consumed(), gas.for_vm()), (1 << 60, u64::MAX));
    }
}
