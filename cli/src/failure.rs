//! Errors in the words and exit codes of the command line: what could not be done, the cause, what helps.

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

/// A mistake in what was typed or handed over: what was to be done, why not, what to do instead.
pub(crate) fn usage(what: impl Into<String>, cause: impl Into<String>, help: impl Into<String>) -> Failure {
    mistake(cause, help).context(what)
}

/// The same where only the caller knows what was to be done, and says it with [`Failure::context`].
pub(crate) fn mistake(cause: impl Into<String>, help: impl Into<String>) -> Failure {
    Failure::new(ErrorKind::Usage, cause).with_help(help)
}

/// A file or folder that cannot be used; why not is what the system says.
pub(crate) fn unusable(what: impl Into<String>, error: impl std::error::Error + 'static) -> Failure {
    Failure::from(error)
        .context(what)
        .with_help("check that it is there, that you may use it and that the disk is not full")
}

/// Something named that is not there: what was to be done, why not, what to do instead.
pub(crate) fn not_found(what: impl Into<String>, cause: impl Into<String>, help: impl Into<String>) -> Failure {
    Failure::new(ErrorKind::NotFound, cause).with_help(help).context(what)
}

/// Gives a failure of a library that has come up as it was the lines that it lacks.
pub(crate) fn whole(failure: Failure) -> Failure {
    let failure = if failure.cause().is_some() { failure } else { failure.context("could not do what was asked") };
    if failure.help().is_some() {
        return failure;
    }
    failure.with_help("nym-cli help COMMAND says what a command needs; with that in place, try again")
}

/// The three lines of a failure. Words of others, a parser's or another program's, may have line breaks; these have none.
pub(crate) fn lines(failure: &Failure) -> String {
    let one = |text: &str| text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    let (cause, help) = (failure.cause().unwrap_or_default(), failure.help().unwrap_or_default());
    format!("error: {}\n  cause: {}\n  help:  {}", one(failure.message()), one(&cause), one(help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_has_three_lines() {
        let bare = Failure::from(std::io::Error::other("the disk\n  is gone\n"));
        let without_help = Failure::new(ErrorKind::Failed, "a line\n\nand another").context("could not\nwork");
        let complete = usage("could not work", "it is late", "go to bed");

        for failure in [bare, without_help, complete] {
            let text = lines(&whole(failure));
            let lines: Vec<_> = text.lines().collect();
            let [error, cause, help] = lines[..] else { panic!("not three lines: {text}") };
            for (line, prefix) in [(error, "error: "), (cause, "  cause: "), (help, "  help:  ")] {
                assert!(line.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty()), "{text}");
            }
        }
    }
}
