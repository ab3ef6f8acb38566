//! A chain's "no": codespace, code and log, read into something one can act on.
//!
//! Codes are those of Cosmos SDK 0.53 (`sdk`) and wasmd 0.61 (`wasm`). Errors of queries and of
//! simulation arrive with codes of the query layer instead of the module's, so the text of the log is
//! consulted too.

use crate::error::ErrorKind;

/// The chain refused a query or a transaction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct Refusal {
    /// Module whose error code this is, for example `sdk` or `wasm`.
    pub codespace: String,
    /// Code within the codespace; never 0.
    pub code: u32,
    /// The chain's log, whole.
    pub log: String,
    /// The contract's own sentence, when a contract was the one that refused.
    pub contract_error: Option<String>,
    /// What can be done about it.
    pub kind: ErrorKind,
}

impl Refusal {
    /// Reads a non-zero result.
    pub fn new(codespace: impl Into<String>, code: u32, log: impl Into<String>) -> Self {
        let (codespace, log) = (codespace.into(), log.into());
        let contract_error = contract_error(&log);
        let kind = kind(&codespace, code, &log, contract_error.is_some());
        Refusal { codespace, code, log, contract_error, kind }
    }

    /// For a sequence mismatch: the sequence the chain expected and the one it got.
    pub fn sequences(&self) -> Option<(u64, u64)> {
        let rest = after(&self.log, "account sequence mismatch, expected ")?;
        let (expected, rest) = leading_number(rest)?;
        let (got, _) = leading_number(rest.strip_prefix(", got ")?)?;
        Some((expected, got))
    }

    /// True when a transaction that carries this result in a block changed nothing, not even the
    /// account's sequence: it failed before its fee was taken, so the same bytes may still be included.
    pub(crate) fn had_no_effect(&self) -> bool {
        self.codespace == "sdk" && matches!(self.code, 32 | 19 | 20)
    }

    fn sentence(&self) -> String {
        match &self.contract_error {
            Some(error) => format!("the contract refused: {error}"),
            None => format!("the chain refused ({} {}): {}", self.codespace, self.code, reason(&self.log)),
        }
    }
}

fn kind(codespace: &str, code: u32, log: &str, from_contract: bool) -> ErrorKind {
    // A contract that sends more than it has, or is handed more than the sender has, fails with the
    // bank's sentence wrapped in the contract's; the bank's is the one with the remedy.
    if log.contains("insufficient funds") || log.contains("is smaller than") {
        return ErrorKind::InsufficientFunds;
    }
    match (codespace, code) {
        ("sdk", 4) => return ErrorKind::Unauthorized,
        ("sdk", 5) => return ErrorKind::InsufficientFunds,
        ("sdk", 9) => return ErrorKind::UnknownAccount,
        ("sdk", 11) => return ErrorKind::OutOfGas,
        ("sdk", 13) => return ErrorKind::FeeTooLow,
        ("sdk", 19 | 20) => return ErrorKind::Busy,
        ("sdk", 21) => return ErrorKind::TooLarge,
        ("sdk", 30) => return ErrorKind::Expired,
        ("sdk", 32) => return ErrorKind::Sequence,
        ("wasm", 8 | 22 | 28) => return ErrorKind::NotFound,
        _ => {}
    }
    if from_contract {
        return if log.to_lowercase().contains("unauthorized") { ErrorKind::Unauthorized } else { ErrorKind::Contract };
    }
    for (text, kind) in BY_TEXT {
        if log.contains(text) {
            return *kind;
        }
    }
    ErrorKind::Refused
}

/// Sentences of the SDK, for results whose code is the query layer's.
const BY_TEXT: &[(&str, ErrorKind)] = &[
    ("account sequence mismatch", ErrorKind::Sequence),
    ("out of gas", ErrorKind::OutOfGas),
    ("insufficient fee", ErrorKind::FeeTooLow),
    ("no such contract", ErrorKind::NotFound),
    ("no such code", ErrorKind::NotFound),
    ("unknown address", ErrorKind::UnknownAccount),
    ("does not exist on chain", ErrorKind::UnknownAccount),
    ("mempool is full", ErrorKind::Busy),
    ("tx too large", ErrorKind::TooLarge),
    ("unauthorized", ErrorKind::Unauthorized),
    ("not found", ErrorKind::NotFound),
];

/// Cuts the contract's sentence out of wasmd's wrapping:
/// `failed to execute message; message index: 0: kind: Other, error: <sentence>: execute wasm contract failed`.
fn contract_error(log: &str) -> Option<String> {
    const ENDS: [&str; 5] = [
        ": execute wasm contract failed",
        ": instantiate wasm contract failed",
        ": query wasm contract failed",
        ": migrate wasm contract failed",
        ": dispatch: submessages",
    ];
    let end = ENDS.iter().filter_map(|end| log.find(end)).min()?;
    let mut text = log.get(..end)?;
    if let Some(rest) = after(text, "message index: ") {
        text = rest.split_once(": ").map_or(rest, |(_, rest)| rest);
    }
    // Simulation puts its own words before; the error of cosmwasm-std names its kind first.
    for kind in ["kind: Other, error: ", "kind: Serialization, error: "] {
        text = after(text, kind).unwrap_or(text);
    }
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The sentence of the SDK without what simulation and message handling wrap around it.
fn reason(log: &str) -> &str {
    let mut text = log;
    if let Some(rest) = after(text, "desc = ") {
        text = rest;
    }
    if let Some(rest) = after(text, "message index: ") {
        text = rest.split_once(": ").map_or(rest, |(_, rest)| rest);
    }
    for end in [" [cosmos/", " [!cosm!wasm/", " With gas wanted", " with gas used"] {
        text = text.split_once(end).map_or(text, |(before, _)| before);
    }
    text
}

fn after<'a>(text: &'a str, marker: &str) -> Option<&'a str> {
    text.split_once(marker).map(|(_, rest)| rest)
}

fn leading_number(text: &str) -> Option<(u64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at_checked(digits)?;
    Some((number.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn contract_sentence_is_cut_out_of_an_execute_log() {
        let refusal = Refusal::new(
            "wasm",
            5,
            "failed to execute message; message index: 0: kind: Other, error: already there: execute wasm contract failed",
        );

        assert_eq!(refusal.contract_error.as_deref(), Some("already there"));
        assert_eq!(refusal.kind, ErrorKind::Contract);
        assert_eq!(refusal.to_string(), "the contract refused: already there");
    }

    #[test]
    fn contract_sentence_keeps_its_own_colons() {
        let refusal = Refusal::new(
            "wasm",
            5,
            "failed to execute message; message index: 2: node 7: pledge 90unym is below 100unym: execute wasm contract failed",
        );

        assert_eq!(refusal.contract_error.as_deref(), Some("node 7: pledge 90unym is below 100unym"));
    }

    #[test]
    fn sequence_mismatch_gives_both_numbers() {
        let refusal =
            Refusal::new("sdk", 32, "account sequence mismatch, expected 4, got 0: incorrect account sequence");

        assert_eq!(refusal.sequences(), Some((4, 0)));
        assert_eq!(refusal.kind, ErrorKind::Sequence);
        assert!(refusal.had_no_effect());
    }

    #[test]
    fn simulation_errors_are_told_apart_by_text() {
        for (log, kind) in [
            ("account sequence mismatch, expected 4, got 0: incorrect account sequence", ErrorKind::Sequence),
            ("spendable balance 5unym is smaller than 10unym: insufficient funds", ErrorKind::InsufficientFunds),
            ("address n1abc: no such contract", ErrorKind::NotFound),
            ("something else", ErrorKind::Refused),
        ] {
            assert_eq!(Refusal::new("undefined", 1, log).kind, kind, "{log}");
        }
    }

    #[test]
    fn simulation_s_wrapping_is_taken_off() {
        let refusal = Refusal::new(
            "sdk",
            6,
            "rpc error: code = Unknown desc = failed to execute message; message index: 0: spendable balance 5unym is \
             smaller than 9unym: insufficient funds [cosmos/cosmos-sdk@v0.53.6/x/bank/keeper/send.go:298] with gas \
             used: '37512': unknown request",
        );

        assert_eq!(
            refusal.to_string(),
            "the chain refused (sdk 6): spendable balance 5unym is smaller than 9unym: insufficient funds"
        );
        assert_eq!(refusal.kind, ErrorKind::InsufficientFunds);
    }

    #[test]
    fn known_codes_have_their_remedy() {
        for (codespace, code, kind) in [
            ("sdk", 4, ErrorKind::Unauthorized),
            ("sdk", 5, ErrorKind::InsufficientFunds),
            ("sdk", 11, ErrorKind::OutOfGas),
            ("sdk", 13, ErrorKind::FeeTooLow),
            ("sdk", 20, ErrorKind::Busy),
            ("sdk", 30, ErrorKind::Expired),
            ("wasm", 22, ErrorKind::NotFound),
        ] {
            assert_eq!(Refusal::new(codespace, code, "").kind, kind, "{codespace} {code}");
        }
    }
}
