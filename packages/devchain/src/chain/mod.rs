//! The chain: what waits, what is in a block, and what everybody may see of it.
//!
//! [`engine`] makes blocks, [`pool`] holds what waits for one, [`block`] is their form and
//! their signatures, [`index`] finds transactions by their events.

pub(crate) mod block;
pub(crate) mod engine;
pub(crate) mod genesis;
pub(crate) mod index;
pub(crate) mod pool;
pub(crate) mod workers;
