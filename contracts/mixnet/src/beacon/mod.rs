//! The beacon: the issuing group's key, and the signatures that are the seeds of epochs.
//!
//! A seed is a threshold BLS signature over the last one, so that nobody can foresee or choose it. Members post shares, anyone
//! combines them, and the contract checks the result with one pairing of the host. Without it the previous set stays.

pub mod execute;
pub mod query;
pub mod state;
