//! What a client finds in its database: any rows, however damaged, start a client that keeps its bounds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nym_client_core::engine::{ClientKeys, Delivery, Engine, Moment};
use nym_client_core::store::{Destination, FragmentRow, OutgoingRow, OwnSurbRow, PeerSurbRow, Snapshot};
use nym_client_core::surbs::{OwnSurb, StoredSurb};
use nym_client_core::{ClientConfig, MessageId, SenderTag};
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;
use std::sync::LazyLock;
use std::time::Duration;

static KEYS: LazyLock<ClientKeys> = LazyLock::new(|| ClientKeys::generate(&mut ChaCha20Rng::seed_from_u64(1)));

/// Takes fields from the front of the input; zeroes when it is used up.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        let take = self.0.len().min(N);
        bytes[..take].copy_from_slice(&self.0[..take]);
        self.0 = &self.0[take..];
        bytes
    }

    fn byte(&mut self) -> u8 {
        self.array::<1>()[0]
    }

    fn bytes(&mut self) -> Vec<u8> {
        let length = usize::from(u16::from_be_bytes(self.array()) % 3_000);
        let take = self.0.len().min(length);
        let mut bytes = self.0[..take].to_vec();
        self.0 = &self.0[take..];
        bytes.resize(length, 7);
        bytes
    }
}

fuzz_target!(|data: &[u8]| {
    if let Ok(destination) = Destination::from_bytes(data) {
        assert_eq!(destination.to_bytes(), data);
    }
    let mut fields = Fields(data);
    let mut snapshot = Snapshot::default();
    while !fields.0.is_empty() {
        // Few ids, so that rows meet.
        let id = MessageId::from_bytes([fields.byte() % 4; 16]);
        let tag = SenderTag::from_bytes([fields.byte() % 4; 16]);
        match fields.byte() % 5 {
            0 => snapshot.fragments.push(FragmentRow {
                id,
                index: u16::from_be_bytes(fields.array()),
                count: u16::from_be_bytes(fields.array()),
                kind: fields.byte(),
                data: fields.bytes(),
            }),
            1 => snapshot.outgoing.push(OutgoingRow {
                id,
                accepted: u64::from_be_bytes(fields.array()),
                destination: Destination::Reply(tag),
                kind: fields.byte(),
                body: fields.bytes().into(),
                delivered: fields.bytes(),
                visible: true,
            }),
            2 => snapshot.completed.push((id, u64::from_be_bytes(fields.array()))),
            3 => snapshot.own_surbs.push(OwnSurbRow {
                identifier: fields.array(),
                surb: OwnSurb { tag, expires: u64::from_be_bytes(fields.array()), secret: fields.bytes().into() },
            }),
            _ => snapshot.peer_surbs.push(PeerSurbRow {
                tag,
                surb: StoredSurb {
                    number: u64::from_be_bytes(fields.array()),
                    expires: u64::from_be_bytes(fields.array()),
                    bytes: fields.bytes(),
                },
            }),
        }
    }
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let mut now = Moment { mono: Duration::ZERO, unix: 1_800_000_000 };
    let config = ClientConfig::default();
    let limits = config.limits;
    let gateway = KEYS.identity.public_key();
    let mut engine = Engine::new(config, KEYS.clone(), gateway, snapshot, now, &mut rng);
    engine.connected(now, &mut rng);
    engine.deliver(Delivery::Sealed { row: 1, bytes: data.to_vec() }, now);
    engine.deliver(Delivery::Ack([0; 16]), now);
    now.mono += Duration::from_secs(2);
    let _ = engine.poll(now, false, &mut rng);
    assert!(engine.load().incomplete_bytes <= limits.reassembly.bytes);
});
