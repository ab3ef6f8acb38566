//! Queries of codes and contracts, from outside and from within a contract.

use anyhow::Result;
use base64::engine::general_purpose::STANDARD as BASE64;
use base64::Engine as _;
use cosmrs::proto::cosmos::base::query::v1beta1::{PageRequest, PageResponse};
use cosmrs::proto::cosmwasm::wasm::v1::{
    QueryAllContractStateRequest, QueryAllContractStateResponse, QueryBuildAddressRequest, QueryBuildAddressResponse,
    QueryCodeRequest, QueryCodeResponse, QueryCodesRequest, QueryCodesResponse, QueryContractHistoryRequest,
    QueryContractHistoryResponse, QueryContractInfoRequest, QueryContractInfoResponse, QueryContractsByCodeRequest,
    QueryContractsByCodeResponse, QueryContractsByCreatorRequest, QueryContractsByCreatorResponse, QueryParamsRequest,
    QueryParamsResponse, QueryRawContractStateRequest, QueryRawContractStateResponse, QuerySmartContractStateRequest,
    QuerySmartContractStateResponse,
};
use prost::Message;
use serde_json::{json, Value};

use super::{execute_msg, text, PROBE};
use crate::run::Run;
use crate::tx::Tx;

const SERVICE: &str = "/cosmwasm.wasm.v1.Query";

fn page(page: Option<PageResponse>) -> Value {
    page.map_or(Value::Null, |page| json!({"next": hex::encode(page.next_key), "total": page.total}))
}

fn limit(limit: u64, reverse: bool) -> Option<PageRequest> {
    Some(PageRequest { limit, reverse, ..PageRequest::default() })
}

pub async fn from_outside(run: &mut Run) -> Result<()> {
    codes(run).await?;
    contracts(run).await?;
    state(run).await?;
    smart(run).await
}

async fn codes(run: &mut Run) -> Result<()> {
    let counted = Some(PageRequest { limit: 1, count_total: true, ..PageRequest::default() });
    for (step, code_id) in [("code", PROBE), ("unknown code", 999), ("code 0", 0), ("code with a permission", 6)] {
        let path = format!("{SERVICE}/Code");
        run.query(step, &path, &QueryCodeRequest { code_id }, |bytes| {
            let answer = QueryCodeResponse::decode(bytes)?;
            let info = answer.code_info.unwrap_or_default();
            let permission = info.instantiate_permission.unwrap_or_default();
            Ok(json!({
                "id": info.code_id, "creator": info.creator, "checksum": hex::encode(info.data_hash),
                "permission": [json!(permission.permission), json!(permission.addresses)],
                "bytes": answer.data.len(),
            }))
        })
        .await?;
    }
    for (step, pagination) in [
        ("codes", None),
        ("two codes", limit(2, false)),
        ("the last code", limit(1, true)),
        ("a counted page", counted),
    ] {
        run.query(step, &format!("{SERVICE}/Codes"), &QueryCodesRequest { pagination }, |bytes| {
            let answer = QueryCodesResponse::decode(bytes)?;
            let ids: Vec<u64> = answer.code_infos.iter().map(|info| info.code_id).collect();
            Ok(json!({"ids": ids, "page": page(answer.pagination)}))
        })
        .await?;
    }
    run.query("parameters", &format!("{SERVICE}/Params"), &QueryParamsRequest {}, |bytes| {
        let params = QueryParamsResponse::decode(bytes)?.params.unwrap_or_default();
        let upload = params.code_upload_access.unwrap_or_default();
        Ok(json!([upload.permission, params.instantiate_default_permission]))
    })
    .await
}

async fn contracts(run: &mut Run) -> Result<()> {
    let (contract, alice, carol) = (run.contract.clone(), run.alice.address.clone(), run.carol.address.clone());
    for (step, address) in [
        ("contract", contract.clone()),
        ("an account that is no contract", carol.clone()),
        ("an address that is none", "n1x".to_string()),
    ] {
        let request = QueryContractInfoRequest { address: address.clone() };
        run.query(step, &format!("{SERVICE}/ContractInfo"), &request, |bytes| {
            let answer = QueryContractInfoResponse::decode(bytes)?;
            let info = answer.contract_info.unwrap_or_default();
            Ok(json!({
                "address": answer.address, "code": info.code_id, "creator": info.creator,
                "admin": info.admin, "label": info.label, "port": info.ibc_port_id,
                "created": info.created.is_some(),
            }))
        })
        .await?;
        let request = QueryContractHistoryRequest { address, pagination: None };
        let step = format!("history of {step}");
        run.query(&step, &format!("{SERVICE}/ContractHistory"), &request, |bytes| {
            let answer = QueryContractHistoryResponse::decode(bytes)?;
            let entries = answer.entries.iter();
            let entries = entries.map(|entry| json!([entry.operation, entry.code_id, text(&entry.msg)]));
            Ok(json!({"entries": entries.collect::<Value>(), "page": page(answer.pagination)}))
        })
        .await?;
    }
    for (step, code_id, pagination) in [
        ("contracts of a code", PROBE, None),
        ("two contracts of a code", PROBE, limit(2, false)),
        ("contracts of an unknown code", 999, None),
    ] {
        let request = QueryContractsByCodeRequest { code_id, pagination };
        run.query(step, &format!("{SERVICE}/ContractsByCode"), &request, |bytes| {
            let answer = QueryContractsByCodeResponse::decode(bytes)?;
            // The key of the next page holds a height, which no two runs share.
            let page = answer.pagination;
            Ok(json!({"contracts": answer.contracts, "another page": page.is_some_and(|page| !page.next_key.is_empty())}))
        })
        .await?;
    }
    for (step, creator_address) in [("contracts of a creator", alice), ("contracts of one who made none", carol)] {
        let request = QueryContractsByCreatorRequest { creator_address, pagination: None };
        run.query(step, &format!("{SERVICE}/ContractsByCreator"), &request, |bytes| {
            Ok(json!(QueryContractsByCreatorResponse::decode(bytes)?.contract_addresses))
        })
        .await?;
    }
    let request = QueryBuildAddressRequest {
        code_hash: hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&run.fixtures.probe)),
        creator_address: run.alice.address.clone(),
        salt: hex::encode("salt"),
        init_args: vec![],
    };
    run.query("the address of a salt", &format!("{SERVICE}/BuildAddress"), &request, |bytes| {
        Ok(QueryBuildAddressResponse::decode(bytes)?.address.into())
    })
    .await
}

async fn state(run: &mut Run) -> Result<()> {
    let (contract, carol) = (run.contract.clone(), run.carol.address.clone());
    for (step, address, key) in [
        ("a key", contract.clone(), "a"),
        ("a key that is not there", contract.clone(), "nothing"),
        ("no key", contract.clone(), ""),
        ("a key of no contract", carol, "a"),
    ] {
        let request = QueryRawContractStateRequest { address, query_data: key.into() };
        run.query(step, &format!("{SERVICE}/RawContractState"), &request, |bytes| {
            Ok(hex::encode(QueryRawContractStateResponse::decode(bytes)?.data).into())
        })
        .await?;
    }
    for (step, pagination) in [("two keys", limit(2, false)), ("the last key", limit(1, true))] {
        let request = QueryAllContractStateRequest { address: contract.clone(), pagination };
        run.query(step, &format!("{SERVICE}/AllContractState"), &request, |bytes| {
            let answer = QueryAllContractStateResponse::decode(bytes)?;
            let models = answer.models.iter();
            let models = models.map(|model| json!([hex::encode(&model.key), text(&model.value)]));
            Ok(json!({"models": models.collect::<Value>(), "page": page(answer.pagination)}))
        })
        .await?;
    }
    Ok(())
}

async fn ask(run: &mut Run, step: &str, contract: &str, msg: &str) -> Result<()> {
    let request = QuerySmartContractStateRequest { address: contract.into(), query_data: msg.into() };
    run.query(step, &format!("{SERVICE}/SmartContractState"), &request, |bytes| {
        Ok(text(&QuerySmartContractStateResponse::decode(bytes)?.data))
    })
    .await
}

async fn smart(run: &mut Run) -> Result<()> {
    let (contract, carol) = (run.contract.clone(), run.carol.address.clone());
    for (step, msg) in [
        ("version", json!({"version": {}})),
        ("a value", json!({"get": {"key": "a"}})),
        ("a value that is not there", json!({"get": {"key": "nothing"}})),
        ("values in order", json!({"list": {"start": "b", "limit": 3}})),
        ("what a failed transaction wrote", json!({"get": {"key": "half"}})),
        ("what a failed call wrote", json!({"get": {"key": "undone"}})),
        ("what a panic left", json!({"get": {"key": "panicked"}})),
        ("the last reply", json!({"get": {"key": "reply"}})),
        ("the environment", json!({"env": {}})),
        ("an address", json!({"address": {"address": carol}})),
        ("an address that is none", json!({"address": {"address": "n1x"}})),
        (
            "an address with another prefix",
            json!({"address": {"address": "cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4"}}),
        ),
        ("an address in capitals", json!({"address": {"address": carol.to_uppercase()}})),
        ("the contract refuses", json!({"fail": {"reason": "I do not know"}})),
        ("a query the contract does not know", json!({"nonsense": {}})),
        ("a query without end", json!({"spin": {}})),
    ] {
        ask(run, step, &contract, &msg.to_string()).await?;
    }
    ask(run, "a query that is no JSON", &contract, "version").await?;
    ask(run, "an empty query", &contract, "").await?;
    ask(run, "a query to no contract", &carol, "{}").await?;
    ask(run, "a query to no address", "n1x", "{}").await
}

pub async fn from_within(run: &mut Run) -> Result<()> {
    let (contract, carol) = (run.contract.clone(), run.carol.address.clone());
    let encode = |value: Value| BASE64.encode(value.to_string());
    let version = encode(json!({"version": {}}));
    for (step, msg) in [
        ("itself", json!({"smart": {"contract": contract, "msg": version}})),
        ("an account that is no contract", json!({"smart": {"contract": carol, "msg": version}})),
        ("no address", json!({"smart": {"contract": "n1x", "msg": version}})),
        (
            "one that refuses",
            json!({"smart": {"contract": contract, "msg": encode(json!({"fail": {"reason": "inner"}}))}}),
        ),
        ("a key", json!({"raw": {"contract": contract, "key": BASE64.encode("a")}})),
        ("a key that is not there", json!({"raw": {"contract": contract, "key": BASE64.encode("nothing")}})),
        ("a key of no contract", json!({"raw": {"contract": carol, "key": BASE64.encode("a")}})),
        ("contract info", json!({"contract_info": {"contract": contract}})),
        ("contract info of no contract", json!({"contract_info": {"contract": carol}})),
        ("code info", json!({"code_info": {"code_id": PROBE}})),
        ("code info of no code", json!({"code_info": {"code_id": 999}})),
        ("a balance", json!({"balance": {"address": contract, "denom": "unym"}})),
        ("a balance of nothing", json!({"balance": {"address": contract, "denom": "unothing"}})),
        ("a balance of no address", json!({"balance": {"address": "n1x", "denom": "unym"}})),
        ("the supply", json!({"supply": {"denom": "unym"}})),
        (
            "a predicted address",
            json!({"predict": {"code_id": PROBE, "creator": run.alice.address, "salt": BASE64.encode("salt")}}),
        ),
        ("5 queries deep", json!({"nest": {"depth": 5}})),
        ("30 queries deep", json!({"nest": {"depth": 30}})),
    ] {
        ask(run, step, &contract, &msg.to_string()).await?;
    }

    for (step, msg) in [
        ("in a transaction, itself", json!({"ask": {"contract": contract, "msg": version}})),
        ("in a transaction, no contract", json!({"ask": {"contract": carol, "msg": version}})),
        (
            "in a transaction, one that refuses",
            json!({"ask": {"contract": contract, "msg": encode(json!({"fail": {"reason": "inner"}}))}}),
        ),
    ] {
        run.send(step, Tx::of(&execute_msg(run, msg))?).await?;
    }
    Ok(())
}
