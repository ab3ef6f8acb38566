#![cfg_attr(feature = "scheme", doc = include_str!("../README.md"))]
#![cfg_attr(not(feature = "scheme"), doc = "The verifier of threshold anonymous credentials for contracts.")]
#![cfg_attr(not(feature = "scheme"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
// One backend has some operations as methods of its own, the other as methods of traits.
#![cfg_attr(not(feature = "blst"), allow(unused_imports))]

extern crate alloc;

pub mod contract;

#[cfg(feature = "scheme")]
mod aggregate;
#[cfg(feature = "scheme")]
pub mod algebra;
#[cfg(feature = "scheme")]
pub mod backend;
#[cfg(feature = "scheme")]
mod batch;
#[cfg(feature = "scheme")]
pub mod beacon;
#[cfg(feature = "scheme")]
mod credential_type;
#[cfg(feature = "scheme")]
pub mod dkg;
#[cfg(feature = "scheme")]
mod error;
#[cfg(feature = "scheme")]
mod issue;
#[cfg(feature = "scheme")]
mod keys;
#[cfg(feature = "scheme")]
pub mod params;
#[cfg(feature = "scheme")]
mod request;
#[cfg(feature = "scheme")]
mod secret;
#[cfg(feature = "scheme")]
mod show;
#[cfg(feature = "scheme")]
mod stream;
#[cfg(all(feature = "scheme", feature = "test-util"))]
pub mod test_util;
#[cfg(feature = "scheme")]
mod transcript;
#[cfg(feature = "scheme")]
mod wire;

#[cfg(feature = "scheme")]
pub use self::{
    aggregate::{AggregateError, Credential, Pending},
    batch::BatchError,
    credential_type::{
        attribute, hashed_attribute, CredentialType, HiddenAttributes, OpenSerial, PublicAttributes, Selective,
        ShowKind, MAX_ATTRIBUTES,
    },
    error::DecodeError,
    issue::{IssueError, PartialSignature},
    keys::{Group, GroupError, KeyError, PreparedInfo, SecretKeyShare, VerificationKey},
    request::{Blindings, Request, COMMITMENT_DST},
    secret::SecretScalar,
    show::{verify_batch, verify_open_batch, OneTimeKey, OpenItem, OpenShow, Show, ShowError},
    transcript::Transcript,
};
