//! Secrets: never printed, kept in one encoding. That they are erased, `erasure` shows.

use std::collections::BTreeMap;

use nym_coconut::dkg::{MemberShare, ReceiverSecret};
use nym_coconut::DecodeError;

use super::net::{committee, new_key, rng, Run};

#[test]
fn n14_debug_output_holds_no_byte_of_a_secret() {
    let run = Run::new(new_key(7, committee(4)), &[], &BTreeMap::new(), 800);
    let share = &run.shares[&1];
    let beacon = share.beacon_share();
    let secret = &run.secrets[&1];
    let printed = [
        format!("{share:?}"),
        format!("{beacon:?}"),
        format!("{secret:?}"),
        format!("{:?}", share.x()),
        format!("{:?}", share.y()),
    ]
    .concat();
    assert!(printed.contains("ReceiverSecret(..)"));
    let bytes = [share.to_secret_bytes()[10..].to_vec(), secret.to_secret_bytes().to_vec()].concat();
    let lower = printed.to_lowercase();
    for window in bytes.windows(4) {
        let decimal = window.iter().map(u8::to_string).collect::<Vec<_>>().join(", ");
        assert!(!lower.contains(&hex::encode(window)) && !lower.contains(&decimal), "{printed}");
    }
}

#[test]
fn a_member_goes_on_after_a_crash_with_the_receiver_secret_alone() {
    let run = Run::new(new_key(7, committee(4)), &[], &BTreeMap::new(), 801);
    let kept = run.secrets[&2].to_secret_bytes();
    let again = ReceiverSecret::from_secret_bytes(kept.as_ref()).unwrap();
    let inbox = nym_coconut::dkg::Inbox::open(&run.board, 2, &again, &mut rng(802)).unwrap();
    let share = inbox.finish(run.outcome.as_ref().unwrap()).unwrap();
    assert_eq!(*share.to_secret_bytes(), *run.shares[&2].to_secret_bytes());
}

#[test]
fn secrets_are_read_in_one_encoding_only() {
    assert_eq!(
        ReceiverSecret::from_secret_bytes(&[0; 32]).unwrap_err(),
        DecodeError::Zero { what: "a receiver's secret" }
    );
    assert!(ReceiverSecret::from_secret_bytes(&[0xff; 32]).is_err());
    let run = Run::new(new_key(7, committee(4)), &[], &BTreeMap::new(), 803);
    let bytes = run.shares[&1].to_secret_bytes();
    let mut zero = bytes.to_vec();
    zero[8..10].fill(0);
    assert!(MemberShare::from_secret_bytes(&zero).is_err(), "index 0");
    let mut large = bytes.to_vec();
    large[42..74].fill(0xff);
    assert!(MemberShare::from_secret_bytes(&large).is_err());
    assert!(
        MemberShare::from_secret_bytes(&[&bytes[..], &vec![0; 32 * 20]].concat()).is_err(),
        "more attributes than there are"
    );
}
