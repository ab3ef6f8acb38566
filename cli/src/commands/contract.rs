//! `contract` and `query`: store code, create, foresee addresses, call, migrate, look at and ask contracts.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use cosmwasm_std::Coin;
use nym_chain_client::Tx;
use nym_daemon::{ErrorKind, Failure};
use serde_json::{json, Value};
use sha2::{Digest, Sha256};

use super::{input, node::AccountArgs};
use crate::{
    amounts::coin,
    args::TxArgs,
    context::Context,
    failure::{usage, Attempt, Outcome},
    output::Answer,
    submit::{report, submit, submit_and_report, Submitted},
};

/// The chain's own limit is 800 KiB zipped; a much larger file is not a contract.
const MAX_WASM: u64 = 16 * 1_024 * 1_024;

/// Largest message that is read from a file.
const MAX_MESSAGE: u64 = 1_024 * 1_024;

#[derive(Debug, Subcommand)]
pub(crate) enum Contract {
    /// Store contract code; it is gzipped on the way
    Upload {
        /// The .wasm file
        #[arg(long, value_name = "FILE")]
        wasm: PathBuf,
        #[command(flatten)]
        tx: TxArgs,
    },
    /// Create a contract from stored code
    Instantiate {
        /// Number of the stored code
        #[arg(long, value_name = "NUMBER")]
        code_id: u64,
        /// Name shown by explorers
        #[arg(long, value_name = "TEXT")]
        label: String,
        #[command(flatten)]
        message: MessageArgs,
        /// Coins to hand over; may be given several times
        #[arg(long, value_name = "COIN", value_parser = coin)]
        funds: Vec<Coin>,
        /// Address that may migrate the contract [default: nobody]
        #[arg(long, value_name = "ADDRESS")]
        admin: Option<String>,
        /// Text that makes the address foreseeable: it depends on code, sender and this alone
        #[arg(long, value_name = "TEXT")]
        salt: Option<String>,
        #[command(flatten)]
        tx: TxArgs,
    },
    /// Send a message to a contract
    Execute {
        /// Address of the contract
        #[arg(long, value_name = "ADDRESS")]
        contract: String,
        #[command(flatten)]
        message: MessageArgs,
        /// Coins to hand over; may be given several times
        #[arg(long, value_name = "COIN", value_parser = coin)]
        funds: Vec<Coin>,
        #[command(flatten)]
        tx: TxArgs,
    },
    /// Replace a contract's code
    Migrate {
        /// Address of the contract
        #[arg(long, value_name = "ADDRESS")]
        contract: String,
        /// Number of the stored code
        #[arg(long, value_name = "NUMBER")]
        code_id: u64,
        #[command(flatten)]
        message: MessageArgs,
        #[command(flatten)]
        tx: TxArgs,
    },
    /// Show the address that a contract of stored code gets from a salt, before it is created
    Address {
        /// Number of the stored code
        #[arg(long, value_name = "NUMBER")]
        code_id: u64,
        /// Text that makes the address foreseeable: it depends on code, sender and this alone
        #[arg(long, value_name = "TEXT")]
        salt: String,
        #[command(flatten)]
        account: AccountArgs,
    },
    /// Show a contract's code, creator and admin
    Show {
        /// Address of the contract
        #[arg(long, value_name = "ADDRESS")]
        contract: String,
    },
}

/// A JSON message, inline or in a file.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct MessageArgs {
    /// Message in JSON
    #[arg(long, value_name = "JSON")]
    msg: Option<String>,
    /// File with the message in JSON, - for stdin
    #[arg(long, value_name = "FILE")]
    msg_file: Option<PathBuf>,
}

/// A question in JSON.
#[derive(Debug, Args)]
pub(crate) struct Query {
    /// Address of the contract
    #[arg(long, value_name = "ADDRESS")]
    contract: String,
    #[command(flatten)]
    message: MessageArgs,
    /// Height to read at [default: the latest]
    #[arg(long, value_name = "HEIGHT")]
    height: Option<u64>,
}

pub(crate) async fn run(command: Contract, context: &Context) -> Outcome<Answer> {
    match command {
        Contract::Upload { wasm, tx } => upload(&wasm, &tx, context).await,
        Contract::Instantiate { code_id, label, message, funds, admin, salt, tx } => {
            let message = message.read()?;
            let built = match salt {
                None => Tx::instantiate(code_id, &label, &message, funds, admin),
                Some(salt) => Tx::instantiate2(code_id, &label, &message, funds, admin, salt.into_bytes()),
            };
            let account = context.account(&tx).await?;
            let what = format!("create contract '{label}' from code {code_id}");
            match submit(&account, built.attempt(what.clone())?, &tx, &what).await? {
                Submitted::DryRun(answer) => Ok(answer),
                Submitted::Sent { outcome, fee } => {
                    let address = outcome.contract_address().attempt("read the new contract's address")?;
                    Ok(report(&outcome, &fee, vec![("contract", address)]))
                }
            }
        }
        Contract::Execute { contract, message, funds, tx } => {
            let message = message.read()?;
            let what = format!("call contract {contract}");
            let effect = format!("sends {} to {contract}", first_key(&message));
            let built = Tx::execute(&contract, &message, funds).attempt(what.clone())?.effect(effect);
            let account = context.account(&tx).await?;
            submit_and_report(&account, built, &tx, &what).await
        }
        Contract::Migrate { contract, code_id, message, tx } => {
            let what = format!("migrate contract {contract} to code {code_id}");
            let built = Tx::migrate(&contract, code_id, &message.read()?).attempt(what.clone())?;
            let account = context.account(&tx).await?;
            submit_and_report(&account, built, &tx, &what).await
        }
        Contract::Address { code_id, salt, account } => {
            let sender = context.address_of(account.key.as_deref(), account.address.as_deref())?;
            let client = context.client().await?;
            let what = format!("foresee the address of a contract of code {code_id}");
            let address = client.instantiate2_address(code_id, &sender, salt.as_bytes()).await.attempt(what)?;
            Ok(Answer::record(&json!({ "contract": address }), vec![("contract", Some(address.clone()))]))
        }
        Contract::Show { contract } => show(&contract, context).await,
    }
}

/// `query`: any question to any contract.
pub(crate) async fn query(query: Query, context: &Context) -> Outcome<Answer> {
    let message = query.message.read()?.to_string().into_bytes();
    let what = format!("ask contract {}", query.contract);
    let asked = context.client().await?.smart_query(&query.contract, message, query.height).await;
    let reply: Value = serde_json::from_slice(&asked.attempt(what)?).map_err(|e| {
        Failure::new(ErrorKind::Failed, "the contract's reply is not JSON").with_cause(&e).with_help(
            "see what the contract is with nym-cli contract show; another endpoint may reply better: --rpc URL",
        )
    })?;
    Ok(Answer::json(reply))
}

async fn upload(wasm: &Path, tx: &TxArgs, context: &Context) -> Outcome<Answer> {
    let code = input::bytes(wasm, MAX_WASM)?;
    if !code.starts_with(b"\0asm") {
        return Err(usage(
            format!("could not store the code in '{}'", wasm.display()),
            "it is not a wasm file",
            "build one with scripts/build-contracts",
        ));
    }
    let checksum = hex::encode(Sha256::digest(&code));

    let account = context.account(tx).await?;
    let what = format!("store the code in '{}'", wasm.display());
    match submit(&account, Tx::store_code(&code), tx, &what).await? {
        Submitted::DryRun(answer) => Ok(answer),
        Submitted::Sent { outcome, fee } => {
            let code_id = outcome.code_id().attempt("read the stored code's number")?;
            Ok(report(&outcome, &fee, vec![("code id", code_id.to_string()), ("checksum", checksum)]))
        }
    }
}

async fn show(address: &str, context: &Context) -> Outcome<Answer> {
    let client = context.client().await?;
    let info = client.contract_info(address).await.attempt(format!("look up contract {address}"))?;
    let code = client.code_info(info.code_id).await.attempt(format!("look up code {}", info.code_id))?;
    // Contracts that follow the convention say what they are; others are shown without it.
    let version = client.raw_query(address, b"contract_info".to_vec(), None).await.ok().flatten();
    let version: Option<Value> = version.and_then(|version| serde_json::from_slice(&version).ok());
    let text = |key: &str| version.as_ref().and_then(|v| v.get(key)).and_then(Value::as_str).map(str::to_owned);
    let data = json!({ "contract": info, "code": code, "version": version });
    Ok(Answer::record(
        &data,
        vec![
            ("contract", Some(info.address)),
            ("label", Some(info.label)),
            ("is", text("contract")),
            ("version", text("version")),
            ("code id", Some(info.code_id.to_string())),
            ("checksum", Some(code.checksum)),
            ("creator", Some(info.creator)),
            ("admin", Some(info.admin.unwrap_or_else(|| "nobody".to_owned()))),
        ],
    ))
}

impl MessageArgs {
    fn read(&self) -> Outcome<Value> {
        let (text, source) = match (&self.msg, &self.msg_file) {
            (Some(text), _) => (text.clone(), "the message".to_owned()),
            (None, Some(path)) => {
                let source = format!("'{}'", path.display());
                (input::text(path, MAX_MESSAGE)?, source)
            }
            (None, None) => {
                let cause = "there is neither --msg nor --msg-file";
                return Err(usage("no message was given", cause, "add --msg JSON or --msg-file FILE"));
            }
        };
        serde_json::from_str(&text).map_err(|e| {
            Failure::new(ErrorKind::Usage, format!("{source} is not JSON"))
                .with_cause(&e)
                .with_help("quote it for the shell: --msg '{\"get_epoch_status\":{}}'")
        })
    }
}

/// The name of a message: the one key of its object.
fn first_key(message: &Value) -> String {
    message
        .as_object()
        .and_then(|object| object.keys().next())
        .map_or_else(|| "a message".to_owned(), |key| format!("'{key}'"))
}
