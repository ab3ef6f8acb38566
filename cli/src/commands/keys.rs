//! `keys`: accounts' keys, encrypted on this machine.

use std::path::PathBuf;

use clap::Subcommand;
use nym_chain_client::Wallet;
use serde_json::json;
use zeroize::Zeroizing;

use crate::{
    args::PassphraseArgs,
    context::Context,
    failure::{explain, unusable, usage, Outcome},
    keystore::KeyInfo,
    output::Answer,
    secrets,
    submit::ask,
};

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Make a new key and show its mnemonic, once
    Add {
        /// Name of the key
        #[arg(long, value_name = "NAME")]
        name: String,
        /// File to write the mnemonic to instead of showing it
        #[arg(long, value_name = "FILE")]
        mnemonic_out: Option<PathBuf>,
        #[command(flatten)]
        passphrase: PassphraseArgs,
    },
    /// Store a key from its mnemonic
    Import {
        /// Name of the key
        #[arg(long, value_name = "NAME")]
        name: String,
        /// File with a mnemonic, - for stdin
        #[arg(long, value_name = "FILE")]
        mnemonic_file: PathBuf,
        #[command(flatten)]
        passphrase: PassphraseArgs,
    },
    /// Show a key's address
    Show {
        /// Name of the key
        #[arg(long, value_name = "NAME")]
        name: String,
    },
    /// List the keys
    List,
    /// Delete a key; without its mnemonic nobody can use the account again
    Delete {
        /// Name of the key
        #[arg(long, value_name = "NAME")]
        name: String,
        /// Delete without asking
        #[arg(long)]
        yes: bool,
    },
}

pub(crate) fn run(command: Keys, context: &Context) -> Outcome<Answer> {
    let store = context.keys()?;
    match command {
        Keys::Add { name, mnemonic_out, passphrase } => {
            store.free(&name)?;
            let mnemonic = Wallet::generate_mnemonic(&mut rand::rngs::OsRng);
            let key = store_key(context, &name, &mnemonic, &passphrase)?;
            let Some(path) = mnemonic_out else {
                let data = json!({ "name": key.name, "address": key.address, "mnemonic": &*mnemonic });
                let lines = vec![
                    ("name", Some(key.name)),
                    ("address", Some(key.address)),
                    ("mnemonic", Some(mnemonic.to_string())),
                ];
                return Ok(Answer::record(&data, lines)
                    .warn("write the mnemonic down and keep it safe: it is shown this once, and whoever has it has the account"));
            };
            let line = Zeroizing::new([mnemonic.as_str(), "\n"].concat());
            nym_keys::files::write_secret(&path, line.as_bytes()).map_err(|e| {
                // The key without its mnemonic would be a trap.
                let _ = store.delete(&name);
                unusable("could not write the mnemonic, so the key was not kept", e)
            })?;
            let path = path.display().to_string();
            let data = json!({ "name": key.name, "address": key.address, "mnemonic_file": path });
            let lines = vec![("name", Some(key.name)), ("address", Some(key.address)), ("mnemonic in", Some(path))];
            Ok(Answer::record(&data, lines))
        }
        Keys::Import { name, mnemonic_file, passphrase } => {
            store.free(&name)?;
            if mnemonic_file == std::path::Path::new("-") && passphrase.passphrase_file == Some("-".into()) {
                return Err(usage(
                    format!("could not import key '{name}'"),
                    "mnemonic and passphrase cannot both come from stdin",
                    "give one of them in a file",
                ));
            }
            let mnemonic = secrets::from_file(&mnemonic_file, "mnemonic")?;
            let key = store_key(context, &name, &mnemonic, &passphrase)?;
            Ok(show(&key))
        }
        Keys::Show { name } => Ok(show(&store.show(&name)?)),
        Keys::List => {
            let (keys, broken) = store.list()?;
            let answer = Answer::table(
                &keys,
                &["name", "address"],
                "no keys; make one with: nym-cli keys add --name NAME",
                |key| vec![key.name.clone(), key.address.clone()],
            );
            Ok(broken.into_iter().fold(answer, Answer::warn))
        }
        Keys::Delete { name, yes } => {
            let key = store.show(&name)?;
            if !yes {
                let question = format!(
                    "Delete key '{name}' ({})? Without its mnemonic nobody can use the account again.",
                    key.address
                );
                ask(&question, &format!("delete key '{name}'"))?;
            }
            store.delete(&name)?;
            Ok(show(&key))
        }
    }
}

fn store_key(context: &Context, name: &str, mnemonic: &str, passphrase: &PassphraseArgs) -> Outcome<KeyInfo> {
    let wallet = Wallet::from_mnemonic(mnemonic, context.prefix())
        .map_err(|e| explain(&e).context(format!("could not import key '{name}'")).with_help(secrets::MNEMONIC))?;
    let key = KeyInfo { name: name.to_owned(), address: wallet.address().to_owned() };
    let passphrase = secrets::new_passphrase(passphrase.passphrase_file.as_deref(), name)?;
    context.keys()?.add(&key, &nym_chain_client::normalised(mnemonic), &passphrase)?;
    Ok(key)
}

fn show(key: &KeyInfo) -> Answer {
    Answer::record(key, vec![("name", Some(key.name.clone())), ("address", Some(key.address.clone()))])
}
