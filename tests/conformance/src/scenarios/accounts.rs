//! Accounts and balances before anything happened, and the parameters clients read.

use anyhow::Result;
use cosmrs::proto::cosmos::auth::v1beta1::{
    BaseAccount, QueryAccountInfoRequest, QueryAccountInfoResponse, QueryAccountRequest, QueryAccountResponse,
    QueryParamsRequest, QueryParamsResponse,
};
use cosmrs::proto::cosmos::bank::v1beta1::{
    QueryAllBalancesRequest, QueryAllBalancesResponse, QueryBalanceRequest, QueryBalanceResponse,
    QuerySpendableBalancesRequest, QuerySpendableBalancesResponse, QuerySupplyOfRequest, QuerySupplyOfResponse,
};
use cosmrs::proto::cosmos::base::query::v1beta1::PageRequest;
use cosmrs::proto::cosmos::base::v1beta1::Coin;
use prost::Message;
use serde_json::{json, Value};

use crate::run::Run;

pub async fn accounts(run: &mut Run) -> Result<()> {
    for (step, address) in [
        ("an account with money", run.alice.address.clone()),
        ("an account the chain does not know", run.nobody.address.clone()),
        ("an address that is none", "n1nonsense".to_string()),
        ("an address with another prefix", "cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4".to_string()),
        ("no address", String::new()),
    ] {
        let request = QueryAccountRequest { address: address.clone() };
        run.query(step, "/cosmos.auth.v1beta1.Query/Account", &request, read_account).await?;

        let request = QueryBalanceRequest { address: address.clone(), denom: "unym".into() };
        let step = format!("balance of {step}");
        run.query(&step, "/cosmos.bank.v1beta1.Query/Balance", &request, read_balance).await?;
    }

    let address = run.alice.address.clone();
    let request = QueryAccountInfoRequest { address: address.clone() };
    run.query("account info", "/cosmos.auth.v1beta1.Query/AccountInfo", &request, |bytes| {
        let info = QueryAccountInfoResponse::decode(bytes)?.info.unwrap_or_default();
        Ok(json!({"address": info.address, "sequence": info.sequence}))
    })
    .await?;
    for denom in ["unyx", "nothing", ""] {
        let request = QueryBalanceRequest { address: address.clone(), denom: denom.into() };
        let step = format!("balance in '{denom}'");
        run.query(&step, "/cosmos.bank.v1beta1.Query/Balance", &request, read_balance).await?;
    }

    for (step, pagination) in [
        ("all balances", None),
        ("all balances, page of one", Some(PageRequest { limit: 1, count_total: true, ..Default::default() })),
    ] {
        let request = QueryAllBalancesRequest { address: address.clone(), pagination, resolve_denom: false };
        run.query(step, "/cosmos.bank.v1beta1.Query/AllBalances", &request, |bytes| {
            let answer = QueryAllBalancesResponse::decode(bytes)?;
            let page = answer.pagination.map(|page| json!({"next": hex::encode(page.next_key), "total": page.total}));
            Ok(json!({"balances": coins(&answer.balances), "page": page}))
        })
        .await?;
    }
    let request = QuerySpendableBalancesRequest { address, pagination: None };
    run.query("spendable balances", "/cosmos.bank.v1beta1.Query/SpendableBalances", &request, |bytes| {
        Ok(coins(&QuerySpendableBalancesResponse::decode(bytes)?.balances))
    })
    .await?;
    let request = QuerySupplyOfRequest { denom: "unym".into() };
    run.query("supply", "/cosmos.bank.v1beta1.Query/SupplyOf", &request, |bytes| {
        Ok(coins(QuerySupplyOfResponse::decode(bytes)?.amount.as_slice()))
    })
    .await?;

    run.query("auth parameters", "/cosmos.auth.v1beta1.Query/Params", &QueryParamsRequest {}, |bytes| {
        let params = QueryParamsResponse::decode(bytes)?.params.unwrap_or_default();
        Ok(json!([
            params.max_memo_characters,
            params.tx_sig_limit,
            params.tx_size_cost_per_byte,
            params.sig_verify_cost_secp256k1,
        ]))
    })
    .await?;
    run.query("a path that is none", "/cosmos.auth.v1beta1.Query/Nonsense", &QueryParamsRequest {}, |_| {
        Ok(Value::Null)
    })
    .await?;
    run.query("a service that is none", "nonsense", &QueryParamsRequest {}, |_| Ok(Value::Null)).await?;
    let answer = run.chain.query("/cosmos.bank.v1beta1.Query/Balance", vec![0xff; 8], None).await?;
    run.note("a request that is no protobuf", json!({"code": answer.code.value(), "codespace": answer.codespace}));
    Ok(())
}

fn read_account(bytes: &[u8]) -> Result<Value> {
    let account = QueryAccountResponse::decode(bytes)?.account.unwrap_or_default();
    let base = BaseAccount::decode(account.value.as_slice())?;
    Ok(json!({
        "type": account.type_url,
        "address": base.address,
        "sequence": base.sequence,
        "public key": base.pub_key.map(|key| json!([key.type_url, hex::encode(key.value)])),
    }))
}

pub fn read_balance(bytes: &[u8]) -> Result<Value> {
    Ok(coins(QueryBalanceResponse::decode(bytes)?.balance.as_slice()))
}

fn coins(coins: &[Coin]) -> Value {
    coins.iter().map(|coin| json!(format!("{}{}", coin.amount, coin.denom))).collect()
}
