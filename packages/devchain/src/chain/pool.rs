//! Transactions that wait for a block.

use crate::store::{Map, Working};
use std::collections::{HashSet, VecDeque};

/// Transactions that wait; more are refused, as CometBFT's default.
const MAX_TXS: usize = 5_000;
/// Bytes of one transaction, as CometBFT's default.
pub(crate) const MAX_TX_BYTES: usize = 1_048_576;
/// Bytes of all that wait.
const MAX_BYTES: usize = 64 << 20;
/// Hashes remembered so that a transaction sent again is refused, as CometBFT's default.
const MAX_SEEN: usize = 10_000;

/// A waiting transaction.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    pub hash: [u8; 32],
    pub bytes: Vec<u8>,
}

/// The waiting transactions and the state that they would leave.
#[derive(Debug)]
pub(crate) struct Pool {
    /// The state of the last block after the checks of everything that waits.
    pub check: Working,
    txs: VecDeque<Waiting>,
    bytes: usize,
    seen: HashSet<[u8; 32]>,
    order: VecDeque<[u8; 32]>,
}

impl Pool {
    pub(crate) fn new(state: Map) -> Self {
        Pool {
            check: Working::new(state),
            txs: VecDeque::new(),
            bytes: 0,
            seen: HashSet::new(),
            order: VecDeque::new(),
        }
    }

    /// Whether a transaction may be checked at all; the error is CometBFT's.
    pub(crate) fn admit(&mut self, hash: [u8; 32], length: usize) -> Result<(), String> {
        if length > MAX_TX_BYTES {
            return Err(format!("tx too large. Max size is {MAX_TX_BYTES}, but got {length}"));
        }
        if self.txs.len() >= MAX_TXS || self.bytes + length > MAX_BYTES {
            return Err(format!(
                "mempool is full: number of txs {} (max: {MAX_TXS}), total txs bytes {} (max: {MAX_BYTES})",
                self.txs.len(),
                self.bytes
            ));
        }
        if !self.seen.insert(hash) {
            return Err("tx already exists in cache".to_owned());
        }
        self.order.push_back(hash);
        if self.order.len() > MAX_SEEN {
            if let Some(old) = self.order.pop_front() {
                self.seen.remove(&old);
            }
        }
        Ok(())
    }

    /// Lets a transaction be sent again.
    pub(crate) fn forget(&mut self, hash: &[u8; 32]) {
        if self.seen.remove(hash) {
            self.order.retain(|h| h != hash);
        }
    }

    pub(crate) fn push(&mut self, tx: Waiting) {
        self.bytes += tx.bytes.len();
        self.txs.push_back(tx);
    }

    /// The first transactions that fit into a block of `limit` bytes.
    pub(crate) fn peek(&self, limit: usize) -> Vec<Waiting> {
        let mut left = limit;
        let fits = |tx: &&Waiting| {
            let fits = tx.bytes.len() + 16 <= left;
            left = left.saturating_sub(tx.bytes.len() + 16);
            fits
        };
        self.txs.iter().take_while(fits).cloned().collect()
    }

    /// Drops the first `count` transactions.
    pub(crate) fn remove(&mut self, count: usize) {
        for tx in self.txs.drain(..count.min(self.txs.len())) {
            self.bytes -= tx.bytes.len();
        }
    }

    /// Takes everything that waits, to check it anew.
    pub(crate) fn take_all(&mut self) -> Vec<Waiting> {
        self.bytes = 0;
        self.txs.drain(..).collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.txs.len()
    }

    pub(crate) fn size(&self) -> usize {
        self.bytes
    }

    pub(crate) fn first(&self, count: usize) -> Vec<Vec<u8>> {
        self.txs.iter().take(count).map(|t| t.bytes.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_is_admitted_once_until_it_is_forgotten() {
        let mut pool = Pool::new(crate::store::empty());

        assert!(pool.admit([1; 32], 10).is_ok());
        assert!(pool.admit([1; 32], 10).is_err());
        pool.forget(&[1; 32]);
        assert!(pool.admit([1; 32], 10).is_ok());
    }

    #[test]
    fn what_is_too_large_is_refused() {
        let mut pool = Pool::new(crate::store::empty());

        assert!(pool.admit([1; 32], MAX_TX_BYTES + 1).is_err());
    }

    #[test]
    fn a_block_takes_the_first_that_fit() {
        let mut pool = Pool::new(crate::store::empty());
        for i in 0..3u8 {
            pool.push(Waiting { hash: [i; 32], bytes: vec![i; 100] });
        }

        assert_eq!(pool.peek(250).len(), 2);
        pool.remove(2);
        assert_eq!((pool.len(), pool.size()), (1, 100));
    }
}
