//! Errors as the Cosmos SDK reports them: a codespace, a code and a log line.
//!
//! [`AppError`] is an error of the application. [`Halt`] adds the one condition that must
//! pass through every handler untouched: running out of gas. The constants carry the numbers
//! of `cosmos-sdk` v0.53 and `wasmd` v0.61, because clients branch on them.

use std::fmt;

/// An error registered by a module of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind {
    pub codespace: &'static str,
    pub code: u32,
    pub description: &'static str,
}

const fn sdk(code: u32, description: &'static str) -> Kind {
    Kind { codespace: "sdk", code, description }
}

const fn wasm(code: u32, description: &'static str) -> Kind {
    Kind { codespace: "wasm", code, description }
}

const fn bank(code: u32, description: &'static str) -> Kind {
    Kind { codespace: "bank", code, description }
}

/// An error that no module registered.
pub(crate) const UNDEFINED: Kind = Kind { codespace: "undefined", code: 1, description: "internal" };

pub(crate) const TX_DECODE: Kind = sdk(2, "tx parse error");
pub(crate) const UNAUTHORIZED: Kind = sdk(4, "unauthorized");
pub(crate) const INSUFFICIENT_FUNDS: Kind = sdk(5, "insufficient funds");
pub(crate) const UNKNOWN_REQUEST: Kind = sdk(6, "unknown request");
pub(crate) const INVALID_ADDRESS: Kind = sdk(7, "invalid address");
pub(crate) const INVALID_PUBKEY: Kind = sdk(8, "invalid pubkey");
pub(crate) const UNKNOWN_ADDRESS: Kind = sdk(9, "unknown address");
pub(crate) const INVALID_COINS: Kind = sdk(10, "invalid coins");
pub(crate) const OUT_OF_GAS: Kind = sdk(11, "out of gas");
pub(crate) const MEMO_TOO_LARGE: Kind = sdk(12, "memo too large");
pub(crate) const INSUFFICIENT_FEE: Kind = sdk(13, "insufficient fee");
pub(crate) const TOO_MANY_SIGNATURES: Kind = sdk(14, "maximum number of signatures exceeded");
pub(crate) const NO_SIGNATURES: Kind = sdk(15, "no signatures supplied");
pub(crate) const INVALID_REQUEST: Kind = sdk(18, "invalid request");
pub(crate) const KEY_NOT_FOUND: Kind = sdk(22, "key not found");
pub(crate) const INVALID_HEIGHT: Kind = sdk(26, "invalid height");
pub(crate) const TX_TIMEOUT_HEIGHT: Kind = sdk(30, "tx timeout height");
pub(crate) const WRONG_SEQUENCE: Kind = sdk(32, "incorrect account sequence");
pub(crate) const LOGIC: Kind = sdk(35, "internal logic error");
pub(crate) const NOT_SUPPORTED: Kind = sdk(37, "feature not supported");
pub(crate) const NOT_FOUND: Kind = sdk(38, "not found");
pub(crate) const INVALID_GAS_LIMIT: Kind = sdk(41, "invalid gas limit");
pub(crate) const TX_TIMEOUT: Kind = sdk(42, "tx timeout");
pub(crate) const PANIC: Kind = Kind { codespace: "undefined", code: 111_222, description: "panic" };

pub(crate) const BANK_NO_INPUTS: Kind = bank(2, "no inputs to send transaction");
pub(crate) const BANK_NO_OUTPUTS: Kind = bank(3, "no outputs to send transaction");
pub(crate) const BANK_MISMATCH: Kind = bank(4, "sum inputs != sum outputs");
pub(crate) const BANK_MULTIPLE_SENDERS: Kind = bank(9, "multiple senders not allowed");

pub(crate) const WASM_CREATE_FAILED: Kind = wasm(2, "create wasm contract failed");
pub(crate) const WASM_ACCOUNT_EXISTS: Kind = wasm(3, "contract account already exists");
pub(crate) const WASM_INSTANTIATE_FAILED: Kind = wasm(4, "instantiate wasm contract failed");
pub(crate) const WASM_EXECUTE_FAILED: Kind = wasm(5, "execute wasm contract failed");
pub(crate) const WASM_QUERY_FAILED: Kind = wasm(9, "query wasm contract failed");
pub(crate) const WASM_INVALID_MSG: Kind = wasm(10, "invalid CosmosMsg from the contract");
pub(crate) const WASM_MIGRATION_FAILED: Kind = wasm(11, "migrate wasm contract failed");
pub(crate) const WASM_EMPTY: Kind = wasm(12, "empty");
pub(crate) const WASM_LIMIT: Kind = wasm(13, "exceeds limit");
pub(crate) const WASM_INVALID: Kind = wasm(14, "invalid");
pub(crate) const WASM_DUPLICATE: Kind = wasm(15, "duplicate");
pub(crate) const WASM_UNKNOWN_MSG: Kind = wasm(20, "unknown message from the contract");
pub(crate) const WASM_INVALID_EVENT: Kind = wasm(21, "invalid event");
pub(crate) const WASM_NO_SUCH_CONTRACT: Kind = wasm(22, "no such contract");
pub(crate) const WASM_QUERY_STACK: Kind = wasm(27, "max query stack size exceeded");
pub(crate) const WASM_NO_SUCH_CODE: Kind = wasm(28, "no such code");
pub(crate) const WASM_VM_ERROR: Kind = wasm(29, "wasmvm error");
pub(crate) const WASM_CALL_DEPTH: Kind = wasm(30, "max call depth exceeded");

/// An error that the contract which caused it sees in a form of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SystemKind {
    NoSuchContract(String),
    NoSuchCode(u64),
    Unsupported(String),
}

/// How gRPC would classify the error of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Unknown,
    InvalidArgument,
    NotFound,
}

/// What a message, a check or a query failed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AppError {
    pub kind: Kind,
    pub message: String,
    /// The text is the same on every node, so a contract may see it.
    pub deterministic: bool,
    pub system: Option<SystemKind>,
    pub status: Option<Status>,
}

impl AppError {
    /// An error that is just its kind.
    pub(crate) fn bare(kind: Kind) -> Self {
        AppError { kind, message: kind.description.to_owned(), deterministic: false, system: None, status: None }
    }

    /// A kind with a text before its description, as the SDK's `Wrap`.
    pub(crate) fn new(kind: Kind, text: impl fmt::Display) -> Self {
        AppError::bare(kind).wrap(text)
    }

    /// An error without a registered code.
    pub(crate) fn undefined(text: impl fmt::Display) -> Self {
        AppError { message: text.to_string(), ..AppError::bare(UNDEFINED) }
    }

    /// An error of a query handler that gRPC classifies itself.
    pub(crate) fn status(status: Status, text: impl fmt::Display) -> Self {
        AppError { status: Some(status), ..AppError::undefined(text) }
    }

    /// The same error with more context before it.
    pub(crate) fn wrap(mut self, text: impl fmt::Display) -> Self {
        self.message = format!("{text}: {}", self.message);
        self.deterministic = false;
        self
    }

    /// Marks the text as safe to show to contracts.
    pub(crate) fn deterministic(mut self) -> Self {
        self.deterministic = true;
        self
    }

    /// No contract lives at `address`.
    pub(crate) fn no_such_contract(address: &str) -> Self {
        AppError {
            system: Some(SystemKind::NoSuchContract(address.to_owned())),
            ..AppError::new(WASM_NO_SUCH_CONTRACT, format_args!("address {address}"))
        }
    }

    /// No code has the number `id`.
    pub(crate) fn no_such_code(id: u64) -> Self {
        AppError {
            system: Some(SystemKind::NoSuchCode(id)),
            ..AppError::new(WASM_NO_SUCH_CODE, format_args!("code id {id}"))
        }
    }

    /// A query that this chain does not answer to contracts.
    pub(crate) fn unsupported(what: &str) -> Self {
        AppError {
            system: Some(SystemKind::Unsupported(what.to_owned())),
            ..AppError::undefined(format_args!("Unsupported query type: {what}"))
        }
    }

    /// The text that a contract may see of this error in a reply.
    pub(crate) fn redacted(&self) -> String {
        if self.deterministic {
            self.message.clone()
        } else {
            format!("codespace: {}, code: {}", self.kind.codespace, self.kind.code)
        }
    }

    /// The error as `abci_query` reports it.
    ///
    /// The SDK sends a query's error through gRPC, where all but a few lose their code.
    pub(crate) fn for_query(self) -> AppError {
        let (kind, message) = match self.status {
            Some(Status::NotFound) => (KEY_NOT_FOUND, rpc_error("NotFound", &self.message)),
            Some(Status::InvalidArgument) => (INVALID_REQUEST, rpc_error("InvalidArgument", &self.message)),
            Some(Status::Unknown) => (UNKNOWN_REQUEST, rpc_error("Unknown", &self.message)),
            None if self.kind == UNDEFINED => (INVALID_REQUEST, self.message),
            None => (UNKNOWN_REQUEST, self.message),
        };
        AppError::new(kind, message)
    }
}

fn rpc_error(code: &str, message: &str) -> String {
    format!("rpc error: code = {code} desc = {message}")
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for AppError {}

/// Why a handler did not finish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Halt {
    /// The message failed; state written by it is undone.
    App(AppError),
    /// The gas meter is empty; the place is named as the SDK names it.
    OutOfGas(&'static str),
}

impl From<AppError> for Halt {
    fn from(error: AppError) -> Self {
        Halt::App(error)
    }
}

impl Halt {
    /// Adds context, except to an empty gas meter.
    pub(crate) fn wrap(self, text: impl fmt::Display) -> Self {
        match self {
            Halt::App(error) => Halt::App(error.wrap(text)),
            other => other,
        }
    }

    /// The error with the gas numbers that the SDK adds when it catches an empty meter.
    pub(crate) fn into_error(self, wanted: u64, used: u64) -> AppError {
        match self {
            Halt::App(error) => error,
            Halt::OutOfGas(place) => AppError::new(
                OUT_OF_GAS,
                format_args!("out of gas in location: {place}; gasWanted: {wanted}, gasUsed: {used}"),
            ),
        }
    }
}

pub(crate) type Outcome<T> = Result<T, Halt>;

/// Why a chain could not be started or went on no longer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder could not be read or written.
    #[error("{action} {path}: {source}")]
    File {
        /// What was tried, e.g. "could not read".
        action: &'static str,
        /// The file or folder.
        path: String,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The configuration contradicts a rule.
    #[error("{0}")]
    Config(String),
    /// The genesis file contradicts a rule.
    #[error("genesis: {0}")]
    Genesis(String),
    /// The address to listen on is taken or not ours.
    #[error("could not listen on {address}: {source}")]
    Listen {
        /// The configured address.
        address: String,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The database refused.
    #[error("database: {0}")]
    Database(String),
    /// The virtual machine for contracts could not be started.
    #[error("contract engine: {0}")]
    Vm(String),
}

impl Error {
    pub(crate) fn database(error: impl fmt::Display) -> Self {
        Error::Database(error.to_string())
    }
}
