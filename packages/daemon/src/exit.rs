//! How an error reaches a human: what, cause, help, and an exit code.
//!
//! Libraries return their own typed errors; those that know a remedy implement [`Explain`]. A command
//! collects everything into a [`Failure`], which [`run`] prints on stderr in three short lines.

use std::error::Error;
use std::fmt;
use std::io::Write as _;
use std::process::ExitCode;

use serde_json::json;

/// What kind of thing went wrong. Decides the exit code, which scripts may rely on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ErrorKind {
    /// The work itself failed: fix what the message names. Exit code 1.
    #[default]
    Failed,
    /// The command line or configuration is wrong: correct it and run again. Exit code 2.
    Usage,
    /// The thing that was named does not exist. Exit code 3.
    NotFound,
    /// The chain or a contract refused the transaction. Exit code 4.
    ChainRefused,
    /// A peer could not be reached: check address and connection, then try again. Exit code 5.
    Network,
}

impl ErrorKind {
    /// The exit code of a process that ends by such an error.
    pub const fn code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::ChainRefused => 4,
            Self::Network => 5,
        }
    }

    /// Name in JSON output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::NotFound => "not_found",
            Self::ChainRefused => "chain_refused",
            Self::Network => "network",
        }
    }
}

/// An error that knows its kind and, perhaps, its remedy.
pub trait Explain: Error {
    /// What kind of error it is.
    fn kind(&self) -> ErrorKind {
        ErrorKind::Failed
    }

    /// What the person can do about it.
    fn help(&self) -> Option<String> {
        None
    }
}

/// An error on its way to a human.
///
/// Not a [`std::error::Error`] itself: it is where errors end. `?` turns any error into one of kind
/// [`ErrorKind::Failed`]; [`Failure::explained`] keeps kind and help.
#[derive(Debug)]
pub struct Failure {
    kind: ErrorKind,
    message: String,
    causes: Vec<String>,
    help: Option<String>,
}

impl Failure {
    /// `message` says what was attempted and did not work: "could not …".
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), causes: Vec::new(), help: None }
    }

    /// Takes kind, help, message and causes from an error.
    pub fn explained<E: Explain + ?Sized>(error: &E) -> Self {
        Self { kind: error.kind(), message: error.to_string(), causes: chain(error.source()), help: error.help() }
    }

    /// Puts what was attempted in front; what was the message becomes the first cause.
    #[must_use]
    pub fn context(mut self, message: impl Into<String>) -> Self {
        let inner = std::mem::replace(&mut self.message, message.into());
        self.causes.insert(0, inner);
        self
    }

    /// Adds an error and everything below it as causes.
    #[must_use]
    pub fn with_cause(mut self, cause: &(dyn Error + 'static)) -> Self {
        self.causes.extend(chain(Some(cause)));
        self
    }

    /// Says what the person can do.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// What kind of error it is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The first line, without its prefix.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The second line, without its prefix: everything that led to the first, but what the first says already.
    pub fn cause(&self) -> Option<String> {
        let causes = self.causes.iter().filter(|cause| !self.message.ends_with(cause.as_str()));
        let causes: Vec<&str> = causes.map(String::as_str).collect();
        (!causes.is_empty()).then(|| causes.join(": "))
    }

    /// The remedy, when one is known.
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// The same content for programs.
    pub fn to_json(&self) -> serde_json::Value {
        json!({
            "error": self.message,
            "kind": self.kind.as_str(),
            "exit_code": self.kind.code(),
            "causes": self.causes,
            "help": self.help,
        })
    }
}

fn chain(mut error: Option<&(dyn Error + 'static)>) -> Vec<String> {
    let mut causes: Vec<String> = Vec::new();
    while let Some(cause) = error {
        let text = cause.to_string();
        // Many libraries repeat their source in their own text; saying it twice helps nobody.
        if causes.last().is_none_or(|last| !last.ends_with(&text)) {
            causes.push(text);
        }
        error = cause.source();
    }
    causes
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        if let Some(cause) = self.cause() {
            write!(f, "\n  cause: {cause}")?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n  help:  {help}")?;
        }
        Ok(())
    }
}

impl<E: Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self { kind: ErrorKind::Failed, message: error.to_string(), causes: chain(error.source()), help: None }
    }
}

/// Runs the body of a `main` and prints its failure, if any, on stderr.
pub fn run(body: impl FnOnce() -> Result<(), Failure>) -> ExitCode {
    match body() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // The one place where a service writes to stderr without the log. Nobody may be reading it any more.
            let _ = writeln!(std::io::stderr(), "{failure}");
            ExitCode::from(failure.kind.code())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::{ErrorKind, Failure};

    #[test]
    fn a_failure_is_three_lines() {
        let cause = io::Error::from(io::ErrorKind::AddrInUse);

        let failure = Failure::new(ErrorKind::Failed, "could not listen on 127.0.0.1:1789")
            .with_cause(&cause)
            .with_help("stop the other process or change mixnet.listen");

        assert_eq!(
            failure.to_string(),
            "error: could not listen on 127.0.0.1:1789\n  cause: address in use\n  help:  stop the other process or change mixnet.listen"
        );
        assert_eq!(failure.to_json()["exit_code"], 1);
    }

    #[test]
    fn exit_codes_are_stable() {
        use ErrorKind::{ChainRefused, Failed, Network, NotFound, Usage};

        assert_eq!([Failed, Usage, NotFound, ChainRefused, Network].map(ErrorKind::code), [1, 2, 3, 4, 5]);
    }
}
