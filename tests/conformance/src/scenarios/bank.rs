//! Payments.

use anyhow::{anyhow, Result};
use cosmrs::proto::cosmos::bank::v1beta1::{MsgSend, QueryBalanceRequest};
use cosmrs::proto::cosmos::base::v1beta1::Coin;
use cosmrs::AccountId;
use sha2::{Digest, Sha256};

use super::accounts::read_balance;
use crate::run::Run;
use crate::tx::{any, coin, Tx};

fn payment(run: &Run) -> MsgSend {
    MsgSend {
        from_address: run.alice.address.clone(),
        to_address: run.carol.address.clone(),
        amount: vec![coin(1000, "unym")],
    }
}

pub async fn send(run: &mut Run) -> Result<()> {
    let new = crate::accounts::Accounts::load()?.get("nobody")?.address;
    let cases = [
        ("to an account", payment(run)),
        ("two denominations", MsgSend { amount: vec![coin(1, "unym"), coin(2, "unyx")], ..payment(run) }),
        ("to oneself", MsgSend { to_address: run.alice.address.clone(), ..payment(run) }),
        ("to a contract", MsgSend { to_address: run.contract.clone(), ..payment(run) }),
    ];
    for (step, message) in cases {
        run.send(step, Tx::of(&message)?.gas(200_000)).await?;
    }
    let both = vec![any(&payment(run))?, any(&payment(run))?];
    run.send("two payments in one transaction", Tx::new(both).memo("two")).await?;

    let fresh = fresh_address(run)?;
    let request = QueryBalanceRequest { address: fresh.clone(), denom: "unym".into() };
    let path = "/cosmos.bank.v1beta1.Query/Balance";
    run.query("a fresh account before", path, &request, read_balance).await?;
    run.send("to a fresh account", Tx::of(&MsgSend { to_address: fresh, ..payment(run) })?).await?;
    run.query("a fresh account after", path, &request, read_balance).await?;
    let request = QueryBalanceRequest { address: new, denom: "unym".into() };
    run.query("an account without money", path, &request, read_balance).await?;
    Ok(())
}

pub async fn refused(run: &mut Run) -> Result<()> {
    let cases = [
        ("more than there is", MsgSend { amount: vec![coin(u64::MAX, "unym")], ..payment(run) }),
        ("an unknown denomination", MsgSend { amount: vec![coin(1, "unothing")], ..payment(run) }),
        ("nothing", MsgSend { amount: vec![], ..payment(run) }),
        ("an amount of zero", MsgSend { amount: vec![coin(0, "unym")], ..payment(run) }),
        ("a negative amount", MsgSend { amount: vec![negative()], ..payment(run) }),
        ("an amount that is no number", MsgSend { amount: vec![no_number()], ..payment(run) }),
        ("unsorted money", MsgSend { amount: vec![coin(1, "unyx"), coin(1, "unym")], ..payment(run) }),
        ("to no address", MsgSend { to_address: "n1x".into(), ..payment(run) }),
        (
            "to an address with another prefix",
            MsgSend { to_address: "cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4".into(), ..payment(run) },
        ),
        ("to the fee collector", MsgSend { to_address: fee_collector(run)?, ..payment(run) }),
    ];
    for (step, message) in cases {
        run.send(step, Tx::of(&message)?.gas(200_000)).await?;
    }
    Ok(())
}

fn negative() -> Coin {
    Coin { amount: "-5".into(), denom: "unym".into() }
}

fn no_number() -> Coin {
    Coin { amount: "five".into(), denom: "unym".into() }
}

/// The module account that collects fees; nobody may pay it directly.
fn fee_collector(run: &Run) -> Result<String> {
    let hash = Sha256::digest(b"fee_collector");
    address(run, hash.get(..20).unwrap_or_default())
}

/// An address that no key belongs to and no genesis names.
fn fresh_address(run: &Run) -> Result<String> {
    let id = run.alice.public_key.account_id("n").map_err(|error| anyhow!("{error}"))?;
    let mut bytes = id.to_bytes();
    bytes.reverse();
    address(run, &bytes)
}

fn address(run: &Run, bytes: &[u8]) -> Result<String> {
    let prefix = run.alice.address.split('1').next().unwrap_or_default();
    Ok(AccountId::new(prefix, bytes).map_err(|error| anyhow!("{error}"))?.to_string())
}
