//! Shows: a credential presented to a verifier, once, bound to what the verifier expects.

mod ed25519;
mod full;
mod open;

pub use ed25519::OneTimeKey;
pub use full::{verify_batch, Show};
pub use open::{verify_open_batch, OpenItem, OpenShow};

/// Why a show is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ShowError {
    /// The proof does not hold in this context.
    #[error("the show's proof does not hold in this context")]
    Proof,
    /// The one-time key's signature does not hold in this context.
    #[error("the one-time key's signature does not hold in this context")]
    Signature,
    /// No signature of the group on these attributes.
    #[error("the credential is not signed by the group with these attributes")]
    Credential,
    /// The credential's serial is not the one-time key's.
    #[error("the one-time key is not the credential's")]
    OneTimeKey,
}
