//! `epoch verify`: draws the rewarded set again from chain state alone and compares.
//!
//! Everything is read at one height. What the set was drawn from is on chain: frozen candidates with their weights, the seed,
//! the sizes. The seed is checked too: against the hash chain, or as the group's signature.

use cosmwasm_crypto::{bls12_381_hash_to_g1, bls12_381_pairing_equality, HashFunction};
use cosmwasm_std::BLS12_381_G2_GENERATOR;
use futures::TryStreamExt;
use nym_chain_client::{ChainClient, Contract, MixnetQueries};
use nym_contract_types::mixnet::{BeaconResponse, DrawOutcome, LotteryResponse, SeedSource};
use nym_contract_types::{beacon, lottery, EpochId, NodeId};
use serde::Serialize;

use crate::failure::{Attempt, Outcome};

/// A node of a rewarded set and its layer, if it is in one.
type Seat = (NodeId, Option<u8>);

/// What the chain says, and everything that is needed to say it oneself.
#[derive(Debug, Clone)]
pub(crate) struct Evidence {
    pub chain_id: String,
    pub contract: String,
    pub lottery: LotteryResponse,
    pub candidates: Vec<(NodeId, u64)>,
    pub set: Vec<Seat>,
    /// The set of the epoch before, for draws that kept it.
    pub before: Vec<Seat>,
    pub seed: SeedEvidence,
}

/// What the seed follows from.
#[derive(Debug, Clone)]
pub(crate) enum SeedEvidence {
    /// The seed before it.
    Last(Vec<u8>),
    /// The beacon's key and message just before the draw.
    Beacon(Box<BeaconResponse>),
    /// The chain's node no longer has the state of then.
    Gone(String),
}

/// One comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Check {
    /// What was compared.
    pub check: &'static str,
    /// `true`: as it should be; `null`: could not be checked.
    pub passed: Option<bool>,
    /// What was found.
    pub detail: String,
}

/// Reads everything at the height of the latest block.
pub(crate) async fn gather(client: &ChainClient, contract: &str) -> Outcome<Evidence> {
    const WHAT: &str = "read what the set was drawn from";
    let height = client.height().await.attempt(WHAT)?;
    let chain_id = client.chain_id().await.attempt(WHAT)?;
    let mixnet = client.contract(contract).at_height(height);
    let lottery = mixnet.lottery().await.attempt(WHAT)?;
    let status = mixnet.epoch_status().await.attempt(WHAT)?;
    let candidates: Vec<_> = mixnet.candidates().try_collect().await.attempt(WHAT)?;
    let set = seats(&mixnet, None).await?;
    let before = match lottery.epoch.checked_sub(1) {
        Some(before) => seats(&mixnet, Some(before)).await?,
        None => Vec::new(),
    };
    let seed = seed_evidence(client, &chain_id, contract, &lottery, status.height).await;
    Ok(Evidence {
        chain_id,
        contract: contract.to_owned(),
        lottery,
        candidates: candidates.iter().map(|candidate| (candidate.node_id, candidate.weight.u64())).collect(),
        set,
        before,
        seed,
    })
}

async fn seats(mixnet: &Contract<ChainClient>, epoch: Option<EpochId>) -> Outcome<Vec<Seat>> {
    let nodes: Vec<_> = mixnet.rewarded_set_of(epoch).try_collect().await.attempt("read the rewarded set")?;
    Ok(nodes.iter().map(|node| (node.mix_id, node.layer)).collect())
}

/// State of the block before the epoch became current.
async fn seed_evidence(
    client: &ChainClient,
    chain_id: &str,
    contract: &str,
    lottery: &LotteryResponse,
    height: u64,
) -> SeedEvidence {
    let then = client.contract(contract).at_height(height.saturating_sub(1));
    match lottery.seed_source {
        SeedSource::Bootstrap if lottery.epoch <= 1 => {
            SeedEvidence::Last(lottery::first_seed(chain_id, contract).to_vec())
        }
        SeedSource::Bootstrap => match then.lottery().await {
            Ok(last) => SeedEvidence::Last(last.seed.to_vec()),
            Err(error) => SeedEvidence::Gone(error.to_string()),
        },
        SeedSource::Beacon => match then.beacon().await {
            Ok(beacon) => SeedEvidence::Beacon(Box::new(beacon)),
            Err(error) => SeedEvidence::Gone(error.to_string()),
        },
    }
}

/// Compares everything that can be compared.
pub(crate) fn verify(evidence: &Evidence) -> Vec<Check> {
    let lottery = &evidence.lottery;
    let mut checks = Vec::new();
    if matches!(lottery.outcome, DrawOutcome::Drawn | DrawOutcome::KeptTooFewCandidates) {
        checks.push(seed(evidence));
        checks.push(frozen(evidence));
    }
    checks.push(match &lottery.outcome {
        DrawOutcome::None => same("rewarded set", &evidence.set, &[], "no draw yet, the set is empty"),
        DrawOutcome::KeptNoSeed => same("rewarded set", &evidence.set, &evidence.before, "that of the epoch before"),
        DrawOutcome::Drawn | DrawOutcome::KeptTooFewCandidates => drawn(evidence),
    });
    checks
}

fn seed(evidence: &Evidence) -> Check {
    let lottery = &evidence.lottery;
    let (passed, detail) = match &evidence.seed {
        SeedEvidence::Last(last) => {
            let expected = lottery::bootstrap_seed(&evidence.chain_id, &evidence.contract, lottery.epoch, last);
            (
                Some(lottery.seed.as_slice() == expected),
                "the next of the hash chain, which anyone can foresee".to_owned(),
            )
        }
        SeedEvidence::Beacon(beacon) => (
            Some(is_signed(evidence, beacon)),
            "the group's signature of chain, contract, epoch and last seed".to_owned(),
        ),
        SeedEvidence::Gone(why) => (None, format!("cannot be checked: {why}")),
    };
    Check { check: "seed", passed, detail }
}

/// Whether the seed is the signature of the group's key over the message of this epoch.
fn is_signed(evidence: &Evidence, then: &BeaconResponse) -> bool {
    let lottery = &evidence.lottery;
    // The message begins with what the verifier knows; only the last seed is the chain's word.
    let prefix = beacon::message(&evidence.chain_id, &evidence.contract, lottery.epoch, &[]);
    let known = prefix.len() - size_of::<u32>();
    if then.epoch != lottery.epoch || then.message.get(..known) != prefix.get(..known) {
        return false;
    }
    let Some(key) = &then.key else { return false };
    let hash = bls12_381_hash_to_g1(HashFunction::Sha256, &then.message, beacon::DOMAIN);
    bls12_381_pairing_equality(&hash, &key.key, &lottery.seed, &BLS12_381_G2_GENERATOR).unwrap_or(false)
}

fn frozen(evidence: &Evidence) -> Check {
    let (count, said) = (evidence.candidates.len(), evidence.lottery.candidates);
    let passed = evidence.lottery.candidates_available.then_some(count == said as usize);
    let detail = match passed {
        Some(_) => format!("{count} of {said} frozen candidates are on chain"),
        None => "the next transition has begun to freeze its own; ask again when it is over".to_owned(),
    };
    Check { check: "candidates", passed, detail }
}

fn drawn(evidence: &Evidence) -> Check {
    let lottery = &evidence.lottery;
    if !lottery.candidates_available {
        let detail = "cannot be drawn again without its candidates".to_owned();
        return Check { check: "rewarded set", passed: None, detail };
    }
    let (rewarded, active) = (lottery.rewarded_set_size as usize, lottery.active_set_size as usize);
    match lottery::draw(&lottery.seed, lottery.epoch, &evidence.candidates, rewarded, active) {
        Some(set) => same("rewarded set", &evidence.set, &set, "drawn again from seed and candidates"),
        None => same("rewarded set", &evidence.set, &evidence.before, "that of the epoch before: too few candidates"),
    }
}

/// Compares two sets and names the first node that differs.
fn same(check: &'static str, said: &[Seat], expected: &[Seat], how: &str) -> Check {
    let seat = |set: &[Seat], node: NodeId| set.iter().find(|(id, _)| *id == node).copied();
    let show = |seat: Option<Seat>| match seat {
        None => "not in it".to_owned(),
        Some((_, None)) => "on standby".to_owned(),
        Some((_, Some(layer))) => format!("in layer {layer}"),
    };
    let nodes = said.iter().chain(expected).map(|(id, _)| *id);
    let differs = nodes.into_iter().find(|node| seat(said, *node) != seat(expected, *node));
    match differs {
        None if said.len() == expected.len() => {
            Check { check, passed: Some(true), detail: format!("{} nodes, {how}", said.len()) }
        }
        None => Check { check, passed: Some(false), detail: "the chain names a node twice".to_owned() },
        Some(node) => {
            let (chain, own) = (show(seat(said, node)), show(seat(expected, node)));
            Check { check, passed: Some(false), detail: format!("node {node} is {chain}, but should be {own}") }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use cosmwasm_std::Binary;

    fn honest() -> Evidence {
        let (chain_id, contract) = ("nym-test-1".to_owned(), "n1contract".to_owned());
        let last = lottery::first_seed(&chain_id, &contract).to_vec();
        let seed = lottery::bootstrap_seed(&chain_id, &contract, 5, &last);
        let candidates: Vec<(NodeId, u64)> = (1..=40).map(|id| (id, u64::from(id) * 1_000)).collect();
        let set = lottery::draw(&seed, 5, &candidates, 12, 9).unwrap();
        let lottery = LotteryResponse {
            epoch: 5,
            outcome: DrawOutcome::Drawn,
            seed_source: SeedSource::Bootstrap,
            seed: Binary::from(seed),
            candidates: 40,
            rewarded_set_size: 12,
            active_set_size: 9,
            candidates_available: true,
        };
        Evidence { chain_id, contract, lottery, candidates, set, before: vec![], seed: SeedEvidence::Last(last) }
    }

    fn passes(evidence: &Evidence) -> bool {
        verify(evidence).iter().all(|check| check.passed == Some(true))
    }

    #[test]
    fn an_honest_draw_is_confirmed() {
        assert!(passes(&honest()), "{:?}", verify(&honest()));
    }

    #[test]
    fn one_false_entry_is_found_wherever_it_is() {
        for index in 0..12 {
            let mut other_layer = honest();
            let layer = &mut other_layer.set[index].1;
            *layer = layer.map_or(Some(1), |layer| Some(layer % 3 + 1));
            assert!(!passes(&other_layer), "layer of entry {index}");

            let mut demoted = honest();
            demoted.set[index].1 = match demoted.set[index].1 {
                None => Some(3),
                Some(_) => None,
            };
            assert!(!passes(&demoted), "status of entry {index}");

            let mut missing = honest();
            missing.set.remove(index);
            assert!(!passes(&missing), "without entry {index}");

            let mut twice = honest();
            twice.set.push(twice.set[index]);
            assert!(!passes(&twice), "entry {index} twice");

            let mut stranger = honest();
            stranger.set[index].0 = 99;
            assert!(!passes(&stranger), "a stranger as entry {index}");
        }
    }

    #[test]
    fn other_candidates_weights_sizes_or_seeds_are_found() {
        let changes: [fn(&mut Evidence); 6] = [
            |e| e.lottery.seed = Binary::from([1; 32]),
            |e| e.seed = SeedEvidence::Last(vec![2; 32]),
            |e| e.lottery.candidates = 41,
            |e| e.candidates.truncate(8),
            |e| e.lottery.rewarded_set_size = 11,
            |e| e.lottery.active_set_size = 8,
        ];
        for (index, change) in changes.into_iter().enumerate() {
            let mut evidence = honest();
            change(&mut evidence);
            assert!(!passes(&evidence), "change {index}");
        }
    }

    #[test]
    fn a_set_that_was_kept_is_that_of_the_epoch_before() {
        let mut kept = honest();
        kept.lottery.outcome = DrawOutcome::KeptNoSeed;
        kept.lottery.seed = Binary::default();
        kept.before = kept.set.clone();
        assert!(passes(&kept));
        kept.before[3].1 = None;
        kept.set[3].1 = Some(2);
        assert!(!passes(&kept));
    }

    #[test]
    fn what_cannot_be_checked_is_not_called_right() {
        let mut gone = honest();
        gone.seed = SeedEvidence::Gone("pruned".into());
        assert!(verify(&gone).iter().any(|check| check.passed.is_none()));
        let mut freezing = honest();
        freezing.lottery.candidates_available = false;
        assert!(verify(&freezing).iter().filter(|check| check.passed.is_none()).count() == 2);
    }
}
