//! Executions that work, that fail, and what they cost.

use anyhow::Result;
use base64::engine::general_purpose::STANDARD as BASE64;
use base64::Engine as _;
use cosmrs::proto::cosmwasm::wasm::v1::MsgExecuteContract;
use serde_json::{json, Value};
use sha2::{Digest, Sha256};

use super::execute_msg;
use crate::run::Run;
use crate::tx::{any, coin, Tx};

async fn each(run: &mut Run, cases: Vec<(&str, Value)>) -> Result<()> {
    for (step, msg) in cases {
        run.send(step, Tx::of(&execute_msg(run, msg))?.gas(2_000_000)).await?;
    }
    Ok(())
}

pub async fn execute(run: &mut Run) -> Result<()> {
    let data = BASE64.encode("some data");
    each(
        run,
        vec![
            ("put", json!({"put": {"key": "a", "value": "1"}})),
            ("put over", json!({"put": {"key": "a", "value": "22"}})),
            ("put another", json!({"put": {"key": "b", "value": "3"}})),
            ("put a third", json!({"put": {"key": "c", "value": "4"}})),
            ("remove", json!({"remove": {"key": "b"}})),
            ("remove what is not there", json!({"remove": {"key": "nothing"}})),
            ("scan", json!({"scan": {"start": "a", "end": "d", "descending": false, "limit": 9}})),
            ("scan backwards", json!({"scan": {"start": null, "end": null, "descending": true, "limit": 2}})),
            ("scan nothing", json!({"scan": {"start": "x", "end": "y", "descending": false, "limit": 9}})),
            ("emit nothing", json!({"emit": {"attributes": [], "events": [], "data": null}})),
            ("emit attributes", json!({"emit": {"attributes": [["b", "2"], ["a", "1"], ["a", "again"], ["empty", ""]], "events": [], "data": null}})),
            ("emit events", json!({"emit": {"attributes": [], "events": [["first", [["k", "v"]]], ["second", []], ["first", [["k", "w"]]]], "data": null}})),
            ("emit data", json!({"emit": {"attributes": [["a", "1"]], "events": [], "data": data}})),
            ("emit spaces around", json!({"emit": {"attributes": [[" a ", " b "]], "events": [], "data": null}})),
        ],
    )
    .await?;

    let funds = vec![coin(5, "unym"), coin(6, "unyx")];
    let put = json!({"put": {"key": "paid", "value": "yes"}});
    let message = MsgExecuteContract { funds, ..execute_msg(run, put.clone()) };
    run.send("with money", Tx::of(&message)?).await?;
    let (one, two) = (any(&message)?, any(&execute_msg(run, json!({"nest": {"depth": 2}})))?);
    run.send("two messages", Tx::new(vec![one, two])).await?;
    let message = MsgExecuteContract { sender: run.carol.address.clone(), ..execute_msg(run, put) };
    let tx = Tx::of(&message)?.memo("from Carol");
    let state = run.chain.account(&run.carol.address).await?;
    let raw = tx.sign(&run.carol, &run.carol, state, &run.chain.id)?;
    run.send_bytes("by another account", prost::Message::encode_to_vec(&raw)).await?;
    Ok(())
}

pub async fn refused(run: &mut Run) -> Result<()> {
    each(
        run,
        vec![
            ("the contract refuses", json!({"fail": {"reason": "I will not"}})),
            ("the contract refuses at length", json!({"fail": {"reason": "no ".repeat(300)}})),
            ("the contract panics", json!({"panic": {}})),
            ("a message the contract does not know", json!({"nonsense": {}})),
            ("an empty value", json!({"put": {"key": "a", "value": ""}})),
            ("an empty key", json!({"put": {"key": "", "value": "x"}})),
            (
                "a reserved attribute",
                json!({"emit": {"attributes": [["_contract_address", "x"]], "events": [], "data": null}}),
            ),
            ("an empty attribute key", json!({"emit": {"attributes": [["", "x"]], "events": [], "data": null}})),
            (
                "an event with a short type",
                json!({"emit": {"attributes": [], "events": [["x", [["k", "v"]]]], "data": null}}),
            ),
            (
                "an event with a reserved attribute",
                json!({"emit": {"attributes": [], "events": [["first", [["_x", "v"]]]], "data": null}}),
            ),
        ],
    )
    .await?;

    let good = execute_msg(run, json!({"put": {"key": "half", "value": "done"}}));
    let bad = execute_msg(run, json!({"fail": {"reason": "the second fails"}}));
    run.send("the second of two messages fails", Tx::new(vec![any(&good)?, any(&bad)?])).await?;
    let cases = [
        ("unknown contract", MsgExecuteContract { contract: run.carol.address.clone(), ..good.clone() }),
        ("a contract that is no address", MsgExecuteContract { contract: "n1contract".into(), ..good.clone() }),
        ("a message that is no JSON", MsgExecuteContract { msg: b"put".to_vec(), ..good.clone() }),
        ("an empty message", MsgExecuteContract { msg: vec![], ..good.clone() }),
        ("a message in the wrong encoding", MsgExecuteContract { msg: vec![0xff, 0xfe], ..good.clone() }),
        ("more money than there is", MsgExecuteContract { funds: vec![coin(u64::MAX, "unym")], ..good.clone() }),
        ("an unknown denomination", MsgExecuteContract { funds: vec![coin(1, "unothing")], ..good.clone() }),
        ("a denomination that cannot be", MsgExecuteContract { funds: vec![coin(1, "!")], ..good.clone() }),
        ("no amount", MsgExecuteContract { funds: vec![coin(0, "unym")], ..good.clone() }),
        ("the same denomination twice", MsgExecuteContract { funds: vec![coin(1, "unym"), coin(1, "unym")], ..good }),
    ];
    for (step, message) in cases {
        run.send(step, Tx::of(&message)?).await?;
    }
    Ok(())
}

pub async fn gas(run: &mut Run) -> Result<()> {
    let (key, message) = (ed25519(), BASE64.encode("message"));
    let hash = Sha256::digest(b"message");
    let signature = run.alice.sign(b"message")?;
    each(
        run,
        vec![
            ("1,000 rounds of work", json!({"work": {"rounds": 1000}})),
            ("1,000,000 rounds of work", json!({"work": {"rounds": 1_000_000}})),
            ("10 values of 100 bytes", json!({"fill": {"count": 10, "size": 100}})),
            ("the same 10 values again", json!({"fill": {"count": 10, "size": 100}})),
            ("100 values of 10 bytes", json!({"fill": {"count": 100, "size": 10}})),
            ("1 value of 10,000 bytes", json!({"fill": {"count": 1, "size": 10_000}})),
            ("scan 100 values", json!({"scan": {"start": "fill/", "end": "fill0", "descending": false, "limit": 1000}})),
            ("10 calls deep", json!({"nest": {"depth": 10}})),
            ("an Ed25519 signature", json!({"verify_ed25519": {"message": "", "signature": key.1, "public_key": key.0}})),
            ("an Ed25519 signature of something else", json!({"verify_ed25519": {"message": message, "signature": key.1, "public_key": key.0}})),
            ("an Ed25519 key of 3 bytes", json!({"verify_ed25519": {"message": message, "signature": key.1, "public_key": BASE64.encode("abc")}})),
            ("a secp256k1 signature", json!({"verify_secp256k1": {"hash": BASE64.encode(hash), "signature": BASE64.encode(signature), "public_key": BASE64.encode(run.alice.public_key.to_bytes())}})),
            ("a pairing", json!({"pairing": {}})),
        ],
    )
    .await?;

    let spin = execute_msg(run, json!({"spin": {}}));
    run.send("a loop without end", Tx::of(&spin)?.gas(300_000)).await?;
    run.send("a loop without end, more gas", Tx::of(&spin)?.gas(3_000_000)).await?;
    let fill = execute_msg(run, json!({"fill": {"count": 1000, "size": 100}}));
    run.send("out of gas while writing", Tx::of(&fill)?.gas(300_000)).await?;
    let put = execute_msg(run, json!({"put": {"key": "a", "value": "5"}}));
    for gas in [1, 1_000, 20_000, 50_000, 70_000, 110_000] {
        run.send(&format!("put with {gas} gas"), Tx::of(&put)?.gas(gas)).await?;
    }
    Ok(())
}

/// Key and signature of RFC 8032's first test: the empty message.
fn ed25519() -> (String, String) {
    let key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let signature = "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";
    let base64 = |text: &str| BASE64.encode(hex::decode(text).expect("a constant of hex digits"));
    (base64(key), base64(signature))
}
