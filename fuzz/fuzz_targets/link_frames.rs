//! Frames of a link from bytes, and messages cut out of a stream however it is split.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nym_wire::link::LinkFrames;
use nym_wire::noise::stream::StreamDecoder;

fuzz_target!(|data: &[u8]| {
    let Some((split, bytes)) = data.split_first() else { return };

    if let Ok(frames) = LinkFrames::parse(bytes) {
        let mut again = Vec::new();
        frames.for_each(|frame| frame.encode(&mut again));
        assert_eq!(again, bytes, "a message has one spelling");
    }

    let whole = messages(&mut StreamDecoder::new(), std::iter::once(bytes));
    let pieces = messages(&mut StreamDecoder::new(), bytes.chunks(usize::from(*split).max(1)));
    assert_eq!(whole, pieces, "cuts do not matter");
});

fn messages<'a>(decoder: &mut StreamDecoder, pieces: impl Iterator<Item = &'a [u8]>) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        while let Some(message) = decoder.next_message() {
            messages.push(message.to_vec());
        }
    }
    messages
}
