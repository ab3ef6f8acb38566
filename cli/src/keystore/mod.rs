//! Keys on this machine: one encrypted file each, in `<home>/keys`, readable by their owner only.
//!
//! `cipher.rs` has the format and the cryptography; this file has names, paths and permissions.

mod cipher;

use std::{
    fs::{self, DirBuilder},
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
};

use nym_keys::files::read_secret_text;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::failure::{not_found, unusable, usage, Outcome};
pub(crate) use cipher::Header;

/// Ending of a key file.
const ENDING: &str = "key";

/// A key file is below 1 KiB; a much longer one is not ours.
const MAX_FILE: usize = 16 * 1_024;

/// Most keys that are listed: far above what a person has.
const MAX_KEYS: usize = 10_000;

/// What is known of a key without its passphrase.
#[derive(Debug, Clone, Serialize)]
pub struct KeyInfo {
    /// Its name.
    pub name: String,
    /// Its account.
    pub address: String,
}

/// The folder of keys.
pub struct KeyStore {
    folder: PathBuf,
}

impl KeyStore {
    /// The store below a home folder. Nothing is created before the first key is.
    pub fn new(home: &Path) -> Self {
        KeyStore { folder: home.join("keys") }
    }

    /// Encrypts a mnemonic under a new name.
    pub fn add(&self, info: &KeyInfo, mnemonic: &str, passphrase: &str) -> Outcome<()> {
        self.create_folder()?;
        let path = self.path(&info.name)?;
        self.free(&info.name)?;
        let could_not = format!("could not store key '{}'", info.name);
        let header = Header::new(&info.name, &info.address);
        let text = cipher::seal(&header, mnemonic.as_bytes(), passphrase).map_err(|e| e.context(could_not.clone()))?;
        nym_keys::files::write_secret(&path, text.as_bytes()).map_err(|e| unusable(could_not, e))
    }

    /// Fails when the name is taken, before anybody types a passphrase for nothing.
    pub fn free(&self, name: &str) -> Outcome<()> {
        if self.path(name)?.exists() {
            return Err(usage(
                format!("could not store key '{name}'"),
                "there is one of that name already",
                format!("choose another name, or see it with: nym-cli keys show --name {name}"),
            ));
        }
        Ok(())
    }

    /// Decrypts a key's mnemonic.
    pub fn open(&self, name: &str, passphrase: &str) -> Outcome<Zeroizing<String>> {
        let text = self.read(name)?;
        let could_not = format!("could not open key '{name}'");
        let (_, secret) = cipher::open(&text, passphrase).map_err(|e| e.context(could_not.clone()))?;
        let mnemonic = std::str::from_utf8(&secret)
            .map_err(|_| cipher::broken("it does not hold a mnemonic").context(could_not))?;
        Ok(Zeroizing::new(mnemonic.to_owned()))
    }

    /// What is known of a key without its passphrase.
    pub fn show(&self, name: &str) -> Outcome<KeyInfo> {
        let header =
            cipher::header(&self.read(name)?).map_err(|e| e.context(format!("could not read key '{name}'")))?;
        Ok(KeyInfo { name: name.to_owned(), address: header.address })
    }

    /// All keys by name, and the files that are none.
    pub fn list(&self) -> Outcome<(Vec<KeyInfo>, Vec<String>)> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok((Vec::new(), Vec::new())),
            Err(e) => return Err(unusable(format!("could not list '{}'", self.folder.display()), e)),
        };
        let mut names: Vec<String> = entries
            .filter_map(|entry| {
                let path = entry.ok()?.path();
                (path.extension()? == ENDING).then(|| path.file_stem()?.to_str().map(str::to_owned))?
            })
            .take(MAX_KEYS)
            .collect();
        names.sort();
        let (mut keys, mut broken) = (Vec::new(), Vec::new());
        for name in names {
            match self.show(&name) {
                Ok(key) => keys.push(key),
                Err(failure) => {
                    let cause = failure.cause().unwrap_or_default();
                    broken.push(format!("{}: {cause}; it is left out", failure.message()));
                }
            }
        }
        Ok((keys, broken))
    }

    /// Removes a key.
    pub fn delete(&self, name: &str) -> Outcome<()> {
        self.read(name)?;
        fs::remove_file(self.path(name)?).map_err(|e| unusable(format!("could not delete key '{name}'"), e))
    }

    fn read(&self, name: &str) -> Outcome<Zeroizing<String>> {
        let path = self.path(name)?;
        let failed = |e: std::io::Error| unusable(format!("could not read key '{name}'"), e);
        let file = match fs::File::open(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return Err(not_found(
                    format!("could not use key '{name}'"),
                    format!("there is none of that name in '{}'", self.folder.display()),
                    "nym-cli keys list shows the keys; nym-cli keys add makes one",
                ));
            }
            Err(e) => return Err(failed(e)),
        };
        let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            let path = path.display();
            return Err(usage(
                format!("could not use key '{name}'"),
                format!("others can read its file '{path}': its mode is {mode:03o}"),
                format!("run: chmod 600 {path}"),
            ));
        }
        read_secret_text(file, MAX_FILE).map_err(failed)
    }

    fn create_folder(&self) -> Outcome<()> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)
            .map_err(|e| unusable(format!("could not create '{}'", self.folder.display()), e))
    }

    /// Names become file names, so they are plain: letters, digits, `-` and `_`, at most 64.
    fn path(&self, name: &str) -> Outcome<PathBuf> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
            return Err(usage(
                format!("could not use key '{name}'"),
                "no key can have that name",
                "name it with up to 64 letters, digits, - and _",
            ));
        }
        Ok(self.folder.join(name).with_extension(ENDING))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn store() -> (tempfile::TempDir, KeyStore, KeyInfo) {
        let home = tempfile::tempdir().unwrap();
        let store = KeyStore::new(home.path());
        (home, store, KeyInfo { name: "alice".into(), address: "n1alice".into() })
    }

    #[test]
    fn a_key_is_listed_opened_and_deleted() {
        let (_home, store, alice) = store();

        store.add(&alice, "twelve words", "correct horse").unwrap();

        assert_eq!(store.list().unwrap().0[0].address, "n1alice");
        assert_eq!(&*store.open("alice", "correct horse").unwrap(), "twelve words");
        store.delete("alice").unwrap();
        assert!(store.list().unwrap().0.is_empty());
        assert_eq!(store.show("alice").unwrap_err().kind().code(), 3);
    }

    #[test]
    fn a_key_file_is_for_its_owner_only() {
        let (home, store, alice) = store();
        store.add(&alice, "twelve words", "correct horse").unwrap();
        let path = home.path().join("keys/alice.key");

        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!fs::read_to_string(&path).unwrap().contains("twelve"));

        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let failure = store.open("alice", "correct horse").unwrap_err();
        assert!(failure.help().unwrap().starts_with("run: chmod 600"), "{failure}");
    }

    #[test]
    fn a_name_is_never_taken_twice_and_never_a_path() {
        let (_home, store, alice) = store();
        store.add(&alice, "twelve words", "correct horse").unwrap();

        assert!(store.add(&alice, "other words", "correct horse").is_err());
        assert_eq!(&*store.open("alice", "correct horse").unwrap(), "twelve words");
        for name in ["", "../alice", "a/b", "a.b", "ä", &"a".repeat(65)] {
            assert!(store.free(name).is_err(), "{name}");
        }
    }

    #[test]
    fn files_that_are_no_keys_are_named_and_left_out() {
        let (home, store, alice) = store();
        store.add(&alice, "twelve words", "correct horse").unwrap();
        let stray = home.path().join("keys/stray.key");
        nym_keys::files::write_secret(&stray, b"hello").unwrap();

        let (keys, broken) = store.list().unwrap();

        assert_eq!(keys.len(), 1);
        assert!(broken[0].contains("stray"), "{broken:?}");
    }
}
