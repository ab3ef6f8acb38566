//! `beacon`: the group's key for seeds, and bringing seeds and shares (`epoch seed`, `epoch seed-share`).

use std::path::PathBuf;

use clap::{Args, Subcommand};
use nym_chain_client::{MixnetMessages, MixnetQueries};
use nym_contract_types::{
    beacon::{KEY_LENGTH, SIGNATURE_LENGTH},
    mixnet::{limits::MAX_MEMBERS, BeaconKey},
    EpochId,
};

use super::input;
use crate::{
    amounts::signature,
    args::TxArgs,
    context::Context,
    failure::{usage, Attempt, Outcome},
    output::Answer,
    submit::submit_and_report,
};

#[derive(Debug, Subcommand)]
pub(crate) enum Beacon {
    /// Show the keys, what is to be signed for the coming epoch, shares and seed
    Show,
    /// Announce the group's key, which signs seeds from the second draw on
    SetKey {
        /// File with key, threshold and members in JSON, - for stdin
        #[arg(long, value_name = "FILE")]
        key_file: PathBuf,
        #[command(flatten)]
        tx: TxArgs,
    },
    /// Offer the beacon to another authority, which takes it by announcing a key
    HandOver {
        /// Address of the receiver
        #[arg(long, value_name = "ADDRESS")]
        to: String,
        #[command(flatten)]
        tx: TxArgs,
    },
}

/// The seed of an epoch.
#[derive(Debug, Args)]
// The command has its name.
#[group(skip)]
pub(crate) struct Seed {
    /// The group's signature: 48 bytes in hexadecimal
    #[arg(long, value_name = "HEX", value_parser = signature)]
    signature: [u8; SIGNATURE_LENGTH],
    /// Number of the epoch [default: the coming one]
    #[arg(long, value_name = "NUMBER")]
    epoch: Option<EpochId>,
}

/// A share of it.
#[derive(Debug, Args)]
// The command has its name.
#[group(skip)]
pub(crate) struct SeedShare {
    /// Your signature as a member: 48 bytes in hexadecimal
    #[arg(long, value_name = "HEX", value_parser = signature)]
    share: [u8; SIGNATURE_LENGTH],
    /// Number of the epoch [default: the coming one]
    #[arg(long, value_name = "NUMBER")]
    epoch: Option<EpochId>,
}

pub(crate) async fn run(command: Beacon, context: &Context) -> Outcome<Answer> {
    match command {
        Beacon::Show => show(context).await,
        Beacon::SetKey { key_file, tx } => {
            const WHAT: &str = "announce the group's key";
            let form = "{\"key\":\"BASE64\",\"threshold\":2,\"members\":[{\"account\":\"n1…\",\"index\":1,\"key\":\
                        \"BASE64\"}]}";
            let key: BeaconKey = input::values(&key_file, form)?;
            check_key(&key)?;
            for member in &key.members {
                context.check_address(&member.account, WHAT)?;
            }
            let (account, mixnet) = context.account_and_mixnet(&tx).await?;
            let message = mixnet.update_beacon_key(key).attempt(WHAT)?;
            submit_and_report(&account, message, &tx, WHAT).await
        }
        Beacon::HandOver { to, tx } => {
            let what = format!("offer the beacon to {to}");
            context.check_address(&to, &what)?;
            let (account, mixnet) = context.account_and_mixnet(&tx).await?;
            let message = mixnet.hand_over_beacon(to).attempt(what.clone())?;
            submit_and_report(&account, message, &tx, &what).await
        }
    }
}

async fn show(context: &Context) -> Outcome<Answer> {
    let beacon = context.mixnet().await?.beacon().await.attempt("read the beacon")?;
    let said = |key: &BeaconKey| {
        let (threshold, members) = (key.threshold, key.members.len());
        format!("{} ({threshold} of {members} members sign)", hex::encode(&key.key))
    };
    let announced = beacon.announced.as_ref();
    let open = match (beacon.open, beacon.until) {
        (true, Some(until)) => format!("yes, until {until} (seconds since 1970)"),
        _ => "no".to_owned(),
    };
    let seed = beacon.seed.as_ref().map_or_else(|| "not there yet".to_owned(), hex::encode);
    let lines = vec![
        ("authority", Some(beacon.authority.to_string())),
        ("offered to", beacon.offered.as_ref().map(ToString::to_string)),
        ("key", Some(beacon.key.as_ref().map_or_else(|| "none in force".to_owned(), said))),
        ("announced", announced.map(|next| format!("{}, from epoch {}", said(&next.key), next.counts_from))),
        ("coming epoch", Some(beacon.epoch.to_string())),
        ("to be signed", Some(hex::encode(&beacon.message))),
        ("shares and seed accepted", Some(open)),
        ("shares", Some(beacon.shares.len().to_string())),
        ("seed", Some(seed)),
    ];
    Ok(Answer::record(&beacon, lines))
}

/// `epoch seed`
pub(crate) async fn seed(seed: Seed, tx: &TxArgs, context: &Context) -> Outcome<Answer> {
    let (account, mixnet) = context.account_and_mixnet(tx).await?;
    let epoch = match seed.epoch {
        Some(epoch) => epoch,
        None => mixnet.beacon().await.attempt("read the beacon")?.epoch,
    };
    let what = format!("bring the seed of epoch {epoch}");
    let message = mixnet.submit_seed(epoch, seed.signature.to_vec()).attempt(what.clone())?;
    submit_and_report(&account, message, tx, &what).await
}

/// `epoch seed-share`
pub(crate) async fn seed_share(share: SeedShare, tx: &TxArgs, context: &Context) -> Outcome<Answer> {
    let (account, mixnet) = context.account_and_mixnet(tx).await?;
    let epoch = match share.epoch {
        Some(epoch) => epoch,
        None => mixnet.beacon().await.attempt("read the beacon")?.epoch,
    };
    let what = format!("post a share of the seed of epoch {epoch}");
    let message = mixnet.submit_seed_share(epoch, share.share.to_vec()).attempt(what.clone())?;
    submit_and_report(&account, message, tx, &what).await
}

/// Checks what the contract would, except that the points are on the curve.
fn check_key(key: &BeaconKey) -> Outcome<()> {
    let refused = |cause: String, help: String| Err(usage("could not announce the group's key", cause, help));
    let members = key.members.len();
    if members > MAX_MEMBERS {
        return refused(format!("there are {members} members"), format!("a group has at most {MAX_MEMBERS}"));
    }
    if key.threshold == 0 || key.threshold as usize > members {
        return refused(
            format!("threshold: {} is not allowed", key.threshold),
            format!("it has to be 1 to {members}, the number of members"),
        );
    }
    for (position, member) in key.members.iter().enumerate() {
        if member.index == 0 {
            return refused(format!("index: 0 of {} is not allowed", member.account), "count from 1".to_owned());
        }
        let mut earlier = key.members.iter().take(position);
        if earlier.any(|other| other.index == member.index || other.account == member.account) {
            let cause = format!("{} or its index {} is there twice", member.account, member.index);
            return refused(cause, "give every member an account and an index of its own".to_owned());
        }
    }
    let keys = key.members.iter().map(|member| (member.account.as_str(), &member.key));
    for (whose, point) in std::iter::once(("the group", &key.key)).chain(keys) {
        if point.len() != KEY_LENGTH {
            return refused(
                format!("the key of {whose} has {} bytes", point.len()),
                format!("a key is a compressed point of G2: {KEY_LENGTH} bytes, in base64"),
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use nym_contract_types::mixnet::BeaconMember;

    fn key() -> BeaconKey {
        let member = |account: &str, index| BeaconMember { account: account.into(), index, key: vec![1; 96].into() };
        BeaconKey { key: vec![1; 96].into(), threshold: 2, members: vec![member("n1a", 1), member("n1b", 2)] }
    }

    #[test]
    fn a_key_that_the_contract_would_refuse_is_named_with_the_rule() {
        assert!(check_key(&key()).is_ok());
        type Change = (fn(&mut BeaconKey), &'static str);
        let changes: [Change; 6] = [
            (|key| key.threshold = 0, "threshold: 0"),
            (|key| key.threshold = 3, "1 to 2"),
            (|key| key.members[1].index = 0, "count from 1"),
            (|key| key.members[1].index = 1, "n1b or its index 1 is there twice"),
            (|key| key.key = vec![1; 48].into(), "the key of the group has 48 bytes"),
            (|key| key.members[0].key = vec![].into(), "the key of n1a has 0 bytes"),
        ];
        for (change, said) in changes {
            let mut wrong = key();
            change(&mut wrong);
            let text = crate::failure::lines(&check_key(&wrong).unwrap_err());
            assert!(text.contains(said), "{text}");
        }
    }
}
