//! A turn of several transactions: whichever of them its operator is killed at, and however far that has come, each piece is
//! done once.

use super::door::Moment;
use super::pair::{Pair, NODES, NODES_PER_STEP};
use crate::transactions::{assert_no_transaction_twice, count_steps, transactions, OnChain, Step};
use cosmwasm_std::Decimal;
use futures::TryStreamExt as _;
use nym_chain_client::mixnet::MixnetQueries as _;
use nym_chain_client::{ChainClient, Contract};
use nym_contract_types::mixnet::EpochState;
use std::collections::BTreeMap;
use std::ops::Range;

/// Who is killed.
#[derive(Debug, Clone, Copy)]
enum Victims {
    /// The operator that sends the transaction.
    Sender,
    /// Both at once.
    Both,
}

impl Victims {
    /// Where the turn stands when they are killed: once before each of its transactions.
    fn places(self) -> [EpochState; 4] {
        let settled = |last_rewarded| EpochState::Rewarding { last_rewarded, final_node_id: NODES };
        let [begin, second, third, draw] =
            [EpochState::InProgress, settled(NODES_PER_STEP), settled(2 * NODES_PER_STEP), EpochState::AdvancingEpoch];
        match self {
            // The next transaction is that of the one that goes on: the other half of a turn is the next turn's.
            Self::Sender => [begin, third, second, draw],
            Self::Both => [begin, second, third, draw],
        }
    }
}

/// To an operator that goes on it is the same whether the transaction of the dead one waits or is in a block.
const ROUNDS: [(Victims, Moment); 5] = [
    (Victims::Sender, Moment::Signed),
    (Victims::Sender, Moment::Committed),
    (Victims::Both, Moment::Signed),
    (Victims::Both, Moment::Sent),
    (Victims::Both, Moment::Committed),
];

#[tokio::test(flavor = "multi_thread")]
async fn at_every_transaction_of_a_turn_operators_are_killed_and_each_piece_is_done_once() {
    let mut pair = Pair::start().await;
    let mut kills = 0;
    for (victims, moment) in ROUNDS {
        for place in victims.places() {
            let caught = pair.gate.catch(&place, moment).await;
            if moment == Moment::Committed {
                pair.committed(&caught.hash).await;
            }
            kills += match victims {
                Victims::Sender => pair.kill(caught.operator).await,
                Victims::Both => pair.kill_both(),
            };
            println!("{victims:?} killed, {moment:?}, at {place:?}: operator-{} sent it", caught.operator + 1);
        }
    }
    let end = pair.epoch().await + 2;
    nym_tests::eventually("turns go on", || async { pair.epoch().await >= end }).await;

    let all = transactions(&pair.rpc()).await;
    let (useful, idle, failed) = count_steps(&all);
    // What one does in vain, because another was as fast, is the exception: at most once for each that was killed.
    assert!(idle + failed <= kills, "{idle} for nothing and {failed} failed beside {useful}");
    assert_no_transaction_twice(&all);
    for turned in 1..end {
        let taken: Vec<_> = of_turn(&all, turned).map(|transaction| transaction.taken.clone()).collect();
        assert_eq!(taken, pieces(turned), "the transition of epoch {turned}");
    }
    assert_paid_once(&pair.contract, &all, 1..end).await;
    pair.end().await;
}

/// What the transactions of a turn do.
fn pieces(turned: u32) -> [Vec<Step>; 4] {
    let step = |action: &str, epoch, state: &str, candidates, rewarded| Step {
        action: action.to_owned(),
        epoch,
        state: state.to_owned(),
        candidates,
        rewarded,
    };
    let begun = step("begin_epoch_transition", turned, "rewarding", 0, 0);
    let settled =
        |count: u32, state: &str| step("advance_epoch", turned, state, count * NODES_PER_STEP, NODES_PER_STEP);
    [
        vec![begun, settled(1, "rewarding")],
        vec![settled(2, "rewarding")],
        vec![settled(3, "advancing_epoch")],
        vec![step("advance_epoch", turned + 1, "in_progress", NODES, 0)],
    ]
}

/// Transactions that did something for the transition of an epoch.
fn of_turn(all: &[OnChain], turned: u32) -> impl Iterator<Item = &OnChain> {
    let is_of_turn = move |step: &Step| match (step.action.as_str(), step.state.as_str()) {
        ("submit_performance", _) => false,
        (_, "in_progress") => step.epoch == turned + 1,
        _ => step.epoch == turned,
    };
    all.iter().filter(move |transaction| transaction.code == 0 && transaction.taken.iter().any(is_of_turn))
}

/// Each turn pays each node in one of its blocks, and nothing is paid in any other.
async fn assert_paid_once(contract: &Contract<ChainClient>, all: &[OnChain], turns: Range<u32>) {
    let begun = of_turn(all, turns.start).next().unwrap().height;
    let mut known = stakes(contract, begun - 1).await;
    assert_eq!(known.len(), NODES as usize);
    for turned in turns {
        let mut heights: Vec<_> = of_turn(all, turned).map(|transaction| transaction.height).collect();
        heights.dedup();
        let mut paid = BTreeMap::new();
        for height in heights {
            assert_eq!(stakes(contract, height - 1).await, known, "stakes before block {height}");
            let after = stakes(contract, height).await;
            for (node, stake) in &after {
                if known[node] != *stake {
                    *paid.entry(*node).or_insert(0) += 1;
                }
            }
            known = after;
        }
        let once: BTreeMap<_, _> = (1..=NODES).map(|node| (node, 1)).collect();
        assert_eq!(paid, once, "payments of epoch {turned}");
    }
}

/// Pledge and rewards of each node after a block; nobody delegates, and nobody withdraws.
async fn stakes(contract: &Contract<ChainClient>, height: u64) -> BTreeMap<u32, Decimal> {
    let contract = contract.clone().at_height(height);
    let nodes: Vec<_> = contract.mixnodes_detailed().try_collect().await.unwrap();
    nodes.into_iter().map(|node| (node.bond_information.mix_id, node.rewarding_details.operator)).collect()
}
