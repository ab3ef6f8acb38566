//! `tx`: what became of a transaction.

use clap::Subcommand;
use serde_json::json;

use crate::{
    context::Context,
    failure::{not_found, Attempt, Outcome},
    output::Answer,
};

#[derive(Debug, Subcommand)]
pub(crate) enum Tx {
    /// Show a transaction that is in a block
    Show {
        /// Hash of the transaction
        #[arg(long, value_name = "HASH")]
        hash: String,
    },
}

pub(crate) async fn run(command: Tx, context: &Context) -> Outcome<Answer> {
    let Tx::Show { hash } = command;
    let found = context.client().await?.tx(&hash).await.attempt(format!("look up transaction {hash}"))?;
    let outcome = found.ok_or_else(|| {
        not_found(
            format!("could not show transaction {hash}"),
            "it is in no block",
            "wait some blocks and look again; after its last valid height it never will be",
        )
    })?;
    let failure = outcome.refusal.as_ref().map(ToString::to_string);
    let data = json!({ "tx": outcome, "succeeded": failure.is_none(), "failure": failure });
    let kinds: Vec<&str> = outcome.events.iter().map(|event| event.kind.as_str()).collect();
    Ok(Answer::record(
        &data,
        vec![
            ("transaction", Some(outcome.hash.clone())),
            ("height", Some(outcome.height.to_string())),
            ("result", Some(failure.unwrap_or_else(|| "succeeded".to_owned()))),
            ("gas", Some(format!("{} of {}", outcome.gas_used, outcome.gas_wanted))),
            ("events", Some(kinds.join(", "))),
        ],
    ))
}
