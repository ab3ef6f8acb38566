//! Whole ceremonies: up to n − t members misbehave and the group has its key; up to t − 1, and nobody is deceived.

use std::collections::BTreeMap;
use std::ops::Range;

use nym_coconut::dkg::{Committee, OutcomeError, Plan};

use super::net::{committee, new_key, Misdeed, Run, CHAIN, CONTRACT};

const DEALING: [Misdeed; 14] = [
    Misdeed::Silent,
    Misdeed::Late,
    Misdeed::WrongShare,
    Misdeed::WrongBeaconShare,
    Misdeed::HigherDegree,
    Misdeed::MoreCommitments,
    Misdeed::IdentityCommitment,
    Misdeed::NotOnCurve,
    Misdeed::BadScalar,
    Misdeed::SmallOrderNonce,
    Misdeed::BadProof,
    Misdeed::CopiedDealing,
    Misdeed::CopiedNonce,
    Misdeed::WrongShareAndComplaints,
];

const OTHERS: [Misdeed; 4] =
    [Misdeed::Absent, Misdeed::FalseComplaint, Misdeed::WrongComplaintProof, Misdeed::LateComplaint];

fn check(run: &Run, boards: usize) {
    run.assert_culprits();
    run.assert_accusations_decide();
    run.assert_no_honest_share_is_open();
    run.assert_shares_make_the_key();
    run.assert_boards_agree(boards);
}

/// Hands the key of a run to another group while some dealers misbehave, and checks that it stays.
fn hand_over(old: &Run, members: &[u16], misdeeds: &[(u16, Misdeed)], seed: u64) -> Run {
    let plan = Plan::hand_over(CHAIN, CONTRACT, old.key().epoch() + 1, old.key_arc(), Committee::new(members).unwrap())
        .unwrap();
    let run = Run::new(plan, misdeeds, &old.shares, seed);
    check(&run, 1);
    assert_eq!(run.key().alpha(), old.key().alpha());
    assert_eq!(run.key().beta(), old.key().beta());
    assert_eq!(run.key().beacon_key(), old.key().beacon_key());
    assert_ne!(run.key().commitments(), old.key().commitments());
    for (index, share) in &run.shares {
        if let Some(before) = old.shares.get(index) {
            assert_ne!(share.public(), before.public(), "a share is new");
        }
    }
    run
}

#[test]
fn four_members_make_a_key_whatever_one_of_them_does() {
    for (seed, misdeed) in (100..).zip(DEALING.into_iter().chain(OTHERS)) {
        let run = Run::new(new_key(7, committee(4)), &[(2, misdeed)], &BTreeMap::new(), seed);
        check(&run, 3);
    }
}

#[test]
fn four_members_hand_their_key_over_and_refresh_it_whatever_one_of_them_does() {
    let run = Run::new(new_key(7, committee(4)), &[], &BTreeMap::new(), 150);
    let secret = run.reconstruct(&[1, 2, 3]);
    // Whoever is absent receives no share, and the group of three that is left bears nobody else who misbehaves.
    let all = DEALING.into_iter().chain(OTHERS).chain([Misdeed::OtherSecret]).filter(|m| *m != Misdeed::Absent);
    for (seed, misdeed) in (151..).zip(all) {
        let handed = hand_over(&run, &[2, 3, 4, 5], &[(2, misdeed)], seed);
        let refreshed = hand_over(&handed, &[2, 3, 4, 5], &[(4, misdeed)], seed + 50);
        assert_eq!(refreshed.reconstruct(&refreshed.key().holders()[..3]), secret);
    }
}

/// Dealers who know each other's logarithm of R, so that their proofs hold, in a handover and in a refresh; a third one is borne beside them.
#[test]
fn a_repeated_r_with_valid_proofs_excludes_those_who_share_it_in_a_handover_too() {
    let run = Run::new(new_key(7, committee(10)), &[], &BTreeMap::new(), 170);
    let two = [(3, Misdeed::SharedNonce), (8, Misdeed::SharedNonce)];
    let handed = hand_over(&run, &[2, 3, 4, 5, 6, 7, 8, 9, 10, 11], &[two[0], two[1], (9, Misdeed::WrongShare)], 171);
    let three = [two[0], two[1], (11, Misdeed::SharedNonce)];
    let refreshed = hand_over(&handed, handed.key().holders(), &three, 172);
    let secret = run.reconstruct(&run.key().holders()[..7]);
    assert_eq!(refreshed.reconstruct(&refreshed.key().holders()[3..]), secret);
}

#[test]
fn ten_members_make_a_key_whatever_three_of_them_do_and_hand_it_over() {
    let together = [
        [Misdeed::SharedNonce, Misdeed::SharedNonce, Misdeed::WrongShare],
        [Misdeed::CopiedNonce, Misdeed::WrongShareAndComplaints, Misdeed::CopiedDealing],
        [Misdeed::Absent, Misdeed::FalseComplaint, Misdeed::HigherDegree],
    ];
    for (seed, misdeeds) in (200..).zip(together) {
        let run = Run::new(
            new_key(7, committee(10)),
            &[(1, misdeeds[0]), (6, misdeeds[1]), (10, misdeeds[2])],
            &BTreeMap::new(),
            seed,
        );
        check(&run, 2);
        let handed = hand_over(
            &run,
            &[2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14],
            &[(4, Misdeed::OtherSecret), (8, Misdeed::WrongBeaconShare), (12, Misdeed::FalseComplaint)],
            seed + 50,
        );
        let shrunk = hand_over(&handed, &[3, 5, 7, 11, 13], &[(7, Misdeed::WrongShare)], seed + 70);
        let refreshed = hand_over(&shrunk, &[3, 5, 7, 11, 13], &[(13, Misdeed::Silent)], seed + 80);
        let secret = run.reconstruct(&run.key().holders()[..run.key().threshold()]);
        let holders = refreshed.key().holders();
        assert_eq!(refreshed.reconstruct(&holders[holders.len() - refreshed.key().threshold()..]), secret);
    }
}

#[test]
fn thirty_one_members_make_a_key_whatever_ten_of_them_do() {
    with_every_misdeed(31, 300);
}

#[test]
#[ignore = "minutes: run by scripts/test-long"]
fn a_hundred_members_make_a_key_whatever_thirty_three_of_them_do() {
    with_every_misdeed(100, 400);
}

/// n − t members do as many different things as there are.
fn with_every_misdeed(size: u16, seed: u64) {
    let all = [Misdeed::SharedNonce, Misdeed::SharedNonce].into_iter().chain(OTHERS.into_iter().skip(1));
    let bad = usize::from(size) - committee(size).threshold();
    let step = size / u16::try_from(bad).unwrap();
    // Different misdeeds in each handover: the list goes on where it ended.
    let mut list = all.chain(DEALING).collect::<Vec<_>>().into_iter().cycle();
    let mut some = |members: &[u16]| -> Vec<(u16, Misdeed)> {
        members.iter().step_by(usize::from(step)).take(bad).map(|&index| (index, list.next().unwrap())).collect()
    };
    let members: Vec<u16> = (1..=size).collect();
    let mut misdeeds = some(&members);
    misdeeds[0].1 = Misdeed::SharedNonce;
    misdeeds[1].1 = Misdeed::SharedNonce;
    let run = Run::new(new_key(9, committee(size)), &misdeeds, &BTreeMap::new(), seed);
    check(&run, 3);

    // A third of the group is replaced; as many dealers as the old group can bear misbehave.
    let next: Vec<u16> = (size / 3..=size + size / 3).collect();
    let mut misdeeds = some(run.key().holders());
    // One alone would repeat nobody's R.
    misdeeds[0].1 = Misdeed::SharedNonce;
    misdeeds[1].1 = Misdeed::SharedNonce;
    hand_over(&run, &next, &misdeeds, seed + 1);
}

#[test]
fn more_than_n_minus_t_culprits_end_a_ceremony_without_a_key_and_are_named() {
    let misdeeds = [(1, Misdeed::Silent), (2, Misdeed::WrongShare), (3, Misdeed::BadProof), (4, Misdeed::CopiedNonce)];
    let run = Run::new(new_key(7, committee(10)), &misdeeds, &BTreeMap::new(), 500);

    assert_eq!(
        run.outcome.as_ref().unwrap_err(),
        &OutcomeError::TooFewQualified { qualified: 6, required: 7, culprits: vec![1, 2, 3, 4] }
    );
    run.assert_culprits();
    run.assert_no_honest_share_is_open();
    run.assert_boards_agree(2);
}

#[test]
fn up_to_t_minus_one_members_open_no_honest_share_and_split_nobody() {
    let worlds: [(u16, &[(u16, Misdeed)]); 6] = [
        (4, &[(1, Misdeed::FalseComplaint), (3, Misdeed::WrongShareAndComplaints)]),
        (4, &[(2, Misdeed::CopiedNonce), (4, Misdeed::CopiedDealing)]),
        (
            10,
            &[
                (1, Misdeed::WrongShareAndComplaints),
                (2, Misdeed::FalseComplaint),
                (3, Misdeed::CopiedNonce),
                (4, Misdeed::WrongComplaintProof),
                (5, Misdeed::CopiedDealing),
                (6, Misdeed::HigherDegree),
            ],
        ),
        (
            10,
            &[
                (5, Misdeed::FalseComplaint),
                (6, Misdeed::FalseComplaint),
                (7, Misdeed::LateComplaint),
                (8, Misdeed::WrongComplaintProof),
                (9, Misdeed::WrongComplaintProof),
                (10, Misdeed::WrongShareAndComplaints),
            ],
        ),
        // All deal right and lie afterwards: the group has a key and they hold t − 1 shares of it.
        (10, &liars::<6>()),
        (31, &liars::<20>()),
    ];
    for (seed, (size, misdeeds)) in (600..).zip(worlds) {
        deceive(size, misdeeds, seed);
    }
}

/// The first members complain about right shares, each in its own way.
fn liars<const N: usize>() -> [(u16, Misdeed); N] {
    let ways = [Misdeed::FalseComplaint, Misdeed::WrongComplaintProof, Misdeed::LateComplaint];
    std::array::from_fn(|i| (u16::try_from(i).unwrap() + 1, ways[i % 3]))
}

#[test]
fn twenty_of_thirty_one_members_that_misdeal_in_every_way_open_no_honest_share_and_split_nobody() {
    deceive(31, &in_every_way(5..25), 650);
}

#[test]
#[ignore = "minutes: run by scripts/test-long"]
fn sixty_six_of_a_hundred_members_that_misdeal_in_every_way_open_no_honest_share_and_split_nobody() {
    deceive(100, &in_every_way(20..86), 660);
}

#[test]
#[ignore = "minutes: run by scripts/test-long"]
fn sixty_six_of_a_hundred_members_that_lie_hold_too_few_shares_open_no_honest_one_and_split_nobody() {
    deceive(100, &liars::<66>(), 670);
}

/// These members deal and complain in as many wrong ways as there are.
fn in_every_way(members: Range<u16>) -> Vec<(u16, Misdeed)> {
    let ways = [Misdeed::SharedNonce, Misdeed::SharedNonce].into_iter().chain(OTHERS).chain(DEALING);
    members.zip(ways.filter(|misdeed| *misdeed != Misdeed::Absent).cycle()).collect()
}

/// t − 1 members work against the others, each of whom comes to the same end on a board of its own.
fn deceive(size: u16, misdeeds: &[(u16, Misdeed)], seed: u64) {
    assert_eq!(misdeeds.len(), committee(size).threshold() - 1);
    let run = Run::new(new_key(7, committee(size)), misdeeds, &BTreeMap::new(), seed);
    run.assert_culprits();
    run.assert_no_honest_share_is_open();
    run.assert_boards_agree(usize::from(size));
    if run.outcome.is_ok() {
        run.assert_shares_make_the_key();
        // All shares of the colluding members together are not the key; with one honest member's they are.
        let mut colluding: Vec<u16> = misdeeds.iter().map(|(index, _)| *index).collect();
        let secret = run.reconstruct(&run.key().holders()[..run.key().threshold()]);
        assert!(run.reconstruct(&colluding).iter().zip(&secret).all(|(got, right)| got != right));
        colluding.push(run.shares.keys().copied().find(|index| !colluding.contains(index)).unwrap());
        assert_eq!(run.reconstruct(&colluding), secret);
    }
}

#[test]
fn any_t_of_up_to_seven_members_hold_the_key_and_no_fewer_do() {
    for size in 1..=7u16 {
        let run = Run::new(new_key(1, committee(size)), &[], &BTreeMap::new(), 700 + u64::from(size));
        let t = run.key().threshold();
        let secret = run.reconstruct(&run.key().holders()[..t]);
        for subset in 1u32..1 << size {
            let members: Vec<u16> = (1..=size).filter(|i| subset >> (i - 1) & 1 == 1).collect();
            assert_eq!(run.reconstruct(&members) == secret, members.len() >= t, "{members:?} of {size}");
        }
    }
}

mod random {
    use proptest::prelude::{any, prop_assert_eq, prop_oneof, proptest, Just, ProptestConfig, Strategy};
    use proptest::sample::subsequence;

    use super::super::net::{committee, new_key, Misdeed, Run};
    use super::{check, DEALING};

    /// Any misdeed; two members with the same nonce are another test's.
    fn misdeed() -> impl Strategy<Value = Misdeed> {
        prop_oneof![
            proptest::sample::select(DEALING.to_vec()),
            Just(Misdeed::Absent),
            Just(Misdeed::FalseComplaint),
            Just(Misdeed::WrongComplaintProof),
            Just(Misdeed::LateComplaint),
        ]
    }

    /// A group and up to n − t members who misbehave.
    fn world() -> impl Strategy<Value = (u16, Vec<(u16, Misdeed)>)> {
        // Larger groups are the other tests'.
        (4..=7u16).prop_flat_map(|size| {
            let most = usize::from(size) - committee(size).threshold();
            let who = subsequence((1..=size).collect::<Vec<_>>(), 0..=most);
            (Just(size), who).prop_flat_map(|(size, who)| {
                let what = proptest::collection::vec(misdeed(), who.len());
                (Just(size), what.prop_map(move |what| who.iter().copied().zip(what).collect()))
            })
        })
    }

    fn cases() -> u32 {
        std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(64)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_n_minus_t_misdeeds_are_borne_and_named((size, misdeeds) in world(), seed in any::<u64>()) {
            let run = Run::new(new_key(7, committee(size)), &misdeeds, &std::collections::BTreeMap::new(), seed);
            check(&run, 2);
            prop_assert_eq!(run.key().threshold(), committee(size).threshold());
        }
    }
}
