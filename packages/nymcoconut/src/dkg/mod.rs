//! Distributed key generation: dealings, complaints that anyone can decide, resharing, refresh.
//!
//! A group of n members makes a key of which any t = ⌊2n/3⌋ + 1 hold enough to sign and fewer learn nothing; the same run makes the key of the epoch
//! beacon. Members talk through one ordered, authenticated board, such as a contract, in windows that end at deadlines:
//!
//! 1. **Register**: [`ReceiverSecret::register`] → [`Registry::post`] → [`Registry::close`] gives the [`Ceremony`].
//! 2. **Deal**: [`Dealing::deal`] → [`Board::post_dealing`] → [`Board::close_dealing`].
//! 3. **Complain**: [`Inbox::open`], [`Inbox::complaints`] → [`Board::post_complaint`] → [`Board::close`].
//! 4. **Finish**: [`Board::outcome`] is the group's key, [`Inbox::finish`] a member's share of it, [`Announcement`]s give the y's in G2.
//!
//! To hand the key to another group, or to refresh the shares of the same one, [`Plan::hand_over`] starts the same windows with the holders of the old key as dealers.
//!
//! Nothing here has a clock, a socket or a source of randomness of its own. The security argument is in `docs/protocol/dkg.md`.

pub mod algebra;
pub mod sigma;

mod accusation;
mod announce;
mod board;
mod commitments;
mod complaint;
mod dealing;
mod error;
mod group;
mod mask;
mod registration;
mod setup;
mod share;
mod wire;

pub use accusation::{Accusation, Charge, ACCUSATION_BYTES};
pub use announce::Announcement;
pub use board::{Board, FalseComplaint, Fault, Outcome, Phase, Refusal};
pub use commitments::{Commitments, MemberKey};
pub use complaint::{Complaint, Verdict, COMPLAINT_BYTES};
pub use dealing::{Dealing, Flaw, Inbox, Layout};
pub use error::{AnnounceError, DealError, FinishError, IndexError, MessageError, OutcomeError, SetupError};
pub use group::GroupKey;
pub use registration::{ReceiverSecret, Registration, RegistrationError, Registry, REGISTRATION_BYTES};
pub use setup::{Ceremony, Committee, Plan, Purpose, MAX_MEMBERS, MAX_NAME};
pub use share::MemberShare;
pub use wire::{Kind, Place};
