//! Errors of the chain, in the words and exit codes of the command line.

use nym_chain_client::{ChainError, ErrorKind as Chain};
use nym_daemon::{ErrorKind, Failure};

/// Result of everything here.
pub(crate) type Outcome<T> = Result<T, Failure>;

/// Adds what was attempted to an error of the chain: `could not bond mix node 'x'`.
pub(crate) trait Attempt<T> {
    /// What was attempted, without "could not".
    fn attempt(self, what: impl Into<String>) -> Outcome<T>;
}

impl<T> Attempt<T> for Result<T, ChainError> {
    fn attempt(self, what: impl Into<String>) -> Outcome<T> {
        self.map_err(|error| explain(&error).context(format!("could not {}", what.into())))
    }
}

/// An error of the chain with its exit code and its remedy.
pub(crate) fn explain(error: &ChainError) -> Failure {
    let kind = error.kind();
    let help = match (kind, error) {
        (Chain::InsufficientFunds, _) => {
            "see what the account has with nym-cli balance, then send it tokens or use another account".to_owned()
        }
        (Chain::NotFound, _) if error.to_string().starts_with("contract") => {
            "check the address; contracts.mixnet of the network file must be a contract of this chain".to_owned()
        }
        (Chain::Unconfirmed, ChainError::Unconfirmed { hash, .. }) => {
            format!("before sending anything again: nym-cli tx show --hash {hash}")
        }
        _ => kind.remedy().to_owned(),
    };
    Failure::new(exit_kind(kind), error.to_string()).with_help(help)
}

fn exit_kind(kind: Chain) -> ErrorKind {
    match kind {
        Chain::Network | Chain::WrongChain | Chain::BadEndpoint | Chain::Unconfirmed => ErrorKind::Network,
        Chain::NotFound | Chain::HeightUnavailable => ErrorKind::NotFound,
        Chain::Invalid => ErrorKind::Usage,
        Chain::InsufficientFunds
        | Chain::FeeTooLow
        | Chain::OutOfGas
        | Chain::Sequence
        | Chain::UnknownAccount
        | Chain::Unauthorized
        | Chain::Busy
        | Chain::TooLarge
        | Chain::Contract
        | Chain::Expired
        | Chain::Refused => ErrorKind::ChainRefused,
    }
}

/// A mistake in what was typed. When something was under way already, [`Failure::context`] says what.
pub(crate) fn usage(message: impl Into<String>, help: impl Into<String>) -> Failure {
    Failure::new(ErrorKind::Usage, message).with_help(help)
}

/// Something named that is not there: what was to be done, why not, what to do instead.
pub(crate) fn not_found(what: impl Into<String>, cause: impl Into<String>, help: impl Into<String>) -> Failure {
    Failure::new(ErrorKind::NotFound, cause).with_help(help).context(what)
}
