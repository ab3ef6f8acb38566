//! What stands in the columns of a client's database: any values; what can be read starts a client that keeps its bounds.
#![no_main]

#[path = "support/cells.rs"]
mod cells;

use cells::Cells;
use libfuzzer_sys::fuzz_target;
use nym_client_core::engine::{ClientKeys, Engine, Moment};
use nym_client_core::store::fuzzing::Target;
use nym_client_core::ClientConfig;
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;
use rusqlite::types::Value;
use std::sync::LazyLock;
use std::time::Duration;

static KEYS: LazyLock<ClientKeys> = LazyLock::new(|| ClientKeys::generate(&mut ChaCha20Rng::seed_from_u64(1)));
thread_local!(static TARGET: Target = Target::new().expect("an empty database can be made"));

/// A destination: a tag, or an address.
fn destination(cells: &mut Cells<'_>) -> Value {
    cells.mostly(|cells| match cells.byte() {
        0..128 => Value::Blob([vec![1], vec![cells.byte() % 4; 16]].concat()),
        _ => Value::Blob([vec![0], address().to_vec()].concat()),
    })
}

fn address() -> [u8; 96] {
    KEYS.address(KEYS.identity.public_key()).to_bytes()
}

fn row(cells: &mut Cells<'_>) -> (&'static str, Vec<Value>) {
    let own = |cells: &mut Cells<'_>| cells.mostly(|_| Value::Blob(address().to_vec()));
    match cells.byte() % 7 {
        0 => {
            let (seq, id, accepted) = (Value::Null, cells.id(16), cells.number());
            let (destination, kind, body) = (destination(cells), cells.few(), cells.blob());
            ("outgoing", vec![seq, id, accepted, destination, kind, body, cells.blob(), cells.few()])
        }
        1 => ("fragments", vec![cells.id(16), cells.few(), cells.few(), cells.few(), cells.blob()]),
        2 => ("inbox", vec![Value::Null, cells.id(16), cells.number(), cells.blob(), cells.id(16), own(cells)]),
        3 => ("completed", vec![cells.id(16), cells.number()]),
        4 => ("own_surbs", vec![cells.id(16), cells.id(16), cells.number(), cells.blob()]),
        5 => ("peers", vec![cells.id(16), own(cells), cells.number(), cells.number(), cells.number()]),
        // The number is the row's own, which cannot be anything else.
        _ => (
            "peer_surbs",
            vec![Value::Integer(i64::from(cells.byte()) - 8), cells.id(16), cells.number(), cells.blob()],
        ),
    }
}

fuzz_target!(|data: &[u8]| {
    let mut cells = Cells(data);
    let mut rows = Vec::new();
    while !cells.0.is_empty() {
        rows.push(row(&mut cells));
    }
    let snapshot = TARGET.with(|target| target.load(&rows).expect("damaged rows are passed over"));
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let mut now = Moment { mono: Duration::ZERO, unix: 1_800_000_000 };
    let config = ClientConfig::default();
    let limits = config.limits;
    let mut engine = Engine::new(config, KEYS.clone(), KEYS.identity.public_key(), snapshot, now, &mut rng);
    engine.connected(now, &mut rng);
    now.mono += Duration::from_secs(2);
    let _ = engine.poll(now, false, &mut rng);
    assert!(engine.load().incomplete_bytes <= limits.reassembly.bytes);
});
