//! Shows in other places than they were made for, and parts of a payment in other places of it.

use ed25519_dalek::SigningKey;
use nym_coconut::test_util::issue;
use nym_coconut::{
    verify_batch, verify_open_batch, BatchError, DecodeError, HiddenAttributes, OneTimeKey, OpenShow, SecretKeyShare,
    ShowError,
};

use crate::forger::pay;
use crate::rejects::with;
use crate::support::{full_credential, full_public, rng, spend, token, token_public, Full, Token, CONTEXT, ELSEWHERE};

#[test]
fn n_03_no_two_parts_of_a_payment_can_be_exchanged_and_none_is_longer_or_shorter() {
    let rng = &mut rng(120);
    let (shares, group) = SecretKeyShare::<Token>::deal(3, 3, rng).unwrap();
    let info = group.key().prepare(&token_public());
    let other = spend(&shares, &group, rng);
    let key = OneTimeKey::from_seed(&[9; 32]);
    let hidden = HiddenAttributes::new([key.serial()]).unwrap();
    let credential = issue(&shares, &group, &token_public(), hidden, rng);
    let bytes = credential.spend(&key, CONTEXT, rng).unwrap().to_bytes();

    // h' and s' in each other's place: by somebody on the way, and by the payer, who signs that.
    let (h, s) = (&bytes[..48], &bytes[48..96]);
    let exchanged = [s, h, &bytes[96..]].concat();
    let signed = pay(&SigningKey::from_bytes(&[9; 32]), s.try_into().unwrap(), h.try_into().unwrap());
    for (exchanged, refusal) in [(exchanged, ShowError::Signature), (signed, ShowError::Credential)] {
        let read = OpenShow::<Token>::from_bytes(&exchanged).unwrap();
        assert_eq!(read.verify(&info, CONTEXT), Err(refusal));
        let items = [(&other, &info, CONTEXT), (&read, &info, CONTEXT)];
        assert_eq!(verify_open_batch(&items, rng), Err(BatchError { bad: vec![1] }));
    }
    // The key, R and s of the signature: where they have an encoding in the other's place, they are no signature.
    for (a, b) in [(96, 128), (128, 160), (96, 160)] {
        let exchanged = with(&with(&bytes, a, &bytes[b..b + 32]), b, &bytes[a..a + 32]);
        if let Ok(read) = OpenShow::<Token>::from_bytes(&exchanged) {
            assert_eq!(read.verify(&info, CONTEXT), Err(ShowError::Signature));
        }
    }
    for length in [0, 96, 144, 160, 191, 193, 224, 240] {
        let mut resized = bytes.to_vec();
        resized.resize(length, 0);
        assert!(matches!(OpenShow::<Token>::from_bytes(&resized), Err(DecodeError::Length { .. })));
    }
}

#[test]
fn n_07_a_payment_serves_one_chain_contract_payee_and_type_alone_and_in_a_batch() {
    let rng = &mut rng(121);
    let (shares, group) = SecretKeyShare::<Token>::deal(3, 3, rng).unwrap();
    let info = group.key().prepare(&token_public());
    let (key, credential) = token(&shares, &group, &token_public(), rng);
    let (other, show) = (spend(&shares, &group, rng), credential.spend(&key, CONTEXT, rng).unwrap());
    show.verify(&info, CONTEXT).unwrap();
    for elsewhere in ELSEWHERE {
        assert_eq!(show.verify(&info, elsewhere), Err(ShowError::Signature));
        let items = [(&other, &info, CONTEXT), (&show, &info, elsewhere)];
        assert_eq!(verify_open_batch(&items, rng), Err(BatchError { bad: vec![1] }));
        // Beside itself where it belongs, before and behind.
        let mut items = [(&show, &info, CONTEXT), (&show, &info, elsewhere)];
        assert_eq!(verify_open_batch(&items, rng), Err(BatchError { bad: vec![1] }));
        items.reverse();
        assert_eq!(verify_open_batch(&items, rng), Err(BatchError { bad: vec![0] }));
        // Its payer signs the same serial for somebody else: right alone, and named beside the first.
        let again = credential.spend(&key, elsewhere, rng).unwrap();
        again.verify(&info, elsewhere).unwrap();
        let items = [(&show, &info, CONTEXT), (&other, &info, CONTEXT), (&again, &info, elsewhere)];
        assert_eq!(verify_open_batch(&items, rng), Err(BatchError { bad: vec![2] }));
    }
}

#[test]
fn n_07_selective_shows_replayed_in_a_batch_are_named() {
    let rng = &mut rng(122);
    let (shares, group) = SecretKeyShare::<Full>::deal(3, 3, rng).unwrap();
    let [one, two] = [(); 2].map(|()| full_credential(&shares, &group, rng).show(group.key(), b"gateway 1", rng));
    let public = full_public();
    let (here, there) = (&b"gateway 1"[..], &b"gateway 2"[..]);
    let items = [(&one, &public, there), (&two, &public, here), (&one, &public, here), (&one, &public, here)];
    assert_eq!(verify_batch(group.key(), &items, rng), Err(BatchError { bad: vec![0, 3] }));
    // Under a key that is not its own.
    let (_, other) = SecretKeyShare::<Full>::deal(3, 3, rng).unwrap();
    assert_eq!(verify_batch(other.key(), &items[1..3], rng), Err(BatchError { bad: vec![0, 1] }));
}
