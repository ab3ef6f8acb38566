//! A chain in the test's process, wallets, and transactions.

use base64::engine::general_purpose::STANDARD;
use base64::Engine as _;
use cosmrs::crypto::secp256k1::SigningKey;
use cosmrs::proto::cosmos::auth::v1beta1::{BaseAccount, QueryAccountRequest, QueryAccountResponse};
use cosmrs::proto::cosmos::bank::v1beta1::{MsgSend, QueryBalanceRequest, QueryBalanceResponse};
use cosmrs::proto::cosmos::base::abci::v1beta1::TxMsgData;
use cosmrs::proto::cosmos::base::v1beta1::Coin;
use cosmrs::proto::cosmos::tx::v1beta1::mode_info::{Single, Sum};
use cosmrs::proto::cosmos::tx::v1beta1::{AuthInfo, Fee, ModeInfo, SignDoc, SignerInfo, TxBody, TxRaw};
use cosmrs::proto::cosmwasm::wasm::v1::{
    MsgExecuteContract, MsgInstantiateContract, MsgInstantiateContractResponse, MsgStoreCode, MsgStoreCodeResponse,
    QuerySmartContractStateRequest, QuerySmartContractStateResponse,
};
use cosmrs::proto::traits::{Message, Name};
use cosmrs::proto::Any;
use nym_devchain::{BlockTime, Config, Devchain, Genesis, GenesisAccount};
use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;
use tendermint_rpc::endpoint::broadcast::tx_commit::Response;
use tendermint_rpc::{Client as _, HttpClient};

pub const CHAIN: &str = "test-1";
pub const FUNDS: u128 = 1_000_000_000_000;

/// The contract of the conformance suite, which can do everything a contract can.
pub const PROBE: &[u8] = include_bytes!("../../../tests/conformance/fixtures/probe.wasm.gz");
pub const PROBE_SECOND: &[u8] = include_bytes!("../../../tests/conformance/fixtures/probe-second.wasm.gz");

/// A key of the test.
pub struct Wallet {
    key: SigningKey,
    pub address: String,
}

impl Wallet {
    pub fn new(number: u8) -> Self {
        let key = SigningKey::from_slice(&[number + 1; 32]).unwrap();
        let address = key.public_key().account_id("n").unwrap().to_string();
        Wallet { key, address }
    }

    /// A signed transaction.
    pub fn sign(&self, account: &BaseAccount, messages: Vec<Any>, gas: u64) -> Vec<u8> {
        let body = TxBody { messages, ..TxBody::default() }.encode_to_vec();
        let mode = ModeInfo { sum: Some(Sum::Single(Single { mode: 1 })) };
        let signer = SignerInfo {
            public_key: Some(self.key.public_key().into()),
            mode_info: Some(mode),
            sequence: account.sequence,
        };
        let amount = vec![coin(u128::from(gas.div_ceil(40)), "unyx")];
        let fee = Fee { amount, gas_limit: gas, ..Fee::default() };
        #[allow(deprecated)]
        let auth = AuthInfo { signer_infos: vec![signer], fee: Some(fee), tip: None }.encode_to_vec();
        let doc = SignDoc {
            body_bytes: body.clone(),
            auth_info_bytes: auth.clone(),
            chain_id: CHAIN.to_owned(),
            account_number: account.account_number,
        };
        let signature = self.key.sign(&doc.encode_to_vec()).unwrap().to_vec();
        TxRaw { body_bytes: body, auth_info_bytes: auth, signatures: vec![signature] }.encode_to_vec()
    }
}

pub fn coin(amount: u128, denom: &str) -> Coin {
    Coin { denom: denom.to_owned(), amount: amount.to_string() }
}

pub fn any<M: Name>(message: &M) -> Any {
    Any { type_url: M::type_url(), value: message.encode_to_vec() }
}

pub fn send(from: &Wallet, to: &Wallet, amount: u128) -> Any {
    any(&MsgSend {
        from_address: from.address.clone(),
        to_address: to.address.clone(),
        amount: vec![coin(amount, "unym")],
    })
}

/// Every wallet of a test has the same funds.
pub fn genesis(wallets: u8) -> Genesis {
    let account = |i| GenesisAccount { address: Wallet::new(i).address, coins: format!("{FUNDS}unym,{FUNDS}unyx") };
    Genesis { accounts: (0..wallets).map(account).collect() }
}

pub fn config(home: &Path) -> Config {
    Config {
        home: home.to_owned(),
        chain_id: CHAIN.to_owned(),
        listen: ([127, 0, 0, 1], 0).into(),
        block_time: BlockTime::OnDemand,
        ..Config::default()
    }
}

/// A chain and a client.
pub struct Net {
    pub chain: Devchain,
    pub client: Client,
    pub home: TempDir,
}

impl Net {
    pub async fn start() -> Self {
        Net::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut config = config(home.path());
        change(&mut config);
        let chain = Devchain::start(config, genesis(4)).await.unwrap();
        let client = Client::new(&chain.rpc_url());
        Net { chain, client, home }
    }

    /// Stops the chain and starts it again in the same folder.
    pub async fn restart(self) -> Self {
        self.chain.shutdown().await;
        let chain = Devchain::start(config(self.home.path()), Genesis::default()).await.unwrap();
        let client = Client::new(&chain.rpc_url());
        Net { chain, client, home: self.home }
    }
}

/// A client of the chain.
#[derive(Clone)]
pub struct Client {
    pub rpc: HttpClient,
    pub url: String,
}

impl Client {
    pub fn new(url: &str) -> Self {
        Client { rpc: HttpClient::new(url).unwrap(), url: url.to_owned() }
    }

    /// A query at a height; 0 is the newest.
    pub async fn query<Q: Message, A: Message + Default>(
        &self,
        path: &str,
        query: &Q,
        height: u32,
    ) -> Result<A, (u32, String)> {
        let height = (height > 0).then(|| height.into());
        let answer = self.rpc.abci_query(Some(path.to_owned()), query.encode_to_vec(), height, false).await.unwrap();
        match answer.code.value() {
            0 => Ok(A::decode(answer.value.as_slice()).unwrap()),
            code => Err((code, answer.log)),
        }
    }

    pub async fn account(&self, wallet: &Wallet) -> BaseAccount {
        let query = QueryAccountRequest { address: wallet.address.clone() };
        let answer: QueryAccountResponse = self.query("/cosmos.auth.v1beta1.Query/Account", &query, 0).await.unwrap();
        BaseAccount::decode(answer.account.unwrap().value.as_slice()).unwrap()
    }

    pub async fn balance(&self, address: &str, denom: &str, height: u32) -> Result<u128, (u32, String)> {
        let query = QueryBalanceRequest { address: address.to_owned(), denom: denom.to_owned() };
        let answer: QueryBalanceResponse = self.query("/cosmos.bank.v1beta1.Query/Balance", &query, height).await?;
        Ok(answer.balance.unwrap().amount.parse().unwrap())
    }

    /// Signs, sends and waits for the block.
    pub async fn run(&self, wallet: &Wallet, message: Any, gas: u64) -> Response {
        let account = self.account(wallet).await;
        let tx = wallet.sign(&account, vec![message], gas);
        self.rpc.broadcast_tx_commit(tx).await.unwrap()
    }

    pub async fn upload(&self, wallet: &Wallet, code: &[u8]) -> u64 {
        let message = MsgStoreCode {
            sender: wallet.address.clone(),
            wasm_byte_code: code.to_vec(),
            instantiate_permission: None,
        };
        let done = self.run(wallet, any(&message), 5_000_000).await;
        answer::<MsgStoreCodeResponse>(&done).code_id
    }

    pub async fn instantiate(&self, wallet: &Wallet, code_id: u64) -> String {
        let message = MsgInstantiateContract {
            sender: wallet.address.clone(),
            admin: wallet.address.clone(),
            code_id,
            label: "probe".to_owned(),
            msg: br#"{"greeting":"hello"}"#.to_vec(),
            funds: Vec::new(),
        };
        let done = self.run(wallet, any(&message), 500_000).await;
        answer::<MsgInstantiateContractResponse>(&done).address
    }

    pub async fn execute(&self, wallet: &Wallet, contract: &str, msg: &Value) -> Response {
        let message = MsgExecuteContract {
            sender: wallet.address.clone(),
            contract: contract.to_owned(),
            msg: msg.to_string().into_bytes(),
            funds: Vec::new(),
        };
        self.run(wallet, any(&message), 500_000).await
    }

    pub async fn ask(&self, contract: &str, msg: &Value, height: u32) -> Result<Value, (u32, String)> {
        let query =
            QuerySmartContractStateRequest { address: contract.to_owned(), query_data: msg.to_string().into_bytes() };
        let answer: QuerySmartContractStateResponse =
            self.query("/cosmwasm.wasm.v1.Query/SmartContractState", &query, height).await?;
        Ok(serde_json::from_slice(&answer.data).unwrap())
    }

    /// A body as it is, for what no client would send.
    pub async fn post(&self, body: Vec<u8>) -> (u16, Value) {
        let answer = reqwest::Client::new().post(&self.url).body(body).send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }
}

/// The first message's answer of a transaction that succeeded.
#[track_caller]
pub fn answer<M: Message + Default>(done: &Response) -> M {
    assert!(done.check_tx.code.is_ok(), "{}", done.check_tx.log);
    assert!(done.tx_result.code.is_ok(), "{}", done.tx_result.log);
    // The client library leaves the data as the text it travels in.
    let data = STANDARD.decode(&done.tx_result.data).unwrap();
    let data = TxMsgData::decode(data.as_slice()).unwrap();
    M::decode(data.msg_responses[0].value.as_slice()).unwrap()
}
