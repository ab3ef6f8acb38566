//! Entry points for the fuzz targets: the parsers that read from the network, from the chain's own
//! files and from contracts, with what stands behind them. Not part of the interface.

use crate::app::address::Address;
use crate::app::auth::Account;
use crate::app::bech32;
use crate::app::coins::Coins;
use crate::app::ctx::Ctx;
use crate::app::gas::Gas;
use crate::chain::block::{self, Tip, Validator};
use crate::chain::index;
use crate::config::{BlockTime, Config};
use crate::faucet::Faucet;
use crate::rpc::call::{parse, Calls};
use crate::rpc::json;
use crate::rpc::methods::Api;
use crate::rpc::params::Params;
use crate::service::Devchain;
use crate::store::disk::{self, StoredBlock};
use crate::store::Working;
use crate::tx::decode::Tx;
use crate::tx::run::Mode;
use crate::wasm::keeper::{gunzip, Checked};
use crate::wasm::response::{CallResult, Response};
use crate::{Genesis, GenesisAccount};
use axum::extract::Query;
use axum::http::Uri;
use cosmrs::proto::traits::Message as _;
use nym_daemon::config::Loader;
use std::collections::HashMap;

/// Sender of the transactions in the seeds; they are signed for another chain.
const SENDER: &str = "n1r5v5srda7xfth3hn2s26txvrcrntldjuf0seg6";

/// A chain with one block that nothing is added to.
pub struct Target {
    api: Api,
    _chain: Devchain,
    home: std::path::PathBuf,
}

impl Target {
    /// Starts the chain in a folder.
    pub fn start(home: &std::path::Path) -> Result<Self, crate::Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|e| crate::Error::Vm(e.to_string()))?;
        let rich = GenesisAccount { address: SENDER.to_owned(), coins: "1000000000unym,1000000000unyx".to_owned() };
        let genesis = Genesis { accounts: vec![rich] };
        let config = Config {
            home: home.to_owned(),
            listen: ([127, 0, 0, 1], 0).into(),
            block_time: BlockTime::OnDemand,
            ..Config::default()
        };
        let chain = runtime.block_on(Devchain::start(config, genesis))?;
        Ok(Target { api: chain.api(), _chain: chain, home: home.to_owned() })
    }

    /// Runs the calls of a body, as POST does, except those that would wait for a block.
    pub fn rpc_request(&self, body: &[u8]) {
        let calls = match parse(body) {
            Ok(Calls::One(call)) => vec![call],
            Ok(Calls::Batch(calls)) => calls,
            Err(_) => return,
        };
        for call in calls.into_iter().flatten() {
            if let Ok(answer) = self.api.call_now(&call.method, &Params::json(call.params)) {
                assert!(answer.is_object(), "{} answers {answer}", call.method);
            }
        }
    }

    /// Runs a call by its address, as GET does.
    pub fn rpc_address(&self, text: &str) {
        let Ok(uri) = text.parse::<Uri>() else { return };
        let Ok(Query(fields)) = Query::<HashMap<String, String>>::try_from_uri(&uri) else { return };
        let fields = fields.into_iter().map(|(name, value)| (name, value.into())).collect();
        let method = uri.path().trim_start_matches('/');
        if let Ok(answer) = self.api.call_now(method, &Params::uri(fields)) {
            assert!(answer.is_object(), "{method} answers {answer}");
        }
    }

    /// Reads a request to the faucet; it gives no more than what it is set to, to whom the request names.
    pub fn faucet_request(&self, body: &[u8]) {
        let coins = Coins::parse("7unym,9unyx").expect("a right text");
        let codec = &self.api.chain.app.codec;
        let Ok(credit) = (Faucet { coins: coins.clone() }).read(codec, body) else { return };
        assert!(!credit.coins.0.is_empty() && credit.coins.0.iter().all(|coin| coins.0.contains(coin)));
        let fields: serde_json::Value = serde_json::from_slice(body).expect("it was read just now");
        let named = fields["address"].as_str().map(str::to_ascii_lowercase);
        assert_eq!(named, Some(codec.encode(&credit.address)));
    }

    /// Decodes a transaction; what decodes is checked, and decodes again from its own bytes.
    pub fn tx_decode(&self, bytes: &[u8]) {
        let Ok(tx) = Tx::decode(bytes) else {
            return;
        };
        assert_eq!(tx.bytes, bytes);
        let version = self.api.chain.latest();
        let env = self.api.chain.query_env(&version);
        let state = Working::new(version.map.clone());
        let checked = self.api.chain.app.run_tx(Mode::Check, &state, &env, bytes);
        // Nobody can sign for this chain, so nothing may pass and nothing may stay.
        assert_ne!(checked.result.code, 0);
        assert!(state.changes(&version.map).0.is_empty());
    }

    /// Reads what a home folder holds, of the kind that the first byte names: records of the database, genesis, configuration.
    pub fn record(&self, data: &[u8]) {
        let Some((kind, bytes)) = data.split_first() else { return };
        match kind % 5 {
            0 => {
                let Some(account) = Account::from_bytes(bytes) else { return };
                let written = account.to_any().encode_to_vec();
                assert_eq!(Account::from_bytes(&written), Some(account));
            }
            1 => {
                let Ok(changes) = disk::decode(bytes) else { return };
                let again = disk::decode(&disk::encode(&changes)).expect("it was written just now");
                assert_eq!(again, changes);
                let _ = crate::store::apply(&crate::store::empty(), &changes);
            }
            2 => {
                let Ok(stored) = StoredBlock::decode(bytes) else { return };
                assert_eq!(StoredBlock::decode(&*stored.encode_to_vec()).expect("it was written just now"), stored);
                let validator = Validator::new(&[7; 32]);
                let (tip, app_hash) = (Tip::after(&stored), stored.app_hash.clone());
                if let Ok(next) = block::build(&validator, "fuzz", &tip, 1, Vec::new(), Vec::new(), app_hash) {
                    assert_eq!(Tip::after(&next).height, tip.height + 1);
                }
                assert!(json::block(&stored.block.clone().unwrap_or_default()).is_object());
                assert!(json::commit(&stored.commit.clone().unwrap_or_default()).is_object());
                for index in 0..2 {
                    let _ = crate::rpc::search::shown(&stored, 1, index);
                }
            }
            3 => {
                let Ok(genesis) = serde_json::from_slice::<Genesis>(bytes) else { return };
                let Ok(accounts) = genesis.check(&self.api.chain.app.codec) else { return };
                assert_eq!(accounts.len(), genesis.accounts.len());
            }
            _ => {
                if let Ok(text) = std::str::from_utf8(bytes) {
                    self.config_file(text);
                }
            }
        }
    }

    /// Reads a configuration file; what is accepted can be shown and is read again as it was.
    fn config_file(&self, text: &str) {
        let file = self.home.join("config.toml");
        let read = |text: &str| {
            std::fs::write(&file, text).expect("the file can be written");
            Loader::<Config>::new().environment([]).file(&file).load()
        };
        let Ok(loaded) = read(text) else { return };
        let _ = (loaded.show(true), loaded.validate());
        if loaded.config.check().is_err() || loaded.config.gas_prices().is_err() {
            return;
        }
        let shown = loaded.show(false);
        let again = read(&shown).unwrap_or_else(|error| panic!("what is shown is not read: {error:?}\n{shown}"));
        assert_eq!(again.config, loaded.config, "{shown}");
    }

    /// Reads texts of flags, files and requests, each in every way that there is.
    pub fn text(&self, text: &str) {
        let codec = &self.api.chain.app.codec;
        if let Ok(coins) = Coins::parse(text) {
            assert_eq!(Coins::parse(&coins.to_string()), Ok(coins));
        }
        if let Ok((prefix, bytes)) = bech32::decode(text) {
            assert_eq!(bech32::encode(&prefix, &bytes), text.to_ascii_lowercase());
        }
        if let Ok(address) = codec.decode(text) {
            assert_eq!(codec.encode(&address), text.to_ascii_lowercase());
        }
        if let Ok(query) = index::Query::parse(text) {
            assert!(!query.conditions.is_empty());
            let _ = query.matches(&[("tx.height".to_owned(), "5".to_owned())]);
        }
        if let Ok(time) = text.parse::<BlockTime>() {
            assert_eq!(time.to_string().parse::<BlockTime>(), Ok(time));
        }
        let _ = text.parse::<GenesisAccount>();
        let config = Config { chain_id: text.to_owned(), minimum_gas_prices: text.to_owned(), ..Config::default() };
        let _ = (config.check(), config.gas_prices());
    }

    /// Takes what a contract answered, and runs the messages that it wants to send.
    pub fn contract_answer(&self, data: &[u8]) {
        if let Ok(code) = gunzip(data) {
            assert!(!code.is_empty() || !data.is_empty());
        }
        let Ok(result) = serde_json::from_slice::<CallResult<Response>>(data) else { return };
        let Ok(Some(response)) = result.into_result() else { return };
        if response.check().is_err() {
            return;
        }
        let _ = response.data();
        let version = self.api.chain.latest();
        let env = self.api.chain.query_env(&version);
        let mut ctx = Ctx::new(version.map.clone(), Gas::limited(10_000_000), env);
        for sub in &response.messages {
            let _ = self.api.chain.app.dispatch(&mut ctx, &Address::contract(1, 1), &sub.msg);
        }
        assert!(ctx.gas.consumed() <= 20_000_000, "gas is charged up to the limit");
    }
}
