//! The key that a group generates signs credentials, and a credential outlives the group that signed it.

use std::collections::BTreeMap;

use nym_coconut::backend::{Curve, G2Affine, Group as _, Scalar, G2};
use nym_coconut::dkg::{Announcement, Committee, IndexError, Plan};
use nym_coconut::test_util::{sign_all, Token, EPOCH};
use nym_coconut::{
    Blindings, CredentialType, Group, GroupError, HiddenAttributes, KeyError, OpenSerial, Pending, PublicAttributes,
    SecretKeyShare, SecretScalar,
};

use super::net::{committee, new_key, rng, Misdeed, Run, CHAIN, CONTRACT};

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

fn signers(run: &Run) -> Vec<SecretKeyShare<Token>> {
    run.shares.values().map(|share| SecretKeyShare::from_member(share).unwrap()).collect()
}

fn pending() -> Pending<Token> {
    let hidden = HiddenAttributes::new([SecretScalar::new(&Scalar::from(1234))]).unwrap();
    Pending::new(EPOCH, PublicAttributes::new([Scalar::from(9)]), hidden, Blindings::random(&mut rng(2)))
}

#[test]
fn credentials_of_before_and_after_a_handover_are_of_one_key() {
    let old = Run::new(new_key(7, committee(4)), &[(3, Misdeed::WrongShare)], &BTreeMap::new(), 1100);
    let plan = Plan::hand_over(CHAIN, CONTRACT, 8, old.key_arc(), Committee::new(&[1, 2, 5, 6, 7]).unwrap()).unwrap();
    let new = Run::new(plan, &[(4, Misdeed::Silent)], &old.shares, 1101);
    let groups = [&old, &new].map(|run| Group::<Token>::from_key_generation(run.key(), &announced(run)).unwrap());
    assert_eq!(groups[0].key().to_bytes(), groups[1].key().to_bytes(), "the key stays");

    let asked = pending();
    let mut made = Vec::new();
    for (run, group) in [&old, &new].into_iter().zip(&groups) {
        let signatures = sign_all(&signers(run)[..usize::from(group.threshold())], &asked);
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
    let group = Group::<Token>::from_key_generation(new.key(), &announced(&new)).unwrap();
    let asked = pending();
    let mut mixed = sign_all(&signers(&new)[..3], &asked);
    mixed[1] = sign_all(&signers(&old)[1..2], &asked).remove(0);
    assert_eq!(asked.aggregate(&group, &mixed, &mut rng(4)).unwrap_err().culprits(), [2]);
}

/// What members announce becomes the keys that credentials verify under: only the right ones, of the threshold at least, each member once.
#[test]
fn n08_n09_a_group_is_made_of_right_announcements_of_enough_members() {
    let run = Run::new(new_key(7, committee(5)), &[], &BTreeMap::new(), 1105);
    let key = run.key();
    let right = announced(&run);
    let made = |announcements: &[Announcement]| Group::<Token>::from_key_generation(key, announcements);
    let group = made(&right).unwrap();
    assert_eq!(
        made(&[4, 1, 2, 0].map(|place| right[place].clone())).unwrap().key(),
        group.key(),
        "any t, in any order"
    );

    for few in 0..4 {
        let refused = made(&right[..few]).unwrap_err();
        assert_eq!(refused, GroupError::Threshold { threshold: 4, members: few });
    }
    let twice = [&right[..4], &right[1..2]].concat();
    assert_eq!(made(&twice).unwrap_err(), GroupError::Index(IndexError::Twice { index: 2 }));

    // Another point, the two points exchanged, another member's, and those of another generation.
    let announcement = |index: u16, keys: [G2Affine; 2]| {
        let [one, two] = keys.map(|key| key.to_compressed());
        let head = [&[6][..], &key.epoch().to_be_bytes(), &index.to_be_bytes()].concat();
        Announcement::decode(key, &[&head[..], &one, &two].concat()).unwrap()
    };
    let of = |place: usize| [right[place].keys()[0], right[place].keys()[1]];
    assert_eq!(announcement(3, of(2)), right[2]);
    let [one, two] = of(2);
    let shifted = (G2::from(one) + G2::generator()).to_affine();
    let scaled = [one, two].map(|key| (G2::from(key) * Scalar::from(3)).to_affine());
    let opposite = [shifted, (G2::from(two) - G2::generator()).to_affine()];
    let other = Run::new(new_key(7, committee(5)), &[], &BTreeMap::new(), 1106);
    let stranger = Announcement::new(&other.shares[&3]);
    for wrong in [[shifted, two], [one, shifted], [two, one], scaled, opposite, of(3)]
        .map(|keys| announcement(3, keys))
        .into_iter()
        .chain([stranger])
    {
        let mut announcements = right.clone();
        announcements[2] = wrong;
        let refused = made(&announcements).unwrap_err();
        assert_eq!(refused, GroupError::Key { member: 3, source: KeyError::Mismatch });
    }
}

#[test]
fn n05_a_key_serves_types_of_its_number_of_attributes_only() {
    let run = Run::new(new_key(7, committee(4)), &[], &BTreeMap::new(), 1104);
    let share = &run.shares[&1];
    let wrong = Some(GroupError::Attributes { expected: 3, got: 2 });
    assert_eq!(SecretKeyShare::<Larger>::from_member(share).err(), wrong);
    assert_eq!(Group::<Larger>::from_key_generation(run.key(), &announced(&run)).err(), wrong);
}
