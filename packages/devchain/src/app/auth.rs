//! Accounts: numbers, sequences and public keys, laid out in the store as the SDK does,
//! so that reading and writing them costs the same gas.

use super::address::Address;
use super::ctx::{Ctx, StoreId};
use super::App;
use crate::error::{AppError, Outcome, UNKNOWN_ADDRESS};
use cosmrs::proto::cosmos::auth::v1beta1::{BaseAccount, ModuleAccount, Params};
use cosmrs::proto::traits::Message;
use cosmrs::proto::Any;

const PARAMS: &[u8] = &[0];
const ACCOUNT: u8 = 1;
const NEXT_NUMBER: &[u8] = &[2];
const BY_NUMBER: &[u8] = b"accountNumber";

const BASE: &str = "/cosmos.auth.v1beta1.BaseAccount";
const MODULE: &str = "/cosmos.auth.v1beta1.ModuleAccount";

/// Name of the module account that collects fees.
pub(crate) const FEE_COLLECTOR: &str = "fee_collector";

/// The limits and prices that the SDK sets by default.
pub(crate) const DEFAULT_PARAMS: Params = Params {
    max_memo_characters: 256,
    tx_sig_limit: 7,
    tx_size_cost_per_byte: 10,
    sig_verify_cost_ed25519: 590,
    sig_verify_cost_secp256k1: 1000,
};

/// An account, of a user, a contract or a module.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Account {
    pub base: BaseAccount,
    /// Name and permissions, for modules.
    pub module: Option<(String, Vec<String>)>,
}

impl Account {
    pub(crate) fn to_any(&self) -> Any {
        match &self.module {
            None => Any { type_url: BASE.to_owned(), value: self.base.encode_to_vec() },
            Some((name, permissions)) => Any {
                type_url: MODULE.to_owned(),
                value: ModuleAccount {
                    base_account: Some(self.base.clone()),
                    name: name.clone(),
                    permissions: permissions.clone(),
                }
                .encode_to_vec(),
            },
        }
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let any = Any::decode(bytes).ok()?;
        if any.type_url == MODULE {
            let account = ModuleAccount::decode(&*any.value).ok()?;
            return Some(Account { base: account.base_account?, module: Some((account.name, account.permissions)) });
        }
        Some(Account { base: BaseAccount::decode(&*any.value).ok()?, module: None })
    }
}

fn account_key(address: &Address) -> Vec<u8> {
    let mut key = vec![ACCOUNT];
    key.extend_from_slice(address.bytes());
    key
}

fn number_key(number: u64) -> Vec<u8> {
    let mut key = BY_NUMBER.to_vec();
    key.extend_from_slice(&number.to_be_bytes());
    key
}

impl App {
    /// Writes the parameters of the module, at genesis.
    pub(crate) fn init_auth(&self, ctx: &Ctx) -> Outcome<()> {
        ctx.kv(StoreId::Auth).set(PARAMS, &DEFAULT_PARAMS.encode_to_vec())
    }

    pub(crate) fn auth_params(&self, ctx: &Ctx) -> Outcome<Params> {
        let stored = ctx.kv(StoreId::Auth).get(PARAMS)?;
        Ok(stored.and_then(|bytes| Params::decode(bytes).ok()).unwrap_or(DEFAULT_PARAMS))
    }

    pub(crate) fn account(&self, ctx: &Ctx, address: &Address) -> Outcome<Option<Account>> {
        let stored = ctx.kv(StoreId::Auth).get(&account_key(address))?;
        Ok(stored.and_then(|bytes| Account::from_bytes(&bytes)))
    }

    /// An account as a query returns it, in its envelope.
    pub(crate) fn account_any(&self, ctx: &Ctx, address: &Address) -> Outcome<Option<Any>> {
        Ok(self.account(ctx, address)?.map(|a| a.to_any()))
    }

    pub(crate) fn has_account(&self, ctx: &Ctx, address: &Address) -> Outcome<bool> {
        ctx.kv(StoreId::Auth).has(&account_key(address))
    }

    /// The account of someone who signs.
    pub(crate) fn signer(&self, ctx: &Ctx, address: &Address) -> Outcome<Account> {
        let missing = || {
            let text = format!("account {} does not exist", self.codec.encode(address));
            AppError::new(UNKNOWN_ADDRESS, text)
        };
        Ok(self.account(ctx, address)?.ok_or_else(missing)?)
    }

    /// Stores an account and its index by number.
    pub(crate) fn set_account(&self, ctx: &Ctx, address: &Address, account: &Account) -> Outcome<()> {
        let kv = ctx.kv(StoreId::Auth);
        let key = account_key(address);
        if let Some(old) = kv.get(&key)?.and_then(|bytes| Account::from_bytes(&bytes)) {
            kv.delete(&number_key(old.base.account_number))?;
        }
        let by_number = number_key(account.base.account_number);
        kv.has(&by_number)?;
        kv.set(&by_number, address.bytes())?;
        kv.set(&key, &account.to_any().encode_to_vec())
    }

    /// A new account with the next free number, not yet stored.
    pub(crate) fn new_account(&self, ctx: &Ctx, address: &Address) -> Outcome<Account> {
        let kv = ctx.kv(StoreId::Auth);
        let number = match kv.get(NEXT_NUMBER)? {
            Some(bytes) => be_u64(&bytes),
            None => 0,
        };
        kv.set(NEXT_NUMBER, &number.saturating_add(1).to_be_bytes())?;
        Ok(Account {
            base: BaseAccount {
                address: self.codec.encode(address),
                pub_key: None,
                account_number: number,
                sequence: 0,
            },
            module: None,
        })
    }

    /// The account of a module, created when it is missing.
    pub(crate) fn module_account(&self, ctx: &Ctx, name: &str) -> Outcome<Address> {
        let address = Address::module(name);
        if self.account(ctx, &address)?.is_none() {
            let permissions = match name {
                "wasm" => vec!["burner".to_owned()],
                _ => Vec::new(),
            };
            let mut account = self.new_account(ctx, &address)?;
            account.module = Some((name.to_owned(), permissions));
            self.set_account(ctx, &address, &account)?;
        }
        Ok(address)
    }
}

/// A big-endian number; shorter input counts as zero-padded on the left.
pub(crate) fn be_u64(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte))
}
