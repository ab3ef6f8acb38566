//! The JSON itself: the keys of every answer, by POST and by GET, and the errors of the protocol.

use anyhow::Result;
use serde_json::{json, Value};

use super::execute_msg;
use crate::run::Run;
use crate::shape::{shape, shape_without};
use crate::tx::Tx;

/// Fields whose presence depends on the validators' number and keys.
const UNCOMPARED: &[&str] = &["app_state", "peers", "rpc_address", "listen_addr"];

pub async fn shapes(run: &mut Run) -> Result<()> {
    let msg = json!({"put": {"key": "shape", "value": "x"}});
    let sent = run.send("a transaction to look at", Tx::of(&execute_msg(run, msg))?).await?;
    let (height, hash) = sent.map_or((1, String::new()), |sent| (sent.height.value(), sent.hash.to_string()));
    run.chain.wait_for_height(height + 1).await?;
    let at = json!({"height": height.to_string()});
    let search = json!({"query": format!("tx.height = {height}"), "prove": false, "page": "1", "per_page": "30", "order_by": "asc"});
    let base64_hash = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(hex::decode(&hash).unwrap_or_default())
    };
    for (method, params) in [
        ("health", json!({})),
        ("status", json!({})),
        ("net_info", json!({})),
        ("abci_info", json!({})),
        ("genesis", json!({})),
        ("genesis_chunked", json!({"chunk": "0"})),
        ("block", at.clone()),
        ("block_results", at.clone()),
        ("header", at.clone()),
        ("commit", at.clone()),
        ("validators", at.clone()),
        ("consensus_params", at.clone()),
        ("blockchain", json!({"minHeight": height.to_string(), "maxHeight": height.to_string()})),
        ("tx", json!({"hash": base64_hash, "prove": false})),
        ("tx_search", search),
        (
            "block_search",
            json!({"query": format!("block.height = {height}"), "page": "1", "per_page": "1", "order_by": "asc"}),
        ),
        ("num_unconfirmed_txs", json!({})),
        ("unconfirmed_txs", json!({})),
        ("abci_query", json!({"path": "/cosmos.auth.v1beta1.Query/Params", "data": "", "prove": false})),
        ("check_tx", json!({"tx": ""})),
    ] {
        let answer = run.chain.post(method, params).await?;
        run.note(method, shape_without(&answer, UNCOMPARED));
    }

    for path in [
        "health".to_string(),
        "status".to_string(),
        "block".to_string(),
        format!("block?height={height}"),
        format!("block?height=\"{height}\""),
        format!("block_results?height={height}"),
        format!("tx?hash=0x{hash}"),
        format!("tx_search?query=%22tx.height%3D{height}%22&per_page=1&page=1&order_by=%22asc%22"),
        "abci_query?path=%22/cosmos.auth.v1beta1.Query/Params%22".to_string(),
        "broadcast_tx_sync?tx=0x00".to_string(),
    ] {
        let answer = run.chain.get(&path).await?;
        let step = path.replace(&hash, "HASH").replace(&height.to_string(), "HEIGHT");
        run.note(&format!("GET {step}"), shape(&answer));
    }
    Ok(())
}

pub async fn errors(run: &mut Run) -> Result<()> {
    for (step, body) in [
        ("no JSON", "{".to_string()),
        ("an empty body", String::new()),
        ("a number", "5".to_string()),
        ("an unknown method", json!({"jsonrpc": "2.0", "id": 7, "method": "nonsense", "params": {}}).to_string()),
        ("no method", json!({"jsonrpc": "2.0", "id": 7}).to_string()),
        ("a text as id", json!({"jsonrpc": "2.0", "id": "text", "method": "health", "params": {}}).to_string()),
        ("no id", json!({"jsonrpc": "2.0", "method": "health", "params": {}}).to_string()),
        ("no params", json!({"jsonrpc": "2.0", "id": 7, "method": "health"}).to_string()),
        ("params in a list", json!({"jsonrpc": "2.0", "id": 7, "method": "block", "params": ["1"]}).to_string()),
        (
            "an unknown parameter",
            json!({"jsonrpc": "2.0", "id": 7, "method": "health", "params": {"x": 1}}).to_string(),
        ),
        (
            "a height that is no number",
            json!({"jsonrpc": "2.0", "id": 7, "method": "block", "params": {"height": "x"}}).to_string(),
        ),
        (
            "a height as a number",
            json!({"jsonrpc": "2.0", "id": 7, "method": "block", "params": {"height": 1}}).to_string(),
        ),
        ("height zero", json!({"jsonrpc": "2.0", "id": 7, "method": "block", "params": {"height": "0"}}).to_string()),
        (
            "a negative height",
            json!({"jsonrpc": "2.0", "id": 7, "method": "block", "params": {"height": "-1"}}).to_string(),
        ),
        (
            "a hash that is too short",
            json!({"jsonrpc": "2.0", "id": 7, "method": "tx", "params": {"hash": "AAAA"}}).to_string(),
        ),
        (
            "data that is no hex",
            json!({"jsonrpc": "2.0", "id": 7, "method": "abci_query", "params": {"path": "x", "data": "zz"}})
                .to_string(),
        ),
        (
            "several calls at once",
            json!([
                {"jsonrpc": "2.0", "id": 1, "method": "health", "params": {}},
                {"jsonrpc": "2.0", "id": 2, "method": "nonsense", "params": {}},
            ])
            .to_string(),
        ),
        ("no calls at once", "[]".to_string()),
    ] {
        let answer = run.chain.post_text(body).await?;
        run.note(step, errors_of(&answer));
    }
    for path in ["nonsense", "block?height=x", "block?height=99999999", "tx?hash=0x00", "tx?hash=zz"] {
        let answer = run.chain.get(path).await?;
        run.note(&format!("GET {path}"), errors_of(&answer));
    }
    Ok(())
}

/// The HTTP status, the ids and the errors, of one answer or of several.
fn errors_of(answer: &Value) -> Value {
    let one = |body: &Value| {
        let error = &body["error"];
        json!({"id": body["id"], "error": {"code": error["code"], "message": error["message"]}, "result": body.get("result").is_some()})
    };
    let body = match &answer["body"] {
        Value::Array(answers) => answers.iter().map(one).collect(),
        Value::String(text) => json!(text.chars().take(40).collect::<String>()),
        body => one(body),
    };
    json!({"http": answer["http"], "body": body})
}
