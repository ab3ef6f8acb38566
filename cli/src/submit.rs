//! Every transaction's way out: simulate, show fee and effect, ask, send, report.

use std::io::Write as _;

use cosmwasm_std::Coin;
use nym_chain_client::{Account, Fee, SendOptions, Tx, TxOutcome};
use serde_json::json;

use crate::{
    args::TxArgs,
    context::interactive,
    failure::{usage, Attempt, Outcome},
    output::{notice, progress, Answer},
};

/// What became of a transaction.
pub(crate) enum Submitted {
    /// It is in a block.
    Sent { outcome: TxOutcome, fee: Fee },
    /// It was only shown.
    DryRun(Answer),
}

/// Sends a transaction as the flags say. `what` completes "could not …" and "did …".
pub(crate) async fn submit(account: &Account, tx: Tx, args: &TxArgs, what: &str) -> Outcome<Submitted> {
    let fee = account.estimate(&tx).await.attempt(what)?;
    check_max_fee(&fee, args.max_fee.as_ref(), what)?;
    if args.dry_run {
        return Ok(Submitted::DryRun(dry_run(account, &tx, &fee)));
    }
    confirm(account, &tx, &fee, args.yes, what)?;

    let spinner = progress("waiting for a block");
    let options = SendOptions { fee: Some(fee.clone()), ..SendOptions::default() };
    let sent = account.send_with(&tx, &options).await;
    spinner.finish_and_clear();
    Ok(Submitted::Sent { outcome: sent.attempt(what)?, fee })
}

/// Sends and answers with the transaction itself.
pub(crate) async fn submit_and_report(account: &Account, tx: Tx, args: &TxArgs, what: &str) -> Outcome<Answer> {
    match submit(account, tx, args, what).await? {
        Submitted::Sent { outcome, fee } => Ok(report(&outcome, &fee, vec![])),
        Submitted::DryRun(answer) => Ok(answer),
    }
}

/// The answer of a command that sent a transaction; `extra` comes first.
pub(crate) fn report(outcome: &TxOutcome, fee: &Fee, extra: Vec<(&'static str, String)>) -> Answer {
    let mut data = json!({
        "tx_hash": outcome.hash,
        "height": outcome.height,
        "gas_used": outcome.gas_used,
        "gas_wanted": outcome.gas_wanted,
        "fee": fee.amount,
    });
    let mut lines = Vec::new();
    for (name, value) in extra {
        data[name.replace(' ', "_")] = value.clone().into();
        lines.push((name, Some(value)));
    }
    lines.extend([
        ("transaction", Some(outcome.hash.clone())),
        ("height", Some(outcome.height.to_string())),
        ("gas", Some(format!("{} of {}", outcome.gas_used, outcome.gas_wanted))),
        ("fee", Some(fee.amount.to_string())),
    ]);
    Answer::record(&data, lines)
}

fn dry_run(account: &Account, tx: &Tx, fee: &Fee) -> Answer {
    let data = json!({
        "dry_run": true,
        "sender": account.address(),
        "effects": tx.effects(),
        "fee": fee.amount,
        "gas_wanted": fee.gas_limit,
        "tx": tx.to_json(account.address()),
    });
    let mut lines = vec![("sender", Some(account.address().to_owned()))];
    lines.extend(tx.effects().iter().map(|effect| ("effect", Some(effect.clone()))));
    lines.push(("fee", Some(fee.to_string())));
    Answer::record(&data, lines).warn("nothing was sent (--dry-run)")
}

fn check_max_fee(fee: &Fee, max: Option<&Coin>, what: &str) -> Outcome<()> {
    let Some(max) = max else { return Ok(()) };
    if max.denom != fee.amount.denom || fee.amount.amount > max.amount {
        return Err(usage(
            format!("could not {what}"),
            format!("the fee would be {}, the highest allowed is {max}", fee.amount),
            "raise --max-fee or lower --gas-price",
        ));
    }
    Ok(())
}

fn confirm(account: &Account, tx: &Tx, fee: &Fee, yes: bool, what: &str) -> Outcome<()> {
    if yes {
        return Ok(());
    }
    notice(&format!("from    {}", account.address()));
    for effect in tx.effects() {
        notice(&format!("effect  {effect}"));
    }
    notice(&format!("fee     {fee}"));
    ask("Send this?", what)
}

/// Asks on the terminal; without one, says how to go on. `what` completes "could not …".
pub(crate) fn ask(question: &str, what: &str) -> Outcome<()> {
    if !interactive() {
        let cause = "there is no terminal to ask on";
        return Err(usage(format!("could not {what}"), cause, "add --yes to go on without asking"));
    }
    let _ = write!(std::io::stderr(), "{question} [y/N] ");
    let mut line = String::new();
    let _ = std::io::stdin().read_line(&mut line);
    match line.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(usage("nothing was done", "the answer was not yes", "answer y to go on")),
    }
}
