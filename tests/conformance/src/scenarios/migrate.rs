//! Migrations and admins, by people and by contracts.

use anyhow::Result;
use base64::engine::general_purpose::STANDARD as BASE64;
use base64::Engine as _;
use cosmrs::proto::cosmwasm::wasm::v1::{MsgClearAdmin, MsgMigrateContract, MsgUpdateAdmin, MsgUpdateContractLabel};
use serde_json::json;

use super::{execute_msg, instantiate_msg, PROBE, SECOND};
use crate::run::{event, Run};
use crate::tx::{any, Tx};

/// A contract for these scenarios alone.
async fn new_contract(run: &mut Run, step: &str, admin: &str) -> Result<String> {
    let message = cosmrs::proto::cosmwasm::wasm::v1::MsgInstantiateContract {
        admin: admin.to_string(),
        funds: vec![],
        ..instantiate_msg(run, step)
    };
    let response = run.send(step, Tx::of(&message)?).await?;
    let mut address = String::new();
    for found in response.iter().flat_map(|response| &response.tx_result.events) {
        let found = event(found)?;
        if found["type"] == "instantiate" {
            address = found["attributes"][0][1].as_str().unwrap_or_default().to_string();
        }
    }
    Ok(address)
}

pub async fn migrate(run: &mut Run) -> Result<()> {
    let alice = run.alice.address.clone();
    let contract = new_contract(run, "a contract to migrate", &alice).await?;
    let good = MsgMigrateContract {
        sender: alice.clone(),
        contract: contract.clone(),
        code_id: SECOND,
        msg: json!({"greeting": "moved"}).to_string().into_bytes(),
    };
    let refused = [
        ("unknown code", MsgMigrateContract { code_id: 999, ..good.clone() }),
        ("code 0", MsgMigrateContract { code_id: 0, ..good.clone() }),
        ("a message that is no JSON", MsgMigrateContract { msg: b"{".to_vec(), ..good.clone() }),
        ("unknown contract", MsgMigrateContract { contract: run.carol.address.clone(), ..good.clone() }),
        (
            "the contract refuses",
            MsgMigrateContract {
                msg: json!({"greeting": "", "fail": "stay"}).to_string().into_bytes(),
                ..good.clone()
            },
        ),
    ];
    for (step, message) in refused {
        run.send(step, Tx::of(&message)?).await?;
    }
    let message = MsgMigrateContract { sender: run.carol.address.clone(), ..good.clone() };
    let carol = crate::accounts::Accounts::load()?.get("carol")?;
    run.send_as("not the admin", &carol, Tx::of(&message)?).await?;

    run.send("to the second version", Tx::of(&good)?).await?;
    run.send("to the second version again", Tx::of(&good)?).await?;
    run.send("back to the first version", Tx::of(&MsgMigrateContract { code_id: PROBE, ..good.clone() })?).await?;
    run.send("to the same code uploaded again", Tx::of(&MsgMigrateContract { code_id: 2, ..good })?).await?;

    let child = new_contract(run, "a contract whose admin is a contract", &run.contract.clone()).await?;
    let msg = BASE64.encode(json!({"greeting": "by the contract"}).to_string());
    let migrate = json!({"migrate": {"contract": child, "code_id": SECOND, "msg": msg}});
    let call = |action| json!({"calls": {"calls": [{"id": 1, "action": action, "when": "always", "gas_limit": null}], "data": null}});
    run.send("a contract migrates its child", Tx::of(&execute_msg(run, call(migrate)))?).await?;
    let update = json!({"update_admin": {"contract": child, "admin": alice}});
    run.send("a contract names another admin", Tx::of(&execute_msg(run, call(update.clone())))?).await?;
    run.send("a contract that is no longer admin", Tx::of(&execute_msg(run, call(update)))?).await?;
    let clear = json!({"clear_admin": {"contract": child}});
    run.send("a contract clears an admin it is not", Tx::of(&execute_msg(run, call(clear)))?).await?;
    Ok(())
}

pub async fn admins(run: &mut Run) -> Result<()> {
    let (alice, carol) = (run.alice.address.clone(), run.carol.address.clone());
    let contract = new_contract(run, "a contract with an admin", &alice).await?;
    let update = MsgUpdateAdmin { sender: alice.clone(), new_admin: carol.clone(), contract: contract.clone() };
    let clear = MsgClearAdmin { sender: alice.clone(), contract: contract.clone() };
    let label =
        MsgUpdateContractLabel { sender: alice.clone(), new_label: "renamed".into(), contract: contract.clone() };
    run.send("another label", Tx::of(&label)?).await?;
    run.send("an admin that is no address", Tx::of(&MsgUpdateAdmin { new_admin: "n1x".into(), ..update.clone() })?)
        .await?;
    run.send("the same admin", Tx::of(&MsgUpdateAdmin { new_admin: alice.clone(), ..update.clone() })?).await?;
    run.send("another admin", Tx::of(&update)?).await?;
    run.send("update by one who is no longer admin", Tx::of(&update)?).await?;
    run.send("clear by one who is not admin", Tx::of(&clear)?).await?;

    let carol_account = crate::accounts::Accounts::load()?.get("carol")?;
    let clear = MsgClearAdmin { sender: carol, contract: contract.clone() };
    run.send_as("clear", &carol_account, Tx::of(&clear)?).await?;
    run.send_as("clear again", &carol_account, Tx::of(&clear)?).await?;
    let migrate = MsgMigrateContract { sender: alice, contract, code_id: SECOND, msg: b"{}".to_vec() };
    run.send("migrate without an admin", Tx::new(vec![any(&migrate)?])).await?;
    Ok(())
}
