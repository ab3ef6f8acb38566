//! The module for contracts, as wasmd's: codes, contracts, their calls and their messages.
//!
//! [`vm`] runs the code, [`state`] is what is stored about it, [`keeper`] and [`admin`] are
//! the messages' meaning, [`dispatch`] the sub-messages, [`query`] what contracts may ask.

pub(crate) mod admin;
pub(crate) mod dispatch;
pub(crate) mod encode;
pub(crate) mod gas;
pub(crate) mod keeper;
pub(crate) mod query;
pub(crate) mod response;
pub(crate) mod state;
pub(crate) mod validate;
pub(crate) mod vm;
