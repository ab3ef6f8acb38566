//! The faucet: gives new coins to anybody who asks, for development only.

use crate::app::address::{Address, Codec};
use crate::app::auth::DEFAULT_PARAMS;
use crate::app::coins::{Coin, Coins};
use crate::app::ctx::{BlockEnv, Ctx};
use crate::app::gas::Gas;
use crate::rpc::methods::Api;
use crate::store::Working;
use serde::Deserialize;
use serde_json::{json, Value};

/// What the faucet gives.
#[derive(Debug)]
pub(crate) struct Faucet {
    /// For each request, of the denom that is asked for.
    pub coins: Coins,
}

/// `{"address": "n1…", "denom": "unym"}`; without a denom, one of each.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    address: String,
    #[serde(default)]
    denom: Option<String>,
}

/// What a request asks for, checked.
#[derive(Debug)]
pub(crate) struct Credit {
    pub address: Address,
    pub coins: Coins,
}

impl Faucet {
    /// Reads a request.
    pub(crate) fn read(&self, codec: &Codec, body: &[u8]) -> Result<Credit, String> {
        let request: Request =
            serde_json::from_slice(body).map_err(|e| format!("expected {{\"address\", \"denom\"}}: {e}"))?;
        let address = codec.decode(&request.address);
        let address = address.map_err(|e| format!("address '{}': {e}", request.address))?;
        let coins: Vec<Coin> = match &request.denom {
            None => self.coins.0.clone(),
            Some(denom) => self.coins.0.iter().filter(|c| c.denom == *denom).cloned().collect(),
        };
        if coins.is_empty() {
            return Err(format!("the faucet gives {} and no other denom", self.coins));
        }
        Ok(Credit { address, coins: Coins(coins) })
    }

    /// Credits an account in a block of its own and waits until the block is written.
    pub(crate) async fn credit(&self, api: &Api, body: &[u8]) -> Result<Value, String> {
        let Credit { address, coins } = self.read(&api.chain.app.codec, body)?;
        let shown = api.chain.app.codec.encode(&address);
        let (chain, given) = (api.chain.clone(), coins.clone());
        let job = move || {
            let app = chain.app.clone();
            let mut result = Ok(());
            let news = chain.produce_with(|state: &Working, block: &BlockEnv| {
                let before = state.snapshot();
                let mut ctx = Ctx::over(state.clone(), Gas::infinite(), block.clone());
                if let Err(halt) = app.mint(&mut ctx, &address, &given) {
                    state.restore(before);
                    result = Err(halt.into_error(0, 0).message);
                }
            });
            let news = news.map_err(|e| e.to_string())?;
            result.map(|()| news.height)
        };
        let height = api.workers.run(job).await.ok_or("the node is overloaded, try again")??;
        Ok(json!({
            "address": shown,
            "coins": coins.to_string(),
            "height": height.to_string(),
        }))
    }

    pub(crate) fn status(&self, api: &Api) -> Value {
        let denoms: Vec<&str> = self.coins.0.iter().map(|c| c.denom.as_str()).collect();
        json!({
            "status": "ok",
            "chainId": api.chain.chain_id,
            "availableTokens": denoms,
            "coins": self.coins.to_string(),
            "maxMemoCharacters": DEFAULT_PARAMS.max_memo_characters,
        })
    }
}
