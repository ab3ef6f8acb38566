//! The outbox: every message is delivered or fails, whatever happens to its packets and their acknowledgements.

use nym_client_core::outbox::{AckId, Acknowledged, FragmentId, Outbox, OutboxFull, OutboxLimits};
use nym_client_core::MessageId;
use proptest::prelude::*;
use rand::{Rng as _, RngCore as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const LIMITS: OutboxLimits =
    OutboxLimits { messages: 100, bytes: 1_000_000, tries: 8, grace: Duration::from_millis(1_500) };
const RTT: Duration = Duration::from_millis(300);

fn id(number: u8) -> MessageId {
    MessageId::from_bytes([number; 16])
}

fn ack(number: u64) -> AckId {
    u128::from(number).to_be_bytes()
}

fn outbox(messages: &[(u8, u16)]) -> Outbox<u8> {
    let mut outbox = Outbox::new(LIMITS);
    for (number, fragments) in messages {
        assert!(outbox.insert(id(*number), 0, vec![*number; 10].into(), *fragments, |_| false));
    }
    outbox
}

fn order(outbox: &mut Outbox<u8>, count: usize) -> Vec<(u8, u16)> {
    (0..count)
        .map_while(|_| outbox.next(|_| true))
        .map(|fragment| (fragment.message.to_bytes()[0], fragment.index))
        .collect()
}

#[test]
fn messages_take_turns() {
    let mut outbox = outbox(&[(1, 4), (2, 1), (3, 2)]);

    assert_eq!(order(&mut outbox, 9), [(1, 0), (2, 0), (3, 0), (1, 1), (3, 1), (1, 2), (1, 3)]);
}

#[test]
fn a_small_message_waits_for_one_fragment_of_each_other_and_no_more() {
    let mut outbox = outbox(&[(1, 7_000)]);
    order(&mut outbox, 100);

    outbox.insert(id(2), 0, vec![2].into(), 1, |_| false);

    assert!(order(&mut outbox, 2).contains(&(2, 0)));
}

#[test]
fn times_double_and_the_eighth_try_is_the_last() {
    let mut outbox = outbox(&[(1, 1)]);
    let mut now = Duration::ZERO;
    let mut waits = Vec::new();

    for number in 0..8 {
        let fragment = outbox.next(|_| true).unwrap();
        assert_eq!(outbox.next(|_| true), None);
        outbox.sent(fragment, ack(number), RTT, now);
        let deadline = outbox.next_deadline().unwrap();
        waits.push((deadline - now - RTT).as_millis());
        assert!(outbox.expire(deadline - Duration::from_nanos(1)).is_empty());
        now = deadline;
        let failed = outbox.expire(now);
        assert_eq!(failed, if number < 7 { vec![] } else { vec![id(1)] });
    }

    assert_eq!(waits, [1_500, 3_000, 6_000, 12_000, 24_000, 48_000, 96_000, 192_000]);
    assert!(outbox.is_empty());
    assert_eq!((outbox.bytes(), outbox.awaited(), outbox.next_deadline()), (0, 0, None));
}

#[test]
fn the_acknowledgement_of_an_earlier_try_counts() {
    let mut outbox = outbox(&[(1, 1)]);
    let fragment = outbox.next(|_| true).unwrap();
    outbox.sent(fragment, ack(1), RTT, Duration::ZERO);
    outbox.expire(Duration::from_secs(10));
    let fragment = outbox.next(|_| true).unwrap();
    outbox.sent(fragment, ack(2), RTT, Duration::from_secs(10));

    assert_eq!(outbox.acknowledged(&ack(1)), Acknowledged::Message(id(1)));
    assert_eq!(outbox.acknowledged(&ack(2)), Acknowledged::Unknown);
    assert!(outbox.is_empty() && outbox.awaited() == 0);
}

#[test]
fn forged_acknowledgements_change_nothing() {
    let mut outbox = outbox(&[(1, 50), (2, 3)]);
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    for _ in 0..20 {
        let fragment = outbox.next(|_| true).unwrap();
        let mut ack = [0; 16];
        rng.fill_bytes(&mut ack);
        outbox.sent(fragment, ack, RTT, Duration::ZERO);
    }
    let before = format!("{outbox:?}");

    let mut forged = ChaCha20Rng::seed_from_u64(6);
    for _ in 0..1_000_000 {
        let mut ack = [0; 16];
        forged.fill_bytes(&mut ack);
        assert_eq!(outbox.acknowledged(&ack), Acknowledged::Unknown);
    }

    assert_eq!(format!("{outbox:?}"), before);
}

#[test]
fn a_full_outbox_says_so() {
    let mut outbox = Outbox::new(OutboxLimits { messages: 2, bytes: 100, ..LIMITS });
    outbox.insert(id(1), 0u8, vec![0; 60].into(), 1, |_| false);

    assert_eq!(outbox.has_room(41), Err(OutboxFull::Bytes { waiting: 60, size: 41, limit: 100 }));
    assert_eq!(outbox.has_room(40), Ok(()));
    outbox.insert(id(2), 0u8, vec![0; 1].into(), 1, |_| false);
    assert_eq!(outbox.has_room(0), Err(OutboxFull::Messages(2)));
}

#[test]
fn fragments_that_were_delivered_in_an_earlier_run_do_not_go_again() {
    let mut outbox = Outbox::new(LIMITS);
    outbox.insert(id(1), 0u8, vec![0; 60].into(), 5, |index| index % 2 == 0);

    assert_eq!(order(&mut outbox, 9), [(1, 1), (1, 3)]);
    assert_eq!(outbox.delivered(&id(1)), Some(vec![0b0001_0101]));
    assert!(!outbox.insert(id(2), 0u8, vec![].into(), 3, |_| true), "nothing is missing of it");
}

#[test]
fn a_destination_that_cannot_be_reached_holds_up_nobody_else() {
    let mut outbox = Outbox::new(LIMITS);
    outbox.insert(id(1), 1u8, vec![0].into(), 2, |_| false);
    outbox.insert(id(2), 2u8, vec![0].into(), 2, |_| false);

    let next = |outbox: &mut Outbox<u8>| outbox.next(|to| *to == 2).map(|fragment| fragment.message);
    assert_eq!([next(&mut outbox), next(&mut outbox), next(&mut outbox)], [Some(id(2)), Some(id(2)), None]);
    assert_eq!(outbox.parked().map(|(to, waiting)| (*to, waiting)).collect::<Vec<_>>(), [(1, 2)]);
    assert!(outbox.is_parked(&id(1)));

    outbox.unpark(&1);
    assert_eq!(order(&mut outbox, 9), [(1, 0), (1, 1)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Packets and acknowledgements are lost, late and repeated; time passes. At the end every message is
    /// delivered or has failed, exactly once, a delivered one has every fragment acknowledged, and nothing
    /// is left over.
    #[test]
    fn every_message_is_delivered_or_fails(
        sizes in prop::collection::vec(1u16..30, 1..12),
        loss in 0.0f64..0.7,
        seed in any::<u64>(),
    ) {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let mut outbox = Outbox::new(LIMITS);
        for (number, size) in sizes.iter().enumerate() {
            outbox.insert(id(number as u8), number as u8 % 3, vec![0; 9].into(), *size, |_| false);
        }
        let mut now = Duration::ZERO;
        let mut serial = 0u64;
        let mut coming: BTreeMap<(Duration, u64), AckId> = BTreeMap::new();
        let mut sent_for: BTreeMap<AckId, FragmentId> = BTreeMap::new();
        let mut acknowledged: BTreeSet<FragmentId> = BTreeSet::new();
        let mut ended: BTreeMap<MessageId, bool> = BTreeMap::new();
        while !outbox.is_empty() {
            if let Some(fragment) = outbox.next(|to| *to != 0 || rng.gen_bool(0.9)) {
                serial += 1;
                prop_assert!(!acknowledged.contains(&fragment), "an acknowledged fragment goes again");
                outbox.sent(fragment, ack(serial), RTT, now);
                prop_assert!(outbox.tries(fragment) <= LIMITS.tries);
                sent_for.insert(ack(serial), fragment);
                if !rng.gen_bool(loss) {
                    let late = if rng.gen_bool(0.05) { 20_000 } else { 0 };
                    let at = now + Duration::from_millis(rng.gen_range(50..400) + late);
                    coming.insert((at, serial), ack(serial));
                    if rng.gen_bool(0.1) {
                        coming.insert((at * 2, serial), ack(serial));
                    }
                }
                now += Duration::from_millis(20);
            } else {
                for to in 0..3 {
                    outbox.unpark(&to);
                }
                let next = [outbox.next_deadline(), coming.keys().next().map(|(at, _)| *at)];
                now = next.into_iter().flatten().min().unwrap_or(now).max(now) + Duration::from_millis(1);
            }
            while let Some(entry) = coming.first_entry().filter(|entry| entry.key().0 <= now) {
                let ack = entry.remove();
                match outbox.acknowledged(&ack) {
                    Acknowledged::Unknown => {}
                    Acknowledged::Fragment(fragment) => {
                        prop_assert_eq!(sent_for.get(&ack), Some(&fragment));
                        prop_assert!(acknowledged.insert(fragment));
                    }
                    Acknowledged::Message(message) => {
                        acknowledged.insert(sent_for[&ack]);
                        prop_assert_eq!(ended.insert(message, true), None);
                    }
                }
            }
            for message in outbox.expire(now) {
                prop_assert_eq!(ended.insert(message, false), None);
            }
        }
        prop_assert_eq!(ended.len(), sizes.len());
        for (message, delivered) in &ended {
            let size = sizes[usize::from(message.to_bytes()[0])];
            let arrived = acknowledged.iter().filter(|fragment| fragment.message == *message).count();
            prop_assert_eq!(*delivered, arrived == usize::from(size));
        }
        prop_assert_eq!((outbox.bytes(), outbox.awaited(), outbox.next_deadline()), (0, 0, None));
    }
}
