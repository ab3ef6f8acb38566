//! What a validator's API finds in its monitor's database: probes and scores with any values in their columns.
#![no_main]

#[path = "support/cells.rs"]
mod cells;

use cells::Cells;
use libfuzzer_sys::fuzz_target;
use nym_validator_api::fuzzing::Target;
use rusqlite::types::Value;

thread_local!(static TARGET: Target = Target::empty().expect("an API over an empty database can be made"));

fn share(cells: &mut Cells<'_>) -> Value {
    cells.mostly(|cells| Value::Real(f64::from(cells.byte()) / 255.0))
}

fuzz_target!(|data: &[u8]| {
    let mut cells = Cells(data);
    let (mut probes, mut scores) = (Vec::new(), Vec::new());
    while !cells.0.is_empty() {
        if cells.byte() % 4 == 0 {
            let (epoch, node) = (cells.few(), cells.few());
            let shares = [share(&mut cells), share(&mut cells), share(&mut cells)];
            scores.push([vec![epoch, node], shares.to_vec(), vec![cells.number(), cells.number()]].concat());
        } else {
            let id = Value::Integer(i64::from(cells.byte()) - 8);
            let (epoch, sent_at) = (cells.few(), cells.any());
            let path = [cells.few(), cells.few(), cells.few()];
            let gateway = cells.mostly(|_| Value::Text("gateway".into()));
            let overhead = cells.mostly(|cells| match cells.byte() {
                0..100 => Value::Null,
                byte => Value::Integer(byte.into()),
            });
            probes.push([vec![id, epoch, sent_at], path.to_vec(), vec![gateway, overhead]].concat());
        }
    }
    TARGET.with(|target| target.rows(&probes, &scores).expect("damaged rows are passed over"));
});
