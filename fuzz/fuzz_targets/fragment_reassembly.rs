//! Fragments of a few messages in any order, repeated, contradicting and lost, against a model of what may come out.
#![no_main]

use std::collections::HashMap;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use nym_wire::ids::MessageId;
use nym_wire::reassembly::{Fragment, Outcome, Reassembly, ReassemblyLimits};

/// Small on purpose: a fragment here is eight bytes, and the budget holds a handful of messages.
const CAPACITY: usize = 8;
const LIMITS: ReassemblyLimits =
    ReassemblyLimits { bytes: 4_096, fragments: 16, idle: Duration::from_secs(20), completed: 4 };

/// What was accepted of a message: how many fragments, of which kind, and the first copy of each.
#[derive(Default)]
struct Model {
    count: u16,
    kind: u8,
    parts: HashMap<u16, Vec<u8>>,
}

fuzz_target!(|data: &[u8]| {
    let mut reassembly = Reassembly::new(LIMITS);
    let mut model: HashMap<MessageId, Model> = HashMap::new();
    let mut now = Duration::ZERO;

    for step in data.chunks_exact(6) {
        let [op, id, index, count, fill, length] = *step else { continue };
        now += Duration::from_secs(u64::from(op >> 5));
        let id = MessageId::from_bytes([id % 8; 16]);
        match op % 8 {
            0 => {
                reassembly.remember(id, now.as_secs() + 30);
                assert!(reassembly.is_completed(&id));
                model.remove(&id);
            }
            1 => {
                let (given_up, forgotten) = reassembly.expire(now, now.as_secs());
                given_up.iter().for_each(|id| assert!(model.remove(id).is_some()));
                forgotten.iter().for_each(|id| assert!(!reassembly.is_completed(id)));
            }
            _ => {
                // Mostly positions that make sense; sometimes any.
                let (index, count) = match op % 8 {
                    2 => (u16::from(index), u16::from(count) * 257),
                    _ => (u16::from(index % 4), u16::from(count % 4) + 1),
                };
                let length = if op % 8 == 3 || index + 1 == count { usize::from(length) % 10 } else { CAPACITY };
                let bytes = vec![fill; length];
                let fragment = Fragment { id, index, count, kind: fill % 2, capacity: CAPACITY, data: &bytes };
                take(&mut reassembly, &mut model, fragment, now);
            }
        }
        assert!(reassembly.bytes() <= LIMITS.bytes);
        assert_eq!(reassembly.incomplete(), model.len());
    }
});

fn take(reassembly: &mut Reassembly, model: &mut HashMap<MessageId, Model>, fragment: Fragment<'_>, now: Duration) {
    let (outcome, evicted) = reassembly.insert(fragment, now);
    let entry = model.get(&fragment.id);
    let agrees = entry.is_none_or(|entry| entry.count == fragment.count && entry.kind == fragment.kind);
    match outcome {
        Outcome::Stored => {
            assert!(agrees && !reassembly.is_completed(&fragment.id));
            let entry = model.entry(fragment.id).or_default();
            (entry.count, entry.kind) = (fragment.count, fragment.kind);
            assert!(entry.parts.insert(fragment.index, fragment.data.to_vec()).is_none(), "stored twice");
            assert!(entry.parts.len() < usize::from(entry.count));
        }
        Outcome::Complete(message) => {
            let mut entry = model.remove(&fragment.id).unwrap_or_default();
            assert!(agrees);
            entry.parts.insert(fragment.index, fragment.data.to_vec());
            let expected: Vec<u8> =
                (0..fragment.count).flat_map(|index| entry.parts.remove(&index).expect("whole")).collect();
            assert_eq!(message, expected, "the first copy of each fragment, in order");
        }
        Outcome::Duplicate => {
            let here = entry.is_some_and(|entry| entry.parts.contains_key(&fragment.index));
            assert!(here || reassembly.is_completed(&fragment.id));
        }
        Outcome::Refused(_) => {}
    }
    for id in evicted {
        assert_ne!(id, fragment.id, "what was stored just now stays");
        assert!(model.remove(&id).is_some());
    }
}
