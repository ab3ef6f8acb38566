//! What a gateway finds in its inbox database: clients and rows with any values in their columns.
#![no_main]

#[path = "support/cells.rs"]
mod cells;

use cells::Cells;
use libfuzzer_sys::fuzz_target;
use nym_gateway::inbox::fuzzing::Target;
use rusqlite::types::Value;

thread_local!(static TARGET: Target = Target::new().expect("an empty database can be made"));

fuzz_target!(|data: &[u8]| {
    let mut cells = Cells(data);
    let (mut clients, mut inbox) = (Vec::new(), Vec::new());
    while !cells.0.is_empty() {
        if cells.byte() % 4 == 0 {
            clients.push(vec![Value::Integer((cells.byte() % 4).into()), cells.id(32)]);
        } else {
            let id = Value::Integer(i64::from(cells.byte()) - 8);
            inbox.push(vec![id, cells.few(), cells.few(), cells.any(), cells.blob()]);
        }
    }
    TARGET.with(|target| target.rows(&clients, &inbox).expect("damaged rows are passed over"));
});
