//! New contracts: with the next address, with a predicted one, and refused.

use anyhow::{Context, Result};
use cosmrs::proto::cosmos::base::v1beta1::Coin;
use cosmrs::proto::cosmwasm::wasm::v1::{MsgInstantiateContract, MsgInstantiateContract2};
use serde_json::json;

use super::{instantiate_msg, PROBE, SECOND};
use crate::run::{event, Run};
use crate::tx::{any, coin, Tx};

pub async fn instantiate(run: &mut Run) -> Result<()> {
    let tx = Tx::of(&instantiate_msg(run, "the main contract"))?;
    let response = run.send("the main contract", tx).await?.context("refused")?;
    for found in &response.tx_result.events {
        let found = event(found)?;
        if found["type"] == "instantiate" {
            run.contract = found["attributes"][0][1].as_str().unwrap_or_default().to_string();
        }
    }

    let message = MsgInstantiateContract { admin: String::new(), funds: vec![], ..instantiate_msg(run, "no admin") };
    run.send("without admin and money", Tx::of(&message)?).await?;
    let message = MsgInstantiateContract { code_id: SECOND, ..instantiate_msg(run, "second") };
    run.send("the second version", Tx::of(&message)?).await?;
    let funds = vec![coin(3, "unym"), coin(5, "unyx")];
    let message = MsgInstantiateContract { funds, ..instantiate_msg(run, "two denoms") };
    run.send("two denominations", Tx::of(&message)?).await?;
    let (one, two) = (any(&instantiate_msg(run, "one"))?, any(&instantiate_msg(run, "two"))?);
    run.send("two in one transaction", Tx::new(vec![one, two])).await?;
    Ok(())
}

pub async fn predictable(run: &mut Run) -> Result<()> {
    let message = |salt: &[u8], fix_msg| MsgInstantiateContract2 {
        sender: run.alice.address.clone(),
        admin: run.alice.address.clone(),
        code_id: PROBE,
        label: "predictable".into(),
        msg: json!({"greeting": "hello"}).to_string().into_bytes(),
        funds: vec![],
        salt: salt.to_vec(),
        fix_msg,
    };
    let cases = [
        ("a salt", message(b"salt", false)),
        ("the same salt again", message(b"salt", false)),
        ("another salt", message(b"pepper", false)),
        ("the message is part of the address", message(b"salt", true)),
        ("the longest salt", message(&[7; 64], false)),
        ("a salt that is too long", message(&[7; 65], false)),
        ("no salt", message(b"", false)),
    ];
    for (step, message) in cases {
        run.send(step, Tx::of(&message)?).await?;
    }
    Ok(())
}

pub async fn refused(run: &mut Run) -> Result<()> {
    let base = |run: &Run| instantiate_msg(run, "refused");
    let too_much: Vec<Coin> = vec![coin(u64::MAX, "unym")];
    let cases = [
        ("unknown code", MsgInstantiateContract { code_id: 999, ..base(run) }),
        ("code 0", MsgInstantiateContract { code_id: 0, ..base(run) }),
        ("no label", MsgInstantiateContract { label: String::new(), ..base(run) }),
        ("a label of 129 characters", MsgInstantiateContract { label: "x".repeat(129), ..base(run) }),
        ("a label with a space before it", MsgInstantiateContract { label: " x".into(), ..base(run) }),
        ("a message that is no JSON", MsgInstantiateContract { msg: b"{".to_vec(), ..base(run) }),
        ("a message the contract does not know", MsgInstantiateContract { msg: b"{\"a\":1}".to_vec(), ..base(run) }),
        (
            "the contract refuses",
            MsgInstantiateContract {
                msg: json!({"greeting": "", "fail": "I will not"}).to_string().into_bytes(),
                ..base(run)
            },
        ),
        ("more money than there is", MsgInstantiateContract { funds: too_much, ..base(run) }),
        ("an unknown denomination", MsgInstantiateContract { funds: vec![coin(1, "unothing")], ..base(run) }),
        ("no amount", MsgInstantiateContract { funds: vec![coin(0, "unym")], ..base(run) }),
        ("unsorted money", MsgInstantiateContract { funds: vec![coin(1, "unyx"), coin(1, "unym")], ..base(run) }),
        ("an admin that is no address", MsgInstantiateContract { admin: "n1admin".into(), ..base(run) }),
        ("a code that nobody may instantiate", MsgInstantiateContract { code_id: 5, ..base(run) }),
        ("a code that another may instantiate", MsgInstantiateContract { code_id: 6, ..base(run) }),
    ];
    for (step, message) in cases {
        run.send(step, Tx::of(&message)?).await?;
    }
    Ok(())
}
