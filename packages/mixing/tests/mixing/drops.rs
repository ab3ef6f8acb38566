//! What is dropped, by name; each drop is counted and leaves table, log and everybody else alone.

use std::io::{self, Write};
use std::time::Duration;

use nym_mixing::{Action, DropCounts, DropReason, Packet, PayloadSize, RoutingTable};
use nym_sphinx::{build_packet, Destination};

use crate::network::{rng, Network, GATEWAY, LAYER_1, LAYER_2, LAYER_3, MAX_DELAY, NOW, PERIOD};

/// Sends `packet` to the node at `place` and checks that it is dropped for `reason` without a trace,
/// and that an honest packet after it passes.
#[track_caller]
fn assert_dropped(network: &Network, place: usize, packet: Packet, reason: DropReason) {
    let table = network.table(place);
    let mut mixing = network.mixing(place);
    let honest = network.packet_from(place, Duration::ZERO, &mut rng(999));

    let mut batch = [packet, honest];
    let actions = mixing.process(&mut batch[..1], NOW, &table).to_vec();
    assert_eq!(actions, [Action::Drop(reason)]);
    assert!(mixing.seen(PERIOD).unwrap().is_empty(), "the replay table is unchanged");
    assert!(mixing.log(PERIOD).unwrap().is_empty(), "the replay log is unchanged");
    assert_eq!((mixing.drops().get(reason), mixing.drops().total()), (1, 1));

    let actions = mixing.process(&mut batch[1..], NOW, &table);
    assert!(!matches!(actions, [Action::Drop(_)]), "{actions:?}");
}

#[test]
fn a_replayed_packet_is_dropped_at_once_in_the_same_batch_and_later() {
    let network = Network::new(20);
    let table = network.table(LAYER_1);
    let mut mixing = network.mixing(LAYER_1);
    let packet = network.packet_from(LAYER_1, Duration::ZERO, &mut rng(21));
    let replay = Action::Drop(DropReason::Replay);

    let mut batch = [packet.clone(), packet.clone(), packet.clone()];
    let actions = mixing.process(&mut batch, NOW, &table);
    assert!(matches!(actions[0], Action::ForwardAfter { .. }));
    assert_eq!(actions[1..], [replay.clone(), replay.clone()]);
    let log = mixing.log(PERIOD).unwrap().clone();

    let actions = mixing.process(&mut [packet], NOW + Duration::from_secs(3_600), &table);
    assert_eq!(actions, [replay]);
    assert_eq!(mixing.seen(PERIOD).unwrap().len(), 1);
    assert_eq!(mixing.log(PERIOD).unwrap(), &log);
    assert_eq!(mixing.drops().get(DropReason::Replay), 3);
}

#[test]
fn a_replay_with_another_payload_is_a_replay() {
    let network = Network::new(22);
    let mut mixing = network.mixing(LAYER_1);
    let packet = network.packet_from(LAYER_1, Duration::ZERO, &mut rng(23));
    let mut changed = packet.clone();
    changed.bytes[400] ^= 1;
    let mut batch = [packet, changed];
    let actions = mixing.process(&mut batch, NOW, &network.table(LAYER_1));
    assert_eq!(actions[1], Action::Drop(DropReason::Replay));
}

#[test]
fn a_mangled_copy_that_comes_first_does_not_kill_the_packet() {
    let network = Network::new(24);
    let rng = &mut rng(25);
    for (place, byte) in [(LAYER_1, 40), (LAYER_1, 200), (LAYER_1, 347), (GATEWAY, 100), (GATEWAY, 380)] {
        let packet = network.packet_from(place, Duration::ZERO, rng);
        let mut mangled = packet.clone();
        mangled.bytes[byte] ^= 0x10;
        let mut mixing = network.mixing(place);
        let mut batch = [mangled, packet];
        let actions = mixing.process(&mut batch, NOW, &network.table(place));
        assert!(matches!(actions[0], Action::Drop(DropReason::BadMac | DropReason::BadPayload)));
        assert!(!matches!(actions[1], Action::Drop(_)), "byte {byte}: {:?}", actions[1]);
    }
}

#[test]
fn a_flipped_bit_in_every_header_byte_is_dropped() {
    let network = Network::new(26);
    let packet = network.packet_from(LAYER_1, Duration::ZERO, &mut rng(27));
    for byte in 0..nym_sphinx::HEADER_LEN {
        let mut flipped = packet.clone();
        flipped.bytes[byte] ^= 1;
        assert_dropped(&network, LAYER_1, flipped, DropReason::BadMac);
    }
}

#[test]
fn a_flipped_payload_bit_is_dropped_at_the_last_gateway() {
    let network = Network::new(28);
    let packet = network.packet_from(GATEWAY, Duration::ZERO, &mut rng(29));
    for byte in nym_sphinx::HEADER_LEN..packet.bytes.len() {
        let mut flipped = packet.clone();
        flipped.bytes[byte] ^= 0x80;
        assert_dropped(&network, GATEWAY, flipped, DropReason::BadPayload);
    }
}

#[test]
fn lengths_that_the_network_does_not_use_are_dropped() {
    let network = Network::new(30);
    let rng = &mut rng(31);
    let route = [network.hop(LAYER_1, Duration::ZERO), network.hop(LAYER_2, Duration::ZERO)];
    let previous = network.before(LAYER_1);
    let extended = build_packet(&route, &Destination::NONE, PayloadSize::Extended8, b"", rng).unwrap();
    assert_dropped(&network, LAYER_1, Packet { previous, bytes: extended }, DropReason::WrongLength);

    for len in [0, 1, 348, 412, 414, 2_395, 2_397, 100_000] {
        let mut packet = network.packet_from(LAYER_1, Duration::ZERO, rng);
        packet.bytes.resize(len, 0);
        assert_dropped(&network, LAYER_1, packet, DropReason::WrongLength);
    }
}

#[test]
fn bad_group_elements_are_dropped() {
    let network = Network::new(32);
    let mut packet = network.packet_from(LAYER_1, Duration::ZERO, &mut rng(33));
    packet.bytes[..32].fill(0);
    assert_dropped(&network, LAYER_1, packet.clone(), DropReason::LowOrderAlpha);
    packet.bytes[..32].fill(0xff);
    assert_dropped(&network, LAYER_1, packet, DropReason::NonCanonicalAlpha);
}

#[test]
fn a_packet_for_another_nodes_key_is_dropped() {
    let network = Network::new(34);
    let mut packet = network.packet_from(LAYER_2, Duration::ZERO, &mut rng(35));
    packet.previous = network.before(LAYER_1);
    assert_dropped(&network, LAYER_1, packet, DropReason::BadMac);
}

#[test]
fn delays_beyond_the_cap_are_dropped_up_to_the_longest_there_is() {
    let network = Network::new(36);
    let rng = &mut rng(37);
    let next = network.addresses[LAYER_2];
    for delay in [MAX_DELAY + Duration::from_nanos(1), Duration::from_secs(86_400), Duration::from_nanos(u64::MAX)] {
        let packet = network.packet_to(LAYER_1, next, delay, rng);
        assert_dropped(&network, LAYER_1, packet, DropReason::DelayTooLong);
    }
    let mut at_the_cap = [network.packet_to(LAYER_1, next, MAX_DELAY, rng)];
    let mut mixing = network.mixing(LAYER_1);
    let actions = mixing.process(&mut at_the_cap, NOW, &network.table(LAYER_1));
    assert_eq!(actions, [Action::ForwardAfter { next, due: NOW + MAX_DELAY }]);
}

#[test]
fn a_reply_that_asks_for_a_delay_before_the_client_is_dropped() {
    let network = Network::new(38);
    let table = network.table(GATEWAY);
    let mut mixing = network.mixing(GATEWAY);
    let packet = network.packet_to(GATEWAY, network.client, Duration::from_nanos(1), &mut rng(39));
    let routing = table.with_clients(|address| *address == network.client);
    let actions = mixing.process(&mut [packet], NOW, &routing);
    assert_eq!(actions, [Action::Drop(DropReason::DelayTooLong)]);
    assert!(mixing.seen(PERIOD).unwrap().is_empty());
}

#[test]
fn a_next_hop_that_nobody_bonded_is_dropped() {
    let network = Network::new(40);
    let packet = network.packet_to(LAYER_1, [0xab; 32], Duration::ZERO, &mut rng(41));
    assert_dropped(&network, LAYER_1, packet, DropReason::UnknownNextHop);
    let of_another_gateway = network.packet_to(GATEWAY, network.client, Duration::ZERO, &mut rng(42));
    assert_dropped(&network, GATEWAY, of_another_gateway, DropReason::UnknownNextHop);
}

#[test]
fn a_next_hop_that_is_no_neighbour_is_dropped() {
    let network = Network::new(43);
    let rng = &mut rng(44);
    for (place, wrong) in [
        (LAYER_1, [LAYER_1, LAYER_3, GATEWAY].as_slice()),
        (LAYER_2, &[LAYER_1, LAYER_2, GATEWAY]),
        (LAYER_3, &[LAYER_1, LAYER_2, LAYER_3]),
        (GATEWAY, &[LAYER_2, LAYER_3, GATEWAY]),
    ] {
        for next in wrong {
            let packet = network.packet_to(place, network.addresses[*next], Duration::ZERO, rng);
            assert_dropped(&network, place, packet, DropReason::NotNeighbour);
        }
    }
}

#[test]
fn a_packet_from_no_neighbour_is_not_forwarded() {
    let network = Network::new(45);
    let mut packet = network.packet_from(LAYER_2, Duration::ZERO, &mut rng(46));
    packet.previous = network.addresses[LAYER_3];
    assert_dropped(&network, LAYER_2, packet, DropReason::NotNeighbour);
}

#[test]
fn nothing_is_forwarded_without_a_topology() {
    let network = Network::new(47);
    let mut mixing = network.mixing(LAYER_1);
    let packet = network.packet_from(LAYER_1, Duration::ZERO, &mut rng(48));
    let actions = mixing.process(&mut [packet], NOW, &RoutingTable::default());
    assert_eq!(actions, [Action::Drop(DropReason::NoTopology)]);
    assert!(mixing.seen(PERIOD).unwrap().is_empty());
}

#[test]
fn nothing_passes_a_full_replay_table() {
    let network = Network::new(49);
    let rng = &mut rng(50);
    let mut mixing = network.mixing_with(LAYER_1, 3, Vec::new());
    let mut batch: Vec<_> = (0..5).map(|_| network.packet_from(LAYER_1, Duration::ZERO, rng)).collect();
    let copy = batch[0].clone();
    let actions = mixing.process(&mut batch, NOW, &network.table(LAYER_1));
    assert!(actions[..3].iter().all(|action| matches!(action, Action::ForwardAfter { .. })));
    assert!(actions[3..].iter().all(|action| *action == Action::Drop(DropReason::ReplayTableFull)));
    let actions = mixing.process(&mut [copy], NOW, &network.table(LAYER_1));
    assert_eq!(actions, [Action::Drop(DropReason::Replay)], "what was seen stays known");
}

/// A disk that is full until it is not.
struct FullDisk(bool);

impl Write for FullDisk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0 {
            Err(io::ErrorKind::StorageFull.into())
        } else {
            Ok(bytes.len())
        }
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn nothing_leaves_that_could_not_be_recorded() {
    let network = Network::new(51);
    let rng = &mut rng(52);
    let table = network.table(LAYER_1);
    let mut mixing = network.mixing_with(LAYER_1, 100, FullDisk(true));
    let mut batch =
        [network.packet_from(LAYER_1, Duration::ZERO, rng), network.packet_from(LAYER_1, Duration::ZERO, rng)];
    let failed = Action::Drop(DropReason::ReplayLogFailed);
    assert_eq!(mixing.process(&mut batch, NOW, &table), [failed.clone(), failed]);
    assert_eq!(mixing.drops().get(DropReason::ReplayLogFailed), 2);

    mixing.log(PERIOD).unwrap().0 = false;
    let mut batch = [network.packet_from(LAYER_1, Duration::ZERO, rng)];
    assert!(matches!(mixing.process(&mut batch, NOW, &table), [Action::ForwardAfter { .. }]));
}

#[test]
fn nothing_is_opened_without_a_key() {
    let network = Network::new(53);
    let mut mixing = network.mixing(LAYER_1);
    mixing.end_period(PERIOD);
    let packet = network.packet_from(LAYER_1, Duration::ZERO, &mut rng(54));
    assert_eq!(mixing.process(&mut [packet], NOW, &network.table(LAYER_1)), [Action::Drop(DropReason::BadMac)]);
}

#[test]
fn names_of_reasons_are_stable_unique_and_snake_case() {
    let names: Vec<_> = DropReason::ALL.iter().map(|reason| reason.as_str()).collect();
    let expected = [
        "wrong_length",
        "non_canonical_alpha",
        "low_order_alpha",
        "bad_mac",
        "wrong_version",
        "unknown_flag",
        "bad_payload",
        "replay",
        "replay_table_full",
        "replay_log_failed",
        "delay_too_long",
        "unknown_next_hop",
        "not_neighbour",
        "no_topology",
        "overload",
        "delay_queue_full",
        "link_full",
        "link_lost",
        "unexpected",
        "unknown_recipient",
        "inbox_full",
        "store_failed",
        "ack_offline",
        "injected",
    ];
    assert_eq!(names, expected);
    let mut counts = DropCounts::new();
    for (i, reason) in DropReason::ALL.iter().enumerate() {
        assert_eq!(reason.index(), i);
        assert!(reason.as_str().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'));
        (0..=i).for_each(|_| counts.count(*reason));
    }
    assert!(counts.iter().enumerate().all(|(i, (reason, count))| reason.index() == i && count == i as u64 + 1));
}
