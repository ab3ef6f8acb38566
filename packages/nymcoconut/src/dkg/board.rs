//! The public side of a ceremony: takes messages in the order of the chain, knows who is at fault and who qualified.
//!
//! No clock, no network, no secret: the caller says when a window ends. Every board that sees the same messages in the same windows has the same state, so
//! a contract, a member and an onlooker agree. The contract is told of faults by accusations; every board has them ready for its member to send.

use std::collections::BTreeMap;

use super::accusation::{Accusation, Charge};
use super::complaint::{Complaint, Verdict};
use super::dealing::{head, Dealing, Flaw};
use super::error::{MessageError, OutcomeError};
use super::group::GroupKey;
use super::setup::Ceremony;

/// What the ceremony waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Dealings.
    Dealing,
    /// Complaints and accusations.
    Complaints,
    /// Nothing.
    Over,
}

/// Why a dealer did not qualify.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No dealing of the right length and head came in time.
    #[error("dealt nothing in time")]
    Silent,
    /// The dealing is wrong for everybody.
    #[error(transparent)]
    Flawed(#[from] Flaw),
    /// Another dealer used the same nonce, and both know its logarithm.
    #[error("shares the encryption nonce with dealer {other}")]
    RepeatedNonce {
        /// The other dealer.
        other: u16,
    },
    /// A receiver showed that its share is wrong.
    #[error("the share of polynomial {polynomial} for member {receiver} is wrong")]
    WrongShare {
        /// The receiver.
        receiver: u16,
        /// The first polynomial whose share is wrong.
        polynomial: u8,
    },
}

/// Why a message was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Too late or too early.
    #[error("the ceremony is in its phase {phase:?}")]
    Phase {
        /// The phase now.
        phase: Phase,
    },
    /// Not a message of this ceremony.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// The dealer has dealt, or the receiver has complained about this dealer.
    #[error("member {sender} has sent this before")]
    Twice {
        /// Who sent it.
        sender: u16,
    },
    /// Nothing is left to decide: the dealer is out.
    #[error("dealer {dealer} is at fault already")]
    Settled {
        /// The dealer.
        dealer: u16,
    },
}

/// A false complaint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FalseComplaint {
    /// Who complained.
    pub receiver: u16,
    /// About whom.
    pub dealer: u16,
    /// What was wrong with it.
    pub verdict: Verdict,
}

/// The state of a ceremony.
#[derive(Debug, Clone)]
pub struct Board {
    ceremony: Ceremony,
    phase: Phase,
    // Bounded: one message of a fixed length for each dealer.
    posted: BTreeMap<u16, Vec<u8>>,
    sound: BTreeMap<u16, Dealing>,
    faults: BTreeMap<u16, Fault>,
    // Bounded: one for each pair of receiver and dealer.
    false_complaints: BTreeMap<(u16, u16), Verdict>,
}

impl Board {
    /// A ceremony that waits for dealings.
    pub fn new(ceremony: Ceremony) -> Self {
        Self {
            ceremony,
            phase: Phase::Dealing,
            posted: BTreeMap::new(),
            sound: BTreeMap::new(),
            faults: BTreeMap::new(),
            false_complaints: BTreeMap::new(),
        }
    }

    /// The ceremony.
    pub fn ceremony(&self) -> &Ceremony {
        &self.ceremony
    }

    /// The phase.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    fn during(&self, phase: Phase) -> Result<(), Refusal> {
        if self.phase == phase {
            Ok(())
        } else {
            Err(Refusal::Phase { phase: self.phase })
        }
    }

    /// Takes the dealing that this member sent: its first of the right length and head. What is inside is looked at when the window ends.
    ///
    /// # Errors
    ///
    /// Out of time; no dealing of this ceremony and this dealer, among that a wrong degree; a second one.
    pub fn post_dealing(&mut self, sender: u16, bytes: &[u8]) -> Result<(), Refusal> {
        self.during(Phase::Dealing)?;
        head(&self.ceremony, sender, bytes)?;
        if self.posted.contains_key(&sender) {
            return Err(Refusal::Twice { sender });
        }
        self.posted.insert(sender, bytes.to_vec());
        Ok(())
    }

    /// The end of the window for dealings: checks them all. Later calls do nothing.
    pub fn close_dealing(&mut self) {
        if self.phase != Phase::Dealing {
            return;
        }
        self.phase = Phase::Complaints;
        let posted = std::mem::take(&mut self.posted);
        for dealer in self.ceremony.plan().dealers().to_vec() {
            match posted.get(&dealer).map(|bytes| Dealing::check(&self.ceremony, dealer, bytes)) {
                None => drop(self.faults.insert(dealer, Fault::Silent)),
                Some(Err(flaw)) => drop(self.faults.insert(dealer, Fault::Flawed(flaw))),
                Some(Ok(dealing)) => drop(self.sound.insert(dealer, dealing)),
            }
        }
        self.exclude_repeated_nonces();
    }

    /// Among dealings whose proofs hold, so that copying an honest dealer's nonce harms only the copier.
    fn exclude_repeated_nonces(&mut self) {
        let mut by_nonce: BTreeMap<[u8; 48], Vec<u16>> = BTreeMap::new();
        for (&dealer, dealing) in &self.sound {
            by_nonce.entry(dealing.nonce().to_compressed()).or_default().push(dealer);
        }
        for dealers in by_nonce.into_values().filter(|dealers| dealers.len() > 1) {
            for &dealer in &dealers {
                let other = dealers.iter().copied().find(|&other| other != dealer).unwrap_or(dealer);
                self.sound.remove(&dealer);
                self.faults.insert(dealer, Fault::RepeatedNonce { other });
            }
        }
    }

    /// Takes the complaint that this member sent and decides it.
    ///
    /// # Errors
    ///
    /// Out of time; no complaint of this ceremony and this member; a second one about the same dealer; a dealer who is out anyway.
    pub fn post_complaint(&mut self, sender: u16, bytes: &[u8]) -> Result<Verdict, Refusal> {
        self.during(Phase::Complaints)?;
        let complaint = Complaint::decode(&self.ceremony, sender, bytes)?;
        let dealer = complaint.dealer();
        if self.false_complaints.contains_key(&(sender, dealer)) {
            return Err(Refusal::Twice { sender });
        }
        let dealing = self.sound.get(&dealer).ok_or(Refusal::Settled { dealer })?;
        let verdict = complaint.judge(&self.ceremony, dealing);
        match verdict {
            Verdict::Upheld { polynomial } => {
                self.sound.remove(&dealer);
                self.faults.insert(dealer, Fault::WrongShare { receiver: sender, polynomial });
            }
            Verdict::WrongProof | Verdict::RightShares => {
                self.false_complaints.insert((sender, dealer), verdict);
            }
        }
        Ok(verdict)
    }

    /// The end of the window for complaints. Later calls do nothing; without an end of the first window there are no dealings.
    pub fn close(&mut self) {
        self.close_dealing();
        self.phase = Phase::Over;
    }

    /// The dealing of a dealer who is not at fault.
    pub fn dealing(&self, dealer: u16) -> Option<&Dealing> {
        self.sound.get(&dealer)
    }

    /// All dealings whose dealers are not at fault, ascending.
    pub fn sound(&self) -> impl Iterator<Item = (u16, &Dealing)> {
        self.sound.iter().map(|(&dealer, dealing)| (dealer, dealing))
    }

    /// Dealers at fault, and why.
    pub fn faults(&self) -> &BTreeMap<u16, Fault> {
        &self.faults
    }

    /// Complaints that were false: their senders are at fault, their dealings are not.
    pub fn false_complaints(&self) -> impl Iterator<Item = FalseComplaint> + '_ {
        self.false_complaints.iter().map(|(&(receiver, dealer), &verdict)| FalseComplaint { receiver, dealer, verdict })
    }

    /// What a contract must be told: the faults that it cannot see from lengths and heads.
    pub fn accusations(&self) -> Vec<Accusation> {
        let of = |(&dealer, fault): (&u16, &Fault)| match fault {
            Fault::Silent | Fault::WrongShare { .. } => None,
            Fault::Flawed(flaw) => Accusation::of_flaw(dealer, flaw),
            Fault::RepeatedNonce { other } => {
                Some(Accusation { dealer, charge: Charge::RepeatedNonce { other: *other } })
            }
        };
        self.faults.iter().filter_map(of).collect()
    }

    /// The group's key, once everything is over.
    ///
    /// # Errors
    ///
    /// Not over yet; too few dealers qualified, with those at fault.
    pub fn outcome(&self) -> Result<Outcome, OutcomeError> {
        if self.phase != Phase::Over {
            return Err(OutcomeError::NotOver);
        }
        let required = self.ceremony.plan().required_dealers();
        if self.sound.len() < required {
            return Err(OutcomeError::TooFewQualified {
                qualified: self.sound.len(),
                required,
                culprits: self.faults.keys().copied().collect(),
            });
        }
        let dealings: Vec<(u16, &Dealing)> = self.sound().collect();
        let key = GroupKey::aggregate(&self.ceremony, &dealings)?;
        Ok(Outcome { ceremony: self.ceremony.clone(), qualified: self.sound.keys().copied().collect(), key })
    }
}

/// What a ceremony made.
#[derive(Debug, Clone)]
pub struct Outcome {
    ceremony: Ceremony,
    qualified: Vec<u16>,
    key: GroupKey,
}

impl Outcome {
    /// The ceremony.
    pub fn ceremony(&self) -> &Ceremony {
        &self.ceremony
    }

    /// The dealers with no upheld fault, ascending. A member compares them with the contract's before it uses its share.
    pub fn qualified(&self) -> &[u16] {
        &self.qualified
    }

    /// The group's key.
    pub fn key(&self) -> &GroupKey {
        &self.key
    }
}
