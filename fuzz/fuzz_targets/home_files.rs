//! Files of a home folder that hold secrets or say what runs: keys, tokens, the key store, a local network's state.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nym_cli::keystore::KeyStore;
use nym_client::api::Token;
use nym_keys::files::KeyDir;
use nym_localnet::State;
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// Passphrase of the key in the seeds.
const PASSPHRASE: &str = "correct horse";
/// What that key holds.
const SECRET: &str = "twelve words";

static HOME: LazyLock<PathBuf> = LazyLock::new(|| {
    let home = std::env::temp_dir().join(format!("nym-fuzz-home-{}", std::process::id()));
    std::fs::create_dir_all(home.join("keys")).expect("the folder can be made");
    home
});

fn write(path: &Path, content: &[u8]) {
    if !path.exists() {
        std::fs::write(path, b"").expect("the file can be written");
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("its mode can be set");
    }
    std::fs::write(path, content).expect("the file can be written");
}

fn node_key(content: &[u8]) {
    let keys = KeyDir::open(HOME.join("keys")).expect("the folder is there");
    write(&keys.path("node"), content);
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let (identity, x25519) = (keys.identity("node", rng), keys.x25519("node", rng));
    assert_eq!(identity.is_ok(), x25519.is_ok());
    if let (Ok(identity), Ok(x25519)) = (identity, x25519) {
        assert_eq!(identity.to_secret_bytes(), x25519.to_secret_bytes());
        assert!(std::str::from_utf8(content).is_ok());
    }
}

fn key_store(content: &[u8]) {
    let path = HOME.join("keys").join("alice.key");
    write(&path, content);
    let store = KeyStore::new(&HOME);
    let Ok(shown) = store.show("alice") else {
        assert!(store.open("alice", PASSPHRASE).is_err(), "what cannot be shown does not open");
        return;
    };
    assert_eq!(shown.name, "alice");
    // Derivations that a header may ask for take up to minutes: only cheap ones are tried.
    let line = content.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let asked = |name: &str| {
        let header = serde_json::from_slice::<serde_json::Value>(line).ok()?;
        header.get(name)?.as_u64()
    };
    let cost = asked("memory_kib").zip(asked("passes")).map(|(memory, passes)| memory.saturating_mul(passes));
    if cost.is_some_and(|cost| cost <= 64) {
        if let Ok(secret) = store.open("alice", PASSPHRASE) {
            assert_eq!(secret.as_str(), SECRET, "a changed file does not open");
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((kind, content)) = data.split_first() else { return };
    match kind % 4 {
        0 => node_key(content),
        1 => key_store(content),
        2 => {
            let path = HOME.join("api-token");
            write(&path, content);
            let _ = Token::load_or_create(&path);
        }
        _ => {
            write(&HOME.join("localnet.json"), content);
            if let Ok(state) = State::load(&HOME) {
                let written = serde_json::to_vec(&state).expect("it becomes JSON");
                write(&HOME.join("localnet.json"), &written);
                assert!(State::load(&HOME).is_ok(), "it was written just now");
            }
        }
    }
});
