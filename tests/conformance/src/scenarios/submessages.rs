//! Messages that contracts send: every kind of reply, and failures at every place.

use anyhow::Result;
use base64::engine::general_purpose::STANDARD as BASE64;
use base64::Engine as _;
use serde_json::{json, Value};

use super::{execute_msg, PROBE};
use crate::run::Run;
use crate::tx::Tx;

fn encoded(value: Value) -> Value {
    BASE64.encode(value.to_string()).into()
}

/// A call of the contract to itself.
fn to_itself(id: u64, when: &str, msg: Value) -> Value {
    call(id, when, json!({"execute": {"contract": null, "msg": encoded(msg), "funds": []}}))
}

fn call(id: u64, when: &str, action: Value) -> Value {
    json!({"id": id, "action": action, "when": when, "gas_limit": null})
}

async fn calls(run: &mut Run, step: &str, calls: Vec<Value>) -> Result<()> {
    let msg = json!({"calls": {"calls": calls, "data": BASE64.encode("own data")}});
    run.send(step, Tx::of(&execute_msg(run, msg))?.gas(3_000_000)).await?;
    Ok(())
}

pub async fn replies(run: &mut Run) -> Result<()> {
    let put = json!({"put": {"key": "sub", "value": "1"}});
    let emit = json!({"emit": {"attributes": [["a", "1"]], "events": [["inner", [["k", "v"]]]], "data": BASE64.encode("inner data")}});
    for when in ["never", "always", "success", "error"] {
        calls(run, &format!("a call that works, reply {when}"), vec![to_itself(1, when, put.clone())]).await?;
    }
    calls(run, "a call with events and data", vec![to_itself(2, "always", emit.clone())]).await?;
    calls(
        run,
        "three calls in order",
        vec![to_itself(1, "always", put.clone()), to_itself(2, "never", emit), to_itself(3, "success", put.clone())],
    )
    .await?;
    calls(
        run,
        "calls within calls",
        vec![to_itself(4, "always", json!({"calls": {"calls": [to_itself(5, "always", put.clone())], "data": null}}))],
    )
    .await?;

    let (carol, alice) = (run.carol.address.clone(), run.alice.address.clone());
    let pay = |amount: &str| json!({"send": {"to": carol, "amount": [{"denom": "unym", "amount": amount}]}});
    calls(run, "a payment", vec![call(6, "always", pay("10"))]).await?;
    calls(run, "a payment in two denominations", vec![
        call(6, "never", json!({"send": {"to": carol, "amount": [{"denom": "unym", "amount": "1"}, {"denom": "unyx", "amount": "2"}]}})),
    ]).await?;
    calls(
        run,
        "money destroyed",
        vec![call(7, "always", json!({"burn": {"amount": [{"denom": "unym", "amount": "11"}]}}))],
    )
    .await?;

    let child = |salt: Value, admin: Value| json!({"instantiate": {"code_id": PROBE, "msg": encoded(json!({"greeting": "child"})), "label": "child", "salt": salt, "admin": admin}});
    calls(run, "a child", vec![call(8, "always", child(Value::Null, json!(alice)))]).await?;
    calls(
        run,
        "a child with a salt",
        vec![call(9, "success", child(json!(BASE64.encode("salt")), json!(run.contract)))],
    )
    .await?;
    calls(
        run,
        "a child with the same salt again",
        vec![call(9, "error", child(json!(BASE64.encode("salt")), json!(run.contract)))],
    )
    .await?;
    Ok(())
}

pub async fn failures(run: &mut Run) -> Result<()> {
    let fail = json!({"fail": {"reason": "inner failure"}});
    for when in ["never", "always", "success", "error"] {
        calls(run, &format!("a call that fails, reply {when}"), vec![to_itself(1, when, fail.clone())]).await?;
    }
    calls(run, "the reply fails too", vec![to_itself(99, "error", fail.clone())]).await?;
    let put = json!({"put": {"key": "undone", "value": "1"}});
    calls(run, "what a failed call wrote is gone", vec![
        to_itself(2, "always", json!({"calls": {"calls": [to_itself(3, "never", put.clone()), to_itself(4, "never", fail)], "data": null}})),
    ]).await?;
    calls(run, "the panic of a call", vec![to_itself(5, "always", json!({"panic": {}}))]).await?;

    let mut limited = to_itself(6, "always", json!({"spin": {}}));
    limited["gas_limit"] = json!(50_000);
    calls(run, "a call out of its own gas", vec![limited]).await?;
    let mut limited = to_itself(6, "never", json!({"spin": {}}));
    limited["gas_limit"] = json!(50_000);
    calls(run, "a call out of its own gas, no reply", vec![limited]).await?;
    let spin = json!({"calls": {"calls": [to_itself(7, "always", json!({"spin": {}}))], "data": null}});
    run.send("a call that uses all gas", Tx::of(&execute_msg(run, spin))?.gas(400_000)).await?;

    let carol = run.carol.address.clone();
    let pay = json!({"send": {"to": carol, "amount": [{"denom": "unym", "amount": "99999999999"}]}});
    for when in ["never", "always"] {
        calls(run, &format!("a payment without the money, reply {when}"), vec![call(8, when, pay.clone())]).await?;
    }
    calls(
        run,
        "a payment to no address",
        vec![call(8, "always", json!({"send": {"to": "n1x", "amount": [{"denom": "unym", "amount": "1"}]}}))],
    )
    .await?;
    calls(run, "a payment of nothing", vec![call(8, "always", json!({"send": {"to": carol, "amount": []}}))]).await?;
    calls(
        run,
        "a call to an account that is no contract",
        vec![call(9, "always", json!({"execute": {"contract": carol, "msg": encoded(json!({})), "funds": []}}))],
    )
    .await?;
    calls(run, "a child of an unknown code", vec![
        call(10, "always", json!({"instantiate": {"code_id": 999, "msg": encoded(json!({})), "label": "x", "salt": null, "admin": null}})),
    ]).await?;
    calls(run, "a child without a label", vec![
        call(10, "always", json!({"instantiate": {"code_id": PROBE, "msg": encoded(json!({"greeting": "x"})), "label": "", "salt": null, "admin": null}})),
    ]).await?;
    Ok(())
}
