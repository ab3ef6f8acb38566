//! A ceremony under random messages from anybody at any time: honest dealers stay, and the group has a key when t of them dealt.
#![no_main]

#[path = "support/dkg.rs"]
#[allow(dead_code)]
mod dkg;

use std::collections::BTreeSet;

use dkg::{message, WORLD};
use libfuzzer_sys::fuzz_target;
use nym_coconut::dkg::{Board, Phase, Verdict};

fuzz_target!(|data: &[u8]| {
    let world = &*WORLD;
    let mut board = Board::new(world.ceremony.clone());
    // Dealers whose first accepted dealing was the honest one.
    let mut honest = BTreeSet::new();
    for step in data.chunks(16) {
        let (what, sender, rest) =
            (step[0] % 8, u16::from(step.get(1).copied().unwrap_or(0) % 6), step.get(2..).unwrap_or(&[]));
        match what {
            0..=2 => {
                // Member 0 and 5 do not exist; their messages are another's.
                let right = &world.dealings[&sender.clamp(1, 4)];
                let bytes = if what == 0 { message(rest, right) } else { right.clone() };
                let early = board.phase() == Phase::Dealing;
                let taken = board.post_dealing(sender, &bytes).is_ok();
                assert!(!taken || (early && (1..=4).contains(&sender)));
                if taken && bytes == *right {
                    honest.insert(sender);
                }
            }
            3 => board.close_dealing(),
            4 | 5 => {
                let bytes = if what == 4 { message(rest, &world.complaint) } else { world.complaint.clone() };
                if let Ok(verdict) = board.post_complaint(sender, &bytes) {
                    assert!(board.phase() == Phase::Complaints && !matches!(verdict, Verdict::Upheld { .. }));
                }
            }
            6 => board.close(),
            _ => assert!(board.phase() == Phase::Over || board.outcome().is_err()),
        }
    }
    board.close();
    for dealer in 1..=4u16 {
        assert_eq!(board.dealing(dealer).is_some(), honest.contains(&dealer));
        assert_eq!(board.faults().contains_key(&dealer), !honest.contains(&dealer));
    }
    assert_eq!(board.outcome().is_ok(), honest.len() >= 3);
});
