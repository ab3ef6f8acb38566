//! Reassembly under permutation, duplication, loss, contradiction and flood.

use super::support::rng;
use nym_wire::ids::MessageId;
use nym_wire::reassembly::{Fragment, Outcome, Reassembly, ReassemblyLimits, Refusal};
use proptest::prelude::*;
use rand::seq::SliceRandom as _;
use rand::Rng as _;
use std::time::Duration;

const CAPACITY: usize = 10;
const LIMITS: ReassemblyLimits =
    ReassemblyLimits { bytes: 100_000, fragments: 1_000, idle: Duration::from_secs(60), completed: 100 };

fn id(number: u8) -> MessageId {
    MessageId::from_bytes([number; 16])
}

fn fragments(id: MessageId, message: &[u8]) -> Vec<Fragment<'_>> {
    let count = message.len().div_ceil(CAPACITY).max(1) as u16;
    (0..count)
        .map(|index| {
            let start = usize::from(index) * CAPACITY;
            let data = &message[start..message.len().min(start + CAPACITY)];
            Fragment { id, index, count, kind: 1, capacity: CAPACITY, data }
        })
        .collect()
}

fn fresh() -> Reassembly {
    Reassembly::new(LIMITS)
}

fn insert(reassembly: &mut Reassembly, fragment: Fragment<'_>) -> Outcome {
    reassembly.insert(fragment, Duration::ZERO).0
}

proptest! {
    #[test]
    fn every_message_comes_out_once_and_whole_whatever_the_order(
        lengths in prop::collection::vec(0usize..300, 1..8), seed: u64, copies in 1usize..4,
    ) {
        let rng = &mut rng(seed);
        let messages: Vec<Vec<u8>> = lengths.iter().map(|length| (0..*length).map(|_| rng.gen()).collect()).collect();
        let mut arriving: Vec<Fragment<'_>> =
            messages.iter().enumerate().flat_map(|(number, message)| fragments(id(number as u8), message)).collect();
        arriving = arriving.repeat(copies);
        arriving.shuffle(rng);

        let mut reassembly = fresh();
        let mut out: Vec<Option<Vec<u8>>> = vec![None; messages.len()];
        for fragment in arriving {
            if let Outcome::Complete(message) = insert(&mut reassembly, fragment) {
                let number = usize::from(fragment.id.to_bytes()[0]);
                prop_assert!(out[number].replace(message).is_none(), "message {} came out twice", number);
                reassembly.remember(fragment.id, 1_000);
            }
        }

        for (message, out) in messages.iter().zip(out) {
            prop_assert_eq!(out.as_ref(), Some(message));
        }
        prop_assert_eq!((reassembly.bytes(), reassembly.incomplete()), (0, 0), "nothing is left behind");
    }

    #[test]
    fn what_lost_a_fragment_never_comes_out_and_is_given_up(length in 20usize..300, lost: prop::sample::Index, seed: u64) {
        let message = vec![7; length];
        let mut arriving = fragments(id(1), &message);
        arriving.remove(lost.index(arriving.len()));
        arriving.shuffle(&mut rng(seed));

        let mut reassembly = fresh();
        for fragment in arriving {
            prop_assert_eq!(insert(&mut reassembly, fragment), Outcome::Stored);
        }
        prop_assert_eq!(reassembly.incomplete(), 1);
        prop_assert_eq!(reassembly.expire(LIMITS.idle, 0).0, vec![id(1)]);
        prop_assert_eq!((reassembly.bytes(), reassembly.incomplete()), (0, 0));
    }

    #[test]
    fn a_flood_of_messages_that_never_complete_stays_within_the_budget(seed: u64) {
        let limits = ReassemblyLimits { bytes: 5_000, ..LIMITS };
        let (mut reassembly, rng) = (Reassembly::new(limits), &mut rng(seed));
        let mut held = std::collections::BTreeSet::new();
        for step in 0..500u64 {
            let count = rng.gen_range(2..40);
            let flood = Fragment {
                id: MessageId::from_bytes(rng.gen()), index: 0, count, kind: 1, capacity: CAPACITY, data: &[0; CAPACITY],
            };
            let (outcome, evicted) = reassembly.insert(flood, Duration::from_millis(step));
            if outcome == Outcome::Stored {
                held.insert(flood.id);
            }
            for id in evicted {
                prop_assert!(held.remove(&id), "only what is held is evicted, and it is said");
            }
            prop_assert!(reassembly.bytes() <= limits.bytes);
            prop_assert_eq!(reassembly.incomplete(), held.len());
        }
    }
}

#[test]
fn the_first_copy_of_a_fragment_wins() {
    let (message, forged) = ([1; 20], [2; 20]);
    let (honest, other) = (fragments(id(1), &message), fragments(id(1), &forged));
    let mut reassembly = fresh();

    assert_eq!(insert(&mut reassembly, honest[0]), Outcome::Stored);
    assert_eq!(insert(&mut reassembly, other[0]), Outcome::Duplicate);
    assert_eq!(insert(&mut reassembly, honest[1]), Outcome::Complete(message.to_vec()));
}

#[test]
fn contradictions_are_refused_by_name_and_change_nothing() {
    let message = [1; 25];
    let first = fragments(id(1), &message)[0];
    let mut reassembly = fresh();
    insert(&mut reassembly, first);
    let before = reassembly.bytes();

    let refused = |fragment| insert(&mut reassembly, fragment);
    let cases = [
        (Fragment { count: 0, ..first }, Refusal::Position),
        (Fragment { index: 3, ..first }, Refusal::Position),
        (Fragment { count: LIMITS.fragments + 1, ..first }, Refusal::Position),
        (Fragment { index: 1, data: &[1; 9], ..first }, Refusal::Gap),
        (Fragment { index: 2, data: &[1; 11], ..first }, Refusal::Gap),
        (Fragment { count: 4, index: 1, ..first }, Refusal::Disagrees),
        (Fragment { kind: 2, index: 1, ..first }, Refusal::Disagrees),
    ];
    let outcomes: Vec<Outcome> = cases.map(|(fragment, _)| fragment).into_iter().map(refused).collect();

    for ((_, reason), outcome) in cases.iter().zip(outcomes) {
        assert_eq!(outcome, Outcome::Refused(*reason));
    }
    assert_eq!((reassembly.bytes(), reassembly.incomplete()), (before, 1));
}

#[test]
fn a_message_above_the_whole_budget_is_refused_at_its_first_fragment() {
    let mut reassembly = Reassembly::new(ReassemblyLimits { bytes: 2_000, ..LIMITS });
    let huge = Fragment { id: id(1), index: 0, count: 900, kind: 1, capacity: CAPACITY, data: &[0; CAPACITY] };

    assert_eq!(insert(&mut reassembly, huge), Outcome::Refused(Refusal::TooLarge));
    assert_eq!(reassembly.bytes(), 0);
}

#[test]
fn a_completed_message_is_remembered_until_its_time_and_not_longer() {
    let message = [1; 5];
    let fragment = fragments(id(1), &message)[0];
    let mut reassembly = fresh();
    assert_eq!(insert(&mut reassembly, fragment), Outcome::Complete(message.to_vec()));
    reassembly.remember(id(1), 50);

    assert_eq!(insert(&mut reassembly, fragment), Outcome::Duplicate);
    assert_eq!(reassembly.expire(Duration::ZERO, 49).1, vec![]);
    assert_eq!(insert(&mut reassembly, fragment), Outcome::Duplicate);
    assert_eq!(reassembly.expire(Duration::ZERO, 50).1, vec![id(1)]);
    assert!(!reassembly.is_completed(&id(1)));
}

#[test]
fn of_too_many_completed_messages_the_oldest_are_forgotten_and_named() {
    let mut reassembly = Reassembly::new(ReassemblyLimits { completed: 2, ..LIMITS });

    assert_eq!(reassembly.remember(id(1), 10), vec![]);
    assert_eq!(reassembly.remember(id(2), 20), vec![]);
    assert_eq!(reassembly.remember(id(3), 30), vec![id(1)]);
    assert_eq!(reassembly.remember(id(2), 40), vec![], "remembering again takes no more room");
    assert!(reassembly.is_completed(&id(2)) && reassembly.is_completed(&id(3)));
}

#[test]
fn the_message_completed_last_is_remembered_even_if_all_end_at_the_same_time() {
    let mut reassembly = Reassembly::new(ReassemblyLimits { completed: 2, ..LIMITS });
    reassembly.remember(id(8), 10);
    reassembly.remember(id(9), 10);

    assert_eq!(reassembly.remember(id(1), 10), vec![id(8)]);
    assert!(reassembly.is_completed(&id(1)));
}

#[test]
fn activity_keeps_a_message_and_idleness_ends_it() {
    let message = [1; 40];
    let parts = fragments(id(1), &message);
    let mut reassembly = fresh();
    reassembly.insert(parts[0], Duration::ZERO);
    reassembly.insert(parts[1], Duration::from_secs(50));

    assert_eq!(reassembly.expire(Duration::from_secs(100), 0).0, vec![]);
    assert_eq!(reassembly.expire(Duration::from_secs(110), 0).0, vec![id(1)]);
}
