//! Simulations: what a transaction would use, and the same errors as sending it.

use anyhow::Result;
use cosmrs::proto::cosmos::bank::v1beta1::MsgSend;
use cosmrs::proto::cosmos::tx::v1beta1::{GetTxRequest, GetTxResponse, SimulateRequest, SimulateResponse, TxRaw};
use prost::Message;
use serde_json::{json, Value};

use super::execute_msg;
use crate::run::Run;
use crate::tx::{coin, Tx};

const SIMULATE: &str = "/cosmos.tx.v1beta1.Service/Simulate";

async fn simulated(run: &mut Run, step: &str, raw: TxRaw) -> Result<()> {
    let request = SimulateRequest { tx_bytes: raw.encode_to_vec(), ..Default::default() };
    run.query(step, SIMULATE, &request, |bytes| {
        let answer = SimulateResponse::decode(bytes)?;
        let result = answer.result.unwrap_or_default();
        let events = result.events.iter().map(|event| {
            let pairs = event.attributes.iter();
            let pairs = pairs.map(|pair| json!([pair.key, pair.value]));
            json!({"type": event.r#type, "attributes": pairs.collect::<Value>()})
        });
        let events: Value = events.collect();
        let gas = answer.gas_info.unwrap_or_default();
        Ok(json!({"gas_used": gas.gas_used, "log": result.log, "events": events}))
    })
    .await
}

pub async fn simulate(run: &mut Run) -> Result<()> {
    let pay = MsgSend {
        from_address: run.alice.address.clone(),
        to_address: run.carol.address.clone(),
        amount: vec![coin(1, "unym")],
    };
    let fail = execute_msg(run, json!({"fail": {"reason": "I will not"}}));
    let put = execute_msg(run, json!({"put": {"key": "simulated", "value": "yes"}}));
    let cases = [
        ("a payment", Tx::of(&pay)?),
        ("a payment without the money", Tx::of(&MsgSend { amount: vec![coin(u64::MAX, "unym")], ..pay.clone() })?),
        ("an execution", Tx::of(&put)?),
        ("a contract that refuses", Tx::of(&fail)?),
        ("no fee and no gas limit", Tx::of(&put)?.fee(vec![]).gas(0)),
        ("no messages", Tx::new(vec![])),
    ];
    for (step, tx) in cases {
        let mut raw = run.signed(&tx).await?;
        // Clients simulate before they sign.
        raw.signatures = vec![vec![]];
        simulated(run, step, raw).await?;
    }

    let mut tx = Tx::of(&pay)?;
    let mut raw = run.signed(&tx).await?;
    simulated(run, "with a signature", raw.clone()).await?;
    if let Some(byte) = raw.signatures.first_mut().and_then(|signature| signature.first_mut()) {
        *byte ^= 1;
    }
    simulated(run, "with a wrong signature", raw).await?;
    tx.sequence = Some(999_999);
    let raw = run.signed(&tx).await?;
    simulated(run, "with a wrong sequence", raw).await?;
    simulated(run, "nothing", TxRaw::default()).await?;

    let response = run.send("the execution, sent", Tx::of(&put)?).await?;
    if let Some(response) = response {
        let request = GetTxRequest { hash: response.hash.to_string() };
        run.query("the transaction by its hash", "/cosmos.tx.v1beta1.Service/GetTx", &request, |bytes| {
            let answer = GetTxResponse::decode(bytes)?;
            let body = answer.tx.unwrap_or_default().body.unwrap_or_default();
            let types: Vec<&str> = body.messages.iter().map(|m| m.type_url.as_str()).collect();
            let response = answer.tx_response.unwrap_or_default();
            Ok(json!({"messages": types, "code": response.code, "gas_used": response.gas_used}))
        })
        .await?;
    }
    Ok(())
}
