//! The key that a group generates signs credentials, and a credential outlives the group that signed it.

use std::collections::BTreeMap;

use nym_coconut::backend::Scalar;
use nym_coconut::dkg::{Announcement, Committee, Plan};
use nym_coconut::{
    Blindings, CredentialType, Group, GroupError, HiddenAttributes, OpenSerial, Pending, PublicAttributes,
    SecretKeyShare, SecretScalar,
};

use super::net::{committee, new_key, rng, Misdeed, Run, CHAIN, CONTRACT};

/// One hidden and one public attribute.
struct Ticket;

impl CredentialType for Ticket {
    const LABEL: &'static str = "nym-test-ticket-v1";
    const HIDDEN: usize = 1;
    const PUBLIC: usize = 1;
    type Show = OpenSerial;
}

/// Of another number of attributes than the group's key.
struct Larger;

impl CredentialType for Larger {
    const LABEL: &'static str = "nym-test-larger-v1";
    const HIDDEN: usize = 2;
    const PUBLIC: usize = 1;
    type Show = OpenSerial;
}

fn announced(run: &Run) -> Vec<Announcement> {
    let announcements: Vec<Announcement> = run.shares.values().map(Announcement::new).collect();
    Announcement::verify(run.key(), &announcements, &mut rng(1)).unwrap();
    announcements
}

fn signers(run: &Run) -> Vec<SecretKeyShare<Ticket>> {
    run.shares.values().map(|share| SecretKeyShare::from_member(share).unwrap()).collect()
}

fn pending() -> Pending<Ticket> {
    let hidden = HiddenAttributes::new([SecretScalar::new(&Scalar::from(1234))]).unwrap();
    Pending::new(7, PublicAttributes::new([Scalar::from(9)]), hidden, Blindings::random(&mut rng(2)))
}

#[test]
fn credentials_of_before_and_after_a_handover_are_of_one_key() {
    let old = Run::new(new_key(7, committee(4)), &[(3, Misdeed::WrongShare)], &BTreeMap::new(), 1100);
    let plan = Plan::hand_over(CHAIN, CONTRACT, 8, old.key_arc(), Committee::new(&[1, 2, 5, 6, 7]).unwrap()).unwrap();
    let new = Run::new(plan, &[(4, Misdeed::Silent)], &old.shares, 1101);
    let groups = [&old, &new].map(|run| Group::<Ticket>::from_key_generation(run.key(), &announced(run)).unwrap());
    assert_eq!(groups[0].key().to_bytes(), groups[1].key().to_bytes(), "the key stays");

    let asked = pending();
    let mut made = Vec::new();
    for (run, group) in [&old, &new].into_iter().zip(&groups) {
        let signatures: Vec<_> = signers(run)
            .iter()
            .map(|signer| signer.sign(7, asked.public(), asked.request()).unwrap())
            .take(usize::from(group.threshold()))
            .collect();
        let credential = asked.aggregate(group, &signatures, &mut rng(3)).unwrap();
        assert!(groups.iter().all(|group| credential.verify(group.key())));
        made.push(credential.to_secret_bytes());
    }
    assert_eq!(made[0], made[1], "whichever group signs");
}

#[test]
fn n08_signatures_of_two_generations_do_not_mix() {
    let old = Run::new(new_key(7, committee(4)), &[], &BTreeMap::new(), 1102);
    let plan = Plan::hand_over(CHAIN, CONTRACT, 8, old.key_arc(), committee(4)).unwrap();
    let new = Run::new(plan, &[], &old.shares, 1103);
    let group = Group::<Ticket>::from_key_generation(new.key(), &announced(&new)).unwrap();
    let asked = pending();
    let sign = |signer: &SecretKeyShare<Ticket>| signer.sign(7, asked.public(), asked.request()).unwrap();
    let (before, after) = (signers(&old), signers(&new));
    let mixed = [sign(&after[0]), sign(&before[1]), sign(&after[2])];
    assert_eq!(asked.aggregate(&group, &mixed, &mut rng(4)).unwrap_err().culprits(), [2]);
}

#[test]
fn n05_a_key_serves_types_of_its_number_of_attributes_only() {
    let run = Run::new(new_key(7, committee(4)), &[], &BTreeMap::new(), 1104);
    let share = &run.shares[&1];
    let wrong = Some(GroupError::Attributes { expected: 3, got: 2 });
    assert_eq!(SecretKeyShare::<Larger>::from_member(share).err(), wrong);
    assert_eq!(Group::<Larger>::from_key_generation(run.key(), &announced(&run)).err(), wrong);
}
