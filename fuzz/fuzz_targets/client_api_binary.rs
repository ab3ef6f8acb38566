//! Binary frames of local programs: what is read spells the same frame again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nym_client::api::binary::{self, request};
use nym_client::api::frames::{Request, RequestId};

fuzz_target!(|frame: &[u8]| {
    let (RequestId::Number(number), Ok(read)) = binary::read(frame) else { return };
    let number = number.to_be_bytes();
    let again = match read {
        Request::Send { recipient, data, reply_surbs } => {
            [&[request::SEND][..], &number, &recipient.to_bytes(), &reply_surbs.to_be_bytes(), &data].concat()
        }
        Request::Reply { sender_tag, data } => [&[request::REPLY][..], &number, &sender_tag.to_bytes(), &data].concat(),
        Request::Confirm { id } => [&[request::CONFIRM][..], &number, &id.to_bytes()].concat(),
        other => panic!("{other:?} has no binary form"),
    };
    assert_eq!(again, frame);
});
