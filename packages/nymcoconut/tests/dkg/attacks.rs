//! Attacks on a ceremony, by the numbers of the list of negative vectors.

use nym_coconut::backend::{Curve, Field, Group, Scalar, G1, G2};
use nym_coconut::dkg::algebra::evaluate;
use nym_coconut::dkg::{
    Accusation, Board, Charge, Committee, Complaint, Dealing, Fault, FinishError, Flaw, Inbox, Layout, MessageError,
    OutcomeError, Place, Plan, ReceiverSecret, Refusal, RegistrationError, Registry, SetupError, Verdict,
    REGISTRATION_BYTES,
};

use super::failing::Stuck;
use super::forge::Forge;
use super::four::four;
use super::net::{committee, new_key, rng, ATTRIBUTES, CHAIN, CONTRACT};

#[test]
fn n12_wrong_degrees_are_refused_and_named() {
    let four = four(7, 10);
    for (committed, error) in [(2, 2), (4, 4)] {
        let mut forge = four.forge(1);
        forge.polynomials.iter_mut().for_each(|polynomial| polynomial.resize(committed, Scalar::from(9)));
        forge.committed = committed;
        let bytes = forge.bytes(&four.ceremony, &mut rng(2));
        let shape = MessageError::Shape { what: "number of coefficients", given: error, required: 3 };
        assert_eq!(Board::new(four.ceremony.clone()).post_dealing(2, &bytes), Err(Refusal::Message(shape)));
    }
    let mut lower = four.forge(3);
    lower.polynomials[3][2] = Scalar::ZERO;
    let place = Place::Commitment { polynomial: 3, coefficient: 2 };
    assert_eq!(four.flaw_of(&lower.bytes(&four.ceremony, &mut rng(4))), Flaw::Message(MessageError::Point { place }));
    let mut higher = four.forge(5);
    higher.polynomials[1].push(Scalar::from(4));
    let board = four.board_with(&higher.bytes(&four.ceremony, &mut rng(6)));
    let inbox = Inbox::open(&board, 1, &four.secrets[&1], &mut rng(7)).unwrap();
    assert_eq!(inbox.wrong(), [2], "a share beside the committed polynomial");
}

#[test]
fn n12_a_commitment_to_x_in_g1_has_no_place() {
    let four = four(7, 11);
    let forge = four.forge(1);
    // As long as x in G2: two points of G1 for one of G2.
    let mut bytes = forge.bytes(&four.ceremony, &mut rng(2));
    let range = Layout::of(&four.ceremony).range(Place::Commitment { polynomial: 0, coefficient: 0 }).unwrap();
    let in_g1 = (G1::generator() * forge.polynomials[0][0]).to_affine().to_compressed();
    bytes[range].copy_from_slice(&[in_g1, in_g1].concat());
    assert!(matches!(four.flaw_of(&bytes), Flaw::Message(MessageError::Point { .. })));
    // Shorter by as much as G1 is smaller.
    let shorter = [&bytes[..16], &bytes[16 + 3 * 48..]].concat();
    assert!(matches!(
        Board::new(four.ceremony.clone()).post_dealing(2, &shorter),
        Err(Refusal::Message(MessageError::Length { .. }))
    ));
}

#[test]
fn n07_n12_a_dealing_serves_one_dealer_epoch_chain_contract_and_group() {
    let four = four(7, 12);
    let mut copied = four.dealings[&1].clone();
    assert_eq!(four.flaw_of(&copied), Flaw::Message(MessageError::Sender { given: 1, required: 2 }));
    copied[9..11].copy_from_slice(&2u16.to_be_bytes());
    assert_eq!(four.flaw_of(&copied), Flaw::Proof);

    let again = |chain: &str, contract: &str, epoch: u64, members: &[u16]| {
        let plan = Plan::new_key(chain, contract, epoch, ATTRIBUTES, Committee::new(members).unwrap()).unwrap();
        let mut registry = Registry::new(plan.clone());
        for &index in members {
            let secret = four.secrets.get(&index).unwrap_or(&four.secrets[&1]);
            registry.post(index, &secret.registration(&plan, index, &mut rng(3)).to_bytes(&plan)).unwrap();
        }
        registry.close().unwrap()
    };
    let bytes = &four.dealings[&2];
    assert_eq!(
        Dealing::check(&again(CHAIN, CONTRACT, 7, &[1, 2, 3, 4]), 2, bytes).unwrap().dealer(),
        2,
        "the same ceremony"
    );
    assert_eq!(Dealing::check(&again("nym-test-2", CONTRACT, 7, &[1, 2, 3, 4]), 2, bytes), Err(Flaw::Proof));
    assert_eq!(Dealing::check(&again(CHAIN, "n1other", 7, &[1, 2, 3, 4]), 2, bytes), Err(Flaw::Proof));
    assert_eq!(Dealing::check(&again(CHAIN, CONTRACT, 7, &[2, 3, 4, 5]), 2, bytes), Err(Flaw::Proof));
    let mut renumbered = bytes.clone();
    renumbered[1..9].copy_from_slice(&8u64.to_be_bytes());
    let later = again(CHAIN, CONTRACT, 8, &[1, 2, 3, 4]);
    assert_eq!(Dealing::check(&later, 2, bytes), Err(Flaw::Message(MessageError::Epoch { given: 7, required: 8 })));
    assert_eq!(Dealing::check(&later, 2, &renumbered), Err(Flaw::Proof));
    assert_eq!(Dealing::check(&four.ceremony, 9, bytes), Err(Flaw::Message(MessageError::Stranger { index: 9 })));
}

#[test]
fn n12_registrations_of_copied_keys_and_for_others_are_refused() {
    let plan = new_key(7, committee(4));
    let mut registry = Registry::new(plan.clone());
    let (secret, first) = ReceiverSecret::register(&plan, 1, &mut rng(1));
    let mut copied = first.to_bytes(&plan);
    assert_eq!(
        registry.post(2, &copied),
        Err(RegistrationError::Message(MessageError::Sender { given: 1, required: 2 }))
    );
    copied[9..11].copy_from_slice(&2u16.to_be_bytes());
    assert_eq!(registry.post(2, &copied), Err(RegistrationError::Proof { index: 2 }));
    registry.post(1, &first.to_bytes(&plan)).unwrap();
    assert_eq!(registry.post(1, &first.to_bytes(&plan)), Err(RegistrationError::Twice { index: 1 }));
    assert_eq!(
        registry.post(3, &secret.registration(&plan, 3, &mut rng(2)).to_bytes(&plan)),
        Err(RegistrationError::SameKey { index: 3, other: 1 })
    );
    let other = Plan::new_key("nym-test-2", CONTRACT, 7, ATTRIBUTES, committee(4)).unwrap();
    assert_eq!(
        registry.post(2, &secret.registration(&other, 2, &mut rng(3)).to_bytes(&other)),
        Err(RegistrationError::Proof { index: 2 })
    );
    let (_, stranger) = ReceiverSecret::register(&plan, 9, &mut rng(4));
    assert_eq!(
        registry.post(9, &stranger.to_bytes(&plan)),
        Err(RegistrationError::Message(MessageError::Stranger { index: 9 }))
    );
    assert_eq!(registry.close().unwrap_err(), SetupError::TooFewRegistered { registered: 1, required: 3 });
    assert_eq!(first.to_bytes(&plan).len(), REGISTRATION_BYTES);
}

#[test]
fn n04_n12_a_missing_proof_of_a_constant_term_excludes() {
    let four = four(7, 13);
    // The rogue dealer's wish: a constant term that cancels what the others dealt, so that it alone knows the key.
    let others: G2 = [1, 3, 4]
        .map(|dealer| {
            G2::from(
                Dealing::check(&four.ceremony, dealer, &four.dealings[&dealer])
                    .unwrap()
                    .commitments()
                    .constants()
                    .alpha,
            )
        })
        .into_iter()
        .fold(G2::identity(), |sum, alpha| sum + alpha);
    let wish = (G2::generator() * Scalar::from(42) - others).to_affine().to_compressed();
    let mut bytes = four.forge(1).bytes(&four.ceremony, &mut rng(2));
    bytes[Layout::of(&four.ceremony).range(Place::Commitment { polynomial: 0, coefficient: 0 }).unwrap()]
        .copy_from_slice(&wish);
    let board = four.board_with(&bytes);
    assert_eq!(board.faults()[&2], Fault::Flawed(Flaw::Proof));
    assert_eq!(board.accusations(), [Accusation { dealer: 2, charge: Charge::BadProof }]);
}

#[test]
fn n12_a_wrong_share_is_shown_by_its_receiver_and_by_nobody_else() {
    let four = four(7, 14);
    for polynomial in 0..four.ceremony.plan().polynomials() {
        let mut forge = four.forge(1);
        forge.instead.insert((3, polynomial), Scalar::from(5));
        let mut board = four.board_with(&forge.bytes(&four.ceremony, &mut rng(2)));
        assert!(board.faults().is_empty(), "nobody else can see it");
        for index in [1, 2, 4] {
            assert!(Inbox::open(&board, index, &four.secrets[&index], &mut rng(3)).unwrap().wrong().is_empty());
        }
        let inbox = Inbox::open(&board, 3, &four.secrets[&3], &mut rng(4)).unwrap();
        assert_eq!(inbox.wrong(), [2]);
        let without = {
            let mut board = board.clone();
            board.close();
            inbox.finish(&board.outcome().unwrap()).unwrap_err()
        };
        assert_eq!(without, FinishError::WrongShares { dealers: vec![2] }, "a complaint that never arrives");
        let complaint = inbox.complaints(&board, &four.secrets[&3], &mut rng(5)).remove(0).to_bytes(&four.ceremony);
        for other in [1, 2, 4] {
            assert_eq!(
                board.post_complaint(other, &complaint),
                Err(Refusal::Message(MessageError::Sender { given: 3, required: other }))
            );
        }
        assert_eq!(board.post_complaint(3, &complaint), Ok(Verdict::Upheld { polynomial }));
        assert_eq!(board.faults()[&2], Fault::WrongShare { receiver: 3, polynomial });
        assert_eq!(board.post_complaint(3, &complaint), Err(Refusal::Settled { dealer: 2 }));
        board.close();
        assert_eq!(board.outcome().unwrap().qualified(), [1, 3, 4]);
    }
}

/// Adversaries: dealers who know what the receiver's source of randomness gives, and deal it wrong shares whose errors are opposite, in two
/// polynomials of one group of points or in one polynomial of two dealers.
#[test]
fn n06_n14_wrong_shares_whose_errors_cancel_are_named_though_the_source_of_weights_repeats() {
    let four = four(7, 22);
    let last = four.ceremony.plan().polynomials() - 1;
    let spoilt = |dealer: u16, errors: &[(u8, Scalar)]| {
        let mut forge = Forge::new(&four.ceremony, dealer, None, &mut rng(u64::from(dealer)));
        for (polynomial, error) in errors {
            let right = evaluate(&forge.polynomials[usize::from(*polynomial)], 3);
            forge.instead.insert((3, *polynomial), right + error);
        }
        forge.bytes(&four.ceremony, &mut rng(30))
    };
    let by = Scalar::from(5);
    let alone = [vec![(1, by), (2, -by)], vec![(0, by), (last, -by)]].map(|errors| vec![(2, spoilt(2, &errors))]);
    let together = [0, 1, last].map(|number| vec![(1, spoilt(1, &[(number, by)])), (4, spoilt(4, &[(number, -by)]))]);
    for wrong in alone.into_iter().chain(together) {
        let mut board = Board::new(four.ceremony.clone());
        for (dealer, dealing) in &four.dealings {
            let instead = wrong.iter().find(|(liar, _)| liar == dealer).map(|(_, bytes)| bytes);
            board.post_dealing(*dealer, instead.unwrap_or(dealing)).unwrap();
        }
        board.close_dealing();
        assert!(board.faults().is_empty(), "only the receiver sees it");
        let liars: Vec<u16> = wrong.iter().map(|(dealer, _)| *dealer).collect();
        for stuck in [0, 1, 0xff] {
            assert_eq!(Inbox::open(&board, 3, &four.secrets[&3], &mut Stuck(stuck)).unwrap().wrong(), liars);
        }
        let inbox = Inbox::open(&board, 3, &four.secrets[&3], &mut rng(31)).unwrap();
        for complaint in inbox.complaints(&board, &four.secrets[&3], &mut rng(32)) {
            let bytes = complaint.to_bytes(&four.ceremony);
            assert!(matches!(board.post_complaint(3, &bytes), Ok(Verdict::Upheld { .. })));
        }
        assert_eq!(board.faults().keys().copied().collect::<Vec<_>>(), liars);
    }
}

#[test]
fn n12_false_complaints_and_bad_proofs_name_the_complainer() {
    let four = four(7, 15);
    let mut board = four.board();
    let complaint = Complaint::make(&board, 3, 1, &four.secrets[&1], &mut rng(1)).unwrap().to_bytes(&four.ceremony);
    for at in [61, 93] {
        let mut changed = complaint.clone();
        changed[at] ^= 1;
        let mut board = board.clone();
        assert_eq!(board.post_complaint(1, &changed), Ok(Verdict::WrongProof));
        assert!(board.dealing(3).is_some());
    }
    // The proof of another pair: its point opens nothing here.
    let mut moved = complaint.clone();
    moved[11..13].copy_from_slice(&4u16.to_be_bytes());
    assert_eq!(board.clone().post_complaint(1, &moved), Ok(Verdict::WrongProof));
    // Another key than the registered one.
    let (other, _) = ReceiverSecret::register(four.ceremony.plan(), 1, &mut rng(2));
    assert_eq!(Complaint::make(&board, 3, 1, &other, &mut rng(3)), None);
    assert_eq!(Inbox::open(&board, 1, &other, &mut rng(3)).unwrap_err(), FinishError::OtherKey { index: 1 });

    assert_eq!(board.post_complaint(1, &complaint), Ok(Verdict::RightShares));
    assert_eq!(board.post_complaint(1, &complaint), Err(Refusal::Twice { sender: 1 }));
    let named: Vec<_> = board.false_complaints().map(|complaint| (complaint.receiver, complaint.dealer)).collect();
    assert_eq!(named, [(1, 3)]);
    board.close();
    assert_eq!(board.outcome().unwrap().qualified(), [1, 2, 3, 4]);
}

#[test]
fn n12_nobody_complains_about_itself() {
    let four = four(7, 16);
    let mut board = four.board();
    assert_eq!(Complaint::make(&board, 1, 1, &four.secrets[&1], &mut rng(1)), None);
    let mut bytes = Complaint::make(&board, 3, 1, &four.secrets[&1], &mut rng(1)).unwrap().to_bytes(&four.ceremony);
    bytes[11..13].copy_from_slice(&1u16.to_be_bytes());
    assert_eq!(board.post_complaint(1, &bytes), Err(Refusal::Message(MessageError::Stranger { index: 1 })));
}

#[test]
fn n12_late_and_second_messages_are_refused() {
    let four = four(7, 17);
    let mut board = Board::new(four.ceremony.clone());
    assert_eq!(board.post_complaint(1, &[]), Err(Refusal::Phase { phase: nym_coconut::dkg::Phase::Dealing }));
    for dealer in 1..=3 {
        board.post_dealing(dealer, &four.dealings[&dealer]).unwrap();
    }
    assert_eq!(board.post_dealing(3, &four.dealings[&3]), Err(Refusal::Twice { sender: 3 }));
    board.close_dealing();
    assert_eq!(
        board.post_dealing(4, &four.dealings[&4]),
        Err(Refusal::Phase { phase: nym_coconut::dkg::Phase::Complaints })
    );
    assert_eq!(board.faults()[&4], Fault::Silent);
    let complaint = Complaint::make(&board, 3, 1, &four.secrets[&1], &mut rng(1)).unwrap().to_bytes(&four.ceremony);
    assert_eq!(board.outcome().unwrap_err(), OutcomeError::NotOver);
    board.close();
    assert_eq!(board.post_complaint(1, &complaint), Err(Refusal::Phase { phase: nym_coconut::dkg::Phase::Over }));
}

#[test]
fn n12_a_repeated_nonce_excludes_whoever_knows_it_and_opens_nothing() {
    let four = four(7, 18);
    let layout = Layout::of(&four.ceremony);
    // Copied without knowing its logarithm: only the copier is out, and no receiver can be made to complain about it.
    let mut copier = four.forge(1).bytes(&four.ceremony, &mut rng(2));
    copier[layout.range(Place::Nonce).unwrap()]
        .copy_from_slice(&four.dealings[&1][layout.range(Place::Nonce).unwrap()]);
    let board = four.board_with(&copier);
    assert_eq!(board.faults().clone().into_iter().collect::<Vec<_>>(), [(2, Fault::Flawed(Flaw::Proof))]);
    assert_eq!(Complaint::make(&board, 2, 3, &four.secrets[&3], &mut rng(3)), None);
    assert!(Inbox::open(&board, 3, &four.secrets[&3], &mut rng(4)).unwrap().wrong().is_empty());
    let accusation = Accusation { dealer: 1, charge: Charge::RepeatedNonce { other: 2 } };
    assert!(
        !accusation.judge(&four.ceremony, &four.dealings[&1], Some(&copier)),
        "an honest dealer cannot be disqualified so"
    );

    // Known to both: both are out.
    let (mut one, mut two) = (Forge::new(&four.ceremony, 1, None, &mut rng(5)), four.forge(6));
    (one.rho, two.rho) = (Scalar::from(5), Scalar::from(5));
    let (one, two) = (one.bytes(&four.ceremony, &mut rng(7)), two.bytes(&four.ceremony, &mut rng(8)));
    let mut board = Board::new(four.ceremony.clone());
    board.post_dealing(1, &one).unwrap();
    board.post_dealing(2, &two).unwrap();
    board.post_dealing(3, &four.dealings[&3]).unwrap();
    board.close_dealing();
    assert_eq!(board.faults()[&1], Fault::RepeatedNonce { other: 2 });
    assert_eq!(board.faults()[&2], Fault::RepeatedNonce { other: 1 });
    assert!(accusation.judge(&four.ceremony, &one, Some(&two)));
    assert!(!accusation.judge(&four.ceremony, &one, None));
    assert!(!accusation.judge(&four.ceremony, &one, Some(&one)), "the other's dealing is its own");
}

#[test]
fn n12_accusations_of_what_is_no_dealing_or_no_place_are_refused() {
    let four = four(7, 19);
    let base = Accusation { dealer: 2, charge: Charge::BadProof }.to_bytes(&four.ceremony);
    let with = |code: u8, first: u16, second: u16| {
        let mut bytes = base.clone();
        bytes[11] = code;
        bytes[12..14].copy_from_slice(&first.to_be_bytes());
        bytes[14..16].copy_from_slice(&second.to_be_bytes());
        Accusation::decode(&four.ceremony, &bytes)
    };
    assert!(with(5, 0, 0).is_ok() && with(2, 0, 0).is_ok() && with(1, 3, 2).is_ok() && with(6, 4, 0).is_ok());
    for (code, first, second) in [
        (0, 0, 0),
        (8, 0, 0),
        (5, 1, 0),
        (5, 0, 1),
        (2, 1, 0),
        (1, 4, 0),
        (1, 0, 3),
        (1, 256, 0),
        (3, 5, 0),
        (3, 1, 4),
        (3, 1, 256),
        (4, 6, 0),
        (4, 0, 1),
        (6, 2, 0),
        (6, 9, 0),
        (6, 4, 1),
        (7, 0, 0),
    ] {
        assert!(with(code, first, second).is_err(), "{code} {first} {second}");
    }
    for (code, first, second) in [(1, 256, 0), (1, 4, 0), (3, 5, 0), (3, 1, 256)] {
        assert_eq!(with(code, first, second), Err(MessageError::Nowhere { first, second }));
    }
    for place in [Place::Key, Place::SharedPoint, Place::Announced { number: 1 }] {
        let bytes = Accusation { dealer: 2, charge: Charge::BadValue(place) }.to_bytes(&four.ceremony);
        let refused = Accusation::decode(&four.ceremony, &bytes);
        assert_eq!(refused, Err(MessageError::Code { what: "charge", given: 0 }), "{place} is in no dealing");
    }
    assert!(!Accusation { dealer: 2, charge: Charge::BadProof }.judge(&four.ceremony, b"", None));
    assert!(!Accusation { dealer: 2, charge: Charge::BadValue(Place::Nonce) }.judge(&four.ceremony, b"", None));
}
