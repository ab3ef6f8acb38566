//! The key file: a header that is readable and authenticated, and the encrypted secret.
//!
//! Two lines of text. The first is JSON: version, name, address, how the passphrase becomes a key
//! (Argon2id), salt and nonce. The second is XChaCha20-Poly1305 of the secret in base64. The label
//! and the bytes of the first line are the associated data: a file whose header was changed, or that
//! was made for another purpose, does not open.

use argon2::{Algorithm, Argon2, Params, Version};
use base64::{engine::general_purpose::STANDARD, Engine};
use chacha20poly1305::{
    aead::{Aead, KeyInit, Payload},
    XChaCha20Poly1305, XNonce,
};
use nym_daemon::{ErrorKind, Failure};
use rand::{rngs::OsRng, RngCore};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::failure::{mistake, Outcome};

const LABEL: &[u8] = b"nym-keystore-v1";
const VERSION: u32 = 1;

/// RFC 9106's second recommendation: 64 MiB, three passes; about a third of a second.
const MEMORY_KIB: u32 = 64 * 1_024;
const PASSES: u32 = 3;
const LANES: u32 = 1;

/// Limits for headers that are read: a file must not be able to demand a machine's memory or an hour.
const MAX_MEMORY_KIB: u32 = 1_024 * 1_024;
const MAX_PASSES: u32 = 16;
const MAX_LANES: u32 = 16;

/// First line of a key file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    version: u32,
    pub name: String,
    pub address: String,
    kdf: String,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    cipher: String,
    salt: String,
    nonce: String,
}

impl Header {
    /// A header with a fresh salt and nonce.
    pub fn new(name: &str, address: &str) -> Self {
        let (mut salt, mut nonce) = ([0u8; 16], [0u8; 24]);
        OsRng.fill_bytes(&mut salt);
        OsRng.fill_bytes(&mut nonce);
        Header {
            version: VERSION,
            name: name.to_owned(),
            address: address.to_owned(),
            kdf: "argon2id".to_owned(),
            memory_kib: MEMORY_KIB,
            passes: PASSES,
            lanes: LANES,
            cipher: "xchacha20poly1305".to_owned(),
            salt: STANDARD.encode(salt),
            nonce: STANDARD.encode(nonce),
        }
    }

    fn check(&self) -> Outcome<()> {
        if self.version != VERSION {
            return Err(broken(format!("its version is {}, this program knows {VERSION}", self.version)));
        }
        if self.kdf != "argon2id" || self.cipher != "xchacha20poly1305" {
            return Err(broken(format!("it uses {} and {}", self.kdf, self.cipher)));
        }
        let sane = self.memory_kib <= MAX_MEMORY_KIB && self.passes <= MAX_PASSES && self.lanes <= MAX_LANES;
        if !sane {
            return Err(broken(format!(
                "it asks for {} KiB, {} passes and {} lanes; the most are {MAX_MEMORY_KIB}, {MAX_PASSES} and {MAX_LANES}",
                self.memory_kib, self.passes, self.lanes
            )));
        }
        Ok(())
    }

    fn cipher(&self, passphrase: &str) -> Outcome<(XChaCha20Poly1305, [u8; 24])> {
        self.check()?;
        let salt = STANDARD.decode(&self.salt).map_err(|_| broken("its salt is not base64"))?;
        let nonce: [u8; 24] = STANDARD
            .decode(&self.nonce)
            .ok()
            .and_then(|nonce| nonce.try_into().ok())
            .ok_or_else(|| broken("its nonce is not 24 bytes of base64"))?;
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(32))
            .map_err(|e| broken(format!("its key derivation is not possible: {e}")))?;
        let mut key = Zeroizing::new([0u8; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.as_bytes(), &salt, &mut *key)
            .map_err(|e| broken(format!("its key derivation is not possible: {e}")))?;
        Ok((XChaCha20Poly1305::new((&*key).into()), nonce))
    }
}

/// Encrypts a secret; the result is the whole file.
pub(crate) fn seal(header: &Header, secret: &[u8], passphrase: &str) -> Outcome<String> {
    let line =
        serde_json::to_string(header).map_err(|e| Failure::from(e).context("could not write the key's header"))?;
    let (cipher, nonce) = header.cipher(passphrase)?;
    let aad = aad(&line);
    let sealed = cipher
        .encrypt(XNonce::from_slice(&nonce), Payload { msg: secret, aad: &aad })
        .map_err(|_| broken("the secret is too long"))?;
    Ok(format!("{line}\n{}\n", STANDARD.encode(sealed)))
}

/// Decrypts a file.
pub(crate) fn open(file: &str, passphrase: &str) -> Outcome<(Header, Zeroizing<Vec<u8>>)> {
    let header = header(file)?;
    let mut lines = file.lines();
    let (line, sealed) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let sealed = STANDARD.decode(sealed).map_err(|_| broken("its second line is not base64"))?;
    let (cipher, nonce) = header.cipher(passphrase)?;
    let aad = aad(line);
    let secret = cipher.decrypt(XNonce::from_slice(&nonce), Payload { msg: &sealed, aad: &aad }).map_err(|_| {
        mistake("the passphrase is wrong, or the key file was changed", "try again, or import the mnemonic anew")
    })?;
    Ok((header, Zeroizing::new(secret)))
}

/// Reads the header without the passphrase. Nothing in it is certain until the file has been opened.
pub(crate) fn header(file: &str) -> Outcome<Header> {
    let line = file.lines().next().unwrap_or_default();
    let header: Header = serde_json::from_str(line).map_err(|_| broken("its first line is not a header"))?;
    header.check()?;
    Ok(header)
}

fn aad(line: &str) -> Vec<u8> {
    [LABEL, line.as_bytes()].concat()
}

/// A key file that is none; whoever opens it says which.
pub(crate) fn broken(reason: impl Into<String>) -> Failure {
    Failure::new(ErrorKind::Failed, format!("the key file is not usable: {}", reason.into()))
        .with_help("import the mnemonic anew: nym-cli keys import")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Cheap derivation: these tests are about the file, not about Argon2.
    fn cheap() -> Header {
        Header { memory_kib: 64, passes: 1, ..Header::new("alice", "n1alice") }
    }

    #[test]
    fn what_is_sealed_opens_with_the_same_passphrase_only() {
        let file = seal(&cheap(), b"secret words", "correct horse").unwrap();

        assert_eq!(&**open(&file, "correct horse").unwrap().1, b"secret words");
        assert!(open(&file, "correct horsf").unwrap_err().message().contains("passphrase is wrong"));
    }

    #[test]
    fn any_changed_byte_of_the_file_keeps_it_shut() {
        let file = seal(&cheap(), b"secret words", "correct horse").unwrap();
        for at in 0..file.trim_end().len() {
            let mut bytes = file.clone().into_bytes();
            bytes[at] ^= 1;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            assert!(open(&changed, "correct horse").is_err(), "byte {at}: {changed}");
        }
    }

    #[test]
    fn a_header_cannot_demand_the_machine() {
        for header in [
            Header { memory_kib: u32::MAX, ..cheap() },
            Header { passes: 1_000_000, ..cheap() },
            Header { lanes: 1_000, ..cheap() },
            Header { version: 2, ..cheap() },
            Header { kdf: "none".into(), ..cheap() },
        ] {
            let file = format!("{}\nAAAA\n", serde_json::to_string(&header).unwrap());
            assert!(open(&file, "x").unwrap_err().message().contains("not usable"));
        }
    }

    #[test]
    fn malformed_files_are_refused_without_a_panic() {
        for file in ["", "\n", "{}", "{}\n", "hello\nworld", "{\"version\":1}\n!!!"] {
            assert!(open(file, "x").is_err(), "{file:?}");
        }
    }
}
