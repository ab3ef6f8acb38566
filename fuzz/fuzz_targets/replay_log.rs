//! Replay logs from disk: any bytes, and any records behind a good header.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nym_mixing::replay::{
    encode_header, read_log, Fingerprint, FingerprintKey, LogError, LogHeader, HEADER_BYTES, RECORD_BYTES,
};

const CAPACITY: usize = 64;

fuzz_target!(|data: &[u8]| {
    let Some((kind, bytes)) = data.split_first() else { return };
    if kind % 4 == 0 {
        if let Ok((header, ..)) = read_log(bytes, CAPACITY) {
            assert_eq!(encode_header(&header), bytes[..HEADER_BYTES]);
        }
        return;
    }

    let header = LogHeader { period: u32::from(*kind), key: FingerprintKey::new([*kind; 16]) };
    let mut log = encode_header(&header).to_vec();
    log.extend_from_slice(bytes);
    match read_log(&log[..], CAPACITY) {
        Ok((found, table, report)) => {
            assert_eq!(found.period, header.period);
            assert_eq!(report.valid_bytes + report.torn_bytes, log.len() as u64);
            assert_eq!((report.valid_bytes - HEADER_BYTES as u64) % RECORD_BYTES as u64, 0);
            assert!(table.len() == report.tags && table.len() <= CAPACITY);
            for record in bytes.as_chunks::<RECORD_BYTES>().0 {
                let known = Fingerprint::from_bytes(*record).is_none_or(|record| table.contains(record));
                assert!(known, "every whole record is known");
            }
            let again = read_log(&log[..report.valid_bytes as usize], CAPACITY).expect("what was valid stays so");
            assert_eq!((again.1.len(), again.2.torn_bytes), (table.len(), 0));
        }
        Err(LogError::TooManyTags { .. }) => assert!(bytes.len() > CAPACITY * RECORD_BYTES),
        Err(error) => panic!("{error}"),
    }
});
