//! Layout of fragments and messages: what is written is read, everything else is refused by name.

use super::support::rng;
use nym_wire::bytes::ParseError;
use nym_wire::fragment::{reply_ack_id, Fragment, Route, MAX_FRAGMENTS};
use nym_wire::ids::{MessageId, SenderTag};
use nym_wire::message::{
    open_whole, whole, Body, Kind, MessageError, SurbBatch, MAX_MESSAGE, MAX_REPLY_ACKS, MAX_SURBS, MAX_WHOLE,
};
use nym_wire::sizes::{FORWARD_DATA, SURB};
use proptest::prelude::*;
use rand::Rng as _;

const ID: MessageId = MessageId::from_bytes([9; 16]);

fn valid(route: Route) -> Vec<u8> {
    Fragment::cut(ID, 1, Kind::Message, &[7; 2_100], route).unwrap().to_bytes(route)
}

/// A valid fragment with other bytes at a place.
fn with(route: Route, at: usize, bytes: &[u8]) -> Result<Fragment, ParseError> {
    let mut fragment = valid(route);
    fragment[at..at + bytes.len()].copy_from_slice(bytes);
    Fragment::from_bytes(&fragment, route)
}

#[test]
fn malformed_fragments_are_refused_by_name() {
    for route in [Route::Forward, Route::Reply] {
        let (index, count, kind, used) = (16, 18, 20, 21);
        let all = |value: u16| value.to_be_bytes();

        assert!(Fragment::from_bytes(&valid(route), route).is_ok());
        let out_of_range = |result| matches!(result, Err(ParseError::OutOfRange { .. }));
        assert!(out_of_range(with(route, count, &all(0))), "no fragments");
        assert!(out_of_range(with(route, count, &all(MAX_FRAGMENTS + 1))), "more fragments than any message has");
        assert!(out_of_range(with(route, index, &all(9_999))), "index not below count");
        assert!(out_of_range(with(route, used, &all(u16::MAX))), "more used than there is");
        assert!(out_of_range(with(route, used, &all(0))), "an empty last fragment of several");
        assert!(out_of_range(with(route, index, &all(0))), "a fragment that is not the last and not full");
        assert!(matches!(with(route, kind, &[6]), Err(ParseError::UnknownType { value: 6, .. })));
        assert!(matches!(with(route, used, &all(50)), Err(ParseError::DirtyPadding { .. })));
        for wrong in [0, 22, route.fragment_length() - 1, route.fragment_length() + 1] {
            let bytes = vec![0; wrong];
            assert!(matches!(Fragment::from_bytes(&bytes, route), Err(ParseError::WrongLength { .. })), "{wrong}");
        }
    }
}

#[test]
fn a_fragment_of_one_route_is_none_of_the_other() {
    assert!(Fragment::from_bytes(&valid(Route::Forward), Route::Reply).is_err());
    assert!(Fragment::from_bytes(&valid(Route::Reply), Route::Forward).is_err());
}

#[test]
fn the_largest_message_has_as_many_fragments_as_are_allowed() {
    let largest = vec![0; MAX_WHOLE];

    assert_eq!(MAX_FRAGMENTS, 7_098);
    assert!(Fragment::cut(ID, MAX_FRAGMENTS - 1, Kind::Message, &largest, Route::Forward).is_some());
    assert!(Fragment::cut(ID, MAX_FRAGMENTS, Kind::Message, &largest, Route::Forward).is_none());
    let too_large = vec![0; usize::from(MAX_FRAGMENTS) * FORWARD_DATA + 1];
    assert!(Fragment::cut(ID, 0, Kind::Message, &too_large, Route::Forward).is_none());
}

#[test]
fn only_an_empty_message_has_an_empty_fragment() {
    let only = Fragment::cut(ID, 0, Kind::Message, &[], Route::Forward).unwrap();

    assert_eq!((only.index, only.count, only.data()), (0, 1, &[][..]));
    assert!(Fragment::cut(ID, 1, Kind::Message, &[1; FORWARD_DATA], Route::Forward).is_none());
}

#[test]
fn cover_and_messages_have_the_same_size() {
    for route in [Route::Forward, Route::Reply] {
        assert_eq!(Fragment::cover(ID).to_bytes(route).len(), valid(route).len());
    }
    assert_eq!(Fragment::cover(ID).single(Kind::Cover), Some(&[][..]));
    assert_eq!(Fragment::cover(ID).single(Kind::Message), None);
}

#[test]
fn ids_of_reply_acknowledgements_differ_by_message_and_place() {
    let other = MessageId::from_bytes([8; 16]);
    let ids = [reply_ack_id(ID, 0), reply_ack_id(ID, 1), reply_ack_id(other, 0), reply_ack_id(other, 1)];

    assert!((0..4).all(|a| (0..a).all(|b| ids[a] != ids[b])));
}

#[test]
fn a_whole_message_with_any_byte_altered_is_refused() {
    let message = whole(Kind::Message, &[3; 100]).unwrap();

    for at in 0..message.len() {
        let mut altered = message.clone();
        altered[at] ^= 1 << (at % 8);
        assert!(open_whole(Kind::Message, &altered).is_err(), "byte {at}");
    }
    for length in 0..message.len() {
        assert!(open_whole(Kind::Message, &message[..length]).is_err(), "cut to {length}");
    }
    let longer = [message.as_slice(), &[0]].concat();
    assert_eq!(
        open_whole(Kind::Message, &longer),
        Err(MessageError::Malformed(ParseError::Trailing { what: "message", extra: 1 }))
    );
    assert_eq!(open_whole(Kind::MessageWithSurbs, &message), Err(MessageError::WrongDigest(100)), "another kind");
}

#[test]
fn a_length_that_nobody_may_send_is_refused_before_anything_is_read() {
    let mut message = whole(Kind::Message, b"x").unwrap();
    message[..4].copy_from_slice(&u32::MAX.to_be_bytes());

    assert!(matches!(
        open_whole(Kind::Message, &message),
        Err(MessageError::Malformed(ParseError::OutOfRange { field: "length of a message", .. }))
    ));
    assert!(whole(Kind::Message, &vec![0; MAX_WHOLE]).is_err());
    assert!(whole(Kind::Message, &vec![0; MAX_MESSAGE]).is_ok());
}

fn batch(count: usize) -> SurbBatch {
    let tag = SenderTag::from_bytes([4; 16]);
    SurbBatch { tag, expires: 1_700_000_000, surbs: vec![vec![5; SURB]; count] }
}

#[test]
fn malformed_bodies_are_refused_by_name() {
    let surbs = Body::surbs(&batch(2));
    assert!(matches!(Body::read_surbs(&surbs[..surbs.len() - 1]), Err(ParseError::Truncated { missing: 1, .. })));
    assert!(matches!(Body::read_surbs(&surbs[..25]), Err(ParseError::Truncated { .. })));
    let many = Body::surbs(&batch(MAX_SURBS + 1));
    assert!(matches!(Body::read_surbs(&many), Err(ParseError::OutOfRange { field: "number of reply blocks", .. })));

    assert!(matches!(Body::read_surb_request(&[1]), Err(ParseError::Truncated { .. })));
    assert!(matches!(Body::read_surb_request(&[1, 2, 3]), Err(ParseError::Trailing { extra: 1, .. })));

    assert!(matches!(Body::read_reply_acks(&[]), Err(ParseError::OutOfRange { .. })));
    assert!(matches!(Body::read_reply_acks(&[1; 17]), Err(ParseError::Trailing { extra: 1, .. })));
    let too_many = vec![1; (MAX_REPLY_ACKS + 1) * 16];
    assert!(matches!(Body::read_reply_acks(&too_many), Err(ParseError::OutOfRange { .. })));
}

#[test]
fn control_messages_of_full_size_fit_one_packet() {
    assert!(Body::surbs(&batch(3)).len() <= FORWARD_DATA);
    assert!(Body::reply_acks(&[[1; 16]; MAX_REPLY_ACKS]).len() <= FORWARD_DATA);
}

proptest! {
    #[test]
    fn a_message_survives_cutting(length in 0usize..20_000, seed: u64, reply: bool) {
        let route = if reply { Route::Reply } else { Route::Forward };
        let mut body = vec![0; length];
        rng(seed).fill(body.as_mut_slice());
        let message = whole(Kind::Message, &body).unwrap();

        let mut joined = Vec::new();
        let count = Fragment::cut(ID, 0, Kind::Message, &message, route).unwrap().count;
        for index in 0..count {
            let bytes = Fragment::cut(ID, index, Kind::Message, &message, route).unwrap().to_bytes(route);
            joined.extend_from_slice(Fragment::from_bytes(&bytes, route).unwrap().data());
        }

        prop_assert_eq!(open_whole(Kind::Message, &joined).unwrap(), body.as_slice());
    }

    #[test]
    fn reply_blocks_and_text_are_read_back(count in 0..=MAX_SURBS, text: Vec<u8>) {
        let body = Body::with_surbs(&batch(count), &text);
        let (read, rest) = Body::read_surbs(&body).unwrap();

        prop_assert_eq!(read, batch(count));
        prop_assert_eq!(rest, text.as_slice());
    }

    #[test]
    fn random_bytes_read_as_fragments_only_in_their_one_spelling(bytes in prop::collection::vec(any::<u8>(), 1_506)) {
        if let Ok(fragment) = Fragment::from_bytes(&bytes, Route::Forward) {
            prop_assert_eq!(fragment.to_bytes(Route::Forward), bytes);
        }
    }
}
