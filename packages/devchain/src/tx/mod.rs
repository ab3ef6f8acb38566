//! Transactions: decoding, the checks before their messages run, and running them.

pub(crate) mod amino;
pub(crate) mod ante;
pub(crate) mod decode;
pub(crate) mod run;
pub(crate) mod sign;
pub(crate) mod strict;
