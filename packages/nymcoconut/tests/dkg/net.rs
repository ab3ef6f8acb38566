//! A group of members that generate a key through one board, some of them misbehaving.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use nym_coconut::backend::{Curve, Scalar, G1, G2};
use nym_coconut::backend::{Field, Group};
use nym_coconut::dkg::algebra::lagrange;
use nym_coconut::dkg::{
    Board, Ceremony, Committee, Complaint, Dealing, Fault, GroupKey, Inbox, Layout, MemberShare, Outcome, OutcomeError,
    Place, Plan, ReceiverSecret, Refusal, Registry, SetupError, Verdict,
};
use rand::seq::SliceRandom;
use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};

use super::forge::Forge;

pub const CHAIN: &str = "nym-test-1";
pub const CONTRACT: &str = "n1dkg";
pub const ATTRIBUTES: usize = 2;

/// What a member does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Misdeed {
    /// Registers no key and deals nothing.
    Absent,
    /// Registers, deals nothing.
    Silent,
    /// Its dealing comes after the window.
    Late,
    /// A wrong share of x for one honest member.
    WrongShare,
    /// A wrong share of z for one honest member.
    WrongBeaconShare,
    /// Shares of polynomials whose degree is one higher than committed to.
    HigherDegree,
    /// One coefficient more in the message.
    MoreCommitments,
    /// A commitment of x that is the identity: a lower degree.
    IdentityCommitment,
    /// A commitment of y1 that is on no curve.
    NotOnCurve,
    /// A masked share that is not below the group's order.
    BadScalar,
    /// A nonce R of small order.
    SmallOrderNonce,
    /// A proof changed in one bit.
    BadProof,
    /// An honest dealer's dealing under its own name.
    CopiedDealing,
    /// An honest dealer's R with garbage shares and no valid proof.
    CopiedNonce,
    /// The same R as every other member that does this, with valid proofs.
    SharedNonce,
    /// Deals right, complains about a right share.
    FalseComplaint,
    /// Deals right, complains with a point that is not the shared one.
    WrongComplaintProof,
    /// Deals right, complains about right shares after the window.
    LateComplaint,
    /// Deals a wrong share and complains about everybody who deals right.
    WrongShareAndComplaints,
    /// In a handover: deals another secret than its old share.
    OtherSecret,
}

impl Misdeed {
    /// Whether the dealing is excluded for it.
    fn excludes(self) -> bool {
        !matches!(self, Self::FalseComplaint | Self::WrongComplaintProof | Self::LateComplaint)
    }
}

/// A run of one ceremony.
pub struct Run {
    pub board: Board,
    pub secrets: BTreeMap<u16, ReceiverSecret>,
    pub misdeeds: BTreeMap<u16, Misdeed>,
    pub shares: BTreeMap<u16, MemberShare>,
    pub outcome: Result<Outcome, OutcomeError>,
    log: Vec<(u16, Vec<u8>)>,
    complaints: Vec<Complaint>,
    inboxes: BTreeMap<u16, Inbox>,
    rng: ChaCha20Rng,
}

pub fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

pub fn committee(size: u16) -> Committee {
    Committee::new(&(1..=size).collect::<Vec<_>>()).unwrap()
}

pub fn new_key(epoch: u64, committee: Committee) -> Plan {
    Plan::new_key(CHAIN, CONTRACT, epoch, ATTRIBUTES, committee).unwrap()
}

/// Registers everybody who is not absent.
pub fn register(
    plan: Plan,
    misdeeds: &BTreeMap<u16, Misdeed>,
    rng: &mut ChaCha20Rng,
) -> Result<(Ceremony, BTreeMap<u16, ReceiverSecret>), SetupError> {
    let mut registry = Registry::new(plan.clone());
    let mut secrets = BTreeMap::new();
    for &index in plan.committee().indices() {
        if misdeeds.get(&index) == Some(&Misdeed::Absent) {
            continue;
        }
        let (secret, registration) = ReceiverSecret::register(&plan, index, rng);
        registry.post(index, &registration.to_bytes(&plan)).unwrap();
        secrets.insert(index, secret);
    }
    Ok((registry.close()?, secrets))
}

impl Run {
    /// Runs a ceremony from registration to its outcome. `shares` are the old group's, when a key is handed over.
    pub fn new(plan: Plan, misdeeds: &[(u16, Misdeed)], old: &BTreeMap<u16, MemberShare>, seed: u64) -> Self {
        let mut rng = rng(seed);
        let misdeeds: BTreeMap<u16, Misdeed> = misdeeds.iter().copied().collect();
        let (ceremony, secrets) = register(plan, &misdeeds, &mut rng).unwrap();
        let mut run = Self {
            board: Board::new(ceremony),
            secrets,
            misdeeds,
            shares: BTreeMap::new(),
            outcome: Err(OutcomeError::NotOver),
            log: Vec::new(),
            complaints: Vec::new(),
            inboxes: BTreeMap::new(),
            rng,
        };
        let late = run.deal(old);
        run.board.close_dealing();
        for (dealer, bytes) in late {
            assert!(
                matches!(run.board.post_dealing(dealer, &bytes), Err(Refusal::Phase { .. })),
                "a late dealing is refused"
            );
        }
        run.complain();
        let late = run.late_complaints();
        run.board.close();
        for (receiver, bytes) in late {
            assert!(
                matches!(run.board.post_complaint(receiver, &bytes), Err(Refusal::Phase { .. })),
                "a late complaint is refused"
            );
        }
        run.outcome = run.board.outcome();
        run.finish();
        run
    }

    fn ceremony(&self) -> Ceremony {
        self.board.ceremony().clone()
    }

    fn honest_dealers(&self) -> Vec<u16> {
        self.board
            .ceremony()
            .plan()
            .dealers()
            .iter()
            .copied()
            .filter(|index| !self.misdeeds.contains_key(index))
            .collect()
    }

    fn honest_receivers(&self) -> Vec<u16> {
        self.board.ceremony().receivers().filter(|index| !self.misdeeds.contains_key(index)).collect()
    }

    fn deal(&mut self, old: &BTreeMap<u16, MemberShare>) -> Vec<(u16, Vec<u8>)> {
        let ceremony = self.ceremony();
        let mut late = Vec::new();
        let mut copied = None;
        // Honest members first: whoever copies has seen their dealings.
        let dealers = ceremony.plan().dealers().to_vec();
        let (honest, others): (Vec<u16>, Vec<u16>) =
            dealers.into_iter().partition(|index| !self.misdeeds.contains_key(index));
        for dealer in honest {
            let dealing = Dealing::deal(&ceremony, dealer, old.get(&dealer), &mut self.rng).unwrap();
            let bytes = dealing.to_bytes(&ceremony);
            copied.get_or_insert(bytes.clone());
            self.post_dealing(dealer, bytes).unwrap();
        }
        let copied = copied.expect("somebody is honest");
        for dealer in others {
            let misdeed = self.misdeeds[&dealer];
            let Some(bytes) = self.misdeal(&ceremony, dealer, misdeed, old.get(&dealer), &copied) else { continue };
            match misdeed {
                Misdeed::Late => late.push((dealer, bytes)),
                Misdeed::MoreCommitments => {
                    let refusal = self.post_dealing(dealer, bytes).unwrap_err();
                    assert!(
                        refusal.to_string().contains("number of coefficients"),
                        "a wrong degree is named: {refusal}"
                    );
                }
                _ => self.post_dealing(dealer, bytes).unwrap(),
            }
        }
        late
    }

    fn post_dealing(&mut self, dealer: u16, bytes: Vec<u8>) -> Result<(), Refusal> {
        self.board.post_dealing(dealer, &bytes)?;
        self.log.push((dealer, bytes));
        Ok(())
    }

    fn misdeal(
        &mut self,
        ceremony: &Ceremony,
        dealer: u16,
        misdeed: Misdeed,
        share: Option<&MemberShare>,
        copied: &[u8],
    ) -> Option<Vec<u8>> {
        let layout = Layout::of(ceremony);
        let victim = *self.honest_receivers().first().expect("somebody is honest");
        let z = ceremony.plan().polynomials() - 1;
        let mut forge = Forge::new(ceremony, dealer, share, &mut self.rng);
        let garbage = nym_coconut::backend::random_scalar(&mut self.rng);
        match misdeed {
            Misdeed::Absent | Misdeed::Silent => return None,
            Misdeed::WrongShare | Misdeed::WrongShareAndComplaints => drop(forge.instead.insert((victim, 0), garbage)),
            Misdeed::WrongBeaconShare => drop(forge.instead.insert((victim, z), garbage)),
            Misdeed::HigherDegree => forge.polynomials.iter_mut().for_each(|polynomial| polynomial.push(garbage)),
            Misdeed::MoreCommitments => {
                forge.polynomials.iter_mut().for_each(|polynomial| polynomial.push(garbage));
                forge.committed += 1;
            }
            Misdeed::IdentityCommitment => {
                *forge.polynomials[0].last_mut().unwrap() = Scalar::ZERO;
            }
            Misdeed::SharedNonce => forge.rho = Scalar::from(77),
            Misdeed::OtherSecret => forge.polynomials[0][0] = garbage,
            _ => {}
        }
        let mut bytes = forge.bytes(ceremony, &mut self.rng);
        let mut set = |place: Place, value: &[u8]| bytes[layout.range(place).unwrap()].copy_from_slice(value);
        match misdeed {
            Misdeed::NotOnCurve => set(Place::Commitment { polynomial: 1, coefficient: 1 }, &not_on_curve()),
            Misdeed::BadScalar => set(Place::Masked { receiver: victim, polynomial: 1 }, &[0xff; 32]),
            Misdeed::SmallOrderNonce => set(Place::Nonce, &small_order()),
            Misdeed::CopiedNonce => set(Place::Nonce, &copied[layout.range(Place::Nonce).unwrap()]),
            Misdeed::BadProof => {
                let place = layout.range(Place::Proof { number: 2 }).unwrap();
                bytes[place.start] ^= 1;
            }
            Misdeed::CopiedDealing => {
                bytes = copied.to_vec();
                bytes[9..11].copy_from_slice(&dealer.to_be_bytes());
            }
            _ => {}
        }
        Some(bytes)
    }

    fn complain(&mut self) {
        let ceremony = self.ceremony();
        // Liars first: an honest complaint must not depend on being the first.
        for (index, misdeed) in self.misdeeds.clone() {
            if !self.secrets.contains_key(&index) {
                continue;
            }
            let victims: Vec<u16> = self.honest_dealers().into_iter().filter(|&dealer| dealer != index).collect();
            let wanted: &[u16] = match misdeed {
                Misdeed::FalseComplaint | Misdeed::WrongComplaintProof => &victims[..1],
                Misdeed::WrongShareAndComplaints => &victims,
                _ => &[],
            };
            for &dealer in wanted {
                let complaint =
                    Complaint::make(&self.board, dealer, index, &self.secrets[&index], &mut self.rng).unwrap();
                let mut bytes = complaint.to_bytes(&ceremony);
                if misdeed == Misdeed::WrongComplaintProof {
                    // K + g1 with the honest proof.
                    let shared = (G1::from(*complaint.shared()) + G1::generator()).to_affine();
                    bytes[13..61].copy_from_slice(&shared.to_compressed());
                }
                let verdict = self.post_complaint(index, bytes).unwrap();
                let expected =
                    if misdeed == Misdeed::WrongComplaintProof { Verdict::WrongProof } else { Verdict::RightShares };
                assert_eq!(verdict, expected, "a false complaint is refused");
                self.complaints.push(complaint);
            }
        }
        for index in self.honest_receivers() {
            let inbox = Inbox::open(&self.board, index, &self.secrets[&index], &mut self.rng).unwrap();
            for complaint in inbox.complaints(&self.board, &self.secrets[&index], &mut self.rng) {
                assert!(
                    self.misdeeds.contains_key(&complaint.dealer()),
                    "an honest member complains about an honest one"
                );
                let verdict = self.post_complaint(index, complaint.to_bytes(&ceremony)).unwrap();
                assert!(matches!(verdict, Verdict::Upheld { .. }), "an honest complaint is upheld");
                self.complaints.push(complaint);
            }
            self.inboxes.insert(index, inbox);
        }
    }

    /// Complaints that are ready in time and sent when the window is over.
    fn late_complaints(&mut self) -> Vec<(u16, Vec<u8>)> {
        let ceremony = self.ceremony();
        let mut late = Vec::new();
        for (index, misdeed) in self.misdeeds.clone() {
            if let (Misdeed::LateComplaint, Some(secret)) = (misdeed, self.secrets.get(&index)) {
                for dealer in self.honest_dealers().into_iter().filter(|&dealer| dealer != index) {
                    let complaint = Complaint::make(&self.board, dealer, index, secret, &mut self.rng).unwrap();
                    late.push((index, complaint.to_bytes(&ceremony)));
                }
            }
        }
        late
    }

    fn post_complaint(&mut self, sender: u16, bytes: Vec<u8>) -> Result<Verdict, Refusal> {
        let verdict = self.board.post_complaint(sender, &bytes)?;
        self.log.push((sender, bytes));
        Ok(verdict)
    }

    fn finish(&mut self) {
        let Ok(outcome) = self.outcome.clone() else { return };
        for (&index, secret) in &self.secrets {
            let inbox = match self.inboxes.remove(&index) {
                Some(inbox) => inbox,
                None => Inbox::open(&self.board, index, secret, &mut self.rng).unwrap(),
            };
            let share = inbox.finish(&outcome).unwrap();
            self.shares.insert(index, share);
        }
    }

    /// The key, which all must have reached.
    pub fn key(&self) -> &GroupKey {
        self.outcome.as_ref().unwrap().key()
    }

    pub fn key_arc(&self) -> Arc<GroupKey> {
        Arc::new(self.key().clone())
    }

    /// Whoever misdealt is named with the right fault, and nobody else.
    pub fn assert_culprits(&self) {
        let dealers: BTreeSet<u16> = self.board.ceremony().plan().dealers().iter().copied().collect();
        let expected: BTreeSet<u16> = self
            .misdeeds
            .iter()
            .filter(|(index, m)| m.excludes() && dealers.contains(index))
            .map(|(&index, _)| index)
            .collect();
        let named: BTreeSet<u16> = self.board.faults().keys().copied().collect();
        assert_eq!(named, expected, "faults: {:?}", self.board.faults());
        for (index, fault) in self.board.faults() {
            let right = match self.misdeeds[index] {
                Misdeed::Absent | Misdeed::Silent | Misdeed::Late | Misdeed::MoreCommitments => {
                    matches!(fault, Fault::Silent)
                }
                Misdeed::WrongShare
                | Misdeed::WrongShareAndComplaints
                | Misdeed::WrongBeaconShare
                | Misdeed::HigherDegree => {
                    matches!(fault, Fault::WrongShare { .. })
                }
                Misdeed::SharedNonce => matches!(fault, Fault::RepeatedNonce { .. }),
                _ => matches!(fault, Fault::Flawed(_)),
            };
            assert!(right, "member {index} did {:?} and is at fault for {fault:?}", self.misdeeds[index]);
        }
        let liars: BTreeSet<u16> = self.board.false_complaints().map(|complaint| complaint.receiver).collect();
        let expected = self.misdeeds.iter().filter(|(index, m)| {
            let lies =
                matches!(m, Misdeed::FalseComplaint | Misdeed::WrongComplaintProof | Misdeed::WrongShareAndComplaints);
            lies && self.secrets.contains_key(index)
        });
        assert_eq!(liars, expected.map(|(&index, _)| index).collect());
    }

    /// Every accusation that the board has ready is upheld by somebody who has only the stored bytes; turned against an honest dealer none is.
    pub fn assert_accusations_decide(&self) {
        let ceremony = self.board.ceremony();
        let dealing = |dealer: u16| {
            self.log
                .iter()
                .find(|(sender, bytes)| *sender == dealer && bytes[0] == 2)
                .map(|(_, bytes)| bytes.as_slice())
        };
        for accusation in self.board.accusations() {
            let bytes = accusation.to_bytes(ceremony);
            let read = nym_coconut::dkg::Accusation::decode(ceremony, &bytes).unwrap();
            assert_eq!(read, accusation);
            let other = match read.charge {
                nym_coconut::dkg::Charge::RepeatedNonce { other } => dealing(other),
                _ => None,
            };
            assert!(read.judge(ceremony, dealing(read.dealer).unwrap(), other), "{read:?} is upheld");
            for honest in self.honest_dealers() {
                let against = nym_coconut::dkg::Accusation { dealer: honest, ..read };
                let other = other.map(|_| dealing(read.dealer).unwrap());
                assert!(!against.judge(ceremony, dealing(honest).unwrap(), other), "{against:?} is refused");
            }
        }
    }

    /// No complaint opened what an honest dealer sent to an honest receiver.
    pub fn assert_no_honest_share_is_open(&self) {
        let opened: BTreeSet<[u8; 48]> =
            self.complaints.iter().map(|complaint| complaint.shared().to_compressed()).collect();
        for complaint in &self.complaints {
            let honest = |index: u16| !self.misdeeds.contains_key(&index);
            assert!(!(honest(complaint.dealer()) && honest(complaint.receiver())));
        }
        for dealer in self.honest_dealers() {
            let (_, bytes) = self.log.iter().find(|(sender, bytes)| *sender == dealer && bytes[0] == 2).unwrap();
            let dealing = Dealing::check(self.board.ceremony(), dealer, bytes).unwrap();
            for receiver in self.honest_receivers() {
                let secret = self.secrets[&receiver].to_secret_bytes();
                let secret = nym_coconut::backend::decode_scalar(secret.as_ref(), "secret").unwrap();
                let shared = (G1::from(*dealing.nonce()) * secret).to_affine();
                assert!(!opened.contains(&shared.to_compressed()), "dealer {dealer}'s shares for {receiver} are open");
            }
        }
    }

    /// Honest members come to the same end by themselves, each from its own view of the board.
    ///
    /// A chain orders all messages, so what a view may differ in is what no rule looks at: the order of dealings, the order of complaints about different
    /// dealers, and messages that are refused. Each member opens its own inbox on its own board.
    pub fn assert_boards_agree(&self, members: usize) {
        for index in self.honest_receivers().into_iter().take(members) {
            let rng = &mut rng(u64::from(index));
            let mut board = Board::new(self.ceremony());
            let (mut dealings, complaints): (Vec<_>, Vec<_>) =
                self.log.iter().cloned().partition(|(_, bytes)| bytes[0] == 2);
            dealings.shuffle(rng);
            for (sender, bytes) in &dealings {
                board.post_dealing(*sender, bytes).unwrap();
                assert_eq!(board.post_dealing(*sender, bytes), Err(Refusal::Twice { sender: *sender }));
                assert!(board.post_dealing(sender + 1_000, bytes).is_err(), "a stranger's copy");
            }
            board.close_dealing();
            assert!(board.post_dealing(dealings[0].0, &dealings[0].1).is_err(), "a late copy");

            let inbox = Inbox::open(&board, index, &self.secrets[&index], rng).unwrap();
            let ceremony = self.ceremony();
            for complaint in inbox.complaints(&board, &self.secrets[&index], rng) {
                let verdict = board.clone().post_complaint(index, &complaint.to_bytes(&ceremony));
                assert!(matches!(verdict, Ok(Verdict::Upheld { .. })), "its own complaint is upheld on its own board");
                assert!(self.board.faults().contains_key(&complaint.dealer()), "and its dealer is out on every other");
            }
            // About one dealer in the order of the chain, about different dealers in any.
            let mut about: BTreeMap<u16, VecDeque<(u16, Vec<u8>)>> = BTreeMap::new();
            for (sender, bytes) in complaints {
                let dealer = u16::from_be_bytes([bytes[11], bytes[12]]);
                about.entry(dealer).or_default().push_back((sender, bytes));
            }
            while !about.is_empty() {
                let dealer = *about.keys().copied().collect::<Vec<_>>().choose(rng).unwrap();
                let (sender, bytes) = about.get_mut(&dealer).unwrap().pop_front().unwrap();
                board.post_complaint(sender, &bytes).unwrap();
                assert!(board.post_complaint(sender, &bytes).is_err(), "a complaint counts once");
                about.retain(|_, left| !left.is_empty());
                assert!(board.faults().contains_key(&dealer) || board.dealing(dealer).is_some());
            }
            board.close();
            assert_eq!(board.faults(), self.board.faults());
            assert!(board.false_complaints().eq(self.board.false_complaints()));
            assert_eq!(board.accusations(), self.board.accusations());
            let outcome = board.outcome();
            assert_eq!(outcome.as_ref().map(Outcome::key), self.outcome.as_ref().map(Outcome::key));
            assert_eq!(outcome.as_ref().map(Outcome::qualified), self.outcome.as_ref().map(Outcome::qualified));
            let Ok(outcome) = outcome else { continue };
            let share = inbox.finish(&outcome).unwrap();
            assert_eq!(*share.to_secret_bytes(), *self.shares[&index].to_secret_bytes());
        }
    }

    /// The secrets behind the group's key: x, y1, …, z, from the shares of these members.
    pub fn reconstruct(&self, members: &[u16]) -> Vec<Scalar> {
        let coefficients = lagrange(members).unwrap();
        let count = usize::from(self.board.ceremony().plan().polynomials());
        let mut secrets = vec![Scalar::ZERO; count];
        for (member, coefficient) in members.iter().zip(coefficients) {
            let bytes = self.shares[member].to_secret_bytes();
            for (secret, share) in secrets.iter_mut().zip(bytes[10..].chunks_exact(32)) {
                *secret += coefficient * nym_coconut::backend::decode_scalar(share, "share").unwrap();
            }
        }
        secrets
    }

    /// Any t shares are the key's; t − 1 are not.
    pub fn assert_shares_make_the_key(&self) {
        let key = self.key();
        let holders = key.holders();
        let t = key.threshold();
        let first = self.reconstruct(&holders[..t]);
        let last = self.reconstruct(&holders[holders.len() - t..]);
        assert_eq!(first, last);
        assert_eq!((G2::generator() * first[0]).to_affine(), key.alpha());
        for (y, beta) in first[1..].iter().zip(key.beta()) {
            assert_eq!((G1::generator() * y).to_affine(), beta);
        }
        assert_eq!((G2::generator() * first[first.len() - 1]).to_affine(), key.beacon_key());
        if t > 1 {
            assert_ne!(self.reconstruct(&holders[..t - 1]), first);
        }
        for (&index, share) in &self.shares {
            assert_eq!(key.member(index).unwrap(), share.public());
        }
    }
}

/// A point of G1 of order 3: on the curve, outside the subgroup.
pub fn small_order() -> [u8; 48] {
    // y² = x³ + 4 has the point (0, 2) of order 3.
    let mut bytes = [0; 48];
    bytes[0] = 0x80;
    bytes
}

/// A compressed x with no point of the curve.
pub fn not_on_curve() -> [u8; 48] {
    let mut bytes = [0; 48];
    bytes[0] = 0x80;
    bytes[47] = 1;
    for x in 1..=255 {
        bytes[47] = x;
        if nym_coconut::backend::decode_g1(&bytes, "x")
            .is_err_and(|error| matches!(error, nym_coconut::DecodeError::Point { .. }))
        {
            return bytes;
        }
    }
    unreachable!("half of all x have no point")
}
