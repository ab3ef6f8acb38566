//! The older form of signing, over sorted JSON, which hardware wallets still use.

use super::decode::Tx;
use super::sign::SignerData;
use crate::app::msg::Msg;
use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use cosmrs::proto::cosmos::base::v1beta1::Coin;
use cosmrs::proto::cosmwasm::wasm::v1::AccessConfig;
use serde_json::{json, Map, Value};

/// The bytes that a signer of `SIGN_MODE_LEGACY_AMINO_JSON` has signed.
pub(crate) fn sign_bytes(tx: &Tx, signer: &SignerData<'_>) -> Result<Vec<u8>, String> {
    if tx.body.unordered || tx.body.timeout_timestamp.is_some() {
        return Err("unordered transactions cannot be signed as amino JSON".to_owned());
    }
    let msgs: Vec<Value> = tx.msgs.iter().map(message).collect::<Result<_, _>>()?;
    let fee = tx.auth.fee.clone().unwrap_or_default();
    let mut std_fee = json!({ "amount": coins(&fee.amount), "gas": fee.gas_limit.to_string() });
    for (name, value) in [("payer", fee.payer), ("granter", fee.granter)] {
        if !value.is_empty() {
            std_fee[name] = value.into();
        }
    }
    let mut doc = json!({
        "account_number": signer.account_number.to_string(),
        "chain_id": signer.chain_id,
        "fee": std_fee,
        "memo": tx.body.memo,
        "msgs": msgs,
        "sequence": signer.sequence.to_string(),
    });
    if tx.body.timeout_height != 0 {
        doc["timeout_height"] = tx.body.timeout_height.to_string().into();
    }
    let mut text = String::new();
    write(&doc, &mut text);
    Ok(text.into_bytes())
}

fn coins(coins: &[Coin]) -> Value {
    let coin = |c: &Coin| json!({ "amount": c.amount, "denom": c.denom });
    coins.iter().map(coin).collect()
}

fn embedded(msg: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(msg).map_err(|e| e.to_string())
}

fn message(msg: &Msg) -> Result<Value, String> {
    let (kind, mut value) = match msg {
        Msg::Send(m) => (
            "cosmos-sdk/MsgSend",
            json!({
                "from_address": m.from_address,
                "to_address": m.to_address,
                "amount": coins(&m.amount),
            }),
        ),
        Msg::MultiSend(m) => {
            let side = |address: &str, list: &[Coin]| json!({ "address": address, "coins": coins(list) });
            let inputs: Vec<Value> = m.inputs.iter().map(|i| side(&i.address, &i.coins)).collect();
            let outputs: Vec<Value> = m.outputs.iter().map(|o| side(&o.address, &o.coins)).collect();
            ("cosmos-sdk/MsgMultiSend", json!({ "inputs": inputs, "outputs": outputs }))
        }
        Msg::StoreCode(m) => {
            let mut value = json!({
                "sender": m.sender,
                "wasm_byte_code": STANDARD.encode(&m.wasm_byte_code),
            });
            if m.instantiate_permission.is_some() {
                value["instantiate_permission"] = permission(m.instantiate_permission.as_ref());
            }
            ("wasm/MsgStoreCode", value)
        }
        Msg::Instantiate(m) => (
            "wasm/MsgInstantiateContract",
            json!({
                "sender": m.sender,
                "admin": m.admin,
                "code_id": m.code_id.to_string(),
                "label": m.label,
                "msg": embedded(&m.msg)?,
                "funds": coins(&m.funds),
            }),
        ),
        Msg::Instantiate2(m) => {
            let mut value = json!({
                "sender": m.sender,
                "admin": m.admin,
                "code_id": m.code_id.to_string(),
                "label": m.label,
                "msg": embedded(&m.msg)?,
                "funds": coins(&m.funds),
                "salt": STANDARD.encode(&m.salt),
            });
            if m.fix_msg {
                value["fix_msg"] = true.into();
            }
            ("wasm/MsgInstantiateContract2", value)
        }
        Msg::Execute(m) => (
            "wasm/MsgExecuteContract",
            json!({
                "sender": m.sender,
                "contract": m.contract,
                "msg": embedded(&m.msg)?,
                "funds": coins(&m.funds),
            }),
        ),
        Msg::Migrate(m) => (
            "wasm/MsgMigrateContract",
            json!({
                "sender": m.sender,
                "contract": m.contract,
                "code_id": m.code_id.to_string(),
                "msg": embedded(&m.msg)?,
            }),
        ),
        Msg::UpdateAdmin(m) => {
            ("wasm/MsgUpdateAdmin", json!({ "sender": m.sender, "new_admin": m.new_admin, "contract": m.contract }))
        }
        Msg::ClearAdmin(m) => ("wasm/MsgClearAdmin", json!({ "sender": m.sender, "contract": m.contract })),
        Msg::UpdateLabel(m) => (
            "wasm/MsgUpdateContractLabel",
            json!({ "sender": m.sender, "new_label": m.new_label, "contract": m.contract }),
        ),
        Msg::UpdateAccess(m) => (
            "wasm/MsgUpdateInstantiateConfig",
            json!({
                "sender": m.sender,
                "code_id": m.code_id.to_string(),
                "new_instantiate_permission": permission(m.new_instantiate_permission.as_ref()),
            }),
        ),
    };
    // Empty text is left out of the signed form.
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|_, field| field.as_str() != Some(""));
    }
    Ok(json!({ "type": kind, "value": value }))
}

fn permission(config: Option<&AccessConfig>) -> Value {
    let mut fields = Map::new();
    if let Some(config) = config {
        fields.insert("permission".to_owned(), access(config.permission).into());
        if !config.addresses.is_empty() {
            fields.insert("addresses".to_owned(), config.addresses.clone().into());
        }
    }
    fields.into()
}

fn access(permission: i32) -> &'static str {
    match permission {
        1 => "Nobody",
        3 => "Everybody",
        4 => "AnyOfAddresses",
        _ => "Unspecified",
    }
}

/// Writes JSON with sorted keys and Go's escapes.
fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut names: Vec<&String> = fields.keys().collect();
            names.sort();
            out.push('{');
            for (i, name) in names.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                text(name, out);
                out.push(':');
                write(&fields[name], out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::String(value) => text(value, out),
        other => out.push_str(&other.to_string()),
    }
}

fn text(value: &str, out: &mut String) {
    for c in Value::from(value).to_string().chars() {
        match c {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_sorted_and_escaped_as_go_does() {
        let mut out = String::new();

        write(&json!({ "b": [1, "<a&b>"], "a": { "z": null, "y": true } }), &mut out);

        assert_eq!(out, r#"{"a":{"y":true,"z":null},"b":[1,"\u003ca\u0026b\u003e"]}"#);
    }
}
