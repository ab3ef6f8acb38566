//! Balances and transfers, with the SDK's store layout, events and checks.

use super::address::Address;
use super::auth::FEE_COLLECTOR;
use super::coins::{amount, Coin, Coins};
use super::ctx::{Ctx, StoreId};
use super::event::Event;
use super::App;
use crate::error::{
    AppError, Halt, Outcome, BANK_MISMATCH, BANK_MULTIPLE_SENDERS, BANK_NO_INPUTS, BANK_NO_OUTPUTS, INSUFFICIENT_FUNDS,
    INVALID_ADDRESS, INVALID_COINS, UNAUTHORIZED,
};
use cosmrs::proto::cosmos::bank::v1beta1::{MsgMultiSend, MsgSend};
use cosmwasm_std::Uint256;

const SUPPLY: u8 = 0;
const BALANCE: u8 = 2;
const BY_DENOM: u8 = 3;
const SEND_ENABLED: u8 = 4;
const PARAMS: &[u8] = &[5];
/// `Params { default_send_enabled: true }`.
const DEFAULT_PARAMS: &[u8] = &[0x10, 0x01];

/// Module accounts that must not receive coins by a transfer.
const BLOCKED: [&str; 11] = [
    FEE_COLLECTOR,
    "distribution",
    "mint",
    "bonded_tokens_pool",
    "not_bonded_tokens_pool",
    "nft",
    "protocolpool",
    "protocolpool_escrow",
    "transfer",
    "interchainaccounts",
    "wasm",
];

fn balance_prefix(address: &Address) -> Vec<u8> {
    let mut key = vec![BALANCE, address.bytes().len() as u8];
    key.extend_from_slice(address.bytes());
    key
}

fn balance_key(address: &Address, denom: &str) -> Vec<u8> {
    let mut key = balance_prefix(address);
    key.extend_from_slice(denom.as_bytes());
    key
}

fn by_denom_key(address: &Address, denom: &str) -> Vec<u8> {
    let mut key = vec![BY_DENOM];
    key.extend_from_slice(denom.as_bytes());
    key.push(0);
    key.push(address.bytes().len() as u8);
    key.extend_from_slice(address.bytes());
    key
}

fn supply_key(denom: &str) -> Vec<u8> {
    let mut key = vec![SUPPLY];
    key.extend_from_slice(denom.as_bytes());
    key
}

fn parse(bytes: &[u8]) -> Uint256 {
    let text = std::str::from_utf8(bytes).ok();
    text.and_then(amount).unwrap_or_else(Uint256::zero)
}

impl App {
    /// Writes the parameters of the module, at genesis.
    pub(crate) fn init_bank(&self, ctx: &Ctx) -> Outcome<()> {
        ctx.kv(StoreId::Bank).set(PARAMS, DEFAULT_PARAMS)
    }

    pub(crate) fn balance(&self, ctx: &Ctx, address: &Address, denom: &str) -> Outcome<Uint256> {
        let stored = ctx.kv(StoreId::Bank).get(&balance_key(address, denom))?;
        Ok(stored.map_or_else(Uint256::zero, |bytes| parse(&bytes)))
    }

    pub(crate) fn supply(&self, ctx: &Ctx, denom: &str) -> Outcome<Uint256> {
        let stored = ctx.kv(StoreId::Bank).get(&supply_key(denom))?;
        Ok(stored.map_or_else(Uint256::zero, |bytes| parse(&bytes)))
    }

    /// All balances of an account, sorted by denom.
    pub(crate) fn balances(&self, ctx: &Ctx, address: &Address) -> Outcome<Coins> {
        let prefix = balance_prefix(address);
        Ok(Coins(self.coins_under(ctx, &prefix)?))
    }

    fn coins_under(&self, ctx: &Ctx, prefix: &[u8]) -> Outcome<Vec<Coin>> {
        let end = crate::store::prefix_end(prefix);
        let kv = ctx.kv(StoreId::Bank);
        let mut iter = kv.iterate(prefix, end.as_deref(), true)?;
        let mut coins = Vec::new();
        while let Some((key, value)) = iter.next()? {
            coins.push(Coin {
                denom: String::from_utf8_lossy(&key[prefix.len()..]).into_owned(),
                amount: parse(&value),
            });
        }
        Ok(coins)
    }

    fn set_balance(&self, ctx: &Ctx, address: &Address, coin: &Coin) -> Outcome<()> {
        let kv = ctx.kv(StoreId::Bank);
        let (key, index) = (balance_key(address, &coin.denom), by_denom_key(address, &coin.denom));
        if coin.amount.is_zero() {
            kv.delete(&index)?;
            return kv.delete(&key);
        }
        kv.set(&index, &[])?;
        kv.set(&key, coin.amount.to_string().as_bytes())
    }

    /// Creates coins out of nothing, for genesis and the faucet.
    pub(crate) fn mint(&self, ctx: &mut Ctx, to: &Address, coins: &Coins) -> Outcome<()> {
        self.add_coins(ctx, to, coins)?;
        for coin in &coins.0 {
            let supply = self.supply(ctx, &coin.denom)?;
            let sum = supply
                .checked_add(coin.amount)
                .map_err(|_| AppError::new(INVALID_COINS, format_args!("supply of {} overflows", coin.denom)))?;
            ctx.kv(StoreId::Bank).set(&supply_key(&coin.denom), sum.to_string().as_bytes())?;
        }
        if !self.has_account(ctx, to)? {
            let account = self.new_account(ctx, to)?;
            self.set_account(ctx, to, &account)?;
        }
        Ok(())
    }

    /// Destroys coins of a contract, through the module account of `wasm`.
    pub(crate) fn burn(&self, ctx: &mut Ctx, from: &Address, coins: &Coins) -> Outcome<()> {
        let module = self.module_account(ctx, "wasm")?;
        self.send_coins(ctx, from, &module, coins).map_err(|e| e.wrap("transfer to module"))?;
        self.account(ctx, &module)?;
        self.sub_coins(ctx, &module, coins)?;
        for coin in &coins.0 {
            let supply = self.supply(ctx, &coin.denom)?;
            let rest = supply.saturating_sub(coin.amount);
            let kv = ctx.kv(StoreId::Bank);
            if rest.is_zero() {
                kv.delete(&supply_key(&coin.denom))?;
            } else {
                kv.set(&supply_key(&coin.denom), rest.to_string().as_bytes())?;
            }
        }
        let event = Event::new("burn").with("burner", self.codec.encode(&module)).with("amount", coins.to_string());
        ctx.emit(event);
        Ok(())
    }

    fn sub_coins(&self, ctx: &mut Ctx, from: &Address, coins: &Coins) -> Outcome<()> {
        // The SDK looks here whether the account is a vesting one.
        self.account(ctx, from)?;
        for coin in &coins.0 {
            let balance = self.balance(ctx, from, &coin.denom)?;
            let rest = balance.checked_sub(coin.amount).map_err(|_| {
                let text = format!("spendable balance {balance}{} is smaller than {coin}", coin.denom);
                AppError::new(INSUFFICIENT_FUNDS, text)
            })?;
            let rest = Coin { denom: coin.denom.clone(), amount: rest };
            self.set_balance(ctx, from, &rest)?;
        }
        let event = Event::new("coin_spent").with("spender", self.codec.encode(from)).with("amount", coins.to_string());
        ctx.emit(event);
        Ok(())
    }

    fn add_coins(&self, ctx: &mut Ctx, to: &Address, coins: &Coins) -> Outcome<()> {
        for coin in &coins.0 {
            let balance = self.balance(ctx, to, &coin.denom)?;
            let sum = balance
                .checked_add(coin.amount)
                .map_err(|_| AppError::new(INVALID_COINS, format_args!("balance of {} overflows", coin.denom)))?;
            let sum = Coin { denom: coin.denom.clone(), amount: sum };
            self.set_balance(ctx, to, &sum)?;
        }
        let event =
            Event::new("coin_received").with("receiver", self.codec.encode(to)).with("amount", coins.to_string());
        ctx.emit(event);
        Ok(())
    }

    /// Moves coins and creates the recipient's account when it is new.
    pub(crate) fn send_coins(&self, ctx: &mut Ctx, from: &Address, to: &Address, coins: &Coins) -> Outcome<()> {
        if coins.validate().is_err() {
            return Err(AppError::new(INVALID_COINS, coins).into());
        }
        self.sub_coins(ctx, from, coins)?;
        self.add_coins(ctx, to, coins)?;
        self.touch_account(ctx, to)?;
        let sender = self.codec.encode(from);
        let transfer = Event::new("transfer")
            .with("recipient", self.codec.encode(to))
            .with("sender", sender.clone())
            .with("amount", coins.to_string());
        ctx.emit(transfer);
        ctx.emit(Event::new("message").with("sender", sender));
        Ok(())
    }

    fn touch_account(&self, ctx: &Ctx, address: &Address) -> Outcome<()> {
        if !self.has_account(ctx, address)? {
            let account = self.new_account(ctx, address)?;
            self.set_account(ctx, address, &account)?;
        }
        Ok(())
    }

    /// Takes a transaction's fee.
    pub(crate) fn collect_fee(&self, ctx: &mut Ctx, from: &Address, fee: &Coins) -> Outcome<()> {
        let collector = self.module_account(ctx, FEE_COLLECTOR)?;
        match self.send_coins(ctx, from, &collector, fee) {
            Err(Halt::App(error)) => Err(AppError::new(INSUFFICIENT_FUNDS, error).into()),
            other => other,
        }
    }

    /// Moves the coins that go with a message to a contract.
    pub(crate) fn transfer_to_contract(
        &self,
        ctx: &mut Ctx,
        from: &Address,
        to: &Address,
        coins: &Coins,
    ) -> Outcome<()> {
        self.check_send_enabled(ctx, coins)?;
        self.check_not_blocked(to)?;
        let mut sub = ctx.child();
        self.send_coins(&mut sub, from, to, coins)?;
        let kept = sub.events.into_iter().filter(|e| e.kind != "message");
        ctx.events.extend(kept);
        Ok(())
    }

    fn check_send_enabled(&self, ctx: &Ctx, coins: &Coins) -> Outcome<()> {
        if coins.0.is_empty() {
            return Ok(());
        }
        let kv = ctx.kv(StoreId::Bank);
        kv.get(PARAMS)?;
        for coin in &coins.0 {
            let mut key = vec![SEND_ENABLED];
            key.extend_from_slice(coin.denom.as_bytes());
            kv.has(&key)?;
        }
        Ok(())
    }

    fn check_not_blocked(&self, to: &Address) -> Outcome<()> {
        if BLOCKED.iter().any(|name| Address::module(name) == *to) {
            let text = format!("{} is not allowed to receive funds", self.codec.encode(to));
            return Err(AppError::new(UNAUTHORIZED, text).into());
        }
        Ok(())
    }

    /// `MsgSend`.
    pub(crate) fn bank_send(&self, ctx: &mut Ctx, msg: &MsgSend) -> Outcome<()> {
        let address = |side: &str, text: &str| {
            self.codec
                .decode_account(text)
                .map_err(|e| AppError::new(INVALID_ADDRESS, format_args!("invalid {side} address: {e}")))
        };
        let from = address("from", &msg.from_address)?;
        let to = address("to", &msg.to_address)?;
        let coins = Coins::from_proto(&msg.amount)?;
        if coins.validate().is_err() || coins.0.is_empty() {
            return Err(AppError::new(INVALID_COINS, &coins).into());
        }
        self.check_send_enabled(ctx, &coins)?;
        self.check_not_blocked(&to)?;
        self.send_coins(ctx, &from, &to, &coins)
    }

    /// `MsgMultiSend`: one sender, several recipients.
    pub(crate) fn bank_multi_send(&self, ctx: &mut Ctx, msg: &MsgMultiSend) -> Outcome<()> {
        let input = match msg.inputs.as_slice() {
            [] => return Err(AppError::bare(BANK_NO_INPUTS).into()),
            [one] => one,
            _ => return Err(AppError::bare(BANK_MULTIPLE_SENDERS).into()),
        };
        if msg.outputs.is_empty() {
            return Err(AppError::bare(BANK_NO_OUTPUTS).into());
        }
        let (from, coins) = self.side("input", &input.address, &input.coins)?;
        let mut outputs = Vec::new();
        let mut sum = Coins::default();
        for output in &msg.outputs {
            let (to, coins) = self.side("output", &output.address, &output.coins)?;
            for coin in &coins.0 {
                sum.add(coin)?;
            }
            outputs.push((to, coins));
        }
        if sum != coins {
            return Err(AppError::bare(BANK_MISMATCH).into());
        }
        self.check_send_enabled(ctx, &coins)?;
        for (to, _) in &outputs {
            self.check_not_blocked(to)?;
        }

        ctx.emit(Event::new("message").with("sender", input.address.clone()));
        for (to, _) in &outputs {
            self.touch_account(ctx, to)?;
        }
        self.sub_coins(ctx, &from, &coins)?;
        for (to, coins) in &outputs {
            self.add_coins(ctx, to, coins)?;
            let event = Event::new("transfer")
                .with("recipient", self.codec.encode(to))
                .with("sender", input.address.clone())
                .with("amount", coins.to_string());
            ctx.emit(event);
        }
        Ok(())
    }

    fn side(
        &self,
        side: &str,
        address: &str,
        coins: &[cosmrs::proto::cosmos::base::v1beta1::Coin],
    ) -> Outcome<(Address, Coins)> {
        let address = self
            .codec
            .decode_account(address)
            .map_err(|e| AppError::new(INVALID_ADDRESS, format_args!("invalid {side} address: {e}")))?;
        let coins = Coins::from_proto(coins)?;
        if coins.validate().is_err() || coins.0.is_empty() {
            return Err(AppError::new(INVALID_COINS, &coins).into());
        }
        Ok((address, coins))
    }
}
