//! Why bytes were refused. Errors that belong to one step of the scheme are beside that step.

/// Bytes that are not the one canonical encoding of what was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Too few or too many bytes.
    #[error("{what} has {got} bytes but {expected} are required")]
    Length {
        /// What was read.
        what: &'static str,
        /// How many bytes it has.
        expected: usize,
        /// How many were given.
        got: usize,
    },
    /// Not below the group order.
    #[error("{what} is not a canonical scalar: it is not below the group order")]
    Scalar {
        /// What was read.
        what: &'static str,
    },
    /// Wrong flags, a coordinate that is not below the field's prime, or not on the curve.
    #[error("{what} is not the compressed encoding of a point of the curve")]
    Point {
        /// What was read.
        what: &'static str,
    },
    /// On the curve but outside the subgroup of prime order.
    #[error("{what} is a point outside the subgroup of prime order")]
    Subgroup {
        /// What was read.
        what: &'static str,
    },
    /// The identity where a point other than it is required.
    #[error("{what} is the identity")]
    Identity {
        /// What was read.
        what: &'static str,
    },
    /// Zero where a scalar other than zero is required.
    #[error("{what} is zero")]
    Zero {
        /// What was read.
        what: &'static str,
    },
    /// A value that its type does not allow.
    #[error("{what} is not an allowed value")]
    Value {
        /// What was read.
        what: &'static str,
    },
}
