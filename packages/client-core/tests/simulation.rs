//! Engines over a simulated network: events in virtual time, faults drawn from a seed, no tasks, no clock.

use super::schedule::{distance, one_percent_limit};
use nym_client_core::engine::{After, ClientKeys, Delivery, Engine, Moment, Outgoing, SendRequest};
use nym_client_core::store::{Destination, Snapshot, Store, StoreOp};
use nym_client_core::test_util::{Arrival, FakeNetwork, Step};
use nym_client_core::{ClientConfig, Event, MessageId, RateClass};
use nym_wire::fragment::{Fragment, Route};
use nym_wire::message::{Body, Kind};
use proptest::prelude::*;
use rand::{Rng as _, RngCore as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Debug, Clone, Copy)]
struct Faults {
    loss: f64,
    duplicate: f64,
    jitter_ms: u64,
}

const CLEAN: Faults = Faults { loss: 0.0, duplicate: 0.0, jitter_ms: 0 };

/// A packet on its way to an address.
struct InFlight {
    from: Option<[u8; 32]>,
    to: [u8; 32],
    packet: Vec<u8>,
}

struct Party {
    engine: Engine,
    store: Store,
    keys: ClientKeys,
    number: usize,
    received: Vec<(MessageId, Vec<u8>)>,
    events: Vec<Event>,
    departures: Vec<f64>,
    online: bool,
    inbox: BTreeMap<u64, Delivery>,
}

struct Simulation {
    network: FakeNetwork,
    rng: ChaCha20Rng,
    faults: Faults,
    now: Duration,
    serial: u64,
    queue: BTreeMap<(Duration, u64), InFlight>,
    parties: Vec<Party>,
    /// Whether a bit of every packet's payload flips on its first link.
    altered: bool,
    /// Packets over reply blocks that gateways have handed to clients.
    replies: usize,
}

fn config() -> ClientConfig {
    let mut config = ClientConfig { rate: RateClass::Packets50, ..ClientConfig::default() };
    // One stream is enough here, and eight tries shall end within a minute.
    config.loop_cover = Duration::from_secs(3_600);
    config.limits.outbox.grace = Duration::from_millis(150);
    config
}

impl Simulation {
    fn new(seed: u64, faults: Faults, clients: usize) -> Self {
        let network = FakeNetwork::new(seed, 10);
        // Not the network's own stream: its nodes would have the clients' keys.
        let rng = ChaCha20Rng::seed_from_u64(!seed);
        let (now, queue) = (Duration::ZERO, BTreeMap::new());
        let parties = Vec::new();
        let mut simulation = Self { network, rng, faults, now, serial: 0, queue, parties, altered: false, replies: 0 };
        for number in 0..clients {
            let keys = ClientKeys::generate(&mut simulation.rng);
            let store = Store::in_memory("client").unwrap();
            let party = simulation.party(number, keys, store, Snapshot::default());
            simulation.parties.push(party);
        }
        simulation
    }

    fn party(&mut self, number: usize, keys: ClientKeys, store: Store, snapshot: Snapshot) -> Party {
        let now = self.moment();
        let mut engine =
            Engine::new(config(), keys.clone(), self.network.gateway(number), snapshot, now, &mut self.rng);
        engine.set_topology(self.network.topology());
        engine.connected(now, &mut self.rng);
        let (received, events, departures) = (Vec::new(), Vec::new(), Vec::new());
        Party { engine, store, keys, number, received, events, departures, online: true, inbox: BTreeMap::new() }
    }

    fn moment(&self) -> Moment {
        Moment { mono: self.now, unix: self.network.topology().document().starts_at + self.now.as_secs() }
    }

    /// The process is killed: what is on disk is all that is left.
    fn kill(&mut self, number: usize) {
        let party = self.parties.remove(number);
        let snapshot = party.store.load().unwrap();
        let mut reborn = self.party(party.number, party.keys, party.store, snapshot);
        (reborn.received, reborn.events, reborn.inbox) = (party.received, party.events, party.inbox);
        self.parties.insert(number, reborn);
        self.offer(number);
    }

    /// A new session: everything unconfirmed is offered again.
    fn offer(&mut self, number: usize) {
        let now = self.moment();
        let party = &mut self.parties[number];
        for delivery in party.inbox.values().cloned().collect::<Vec<_>>() {
            party.engine.deliver(delivery, now);
        }
        self.settle(number);
    }

    fn set_online(&mut self, number: usize, online: bool) {
        let now = self.moment();
        let party = &mut self.parties[number];
        party.online = online;
        if online {
            party.engine.connected(now, &mut self.rng);
            self.offer(number);
        } else {
            party.engine.disconnected();
        }
    }

    fn send(&mut self, from: usize, destination: Destination, bytes: Vec<u8>, reply_surbs: u16) -> MessageId {
        let now = self.moment();
        let request = SendRequest { destination, bytes, reply_surbs };
        let id = self.parties[from].engine.accept(request, now, &mut self.rng).unwrap();
        self.settle(from);
        id
    }

    fn address(&self, number: usize) -> Destination {
        Destination::Address(self.parties[number].engine.address())
    }

    /// Writes what the engine wants written, then does what follows.
    fn settle(&mut self, number: usize) {
        let now = self.moment();
        let party = &mut self.parties[number];
        loop {
            let effects = party.engine.take_effects();
            if effects.is_empty() {
                return;
            }
            party.store.apply(&effects.store).unwrap();
            for operation in &effects.store {
                if let StoreOp::PutReceived(row) = operation {
                    party.received.push((row.id, row.body.clone()));
                }
            }
            for after in effects.after {
                match party.engine.durable(after, now) {
                    Some(After::Confirm(row)) => drop(party.inbox.remove(&row)),
                    Some(After::Event(event)) => party.events.push(event),
                    _ => {}
                }
            }
        }
    }

    fn put(&mut self, from: Option<[u8; 32]>, to: [u8; 32], packet: Vec<u8>, delay: Duration) {
        if self.rng.gen_bool(self.faults.loss) {
            return;
        }
        let link = Duration::from_millis(1 + self.rng.gen_range(0..=self.faults.jitter_ms));
        self.serial += 1;
        self.queue.insert((self.now + delay + link, self.serial), InFlight { from, to, packet });
    }

    fn deliver(&mut self, client: [u8; 32], delivery: impl Fn(u64) -> Delivery) {
        let found = self.parties.iter().position(|party| party.keys.identity.public_key().to_bytes() == client);
        let Some(number) = found else { return };
        self.serial += 1;
        let (row, now) = (self.serial, self.moment());
        let copies = if self.rng.gen_bool(self.faults.duplicate) { 2 } else { 1 };
        let party = &mut self.parties[number];
        let delivery = delivery(row);
        if !matches!(delivery, Delivery::Ack(_)) {
            party.inbox.insert(row, delivery.clone());
        }
        if party.online {
            for _ in 0..copies {
                party.engine.deliver(delivery.clone(), now);
            }
            self.settle(number);
        }
    }

    fn arrive(&mut self, InFlight { from, to, packet }: InFlight) {
        match self.network.hop(from, to, packet) {
            Step::Forward { next, packet, delay } => self.put(Some(to), next, packet, delay),
            Step::Client(packet) => {
                self.replies += 1;
                self.deliver(to, |row| Delivery::Reply { row, packet: packet.clone() });
            }
            Step::Refused => {}
            Step::Arrived(plaintext) => match Arrival::read(&plaintext) {
                Some(Arrival::Ack { client, id }) => self.deliver(client, |_| Delivery::Ack(id)),
                Some(Arrival::Message { client, ack, sealed }) => {
                    self.deliver(client, |row| Delivery::Sealed { row, bytes: sealed.clone() });
                    self.put(Some(to), ack.first_hop, ack.packet, Duration::ZERO);
                }
                None => {}
            },
        }
    }

    /// One event; then everything that is due.
    fn step(&mut self) {
        let wakeup = self.parties.iter().map(|party| party.engine.next_wakeup()).min().unwrap();
        let next = self.queue.keys().next().map_or(wakeup, |(at, _)| wakeup.min(*at));
        self.now = self.now.max(next);
        while let Some(entry) = self.queue.first_entry().filter(|entry| entry.key().0 <= self.now) {
            let packet = entry.remove();
            self.arrive(packet);
        }
        for number in 0..self.parties.len() {
            let now = self.moment();
            while let Some(Outgoing { first_hop, packet }) = self.parties[number].engine.poll(now, false, &mut self.rng)
            {
                self.parties[number].departures.push(now.mono.as_secs_f64());
                let mut packet = packet;
                packet[1_200] ^= u8::from(self.altered);
                self.put(None, first_hop, packet, Duration::ZERO);
            }
            self.settle(number);
        }
    }

    fn run_until(&mut self, longest: u64, mut done: impl FnMut(&Self) -> bool) {
        let end = self.now + Duration::from_secs(longest);
        while !done(self) {
            assert!(self.now < end, "not done after {longest} s");
            self.step();
        }
    }

    fn outcome(&self, number: usize, id: MessageId) -> Option<bool> {
        self.parties[number].events.iter().find_map(|event| match event {
            Event::Delivered(other) if *other == id => Some(true),
            Event::Failed(other, _) if *other == id => Some(false),
            _ => None,
        })
    }
}

fn message(rng: &mut ChaCha20Rng, size: usize) -> Vec<u8> {
    let mut bytes = vec![0; size];
    rng.fill_bytes(&mut bytes);
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 8, ..ProptestConfig::default() })]

    /// Loss, duplication, reordering and delay; the receiver and the sender are killed at random moments.
    /// Every message arrives once and whole, or its sender is told that it failed.
    #[test]
    fn every_message_arrives_once_and_whole_or_fails(
        seed in any::<u64>(),
        loss in 0.0f64..0.06,
        duplicate in 0.0f64..0.2,
        jitter_ms in 0u64..200,
        sizes in prop::collection::vec(0usize..9_000, 1..6),
        kills in 0usize..4,
    ) {
        let mut simulation = Simulation::new(seed, Faults { loss, duplicate, jitter_ms }, 2);
        let to = simulation.address(1);
        let mut sent = BTreeMap::new();
        for size in sizes {
            let bytes = message(&mut ChaCha20Rng::seed_from_u64(seed ^ size as u64), size);
            sent.insert(simulation.send(0, to.clone(), bytes.clone(), 0), bytes);
        }
        for kill in 0..kills {
            let steps = simulation.rng.gen_range(1..400);
            (0..steps).for_each(|_| simulation.step());
            simulation.kill(kill % 2);
        }
        simulation.run_until(120, |simulation| {
            sent.keys().all(|id| simulation.outcome(0, *id).is_some())
        });

        let received = &simulation.parties[1].received;
        for (id, bytes) in &sent {
            let copies: Vec<_> = received.iter().filter(|(other, _)| other == id).collect();
            prop_assert!(copies.len() <= 1, "{id} came {} times", copies.len());
            prop_assert!(copies.iter().all(|(_, other)| other == bytes), "{id} is not what was sent");
            if simulation.outcome(0, *id) == Some(true) {
                prop_assert_eq!(copies.len(), 1, "{} was told delivered and is not there", id);
            }
        }
        prop_assert!(received.iter().all(|(id, _)| sent.contains_key(id)));
        prop_assert_eq!(simulation.parties[0].engine.load().outgoing_messages, 0);
        prop_assert_eq!(simulation.parties[0].engine.load().awaited_acks, 0);
    }
}

#[test]
fn two_percent_loss_on_every_link_is_survived() {
    let mut simulation = Simulation::new(7, Faults { loss: 0.02, ..CLEAN }, 2);
    let to = simulation.address(1);
    let bytes = message(&mut ChaCha20Rng::seed_from_u64(1), 200_000);

    let id = simulation.send(0, to, bytes.clone(), 0);
    simulation.run_until(60, |simulation| simulation.outcome(0, id).is_some());

    assert_eq!(simulation.parties[1].received, [(id, bytes)]);
    assert_eq!(simulation.outcome(0, id), Some(true));
}

#[test]
fn a_message_to_nowhere_fails_after_eight_tries_and_leaves_nothing() {
    let mut simulation = Simulation::new(8, Faults { loss: 0.999, ..CLEAN }, 2);
    let to = simulation.address(1);

    let id = simulation.send(0, to, b"lost".to_vec(), 0);
    simulation.run_until(120, |simulation| simulation.outcome(0, id).is_some());

    assert_eq!(simulation.outcome(0, id), Some(false));
    let party = &simulation.parties[0];
    assert!(party.store.load().unwrap().outgoing.is_empty());
    assert_eq!(party.engine.load().awaited_acks, 0);
}

#[test]
fn a_client_that_was_away_finds_its_messages() {
    let mut simulation = Simulation::new(9, CLEAN, 2);
    let to = simulation.address(1);
    simulation.set_online(1, false);

    let id = simulation.send(0, to, vec![5; 5_000], 0);
    simulation.run_until(60, |simulation| simulation.outcome(0, id) == Some(true));
    assert!(simulation.parties[1].received.is_empty());
    simulation.set_online(1, true);

    assert_eq!(simulation.parties[1].received, [(id, vec![5; 5_000])]);
    assert!(simulation.parties[1].inbox.is_empty(), "everything is confirmed");
}

#[test]
fn replies_outlive_both_processes() {
    let mut simulation = Simulation::new(10, Faults { loss: 0.01, ..CLEAN }, 2);
    let to = simulation.address(1);
    simulation.send(0, to, b"question".to_vec(), 20);
    simulation.run_until(30, |simulation| !simulation.parties[1].received.is_empty());
    simulation.kill(0);
    simulation.kill(1);

    let tag = simulation.parties[1].store.next_received(0).unwrap().unwrap().tag.unwrap();
    let answer = message(&mut ChaCha20Rng::seed_from_u64(2), 80_000);
    let id = simulation.send(1, Destination::Reply(tag), answer.clone(), 0);
    (0..150).for_each(|_| simulation.step());
    simulation.kill(0);
    simulation.run_until(120, |simulation| simulation.outcome(1, id).is_some());

    assert_eq!(simulation.outcome(1, id), Some(true));
    assert_eq!(simulation.parties[0].received, [(id, answer)]);
}

#[test]
fn replies_end_well_over_links_that_lose() {
    for seed in 20..24 {
        let mut simulation = Simulation::new(seed, Faults { loss: 0.01, ..CLEAN }, 2);
        let to = simulation.address(1);
        simulation.send(0, to, b"question".to_vec(), 10);
        simulation.run_until(60, |simulation| !simulation.parties[1].received.is_empty());
        let tag = simulation.parties[1].store.next_received(0).unwrap().unwrap().tag.unwrap();

        let id = simulation.send(1, Destination::Reply(tag), vec![3; 60_000], 0);
        let end = simulation.now + Duration::from_secs(60);
        simulation.run_until(100, |simulation| simulation.outcome(1, id).is_some() || simulation.now > end);

        let state = |number: usize| format!("{:?}", simulation.parties[number].engine.load());
        assert_eq!(simulation.outcome(1, id), Some(true), "seed {seed}: {} {}", state(0), state(1));
    }
}

#[test]
fn a_reply_that_was_altered_on_its_way_arrives_as_nothing() {
    let mut simulation = Simulation::new(30, CLEAN, 2);
    let to = simulation.address(1);
    simulation.send(0, to, b"question".to_vec(), 30);
    simulation.run_until(60, |simulation| !simulation.parties[1].received.is_empty());
    let tag = simulation.parties[1].store.next_received(0).unwrap().unwrap().tag.unwrap();
    let until = simulation.now + Duration::from_secs(5);
    simulation.run_until(60, |simulation| simulation.now > until);
    let before = simulation.parties[0].store.load().unwrap();

    simulation.altered = true;
    let id = simulation.send(1, Destination::Reply(tag), b"answer".to_vec(), 0);
    let until = simulation.now + Duration::from_secs(3);
    simulation.run_until(60, |simulation| simulation.now > until);

    assert!(simulation.replies >= 2, "the gateway cannot tell: it hands every try over");
    let party = &simulation.parties[0];
    let after = party.store.load().unwrap();
    assert!(party.received.is_empty() && party.inbox.is_empty(), "confirmed as garbage, kept nowhere");
    assert_eq!((after.fragments.len(), after.completed.len()), (before.fragments.len(), before.completed.len()));
    assert_eq!(simulation.outcome(1, id), None, "no acknowledgement");

    simulation.altered = false;
    simulation.run_until(60, |simulation| simulation.outcome(1, id).is_some());
    assert_eq!(simulation.outcome(1, id), Some(true), "the next try is a new packet");
    assert_eq!(simulation.parties[0].received, [(id, b"answer".to_vec())]);
}

#[test]
fn a_busy_client_and_an_idle_one_leave_the_same_trace() {
    let mut simulation = Simulation::new(11, CLEAN, 3);
    let to = simulation.address(2);
    // Half a minute of traffic for the first client, none for the second.
    simulation.send(0, to, vec![0; 3_000_000], 0);
    simulation.run_until(60, |simulation| simulation.now > Duration::from_secs(30));
    let gaps = |party: &Party| -> Vec<f64> { party.departures.windows(2).map(|pair| pair[1] - pair[0]).collect() };

    let (busy, idle) = (gaps(&simulation.parties[0]), gaps(&simulation.parties[1]));

    assert!(simulation.parties[2].engine.load().incomplete_bytes > 1_500_000);
    assert!(busy.len() > 1_200 && idle.len() > 1_200);
    let distance = distance(&busy, &idle);
    assert!(distance < one_percent_limit(busy.len(), idle.len()), "{distance}");
}

#[test]
fn packets_of_cover_and_of_messages_have_one_size() {
    let mut simulation = Simulation::new(12, CLEAN, 2);
    let to = simulation.address(1);
    simulation.send(0, to, vec![0; 20_000], 3);
    let now = |simulation: &Simulation| simulation.moment();
    for _ in 0..40 {
        simulation.now += Duration::from_millis(20);
        let now = now(&simulation);
        while let Some(packet) = simulation.parties[0].engine.poll(now, false, &mut simulation.rng) {
            assert_eq!(packet.packet.len(), 2_396);
        }
    }
}

#[test]
fn nobody_can_make_a_client_an_amplifier() {
    let mut simulation = Simulation::new(13, CLEAN, 2);
    let to = simulation.address(1);
    simulation.send(0, to, b"question".to_vec(), 100);
    simulation.run_until(60, |simulation| !simulation.parties[1].received.is_empty());
    let granted = simulation.parties[0].engine.load().own_surbs;
    assert_eq!(granted, 100);

    // The recipient uses every reply block for a request, and gets none for it: its budget is used up.
    let snapshot = simulation.parties[1].store.load().unwrap();
    for row in snapshot.peer_surbs {
        let surb = nym_sphinx::Surb::from_bytes(&row.surb.bytes).unwrap();
        let id = MessageId::random(&mut simulation.rng);
        let fragment = Fragment::cut(id, 0, Kind::SurbRequest, &Body::surb_request(60), Route::Reply).unwrap();
        let plaintext = fragment.to_bytes(Route::Reply);
        let first_hop = *surb.first_hop();
        let packet = surb.into_packet(nym_sphinx::PayloadSize::Regular, &plaintext).unwrap();
        simulation.put(None, first_hop, packet, Duration::ZERO);
    }
    let until = simulation.now + Duration::from_secs(20);
    simulation.run_until(60, |simulation| simulation.now > until);

    assert_eq!(simulation.parties[0].engine.load().own_surbs, 0, "all are used and no new one was made");
}
