//! The timing wheel against a binary heap.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use nym_mixing::delay::{DelayQueue, Refused, TICK};
use proptest::prelude::*;

const START: Duration = Duration::from_micros(123_456_789);
const PACKET: usize = 2_396;

#[derive(Clone, Debug)]
enum Step {
    Push { after_micros: u64 },
    PushOverdue { before_micros: u64 },
    Pass { micros: u64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..100_000u64).prop_map(|after_micros| Step::Push { after_micros }),
        1 => (0..5_000_000u64).prop_map(|after_micros| Step::Push { after_micros }),
        1 => (0..1_000_000u64).prop_map(|before_micros| Step::PushOverdue { before_micros }),
        3 => (0..2_000u64).prop_map(|micros| Step::Pass { micros }),
        1 => (0..40_000u64).prop_map(|micros| Step::Pass { micros }),
        1 => (900_000..4_000_000u64).prop_map(|micros| Step::Pass { micros }),
    ];
    prop::collection::vec(step, 1..300)
}

fn tick(time: Duration) -> u128 {
    time.as_nanos() / TICK.as_nanos()
}

fn released(queue: &mut DelayQueue<usize>, now: Duration) -> Vec<usize> {
    let mut out = Vec::new();
    queue.release(now, |item| out.push(item));
    out
}

proptest! {
    #[test]
    fn the_wheel_releases_what_a_heap_would_in_the_same_order(steps in steps()) {
        let mut now = START;
        let mut queue = DelayQueue::new(usize::MAX, now);
        let mut model = BinaryHeap::new();
        for (i, step) in steps.into_iter().enumerate() {
            match step {
                Step::Pass { micros } => {
                    now += Duration::from_micros(micros);
                    let mut expected = Vec::new();
                    while model.peek().is_some_and(|Reverse((due, _))| *due <= tick(now)) {
                        expected.extend(model.pop().map(|Reverse((_, item))| item));
                    }
                    prop_assert_eq!(released(&mut queue, now), expected);
                }
                Step::Push { .. } | Step::PushOverdue { .. } => {
                    let due = match step {
                        Step::Push { after_micros } => now + Duration::from_micros(after_micros),
                        Step::PushOverdue { before_micros } => now - Duration::from_micros(before_micros),
                        Step::Pass { .. } => unreachable!(),
                    };
                    queue.push(due, PACKET, i).unwrap();
                    let due = due.as_nanos().div_ceil(TICK.as_nanos()).max(tick(now));
                    model.push(Reverse((due, i)));
                }
            }
            prop_assert_eq!(queue.len(), model.len());
            prop_assert_eq!(queue.bytes(), model.len() * (PACKET + DelayQueue::<usize>::ENTRY_BYTES));
            prop_assert_eq!(queue.next_poll().is_some(), !model.is_empty());
            let first = model.peek().map(|Reverse((first, _))| first * TICK.as_nanos());
            prop_assert_eq!(queue.next_poll().map(|poll| poll.as_nanos()), first);
        }
        now += Duration::from_secs(3_600);
        prop_assert_eq!(released(&mut queue, now).len(), model.len());
        prop_assert!(queue.is_empty());
        prop_assert_eq!(queue.bytes(), 0);
    }

    #[test]
    fn a_packet_leaves_at_its_time_and_less_than_a_tick_later(after in 0..3_000_000_000u64) {
        let mut queue = DelayQueue::new(usize::MAX, START);
        let due = START + Duration::from_nanos(after);
        queue.push(due, PACKET, 0).unwrap();
        let now = queue.next_poll().unwrap();
        prop_assert_eq!(released(&mut queue, now.saturating_sub(Duration::from_nanos(1)).max(START)).len(), usize::from(after == 0));
        prop_assert_eq!(released(&mut queue, now).len(), usize::from(after != 0));
        prop_assert!(now >= due && now < due + TICK, "due {due:?}, left {now:?}");
    }

    #[test]
    fn the_bytes_never_pass_the_bound_and_what_waits_keeps_its_place(sizes in prop::collection::vec(0..5_000usize, 1..200)) {
        let bound = 100_000;
        let mut queue = DelayQueue::new(bound, START);
        let mut kept = Vec::new();
        for (i, size) in sizes.into_iter().enumerate() {
            let room = queue.has_room(size);
            match queue.push(START + Duration::from_millis(5), size, i) {
                Ok(()) => kept.push(i),
                Err(Refused(item)) => prop_assert_eq!(item, i),
            }
            prop_assert_eq!(room, kept.last() == Some(&i));
            prop_assert!(queue.bytes() <= bound);
        }
        prop_assert_eq!(released(&mut queue, START + Duration::from_millis(5) + TICK), kept);
        prop_assert!(queue.has_room(bound - DelayQueue::<usize>::ENTRY_BYTES));
    }
}

#[test]
fn nothing_overflows_at_the_ends_of_time() {
    let mut queue = DelayQueue::new(1_000_000, Duration::ZERO);
    queue.push(Duration::MAX, 1, 1).unwrap();
    queue.push(Duration::ZERO, usize::MAX - 1_000, 2).unwrap_err();
    queue.push(Duration::ZERO, 1, 3).unwrap();
    assert_eq!(released(&mut queue, Duration::ZERO), [3]);
    assert!(queue.next_poll().is_some());
    assert_eq!(released(&mut queue, Duration::MAX), [1]);
    queue.push(Duration::MAX, 1, 4).unwrap();
    assert_eq!(released(&mut queue, Duration::MAX), [4]);
    assert_eq!(queue.next_poll(), None);
}

#[test]
fn a_clock_that_goes_back_releases_nothing_and_loses_nothing() {
    let mut queue = DelayQueue::new(1_000_000, START);
    queue.push(START + TICK, 1, 1).unwrap();
    assert!(released(&mut queue, START - Duration::from_secs(5)).is_empty());
    assert_eq!(released(&mut queue, START + 2 * TICK), [1]);
}

#[test]
fn a_flood_at_twice_the_rate_stays_within_the_budget() {
    let budget = 10 << 20;
    let mut queue = DelayQueue::new(budget, START);
    let mut now = START;
    let (mut taken, mut refused) = (0u64, 0u64);
    for _ in 0..400_000 {
        now += Duration::from_micros(50);
        match queue.push(now + Duration::from_millis(400), PACKET, 0) {
            Ok(()) => taken += 1,
            Err(Refused(_)) => refused += 1,
        }
        assert!(queue.bytes() <= budget);
        queue.release(now, |_| ());
    }
    assert!(refused > taken / 4, "the flood was larger than the budget: {taken} taken, {refused} refused");
}
