//! Points and scalars from bytes: both backends read the same ones and write them back as they were.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nym_coconut::backend::{blst, pure};

fuzz_target!(|data: &[u8]| {
    let Some((which, bytes)) = data.split_first() else { return };
    // What one backend calls malformed the other may call outside the subgroup; whether it is read must be the same.
    match which % 5 {
        0 => {
            let read = blst::decode_g1(bytes, "a point").ok().map(|p| p.to_compressed());
            assert_eq!(read, pure::decode_g1(bytes, "a point").ok().map(|p| p.to_compressed()));
            read.into_iter().for_each(|read| assert_eq!(read[..], *bytes));
        }
        1 => {
            let read = blst::decode_g2(bytes, "a point").ok().map(|p| p.to_compressed());
            assert_eq!(read, pure::decode_g2(bytes, "a point").ok().map(|p| p.to_compressed()));
            read.into_iter().for_each(|read| assert_eq!(read[..], *bytes));
        }
        2 => {
            let read = blst::decode_scalar(bytes, "a scalar").ok().map(|s| blst::encode_scalar(&s));
            assert_eq!(read, pure::decode_scalar(bytes, "a scalar").ok().map(|s| pure::encode_scalar(&s)));
            read.into_iter().for_each(|read| assert_eq!(read[..], *bytes));
        }
        3 => {
            let bytes = &bytes[..bytes.len().min(64)];
            assert_eq!(blst::encode_scalar(&blst::reduce(bytes)), pure::encode_scalar(&pure::reduce(bytes)));
        }
        _ => {
            let identity = |bytes: &[u8]| {
                let read = blst::decode_g1_or_identity(bytes, "a point").ok().map(|p| p.to_compressed());
                assert_eq!(read, pure::decode_g1_or_identity(bytes, "a point").ok().map(|p| p.to_compressed()));
                let read = blst::decode_g2_or_identity(bytes, "a point").ok().map(|p| p.to_compressed());
                assert_eq!(read, pure::decode_g2_or_identity(bytes, "a point").ok().map(|p| p.to_compressed()));
            };
            identity(bytes);
        }
    }
});
