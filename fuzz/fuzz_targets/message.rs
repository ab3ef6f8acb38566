//! Whole messages and bodies from bytes: whatever is read is written back the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nym_wire::message::{open_whole, whole, Body, Kind, MAX_SURBS};

fuzz_target!(|data: &[u8]| {
    let Some((what, bytes)) = data.split_first() else { return };
    let kind = Kind::ALL[usize::from(what / 4) % Kind::ALL.len()];
    match what % 4 {
        0 => {
            if let Ok(body) = open_whole(kind, bytes) {
                assert_eq!(whole(kind, body).as_deref(), Ok(bytes));
            }
        }
        1 => {
            let message = whole(kind, bytes).expect("short enough");
            assert_eq!(open_whole(kind, &message), Ok(bytes));
            let mut altered = message.clone();
            let at = usize::from(*what) * 7 % altered.len();
            altered[at] ^= 1 + what % 255;
            assert!(open_whole(kind, &altered).is_err());
        }
        2 => {
            if let Ok((batch, rest)) = Body::read_surbs(bytes) {
                assert!(batch.surbs.len() <= MAX_SURBS);
                assert_eq!(Body::with_surbs(&batch, rest), bytes);
            }
        }
        _ => {
            if let Ok(count) = Body::read_surb_request(bytes) {
                assert_eq!(Body::surb_request(count), bytes);
            }
        }
    }
});
