//! What is checked and charged before a transaction's messages run, in wasmd's order.

use super::decode::Tx;
use super::run::Mode;
use super::sign::{self, PublicKey, SignerData};
use crate::app::address::Address;
use crate::app::ctx::{Ctx, TxEnv};
use crate::app::event::Event;
use crate::app::gas;
use crate::app::App;
use crate::error::{
    AppError, Outcome, INSUFFICIENT_FEE, INVALID_ADDRESS, INVALID_GAS_LIMIT, INVALID_PUBKEY, INVALID_REQUEST,
    MEMO_TOO_LARGE, NOT_FOUND, NOT_SUPPORTED, NO_SIGNATURES, PANIC, TOO_MANY_SIGNATURES, TX_TIMEOUT, TX_TIMEOUT_HEIGHT,
    UNAUTHORIZED, UNKNOWN_ADDRESS, WRONG_SEQUENCE,
};
use crate::wasm::state;
use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use cosmrs::proto::cosmos::tx::signing::v1beta1::SignMode;
use cosmrs::proto::Any;

/// Bytes that a missing signature would have, for simulations.
const SIMULATED_SIGNATURE: u64 = 112;
/// The key that a simulation assumes for an account that has none.
const SIMULATED_KEY: [u8; 33] = [
    0x03, 0x5a, 0xd6, 0x81, 0x0a, 0x47, 0xf0, 0x73, 0x55, 0x3f, 0xf3, 0x0d, 0x2f, 0xcc, 0x7e, 0x0d, 0x3b, 0x1c, 0x0b,
    0x74, 0xb6, 0x1a, 0x1a, 0xaa, 0x25, 0x82, 0x34, 0x40, 0x37, 0x15, 0x1e, 0x14, 0x3a,
];

impl App {
    /// Runs all checks; on success the fee is taken and the sequences are counted up.
    pub(crate) fn ante(&self, ctx: &mut Ctx, tx: &Tx, mode: Mode) -> Outcome<()> {
        let simulate = mode == Mode::Simulate;
        if !simulate {
            let index = state::count_tx(ctx)?;
            let hash = crate::app::address::sha256(&[&tx.bytes]);
            ctx.tx = Some(TxEnv { index, hash });
        }
        for _ in &tx.msgs {
            // wasmd looks here whether the message is switched off.
            ctx.gas.consume(gas::HAS, "Has")?;
        }
        let signers = self.check_form(tx)?;
        check_timeout(ctx, tx)?;
        let memo = tx.body.memo.len() as u64;
        if memo > 0 {
            let limit = self.auth_params(ctx)?.max_memo_characters;
            if memo > limit {
                let text = format!("maximum number of characters is {limit} but received {memo} characters");
                return Err(AppError::new(MEMO_TOO_LARGE, text).into());
            }
        }
        self.charge_size(ctx, tx, &signers, simulate)?;
        self.deduct_fee(ctx, tx, &signers, mode)?;
        let keys = self.set_public_keys(ctx, tx, &signers, simulate)?;

        let limit = self.auth_params(ctx)?.tx_sig_limit;
        if keys.iter().flatten().count() as u64 > limit {
            let text = format!("signatures: {}, limit: {limit}", limit.saturating_add(1));
            return Err(AppError::new(TOO_MANY_SIGNATURES, text).into());
        }
        self.charge_signatures(ctx, tx, &signers, simulate)?;
        self.verify_signatures(ctx, tx, &signers, simulate)?;
        for signer in &signers {
            let mut account = self.signer(ctx, signer)?;
            // As the SDK's does: one that stayed at its end would let the same bytes pass again.
            account.base.sequence = account.base.sequence.wrapping_add(1);
            self.set_account(ctx, signer, &account)?;
        }
        Ok(())
    }

    /// Checks the parts of a transaction against each other; returns who must have signed.
    fn check_form(&self, tx: &Tx) -> Outcome<Vec<Address>> {
        let Some(fee) = &tx.auth.fee else {
            return Err(nil_pointer().into());
        };
        const MAX_GAS: u64 = i64::MAX as u64;
        if fee.gas_limit > MAX_GAS {
            let text = format!("invalid gas supplied; {} > {MAX_GAS}", fee.gas_limit);
            return Err(AppError::new(INVALID_REQUEST, text).into());
        }
        if !fee.payer.is_empty() {
            self.codec
                .decode(&fee.payer)
                .map_err(|e| AppError::new(INVALID_ADDRESS, format_args!("Invalid fee payer address ({e})")))?;
        }
        if tx.raw.signatures.is_empty() {
            return Err(AppError::bare(NO_SIGNATURES).into());
        }
        let signers = tx.signers(&self.codec)?;
        let (expected, got) = (signers.len(), tx.raw.signatures.len());
        if expected != got {
            let text = format!("wrong number of signers; expected {expected}, got {got}");
            return Err(AppError::new(UNAUTHORIZED, text).into());
        }
        Ok(signers)
    }

    fn charge_size(&self, ctx: &Ctx, tx: &Tx, signers: &[Address], simulate: bool) -> Outcome<()> {
        let price = self.auth_params(ctx)?.tx_size_cost_per_byte;
        ctx.gas.consume(price.saturating_mul(tx.bytes.len() as u64), "txSize")?;
        if simulate {
            for (i, signer) in signers.iter().enumerate() {
                if tx.raw.signatures.get(i).is_none_or(Vec::is_empty) {
                    self.account(ctx, signer)?;
                    ctx.gas.consume(price.saturating_mul(SIMULATED_SIGNATURE), "txSize")?;
                }
            }
        }
        Ok(())
    }

    fn deduct_fee(&self, ctx: &mut Ctx, tx: &Tx, signers: &[Address], mode: Mode) -> Outcome<()> {
        if mode != Mode::Simulate && tx.gas == 0 {
            return Err(AppError::new(INVALID_GAS_LIMIT, "must provide positive gas").into());
        }
        if mode == Mode::Check {
            self.check_gas_price(tx)?;
        }
        let granter = tx.auth.fee.as_ref().map(|f| f.granter.as_str());
        let payer = match tx.payer(&self.codec)? {
            Some(payer) => payer,
            None => signers.first().cloned().ok_or_else(|| AppError::bare(NO_SIGNATURES))?,
        };
        let payer_text = self.codec.encode(&payer);
        if let Some(granter) = granter.filter(|g| !g.is_empty() && *g != payer_text) {
            // There are no fee grants on this chain, so none can be found.
            let text = format!("{granter} does not allow to pay fees for {payer_text}: fee-grant not found");
            return Err(AppError::new(NOT_FOUND, text).into());
        }
        if self.account(ctx, &payer)?.is_none() {
            let text = format!("fee payer address: {payer_text} does not exist");
            return Err(AppError::new(UNKNOWN_ADDRESS, text).into());
        }
        if !tx.fee.is_zero() {
            if tx.fee.validate().is_err() {
                let text = format!("invalid fee amount: {}", tx.fee);
                return Err(AppError::new(INSUFFICIENT_FEE, text).into());
            }
            self.collect_fee(ctx, &payer, &tx.fee)?;
        }
        let event = Event::new("tx").with("fee", tx.fee.to_string()).with("fee_payer", payer_text);
        ctx.emit(event);
        Ok(())
    }

    fn check_gas_price(&self, tx: &Tx) -> Outcome<()> {
        let required: Vec<(&str, u128)> =
            self.gas_prices.iter().map(|(denom, price)| (denom.as_str(), price.fee(tx.gas))).collect();
        if required.iter().all(|(_, fee)| *fee == 0) {
            return Ok(());
        }
        let enough = required.iter().any(|(denom, fee)| *fee > 0 && tx.fee.amount_of(denom) >= (*fee).into());
        if enough {
            return Ok(());
        }
        let list: Vec<String> = required.iter().map(|(d, fee)| format!("{fee}{d}")).collect();
        let text = format!("insufficient fees; got: {} required: {}", tx.fee, list.join(","));
        Err(AppError::new(INSUFFICIENT_FEE, text).into())
    }

    /// Notes the keys of accounts that sign for the first time; returns the keys given.
    fn set_public_keys(
        &self,
        ctx: &mut Ctx,
        tx: &Tx,
        signers: &[Address],
        simulate: bool,
    ) -> Outcome<Vec<Option<PublicKey>>> {
        let mut keys = Vec::new();
        for (i, info) in tx.auth.signer_infos.iter().enumerate() {
            let given = match &info.public_key {
                Some(any) => Some(PublicKey::decode(any).map_err(AppError::undefined)?),
                None => None,
            };
            keys.push(given.clone());
            let (any, key) = match (given, &info.public_key) {
                (Some(key), Some(any)) => (any.clone(), key),
                _ if simulate => simulated_key(),
                _ => continue,
            };
            let Some(signer) = signers.get(i) else {
                return Err(wrong_count(signers.len(), tx.auth.signer_infos.len()).into());
            };
            if !simulate && key.address() != signer.bytes() {
                let text = format!(
                    "pubKey does not match signer address {} with signer index: {i}",
                    self.codec.encode(signer)
                );
                return Err(AppError::new(INVALID_PUBKEY, text).into());
            }
            let mut account = self.signer(ctx, signer)?;
            if account.base.pub_key.is_none() {
                account.base.pub_key = Some(any);
                self.set_account(ctx, signer, &account)?;
            }
        }
        for (i, signature) in tx.raw.signatures.iter().enumerate() {
            let (Some(info), Some(signer)) = (tx.auth.signer_infos.get(i), signers.get(i)) else {
                continue;
            };
            let place = format!("{}/{}", self.codec.encode(signer), info.sequence);
            ctx.emit(Event::new("tx").with("acc_seq", place));
            ctx.emit(Event::new("tx").with("signature", STANDARD.encode(signature)));
        }
        Ok(keys)
    }

    fn charge_signatures(&self, ctx: &Ctx, tx: &Tx, signers: &[Address], simulate: bool) -> Outcome<()> {
        let params = self.auth_params(ctx)?;
        for (_, signer) in tx.raw.signatures.iter().zip(signers) {
            let account = self.signer(ctx, signer)?;
            let key = match &account.base.pub_key {
                Some(any) => PublicKey::decode(any).map_err(AppError::undefined)?,
                None if simulate => simulated_key().1,
                None => {
                    let text = "unrecognized public key type: <nil>";
                    return Err(AppError::new(INVALID_PUBKEY, text).into());
                }
            };
            match key {
                PublicKey::Secp256k1(_) => {
                    ctx.gas.consume(params.sig_verify_cost_secp256k1, "ante verify: secp256k1")?
                }
                PublicKey::Ed25519(_) => ctx.gas.consume(params.sig_verify_cost_ed25519, "ante verify: ed25519")?,
            }
        }
        Ok(())
    }

    fn verify_signatures(&self, ctx: &Ctx, tx: &Tx, signers: &[Address], simulate: bool) -> Outcome<()> {
        if tx.body.unordered {
            let text = "unordered transactions are not enabled";
            return Err(AppError::new(NOT_SUPPORTED, text).into());
        }
        let (infos, signatures) = (&tx.auth.signer_infos, &tx.raw.signatures);
        if infos.len() != signers.len() {
            return Err(wrong_count(signers.len(), infos.len()).into());
        }
        for ((info, signature), signer) in infos.iter().zip(signatures).zip(signers) {
            let account = self.signer(ctx, signer)?;
            if info.sequence != account.base.sequence {
                let text =
                    format!("account sequence mismatch, expected {}, got {}", account.base.sequence, info.sequence);
                return Err(AppError::new(WRONG_SEQUENCE, text).into());
            }
            if simulate {
                continue;
            }
            let Some(key) = &account.base.pub_key else {
                return Err(AppError::new(INVALID_PUBKEY, "pubkey on account is not set").into());
            };
            let key = PublicKey::decode(key).map_err(AppError::undefined)?;
            if info.public_key.is_none() {
                // A client may leave the key out by the SDK's documents; its code cannot.
                return Err(nil_pointer().into());
            }
            let data = SignerData {
                chain_id: &ctx.block.chain_id,
                account_number: account.base.account_number,
                sequence: info.sequence,
            };
            sign::verify(tx, info, &key, signature, &data).map_err(|why| {
                let (number, chain) = (data.account_number, data.chain_id);
                let text = if sign::mode(info) == Some(SignMode::LegacyAminoJson) {
                    format!("signature verification failed; please verify account number ({number}), sequence ({}) and chain-id ({chain})", data.sequence)
                } else {
                    format!("signature verification failed; please verify account number ({number}) and chain-id ({chain}): ({why})")
                };
                AppError::new(UNAUTHORIZED, text)
            })?;
        }
        Ok(())
    }
}

/// What the SDK says of a part that is missing where it does not expect that.
pub(super) fn nil_pointer() -> AppError {
    AppError {
        message: "recovered: runtime error: invalid memory address or nil pointer dereference".to_owned(),
        ..AppError::bare(PANIC)
    }
}

fn wrong_count(expected: usize, got: usize) -> AppError {
    let text = format!("invalid number of signer;  expected: {expected}, got {got}");
    AppError::new(UNAUTHORIZED, text)
}

fn simulated_key() -> (Any, PublicKey) {
    use cosmrs::proto::cosmos::crypto::secp256k1::PubKey;
    use cosmrs::proto::traits::{Message as _, Name as _};
    let key = SIMULATED_KEY.to_vec();
    let any = Any { type_url: PubKey::type_url(), value: PubKey { key: key.clone() }.encode_to_vec() };
    (any, PublicKey::Secp256k1(key))
}

fn check_timeout(ctx: &Ctx, tx: &Tx) -> Outcome<()> {
    let (height, timeout) = (ctx.block.height, tx.body.timeout_height);
    if timeout > 0 && height > timeout {
        let text = format!("block height: {height}, timeout height: {timeout}");
        return Err(AppError::new(TX_TIMEOUT_HEIGHT, text).into());
    }
    if let Some(limit) = &tx.body.timeout_timestamp {
        let nanos = i128::from(limit.seconds) * 1_000_000_000 + i128::from(limit.nanos);
        if limit.seconds != 0 && nanos < i128::from(ctx.block.time) {
            let text = format!("block time: {}, timeout timestamp: {nanos}", ctx.block.time);
            return Err(AppError::new(TX_TIMEOUT, text).into());
        }
    }
    Ok(())
}
