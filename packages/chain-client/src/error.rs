//! What can go wrong between us and a chain.
//!
//! [`ChainError`] says what happened; [`ChainError::kind`] groups it by what the person in front of it
//! can do, which is what a command line prints as help and a service decides a retry by. A refusal of
//! the chain keeps its codespace, its code and the contract's own sentence ([`Refusal`]).

use crate::refusal::Refusal;

/// A failed query or transaction.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ChainError {
    /// No endpoint answered. Nothing is known about the effect of a transaction that was on its way;
    /// those end as [`ChainError::Unconfirmed`] instead.
    #[error("none of the {endpoints} chain endpoints answered: {reason}")]
    Network {
        /// How many endpoints were tried.
        endpoints: usize,
        /// The last endpoint's failure, with its address.
        reason: String,
    },
    /// An endpoint serves another chain.
    #[error("endpoint {endpoint} serves chain '{got}', expected '{expected}'")]
    WrongChain {
        /// Address of the endpoint.
        endpoint: String,
        /// The chain id we were told to use.
        expected: String,
        /// The chain id it reported.
        got: String,
    },
    /// The chain understood the request and said no.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// A query's subject does not exist.
    #[error("{0} not found")]
    NotFound(String),
    /// The endpoint no longer keeps (or does not yet have) the state of that height.
    #[error("state at height {height} is not available: {reason}")]
    HeightUnavailable {
        /// The height asked for.
        height: u64,
        /// What the endpoint said.
        reason: String,
    },
    /// A transaction was sent, but within the time allowed nobody could say whether it was included.
    /// It may still be, until `timeout_height` has passed. Hand the same signed bytes to
    /// [`Account::resume`](crate::Account::resume) to find out; never sign anew before.
    #[error("transaction {hash} was sent but not confirmed; it can still be included until height {timeout_height}")]
    Unconfirmed {
        /// Hash of the transaction.
        hash: String,
        /// Last height at which it can be included.
        timeout_height: u64,
    },
    /// Every signed version of a transaction expired unincluded.
    #[error("transaction expired {attempts} times without being included, last at height {timeout_height}")]
    Expired {
        /// How many times it was signed.
        attempts: u32,
        /// The last version's last height.
        timeout_height: u64,
    },
    /// Endpoints asked the same question at the same height gave different answers.
    #[error("endpoints disagree about {what}")]
    Disagreement {
        /// The question.
        what: String,
    },
    /// An answer could not be understood.
    #[error("{what} could not be read: {reason}")]
    Malformed {
        /// What was being read.
        what: String,
        /// Why it could not be.
        reason: String,
    },
    /// Something handed to this library is not usable: mnemonic, address, amount, URL.
    #[error("{what} is not valid: {reason}")]
    Invalid {
        /// What it is.
        what: String,
        /// The rule it breaks. Never contains a secret.
        reason: String,
    },
    /// The backend cannot do that (for example past heights in an in-process test chain).
    #[error("{0} is not supported by this chain backend")]
    Unsupported(String),
}

/// Failures grouped by remedy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Nothing answered. Check that the chain runs and that the endpoints in the network file are right.
    Network,
    /// The endpoints belong to another chain. Use the network file of that chain.
    WrongChain,
    /// The account cannot pay. Send it tokens, or use another account.
    InsufficientFunds,
    /// The fee is below what validators accept. Raise the gas price.
    FeeTooLow,
    /// The gas limit was too small. Raise the gas adjustment or give a limit.
    OutOfGas,
    /// Another transaction of the account came first. Try again.
    Sequence,
    /// The account has never received anything, so the chain does not know it. Fund it first.
    UnknownAccount,
    /// The sender may not do that. Use the owner's or the admin's account.
    Unauthorized,
    /// The chain is busy. Try again later.
    Busy,
    /// The transaction is larger than the chain accepts.
    TooLarge,
    /// The contract's own rules say no; its sentence names the rule.
    Contract,
    /// There is no such contract, code, node or account.
    NotFound,
    /// It is not known whether the transaction happened. Look it up by hash before sending again.
    Unconfirmed,
    /// The transaction did not make it into a block in time. Nothing happened; send it again.
    Expired,
    /// The state of that height is gone. Ask for a later height or an archive endpoint.
    HeightUnavailable,
    /// An endpoint gave a wrong or unreadable answer. Use others.
    BadEndpoint,
    /// What was passed in is not usable.
    Invalid,
    /// The chain refused for a reason without a remedy of its own.
    Refused,
}

impl ErrorKind {
    /// One sentence that says what to do.
    pub fn remedy(self) -> &'static str {
        match self {
            ErrorKind::Network => {
                "check that the chain is running and that the endpoints in the network file are reachable"
            }
            ErrorKind::WrongChain => "use the network file that belongs to this chain",
            ErrorKind::InsufficientFunds => "send tokens to the account or use another one",
            ErrorKind::FeeTooLow => "raise the gas price in the network file or with --gas-price",
            ErrorKind::OutOfGas => "raise the limit with --gas-adjustment",
            ErrorKind::Sequence => "another transaction of this account came first; try again",
            ErrorKind::UnknownAccount => "the account is not on the chain yet; send it some tokens first",
            ErrorKind::Unauthorized => "use the account that owns it",
            ErrorKind::Busy => "the chain is busy; try again in a few blocks",
            ErrorKind::TooLarge => "split the transaction into smaller ones",
            ErrorKind::Contract => "change the request so that it fits the contract's rule above",
            ErrorKind::NotFound => "check the name, id or address",
            ErrorKind::Unconfirmed => "look the transaction up by its hash before sending anything again",
            ErrorKind::Expired => "nothing happened; send it again",
            ErrorKind::HeightUnavailable => "ask for a later height or use an archive endpoint",
            ErrorKind::BadEndpoint => "use other endpoints",
            ErrorKind::Invalid => "correct the value",
            ErrorKind::Refused => "see the chain's message above",
        }
    }
}

impl ChainError {
    /// The group this failure belongs to.
    pub fn kind(&self) -> ErrorKind {
        match self {
            ChainError::Network { .. } => ErrorKind::Network,
            ChainError::WrongChain { .. } => ErrorKind::WrongChain,
            ChainError::Refused(refusal) => refusal.kind,
            ChainError::NotFound(_) => ErrorKind::NotFound,
            ChainError::HeightUnavailable { .. } => ErrorKind::HeightUnavailable,
            ChainError::Unconfirmed { .. } => ErrorKind::Unconfirmed,
            ChainError::Expired { .. } => ErrorKind::Expired,
            ChainError::Disagreement { .. } | ChainError::Malformed { .. } => ErrorKind::BadEndpoint,
            ChainError::Invalid { .. } | ChainError::Unsupported(_) => ErrorKind::Invalid,
        }
    }

    /// The contract's own sentence, when a contract refused.
    pub fn contract_error(&self) -> Option<&str> {
        match self {
            ChainError::Refused(refusal) => refusal.contract_error.as_deref(),
            _ => None,
        }
    }

    pub(crate) fn invalid(what: impl Into<String>, reason: impl ToString) -> Self {
        ChainError::Invalid { what: what.into(), reason: reason.to_string() }
    }

    pub(crate) fn malformed(what: impl Into<String>, reason: impl ToString) -> Self {
        ChainError::Malformed { what: what.into(), reason: reason.to_string() }
    }
}
