//! The chain as a client sees it: queries, blocks, and the way to an [`Account`] that sends.

use std::{sync::Arc, time::Duration};

use cosmrs::proto::{
    cosmos::{
        auth::v1beta1 as auth,
        bank::v1beta1::{QueryAllBalancesRequest, QueryAllBalancesResponse, QueryBalanceRequest, QueryBalanceResponse},
        base::query::v1beta1::PageRequest,
        base::v1beta1::Coin as ProtoCoin,
    },
    cosmwasm::wasm::v1 as wasm,
};
use cosmrs::tendermint::{block::Height, Hash};
use cosmwasm_std::{Coin, Uint256};
use prost::Message;
use tokio::{sync::Mutex, time::Instant};

use crate::{
    account::Account,
    contract::Contract,
    endpoints::{CallError, Endpoints},
    error::ChainError,
    gas::{GasPrice, DEFAULT_GAS_ADJUSTMENT},
    outcome::TxOutcome,
    refusal::Refusal,
    rpc::RpcError,
    wallet::Wallet,
};

/// How to reach a chain and what it costs.
#[derive(Debug, Clone)]
pub struct ChainConfig {
    /// RPC addresses, in order of preference.
    pub endpoints: Vec<String>,
    /// The chain that they must serve; `None` accepts the first one's.
    pub chain_id: Option<String>,
    /// Prefix of addresses.
    pub prefix: String,
    /// What a unit of gas costs.
    pub gas_price: GasPrice,
    /// Factor on simulated gas, at least 1.3.
    pub gas_adjustment: f64,
    /// Longest wait for one answer.
    pub timeout: Duration,
}

impl ChainConfig {
    /// Defaults for a chain: adjustment 1.4, ten seconds an answer.
    pub fn new(endpoints: Vec<String>, chain_id: Option<String>, prefix: &str, gas_price: GasPrice) -> Self {
        ChainConfig {
            endpoints,
            chain_id,
            prefix: prefix.to_owned(),
            gas_price,
            gas_adjustment: DEFAULT_GAS_ADJUSTMENT,
            timeout: Duration::from_secs(10),
        }
    }
}

/// A connection to a chain over CometBFT RPC. Cheap to clone.
#[derive(Clone)]
pub struct ChainClient {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub endpoints: Arc<Endpoints>,
    pub config: ChainConfig,
    /// The height last seen, shared so that many waiting transactions ask once.
    height: Mutex<Option<(Instant, u64)>>,
}

/// A block, as far as clients care.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockInfo {
    /// Its chain.
    pub chain_id: String,
    /// Its height.
    pub height: u64,
    /// Its time, seconds since 1970.
    pub time: u64,
    /// Hashes of its transactions, upper-case hex.
    pub tx_hashes: Vec<String>,
}

/// A contract's entry in the chain's table.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ContractInfo {
    /// The contract.
    pub address: String,
    /// Its code.
    pub code_id: u64,
    /// Who created it.
    pub creator: String,
    /// Who may migrate it.
    pub admin: Option<String>,
    /// Its name.
    pub label: String,
}

/// Stored code.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct CodeInfo {
    /// Its id.
    pub code_id: u64,
    /// Who stored it.
    pub creator: String,
    /// SHA-256 of the unzipped wasm file, lower-case hex.
    pub checksum: String,
}

/// Number and sequence of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountState {
    /// The chain's number for it.
    pub number: u64,
    /// Sequence that its next transaction must carry, by the last block.
    pub sequence: u64,
    /// Height at which that was so.
    pub height: u64,
}

/// How long a height may be reused: well below any block time, long enough to serve many waiters.
const HEIGHT_AGE: Duration = Duration::from_millis(100);

/// Most blocks without balances' end or pages that a listing follows.
const MAX_PAGES: usize = 100;

impl ChainClient {
    /// Prepares a client and asks one endpoint whether it serves the right chain.
    pub async fn connect(config: ChainConfig) -> Result<Self, ChainError> {
        let client = Self::new(config)?;
        client.chain_id().await?;
        client.height().await?;
        Ok(client)
    }

    /// Prepares a client without asking anything: endpoints may be down and come up later.
    pub fn new(config: ChainConfig) -> Result<Self, ChainError> {
        let endpoints = Endpoints::new(&config.endpoints, config.chain_id.clone(), config.timeout)?;
        Ok(ChainClient { inner: Arc::new(Inner { endpoints, config, height: Mutex::new(None) }) })
    }

    /// One client per endpoint, for comparing what they say.
    pub fn each_endpoint(&self) -> Vec<ChainClient> {
        self.inner
            .endpoints
            .urls()
            .filter_map(|url| {
                let config = ChainConfig { endpoints: vec![url.to_owned()], ..self.inner.config.clone() };
                ChainClient::new(config).ok()
            })
            .collect()
    }

    /// The configuration in force.
    pub fn config(&self) -> &ChainConfig {
        &self.inner.config
    }

    /// The chain's id.
    pub async fn chain_id(&self) -> Result<String, ChainError> {
        self.inner.endpoints.chain_id().await
    }

    /// A wallet that sends through this client. All clones share one sequence; make one per key.
    pub fn account(&self, wallet: Wallet) -> Account {
        Account::new(self.clone(), wallet)
    }

    /// A contract by its address.
    pub fn contract(&self, address: impl Into<String>) -> Contract<ChainClient> {
        Contract::new(self.clone(), address)
    }

    // blocks

    /// Height of the latest block.
    pub async fn height(&self) -> Result<u64, ChainError> {
        let mut cached = self.inner.height.lock().await;
        if let Some((at, height)) = *cached {
            if at.elapsed() < HEIGHT_AGE {
                return Ok(height);
            }
        }
        let height = self
            .inner
            .endpoints
            .call(|rpc| async move { Ok(rpc.status().await?.sync_info.latest_block_height.value()) })
            .await?;
        *cached = Some((Instant::now(), height));
        Ok(height)
    }

    /// The block at a height, or the latest.
    pub async fn block(&self, height: Option<u64>) -> Result<BlockInfo, ChainError> {
        let wanted = height.map(to_height).transpose()?;
        self.inner
            .endpoints
            .call(|rpc| async move {
                let block = rpc.block(wanted).await?.block;
                if wanted.is_some_and(|height| height != block.header.height) {
                    return Err(CallError::Endpoint(format!("answered with block {}", block.header.height)));
                }
                Ok(BlockInfo {
                    chain_id: block.header.chain_id.to_string(),
                    height: block.header.height.value(),
                    time: u64::try_from(block.header.time.unix_timestamp()).unwrap_or(0),
                    tx_hashes: block.data.iter().map(|tx| tx_hash(tx)).collect(),
                })
            })
            .await
    }

    /// Waits until a block of at least that height is there and answers the latest height.
    pub async fn wait_for_height(&self, height: u64, within: Duration) -> Result<u64, ChainError> {
        let deadline = Instant::now() + within;
        loop {
            let failure = match self.height().await {
                Ok(now) if now >= height => return Ok(now),
                Ok(now) => ChainError::HeightUnavailable {
                    height,
                    reason: format!("after {} s the chain is at height {now}", within.as_secs()),
                },
                Err(error @ ChainError::Network { .. }) => error,
                Err(error) => return Err(error),
            };
            if Instant::now() >= deadline {
                return Err(failure);
            }
            tokio::time::sleep(HEIGHT_AGE * 2).await;
        }
    }

    // accounts and coins

    /// An account's number and sequence; `NotFound` before its first coin.
    pub async fn account_state(&self, address: &str) -> Result<AccountState, ChainError> {
        let request = auth::QueryAccountRequest { address: address.to_owned() };
        let (response, height): (auth::QueryAccountResponse, u64) = self
            .grpc("/cosmos.auth.v1beta1.Query/Account", &request, None)
            .await
            .map_err(|e| not_found(e, || format!("account {address}")))?;
        let any = response.account.ok_or_else(|| ChainError::NotFound(format!("account {address}")))?;
        let base = if any.type_url.ends_with("ModuleAccount") {
            auth::ModuleAccount::decode(&*any.value).map(|module| module.base_account.unwrap_or_default())
        } else {
            auth::BaseAccount::decode(&*any.value)
        }
        .map_err(|e| ChainError::malformed(format!("account {address}"), e))?;
        Ok(AccountState { number: base.account_number, sequence: base.sequence, height })
    }

    /// An account's balance of one denom.
    pub async fn balance(&self, address: &str, denom: &str) -> Result<Coin, ChainError> {
        self.balance_at(address, denom, None).await
    }

    /// An account's balance of one denom at a height.
    pub async fn balance_at(&self, address: &str, denom: &str, height: Option<u64>) -> Result<Coin, ChainError> {
        let request = QueryBalanceRequest { address: address.to_owned(), denom: denom.to_owned() };
        let (response, _): (QueryBalanceResponse, u64) =
            self.grpc("/cosmos.bank.v1beta1.Query/Balance", &request, height).await?;
        response.balance.map_or_else(|| Ok(Coin::new(0u128, denom)), from_proto)
    }

    /// All balances of an account.
    pub async fn balances(&self, address: &str) -> Result<Vec<Coin>, ChainError> {
        let mut coins = Vec::new();
        let mut key = Vec::new();
        for _ in 0..MAX_PAGES {
            let request = QueryAllBalancesRequest {
                address: address.to_owned(),
                pagination: Some(PageRequest { key, limit: 100, ..PageRequest::default() }),
                ..QueryAllBalancesRequest::default()
            };
            let (response, _): (QueryAllBalancesResponse, u64) =
                self.grpc("/cosmos.bank.v1beta1.Query/AllBalances", &request, None).await?;
            for coin in response.balances {
                coins.push(from_proto(coin)?);
            }
            key = response.pagination.map(|page| page.next_key).unwrap_or_default();
            if key.is_empty() {
                break;
            }
        }
        Ok(coins)
    }

    // contracts

    /// A contract's raw reply to a JSON query.
    pub async fn smart_query(&self, contract: &str, msg: Vec<u8>, height: Option<u64>) -> Result<Vec<u8>, ChainError> {
        let request = wasm::QuerySmartContractStateRequest { address: contract.to_owned(), query_data: msg };
        let (response, _): (wasm::QuerySmartContractStateResponse, u64) = self
            .grpc("/cosmwasm.wasm.v1.Query/SmartContractState", &request, height)
            .await
            .map_err(|e| no_contract(e, contract))?;
        Ok(response.data)
    }

    /// The bytes under a key of a contract's storage.
    pub async fn raw_query(
        &self,
        contract: &str,
        key: Vec<u8>,
        height: Option<u64>,
    ) -> Result<Option<Vec<u8>>, ChainError> {
        let request = wasm::QueryRawContractStateRequest { address: contract.to_owned(), query_data: key };
        let (response, _): (wasm::QueryRawContractStateResponse, u64) = self
            .grpc("/cosmwasm.wasm.v1.Query/RawContractState", &request, height)
            .await
            .map_err(|e| no_contract(e, contract))?;
        Ok((!response.data.is_empty()).then_some(response.data))
    }

    /// A contract's code, creator, admin and label.
    pub async fn contract_info(&self, contract: &str) -> Result<ContractInfo, ChainError> {
        let request = wasm::QueryContractInfoRequest { address: contract.to_owned() };
        let (response, _): (wasm::QueryContractInfoResponse, u64) = self
            .grpc("/cosmwasm.wasm.v1.Query/ContractInfo", &request, None)
            .await
            .map_err(|e| no_contract(e, contract))?;
        let info = response.contract_info.ok_or_else(|| ChainError::NotFound(format!("contract {contract}")))?;
        Ok(ContractInfo {
            address: contract.to_owned(),
            code_id: info.code_id,
            creator: info.creator,
            admin: (!info.admin.is_empty()).then_some(info.admin),
            label: info.label,
        })
    }

    /// Stored code by its id.
    pub async fn code_info(&self, code_id: u64) -> Result<CodeInfo, ChainError> {
        let request = wasm::QueryCodeRequest { code_id };
        let (response, _): (wasm::QueryCodeResponse, u64) = self
            .grpc("/cosmwasm.wasm.v1.Query/Code", &request, None)
            .await
            .map_err(|e| not_found(e, || format!("code {code_id}")))?;
        let info = response.code_info.ok_or_else(|| ChainError::NotFound(format!("code {code_id}")))?;
        Ok(CodeInfo { code_id: info.code_id, creator: info.creator, checksum: hex::encode(info.data_hash) })
    }

    /// The address of a contract that `creator` will create with a salt from stored code.
    pub async fn instantiate2_address(&self, code_id: u64, creator: &str, salt: &[u8]) -> Result<String, ChainError> {
        let info = self.code_info(code_id).await?;
        let mut checksum = [0; 32];
        hex::decode_to_slice(&info.checksum, &mut checksum)
            .map_err(|e| ChainError::malformed(format!("checksum of code {code_id}"), e))?;
        crate::tx::instantiate2_address(&checksum, creator, salt)
    }

    // transactions

    /// A transaction's outcome, or `None` while no block that this endpoint has indexed holds it.
    pub async fn tx(&self, hash: &str) -> Result<Option<TxOutcome>, ChainError> {
        let parsed: Hash = hash
            .parse()
            .map_err(|_| ChainError::invalid(format!("transaction hash '{hash}'"), "64 hex digits are needed"))?;
        self.inner
            .endpoints
            .call(|rpc| async move {
                match rpc.tx(parsed).await {
                    Ok(response) => Ok(Some(TxOutcome::from(&response))),
                    // CometBFT answers "tx (HASH) not found", with code -32603.
                    Err(RpcError::Refused(reason)) if reason.contains(") not found") => Ok(None),
                    Err(error) => Err(error.into()),
                }
            })
            .await
    }

    /// A protobuf query over `abci_query`; answers the reply and the height it was read at.
    pub async fn grpc<Q, R>(&self, path: &str, request: &Q, height: Option<u64>) -> Result<(R, u64), ChainError>
    where
        Q: Message,
        R: Message + Default,
    {
        let data = request.encode_to_vec();
        let wanted = height.map(to_height).transpose()?;
        self.inner
            .endpoints
            .call(|rpc| {
                let data = data.clone();
                async move {
                    let response = rpc.query(path, data, wanted).await?;
                    if response.code.is_err() {
                        let refusal = Refusal::new(response.codespace, response.code.value(), response.log);
                        return Err(CallError::Final(unavailable(refusal, height)));
                    }
                    let reply = R::decode(&*response.value)
                        .map_err(|e| CallError::Endpoint(format!("reply to {path} could not be read: {e}")))?;
                    Ok((reply, response.height.value()))
                }
            })
            .await
    }
}

/// The hash of a transaction's bytes as CometBFT writes it.
pub fn tx_hash(bytes: &[u8]) -> String {
    use sha2::Digest;
    hex::encode_upper(sha2::Sha256::digest(bytes))
}

fn to_height(height: u64) -> Result<Height, ChainError> {
    Height::try_from(height).map_err(|_| ChainError::invalid(format!("height {height}"), "it is beyond any chain's"))
}

fn from_proto(coin: ProtoCoin) -> Result<Coin, ChainError> {
    let amount: Uint256 =
        coin.amount.parse().map_err(|e| ChainError::malformed(format!("amount '{}'", coin.amount), e))?;
    Ok(Coin::new(amount, coin.denom))
}

fn not_found(error: ChainError, subject: impl FnOnce() -> String) -> ChainError {
    use crate::error::ErrorKind::{NotFound, UnknownAccount};
    match error.kind() {
        NotFound | UnknownAccount if matches!(error, ChainError::Refused(_)) => ChainError::NotFound(subject()),
        _ => error,
    }
}

/// A contract's own "not found" stays the contract's; only the chain's means that there is no contract.
fn no_contract(error: ChainError, contract: &str) -> ChainError {
    if error.contract_error().is_some() {
        return error;
    }
    not_found(error, || format!("contract {contract}"))
}

/// State of old heights is pruned and that of coming heights not there; both come as a refusal.
fn unavailable(refusal: Refusal, height: Option<u64>) -> ChainError {
    let gone = [
        "failed to load state at height",
        "version does not exist",
        "cannot query with height in the future",
        "pruned",
    ];
    match height {
        Some(height) if gone.iter().any(|text| refusal.log.contains(text)) => {
            ChainError::HeightUnavailable { height, reason: refusal.log }
        }
        _ => ChainError::Refused(refusal),
    }
}
