//! Where a client is reached: its identity, its encryption key and the gateway that keeps its inbox.

use crate::{identity, x25519, KeyError};
use std::fmt;
use std::str::FromStr;

/// A client's address, spelled `identity.encryption@gateway` with each part in base58.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientAddress {
    identity: identity::PublicKey,
    encryption: x25519::PublicKey,
    gateway: identity::PublicKey,
}

impl ClientAddress {
    /// Bytes of an address on the wire.
    pub const LENGTH: usize = 96;

    /// Puts an address together.
    pub fn new(identity: identity::PublicKey, encryption: x25519::PublicKey, gateway: identity::PublicKey) -> Self {
        Self { identity, encryption, gateway }
    }

    /// Who the client is.
    pub fn identity(&self) -> identity::PublicKey {
        self.identity
    }

    /// The key to which its messages are sealed.
    pub fn encryption(&self) -> x25519::PublicKey {
        self.encryption
    }

    /// The gateway at which it has its inbox.
    pub fn gateway(&self) -> identity::PublicKey {
        self.gateway
    }

    /// Identity ‖ encryption key ‖ gateway.
    pub fn to_bytes(&self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        bytes[..32].copy_from_slice(self.identity.as_bytes());
        bytes[32..64].copy_from_slice(self.encryption.as_bytes());
        bytes[64..].copy_from_slice(self.gateway.as_bytes());
        bytes
    }

    /// Reads the 96 bytes of [`Self::to_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let bytes: [u8; Self::LENGTH] = crate::encoding::exact("client address", bytes)?;
        Ok(Self {
            identity: identity::PublicKey::from_bytes(&bytes[..32])?,
            encryption: x25519::PublicKey::from_bytes(&bytes[32..64])?,
            gateway: identity::PublicKey::from_bytes(&bytes[64..])?,
        })
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}@{}", self.identity, self.encryption, self.gateway)
    }
}

impl FromStr for ClientAddress {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let malformed = || KeyError::BadAddress(text.chars().take(200).collect());
        let (client, gateway) = text.split_once('@').ok_or_else(malformed)?;
        let (identity, encryption) = client.split_once('.').ok_or_else(malformed)?;
        Ok(Self { identity: identity.parse()?, encryption: encryption.parse()?, gateway: gateway.parse()? })
    }
}

impl serde::Serialize for ClientAddress {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for ClientAddress {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
