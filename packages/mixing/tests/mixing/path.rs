//! What passes: forwarding, replies, delivery, key periods, batches.

use std::io::{self, Write};
use std::time::Duration;

use nym_mixing::replay::RECORD_BYTES;
use nym_mixing::{Action, DropReason, Mixing, Packet, PayloadSize, TooManyKeys};
use nym_sphinx::{process, Destination, Processed, StaticSecret, Surb};
use proptest::prelude::*;

use crate::network::{rng, Network, GATEWAY, LAYER_1, LAYER_2, LAYER_3, NOW, PERIOD};
use nym_mixing::replay::{FingerprintKey, ReplayTable};

#[test]
fn a_packet_crosses_the_layers_and_is_delivered_at_the_gateway() {
    let network = Network::new(1);
    let delay = Duration::from_millis(50);
    let mut packet = network.packet_from(LAYER_1, delay, &mut rng(2));

    for place in [LAYER_1, LAYER_2, LAYER_3] {
        packet.previous = network.before(place);
        let mut expected = packet.bytes.clone();
        process(&network.secrets[place], &mut expected).unwrap();
        let mut mixing = network.mixing(place);

        let mut batch = [packet];
        let actions = mixing.process(&mut batch, NOW, &network.table(place));

        assert_eq!(actions, [Action::ForwardAfter { next: network.addresses[place + 1], due: NOW + delay }]);
        [packet] = batch;
        assert_eq!(packet.bytes, expected);
        assert_eq!(mixing.log(PERIOD).unwrap().len(), RECORD_BYTES);
    }

    packet.previous = network.before(GATEWAY);
    let mut batch = [packet];
    let mut mixing = network.mixing(GATEWAY);
    let actions = mixing.process(&mut batch, NOW, &network.table(GATEWAY));
    let [Action::Deliver { destination, plaintext }] = actions else { panic!("{actions:?}") };
    assert_eq!(*destination, Destination::NONE);
    assert_eq!(&batch[0].bytes[plaintext.clone()], b"to whom it concerns");
}

#[test]
fn a_reply_is_kept_whole_for_the_gateways_client() {
    let network = Network::new(3);
    let rng = &mut rng(4);
    let creator = StaticSecret::random_from_rng(&mut *rng);
    let client = nym_sphinx::Hop::new(network.client, &(&creator).into(), Duration::ZERO).unwrap();
    let route = [network.hop(GATEWAY, Duration::ZERO), client];
    let named = Destination { identifier: [5; 16], ..Destination::NONE };
    let (surb, kept) = Surb::create(&route, &named, rng).unwrap();
    let bytes = surb.into_packet(PayloadSize::Regular, b"an answer").unwrap();
    let mut batch = [Packet { previous: network.before(GATEWAY), bytes }];

    let table = network.table(GATEWAY);
    let mut mixing = network.mixing(GATEWAY);
    let is_client = |address: &[u8; 32]| *address == network.client;
    let actions = mixing.process(&mut batch, NOW, &table.with_clients(is_client));

    assert_eq!(actions, [Action::KeepFor { client: network.client }]);
    let plaintext = kept.recover(&mut batch[0].bytes).unwrap();
    assert_eq!(&batch[0].bytes[plaintext], b"an answer");
}

#[test]
fn a_nodes_own_loop_ends_at_it_and_passes_a_gateway_to_layer_one() {
    let network = Network::new(5);
    let rng = &mut rng(6);
    // From layer 2: layer 3, a gateway, layer 1, itself.
    let places = [LAYER_3, GATEWAY, LAYER_1, LAYER_2];
    let route = places.map(|place| network.hop(place, Duration::from_millis(1)));
    let mut packet = network.packet(LAYER_3, &route, rng);
    for (i, place) in places.into_iter().enumerate() {
        packet.previous = network.before(place);
        let mut batch = [packet];
        let mut mixing = network.mixing(place);
        let actions = mixing.process(&mut batch, NOW, &network.table(place));
        match actions {
            [Action::ForwardAfter { next, .. }] => assert_eq!(*next, route[i + 1].address),
            [Action::Deliver { .. }] => assert_eq!(i, 3),
            other => panic!("{other:?}"),
        }
        [packet] = batch;
    }
}

#[test]
fn both_keys_open_packets_through_the_overlap_and_one_afterwards() {
    let (old, new) = (Network::new(7), Network::new(8));
    let mut mixing = old.mixing(LAYER_1);
    let table = || ReplayTable::new(FingerprintKey::new([1; 16]), 100);
    mixing.begin_period(PERIOD + 1, new.secrets[LAYER_1].clone(), table(), Vec::new()).unwrap();
    let third = mixing.begin_period(PERIOD + 2, new.secrets[LAYER_2].clone(), table(), Vec::new());
    assert_eq!(third, Err(TooManyKeys));
    assert_eq!(mixing.periods().collect::<Vec<_>>(), [PERIOD + 1, PERIOD]);

    let rng = &mut rng(9);
    let packets = |rng: &mut _| {
        let for_old = old.packet_from(LAYER_1, Duration::ZERO, rng);
        let mut for_new = old.packet_from(LAYER_1, Duration::ZERO, rng);
        let route = [new.hop(LAYER_1, Duration::ZERO), old.hop(LAYER_2, Duration::ZERO)];
        for_new.bytes = new.packet(LAYER_1, &route, rng).bytes;
        [for_old, for_new]
    };
    let mut batch = packets(rng);
    let copies = batch.clone();
    let actions = mixing.process(&mut batch, NOW, &old.table(LAYER_1));
    assert!(actions.iter().all(|action| matches!(action, Action::ForwardAfter { .. })), "{actions:?}");
    assert_eq!(mixing.seen(PERIOD).unwrap().len(), 1);
    assert_eq!(mixing.seen(PERIOD + 1).unwrap().len(), 1);
    let replayed = mixing.process(&mut copies.clone(), NOW, &old.table(LAYER_1));
    assert_eq!(replayed, [Action::Drop(DropReason::Replay), Action::Drop(DropReason::Replay)]);

    assert_eq!(mixing.end_period(PERIOD).map(|log| log.len()), Some(RECORD_BYTES));
    assert!(mixing.end_period(PERIOD).is_none());
    let mut batch = packets(rng);
    let actions = mixing.process(&mut batch, NOW, &old.table(LAYER_1));
    assert!(matches!(actions, [Action::Drop(DropReason::BadMac), Action::ForwardAfter { .. }]), "{actions:?}");
}

/// Counts writes, not bytes.
#[derive(Default)]
struct Writes(Vec<usize>);

impl Write for Writes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.push(bytes.len());
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_batch_is_recorded_in_one_write() {
    let network = Network::new(10);
    let rng = &mut rng(11);
    let mut mixing = network.mixing_with(LAYER_1, 100, Writes::default());
    let mut batch: Vec<_> = (0..20).map(|_| network.packet_from(LAYER_1, Duration::ZERO, rng)).collect();
    batch[3].bytes[60] ^= 1;
    mixing.process(&mut batch, NOW, &network.table(LAYER_1));
    assert_eq!(mixing.log(PERIOD).unwrap().0, [19 * RECORD_BYTES]);

    mixing.process(&mut [], NOW, &network.table(LAYER_1));
    assert_eq!(mixing.log(PERIOD).unwrap().0.len(), 1, "nothing to record, nothing written");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Batches are an optimisation: however packets are cut into them, each meets the same fate.
    #[test]
    fn batches_decide_as_single_packets_do(seed: u64, kinds in prop::collection::vec(0..5u8, 1..24), cut in 1..9usize) {
        let network = Network::new(seed);
        let rng = &mut rng(seed);
        let mut packets: Vec<Packet> = Vec::new();
        for kind in kinds {
            let mut packet = network.packet_from(LAYER_1, Duration::from_millis(3), rng);
            match kind {
                0 => packet.bytes[50] ^= 1,
                1 => packet.bytes.truncate(400),
                2 => packet = packets.first().cloned().unwrap_or(packet),
                _ => {}
            }
            packets.push(packet);
        }
        let table = network.table(LAYER_1);
        let run = |size: usize| {
            let mut mixing: Mixing<Vec<u8>> = network.mixing(LAYER_1);
            let mut packets = packets.clone();
            let mut actions = Vec::new();
            for batch in packets.chunks_mut(size) {
                actions.extend_from_slice(mixing.process(batch, NOW, &table));
            }
            let log = mixing.log(PERIOD).unwrap().clone();
            let sent: Vec<_> = packets.into_iter().zip(&actions)
                .filter(|(_, action)| !matches!(action, Action::Drop(_)))
                .map(|(packet, _)| packet).collect();
            (actions, sent, log, mixing.drops().clone())
        };
        prop_assert_eq!(run(1), run(cut));
    }

    #[test]
    fn arbitrary_bytes_are_dropped_and_leave_no_trace(bytes in prop::collection::vec(any::<u8>(), 0..450), fit: bool) {
        let network = Network::new(12);
        let mut mixing = network.mixing(LAYER_1);
        let mut bytes = bytes;
        if fit {
            bytes.resize(PayloadSize::Ack.packet_len(), 0x5a);
        }
        let actions = mixing.process(&mut [Packet { previous: network.before(LAYER_1), bytes }], NOW, &network.table(LAYER_1));
        prop_assert!(matches!(actions, [Action::Drop(_)]));
        prop_assert!(mixing.seen(PERIOD).unwrap().is_empty());
        prop_assert!(mixing.log(PERIOD).unwrap().is_empty());
    }
}

#[test]
fn processing_agrees_with_the_packet_crate_on_a_final_hop() {
    let network = Network::new(13);
    let packet = network.packet_from(GATEWAY, Duration::ZERO, &mut rng(14));
    let mut by_hand = packet.bytes.clone();
    let Processed::Final { plaintext, .. } = process(&network.secrets[GATEWAY], &mut by_hand).unwrap() else {
        panic!("final")
    };
    let mut batch = [packet];
    let mut mixing = network.mixing(GATEWAY);
    let actions = mixing.process(&mut batch, NOW, &network.table(GATEWAY));
    assert_eq!(actions, [Action::Deliver { destination: Destination::NONE, plaintext: plaintext.clone() }]);
    assert_eq!(batch[0].bytes[plaintext.clone()], by_hand[plaintext]);
}
