//! Base58 with a length known beforehand, and what every public key type derives from it.

use crate::KeyError;

/// Decodes exactly `N` bytes of base58; anything longer than `N` bytes can be is refused unread.
pub(crate) fn decode<const N: usize>(what: &'static str, text: &str) -> Result<[u8; N], KeyError> {
    // 58^k < 256^N: a text of more than 2N characters cannot be N bytes (unless padded with '1').
    if text.len() > 2 * N {
        return Err(KeyError::WrongLength { what, actual: text.len(), expected: N });
    }
    let bytes =
        bs58::decode(text).into_vec().map_err(|error| KeyError::NotBase58 { what, reason: error.to_string() })?;
    exact(what, &bytes)
}

/// The bytes as an array, or an error that names both lengths.
pub(crate) fn exact<const N: usize>(what: &'static str, bytes: &[u8]) -> Result<[u8; N], KeyError> {
    bytes.try_into().map_err(|_| KeyError::WrongLength { what, actual: bytes.len(), expected: N })
}

/// Text forms of a fixed-size public value: `Display`, `FromStr` and serde as base58.
macro_rules! base58_text {
    ($type:ty, $length:expr) => {
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&bs58::encode(self.to_bytes()).into_string())
            }
        }

        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({self})", stringify!($type))
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::KeyError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::from_bytes(&$crate::encoding::decode::<{ $length }>(Self::WHAT, text)?)
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use base58_text;
