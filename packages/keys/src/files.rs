//! Secret keys on disk: one file a key, in base58, mode 0600, in a directory of mode 0700.
//!
//! A key is written to a temporary file that nobody else can ever read, synced, and renamed into
//! place: a crash leaves either no key or the whole key. Reading refuses a file that others can read.
//! What is no secret is written in the same way by [`write_whole`], with the mode that the process gives.

use crate::{identity, x25519, KeyError};
use rand::{CryptoRng, RngCore};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use thiserror::Error;
use zeroize::Zeroizing;

/// A base58 key of 32 bytes has at most 44 characters; a longer file is not one of ours.
const MAX_FILE: usize = 128;

/// Why a key file could not be read or written.
#[derive(Debug, Error)]
pub enum KeyFileError {
    /// The file system refused.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Others than the owner may read or write the file.
    #[error("{} has mode {mode:03o} but a secret key must be 600; run: chmod 600 {}", path.display(), path.display())]
    Permissions {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The file does not hold a key.
    #[error("{} does not hold a key", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: KeyError,
    },
}

/// A directory of secret keys.
#[derive(Debug, Clone)]
pub struct KeyDir(PathBuf);

impl KeyDir {
    /// Opens the directory, creating it with mode 0700 if it is missing.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, KeyFileError> {
        let path = path.into();
        DirBuilder::new().recursive(true).mode(0o700).create(&path).map_err(|source| KeyFileError::Io {
            action: "create directory",
            path: path.clone(),
            source,
        })?;
        Ok(Self(path))
    }

    /// Reads the Ed25519 key of that name, or draws and stores one.
    pub fn identity(
        &self,
        name: &str,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<identity::SecretKey, KeyFileError> {
        let secret = self.load_or_create(name, || identity::SecretKey::generate(rng).to_secret_bytes())?;
        identity::SecretKey::from_secret_bytes(&*secret).map_err(|source| self.content(name, source))
    }

    /// Reads the X25519 key of that name, or draws and stores one.
    pub fn x25519(&self, name: &str, rng: &mut (impl RngCore + CryptoRng)) -> Result<x25519::SecretKey, KeyFileError> {
        let secret = self.load_or_create(name, || x25519::SecretKey::generate(rng).to_secret_bytes())?;
        x25519::SecretKey::from_secret_bytes(&*secret).map_err(|source| self.content(name, source))
    }

    /// Where the key of that name is kept.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}.key"))
    }

    fn content(&self, name: &str, source: KeyError) -> KeyFileError {
        KeyFileError::Content { path: self.path(name), source }
    }

    fn load_or_create(
        &self,
        name: &str,
        create: impl FnOnce() -> Zeroizing<[u8; 32]>,
    ) -> Result<Zeroizing<[u8; 32]>, KeyFileError> {
        let path = self.path(name);
        if path.exists() {
            let text = read_secret(&path)?;
            let bytes = crate::encoding::decode("secret key", text.trim())
                .map_err(|source| KeyFileError::Content { path, source })?;
            return Ok(Zeroizing::new(bytes));
        }
        let secret = create();
        let text = Zeroizing::new(bs58::encode(&*secret).into_string());
        write_secret(&path, text.as_bytes())?;
        Ok(secret)
    }
}

/// Reads a key file after checking that only its owner can.
pub fn read_secret(path: &Path) -> Result<Zeroizing<String>, KeyFileError> {
    read_secret_of(path, MAX_FILE)
}

/// Reads a secret file of at most `limit` bytes after checking that only its owner can.
pub fn read_secret_of(path: &Path, limit: usize) -> Result<Zeroizing<String>, KeyFileError> {
    let io = |action| move |source| KeyFileError::Io { action, path: path.to_owned(), source };
    let file = File::open(path).map_err(io("open"))?;
    let mode = file.metadata().map_err(io("inspect"))?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyFileError::Permissions { path: path.to_owned(), mode });
    }
    read_secret_text(file, limit).map_err(io("read"))
}

/// Reads a secret to its end; one of more than `limit` bytes is refused, not cut off.
pub fn read_secret_text(input: impl io::Read, limit: usize) -> io::Result<Zeroizing<String>> {
    // Room for all of it: a text that grows leaves what it held behind in memory.
    let mut text = Zeroizing::new(String::with_capacity(limit + 1));
    input.take(limit as u64 + 1).read_to_string(&mut text)?;
    if text.len() > limit {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("it has more than {limit} bytes")));
    }
    Ok(text)
}

/// Writes a secret file whole or not at all; readable by its owner only, from its first byte on.
pub fn write_secret(path: &Path, content: &[u8]) -> Result<(), KeyFileError> {
    write(path, content, 0o600).map_err(|(action, source)| KeyFileError::Io { action, path: path.to_owned(), source })
}

/// Writes a file that is no secret whole or not at all; whoever reads it sees what was there before or all of this.
pub fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    write(path, content, 0o666).map_err(|(_, source)| source)
}

/// Writes beside the file, syncs and renames; an error comes with what was tried.
fn write(path: &Path, content: &[u8], mode: u32) -> Result<(), (&'static str, io::Error)> {
    let tried = |action: &'static str| move |source: io::Error| (action, source);
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let temporary = path.with_extension(format!("tmp{}", std::process::id()));
    let _ = fs::remove_file(&temporary);
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(mode).open(&temporary).map_err(tried("create"))?;
    let written = file.write_all(content).and_then(|()| file.sync_all()).map_err(tried("write"));
    let placed = written.and_then(|()| fs::rename(&temporary, path).map_err(tried("rename into")));
    if placed.is_err() {
        // A secret must not stay where nobody looks for it.
        let _ = fs::remove_file(&temporary);
    }
    placed?;
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(tried("sync the directory of"))
}
