//! Keys of one credential type: a signer's secret share, verification keys, and the group that they belong to.

mod group;
mod secret;
mod verification;

pub use group::{Group, GroupError};
pub use secret::SecretKeyShare;
pub use verification::{KeyError, PreparedInfo, VerificationKey};
