//! Reply blocks: those this client made ([`OwnSurbs`]) and those it was given ([`PeerSurbs`]).
//!
//! Both are pure state machines with bounds; what they hold is also on disk, because a reply block
//! outlives a process: it serves until the epoch after the one of its document ends.

mod own;
mod peers;

pub use own::{Budget, OwnLimits, OwnSurb, OwnSurbs};
pub use peers::{PeerLimits, PeerSurbs, StoredSurb};
