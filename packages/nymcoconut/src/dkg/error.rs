//! What can be wrong, and whose fault it is.

use thiserror::Error;

/// A list of member indices is unusable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum IndexError {
    /// Nobody.
    #[error("the list of indices is empty")]
    None,
    /// 0 is where the secret is.
    #[error("index 0 belongs to no member")]
    Zero,
    /// One member twice.
    #[error("index {index} occurs twice")]
    Twice {
        /// The index.
        index: u16,
    },
}

/// The parameters of a ceremony are unusable.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SetupError {
    /// The members' indices.
    #[error(transparent)]
    Members(#[from] IndexError),
    /// More than a ceremony takes.
    #[error("{count} members, but at most {maximum} are possible")]
    TooMany {
        /// How many there are.
        count: usize,
        /// How many there may be.
        maximum: usize,
    },
    /// Number of attributes out of range.
    #[error("a key of {given} attributes, but 1 to {maximum} are possible")]
    Attributes {
        /// The number asked for.
        given: usize,
        /// The highest possible.
        maximum: usize,
    },
    /// A name that is empty or too long.
    #[error("the {what} has {length} bytes, but 1 to {maximum} are possible")]
    Name {
        /// Which name.
        what: &'static str,
        /// Its length.
        length: usize,
        /// The longest possible.
        maximum: usize,
    },
    /// A ceremony's number must be higher than that of the group's.
    #[error("ceremony {given} does not come after ceremony {group}, which made the group")]
    NotLater {
        /// The ceremony's number.
        given: u64,
        /// The number of the ceremony that made the group.
        group: u64,
    },
    /// Too few registered to hold the key.
    #[error("{registered} members registered, but {required} are required")]
    TooFewRegistered {
        /// How many did.
        registered: usize,
        /// How many must.
        required: usize,
    },
}

/// Bytes that are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MessageError {
    /// Shorter or longer than this message is.
    #[error("the message has {given} bytes, but {required} are required")]
    Length {
        /// Its length.
        given: usize,
        /// The only right length.
        required: usize,
    },
    /// Another kind of message.
    #[error("the message is of kind {given}, but {required} is required")]
    Kind {
        /// Its kind.
        given: u8,
        /// The kind that is expected here.
        required: u8,
    },
    /// Of another ceremony.
    #[error("the message belongs to ceremony {given}, not {required}")]
    Epoch {
        /// Its ceremony.
        given: u64,
        /// This ceremony.
        required: u64,
    },
    /// It names another sender than the one who sent it.
    #[error("the message names member {given}, but member {required} sent it")]
    Sender {
        /// The member it names.
        given: u16,
        /// The member who sent it.
        required: u16,
    },
    /// A member that does not exist or does not take part in this role.
    #[error("member {index} has no part in this")]
    Stranger {
        /// The index.
        index: u16,
    },
    /// Polynomials of another degree, for another number of members or attributes.
    #[error("the {what} is {given}, but {required} is required")]
    Shape {
        /// Which number.
        what: &'static str,
        /// The number given.
        given: u16,
        /// The number of this ceremony.
        required: u16,
    },
    /// A number out of range.
    #[error("the {what} is {given}, but {least} to {most} are possible")]
    Range {
        /// Which number.
        what: &'static str,
        /// The number given.
        given: u16,
        /// The lowest possible.
        least: u16,
        /// The highest possible.
        most: u16,
    },
    /// A place that no dealing of this ceremony has.
    #[error("a dealing of this ceremony has no value at the place {first}, {second}")]
    Nowhere {
        /// The first number of the place.
        first: u16,
        /// The second.
        second: u16,
    },
    /// A number that stands for nothing.
    #[error("{given} is no {what}")]
    Code {
        /// What was expected.
        what: &'static str,
        /// The number given.
        given: u8,
    },
    /// Not a canonical encoding of a point of the subgroup other than the identity.
    #[error("the point at {place} is not canonical, not in the subgroup or the identity")]
    Point {
        /// Where it stands.
        place: super::Place,
    },
    /// Not a canonical scalar.
    #[error("the scalar at {place} is not below the order of the group")]
    Scalar {
        /// Where it stands.
        place: super::Place,
    },
}

/// A dealing cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DealError {
    /// Not one of the dealers.
    #[error("member {index} deals nothing in this ceremony")]
    NotADealer {
        /// The index.
        index: u16,
    },
    /// A group hands over what its members hold.
    #[error("resharing needs the member's share of the old key")]
    ShareNeeded,
    /// A new key starts from nothing.
    #[error("a new key takes no old share")]
    ShareNotNeeded,
    /// Not the share that the group's public polynomials give this member.
    #[error("the share is not the one that member {index} holds of this group's key")]
    OtherShare {
        /// The index.
        index: u16,
    },
    /// The source of randomness repeats itself.
    #[error("the source of randomness gave the same value twice")]
    RepeatedRandomness,
}

/// A share of the new key cannot be put together.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FinishError {
    /// Not a receiver.
    #[error("member {index} receives nothing in this ceremony")]
    NotAReceiver {
        /// The index.
        index: u16,
    },
    /// Another key pair than the one that was registered.
    #[error("the receiver's key is not the one that member {index} registered")]
    OtherKey {
        /// The index.
        index: u16,
    },
    /// Qualified dealers whose share for this member is wrong and was not complained about in time.
    #[error("no right share came from the qualified dealers {dealers:?}, and no complaint was upheld")]
    WrongShares {
        /// Who dealt it.
        dealers: Vec<u16>,
    },
    /// The sum does not fit the public key: the outcome belongs to another ceremony.
    #[error("the shares do not add up to the share that the group's public polynomials give this member")]
    OtherOutcome,
}

/// A ceremony ends without a key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OutcomeError {
    /// Too few dealers are left.
    #[error("{qualified} dealers qualified, but {required} are required; at fault: {culprits:?}")]
    TooFewQualified {
        /// How many did.
        qualified: usize,
        /// How many must.
        required: usize,
        /// The dealers at fault.
        culprits: Vec<u16>,
    },
    /// A commitment of the group's key is the identity, which dealings that passed their proofs never add up to by chance.
    #[error("a commitment of the group's key is the identity")]
    IdentityKey,
    /// Not every phase is over.
    #[error("the ceremony is not over")]
    NotOver,
}

/// Announced keys that are wrong, or too few.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AnnounceError {
    /// They do not fit the group's public polynomials.
    #[error("wrong verification keys were announced by {culprits:?}")]
    Wrong {
        /// By whom.
        culprits: Vec<u16>,
    },
    /// The indices are unusable.
    #[error(transparent)]
    Indices(#[from] IndexError),
    /// Somebody who holds no share of this key.
    #[error("member {index} holds no share of this key")]
    Stranger {
        /// The index.
        index: u16,
    },
    /// A wrong number of keys.
    #[error("member {index} announced {given} keys, but {required} are required")]
    Count {
        /// The member.
        index: u16,
        /// How many it announced.
        given: usize,
        /// The number of attributes.
        required: usize,
    },
    /// Too few for the group's key.
    #[error("{given} members announced their keys, but {required} are required")]
    TooFew {
        /// How many did.
        given: usize,
        /// The threshold.
        required: usize,
    },
}

impl AnnounceError {
    /// Whose fault it is.
    pub fn culprits(&self) -> &[u16] {
        match self {
            Self::Wrong { culprits } => culprits,
            Self::Indices(IndexError::Twice { index }) | Self::Stranger { index } | Self::Count { index, .. } => {
                std::slice::from_ref(index)
            }
            Self::Indices(_) | Self::TooFew { .. } => &[],
        }
    }
}
