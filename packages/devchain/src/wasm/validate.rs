//! The stateless checks of wasm messages ("ValidateBasic").

use crate::app::address::Codec;
use crate::app::coins::Coins;
use crate::app::msg::MsgUpdateContractLabel;
use crate::error::{AppError, INVALID_REQUEST, WASM_EMPTY, WASM_INVALID, WASM_LIMIT};
use cosmrs::proto::cosmos::base::v1beta1::Coin;
use cosmrs::proto::cosmwasm::wasm::v1::{
    AccessConfig, AccessType, MsgClearAdmin, MsgExecuteContract, MsgInstantiateContract, MsgInstantiateContract2,
    MsgMigrateContract, MsgStoreCode, MsgUpdateAdmin, MsgUpdateInstantiateConfig,
};
use serde::de::IgnoredAny;

type Check = Result<(), AppError>;

/// Largest code, packed or not.
pub(crate) const MAX_CODE: usize = 800 * 1024;
const MAX_LABEL: usize = 128;
const MAX_SALT: usize = 64;
const MAX_ADDRESSES: usize = 50;

fn address(codec: &Codec, text: &str, what: &str) -> Check {
    codec.decode(text).map(drop).map_err(|e| e.wrap(what))
}

/// A contract's message must be JSON.
pub(crate) fn json(msg: &[u8]) -> Check {
    match serde_json::from_slice::<IgnoredAny>(msg) {
        Ok(_) => Ok(()),
        Err(_) => Err(AppError::bare(WASM_INVALID)),
    }
}

fn payload(msg: &[u8]) -> Check {
    json(msg).map_err(|e| e.wrap("payload msg"))
}

fn funds(coins: &[Coin]) -> Check {
    let coins = Coins::from_proto(coins).map_err(|e| e.wrap("funds"))?;
    coins.validate().map_err(|why| AppError::undefined(why).wrap("funds"))
}

fn code_id(id: u64) -> Check {
    if id == 0 {
        return Err(AppError::new(INVALID_REQUEST, "code id is required"));
    }
    Ok(())
}

fn label(label: &str) -> Check {
    let error = if label.is_empty() {
        AppError::new(WASM_EMPTY, "is required")
    } else if label.len() > MAX_LABEL {
        let text = format!("cannot be longer than {MAX_LABEL} characters");
        AppError::new(WASM_LIMIT, text)
    } else if label != label.trim() {
        AppError::new(WASM_INVALID, "label must not start/end with whitespaces")
    } else if label.chars().any(|c| c.is_control() || (c.is_whitespace() && c != ' ')) {
        AppError::new(WASM_INVALID, "label must have printable characters only")
    } else {
        return Ok(());
    };
    Err(error.wrap("label"))
}

fn admin(codec: &Codec, text: &str) -> Check {
    if text.is_empty() {
        return Ok(());
    }
    address(codec, text, "admin")
}

fn permission(codec: &Codec, config: &AccessConfig) -> Check {
    match AccessType::try_from(config.permission) {
        Ok(AccessType::Nobody | AccessType::Everybody) => Ok(()),
        Ok(AccessType::AnyOfAddresses) => {
            if config.addresses.is_empty() {
                return Err(AppError::new(WASM_EMPTY, "addresses"));
            }
            if config.addresses.len() > MAX_ADDRESSES {
                let text = format!("total number of addresses is greater than {MAX_ADDRESSES}");
                return Err(AppError::new(INVALID_REQUEST, text));
            }
            for one in &config.addresses {
                address(codec, one, &format!("address: {one}")).map_err(|e| e.wrap("addresses"))?;
            }
            Ok(())
        }
        _ => Err(AppError::new(WASM_EMPTY, "type")),
    }
}

pub(crate) fn store_code(codec: &Codec, msg: &MsgStoreCode) -> Check {
    codec.decode(&msg.sender)?;
    let length = msg.wasm_byte_code.len();
    let error = if length == 0 {
        AppError::new(WASM_EMPTY, "is required")
    } else if length > MAX_CODE {
        AppError::new(WASM_LIMIT, format_args!("cannot be longer than {MAX_CODE} bytes"))
    } else {
        return match &msg.instantiate_permission {
            Some(config) => permission(codec, config).map_err(|e| e.wrap("instantiate permission")),
            None => Ok(()),
        };
    };
    Err(AppError::new(INVALID_REQUEST, format_args!("code bytes {error}")))
}

pub(crate) fn instantiate(codec: &Codec, msg: &MsgInstantiateContract) -> Check {
    address(codec, &msg.sender, "sender")?;
    code_id(msg.code_id)?;
    label(&msg.label)?;
    funds(&msg.funds)?;
    admin(codec, &msg.admin)?;
    payload(&msg.msg)
}

pub(crate) fn instantiate2(codec: &Codec, msg: &MsgInstantiateContract2) -> Check {
    address(codec, &msg.sender, "sender")?;
    code_id(msg.code_id)?;
    label(&msg.label)?;
    funds(&msg.funds)?;
    admin(codec, &msg.admin)?;
    payload(&msg.msg)?;
    match msg.salt.len() {
        0 => Err(AppError::new(WASM_EMPTY, "is required").wrap("salt")),
        1..=MAX_SALT => Ok(()),
        _ => {
            let text = format!("cannot be longer than {MAX_SALT} characters");
            Err(AppError::new(WASM_LIMIT, text).wrap("salt"))
        }
    }
}

pub(crate) fn execute(codec: &Codec, msg: &MsgExecuteContract) -> Check {
    address(codec, &msg.sender, "sender")?;
    address(codec, &msg.contract, "contract")?;
    funds(&msg.funds)?;
    payload(&msg.msg)
}

pub(crate) fn migrate(codec: &Codec, msg: &MsgMigrateContract) -> Check {
    code_id(msg.code_id)?;
    address(codec, &msg.sender, "sender")?;
    address(codec, &msg.contract, "contract")?;
    payload(&msg.msg)
}

pub(crate) fn update_admin(codec: &Codec, msg: &MsgUpdateAdmin) -> Check {
    address(codec, &msg.sender, "sender")?;
    address(codec, &msg.contract, "contract")?;
    address(codec, &msg.new_admin, "new admin")?;
    if msg.sender.eq_ignore_ascii_case(&msg.new_admin) {
        return Err(AppError::new(WASM_INVALID, "new admin is the same as the old"));
    }
    Ok(())
}

pub(crate) fn clear_admin(codec: &Codec, msg: &MsgClearAdmin) -> Check {
    address(codec, &msg.sender, "sender")?;
    address(codec, &msg.contract, "contract")
}

pub(crate) fn update_label(codec: &Codec, msg: &MsgUpdateContractLabel) -> Check {
    address(codec, &msg.sender, "sender")?;
    label(&msg.new_label)?;
    address(codec, &msg.contract, "contract")
}

pub(crate) fn update_access(codec: &Codec, msg: &MsgUpdateInstantiateConfig) -> Check {
    address(codec, &msg.sender, "sender")?;
    code_id(msg.code_id)?;
    match &msg.new_instantiate_permission {
        Some(config) => permission(codec, config).map_err(|e| e.wrap("instantiate permission")),
        None => Err(AppError::new(INVALID_REQUEST, "instantiate permission is required")),
    }
}
