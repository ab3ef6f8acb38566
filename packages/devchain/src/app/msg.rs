//! The messages of the chain: decoding, who must sign them and what handles them.

use super::address::{Address, Codec};
use super::coins::{check_numbers, Coins};
use super::ctx::Ctx;
use super::gas;
use super::App;
use crate::error::{AppError, Outcome};
use crate::wasm::keeper::NewContract;
use crate::wasm::validate;
use cosmrs::proto::cosmos::bank::v1beta1::{MsgMultiSend, MsgMultiSendResponse, MsgSend, MsgSendResponse};
use cosmrs::proto::cosmos::base::v1beta1::Coin as ProtoCoin;
use cosmrs::proto::cosmwasm::wasm::v1::{
    MsgClearAdmin, MsgClearAdminResponse, MsgExecuteContract, MsgExecuteContractResponse, MsgInstantiateContract,
    MsgInstantiateContract2, MsgInstantiateContract2Response, MsgInstantiateContractResponse, MsgMigrateContract,
    MsgMigrateContractResponse, MsgStoreCode, MsgStoreCodeResponse, MsgUpdateAdmin, MsgUpdateAdminResponse,
    MsgUpdateInstantiateConfig, MsgUpdateInstantiateConfigResponse,
};
use cosmrs::proto::traits::{Message, Name};
use cosmrs::proto::Any;
use std::sync::Arc;

/// `MsgUpdateContractLabel`, which the published Rust types do not have.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct MsgUpdateContractLabel {
    #[prost(string, tag = "1")]
    pub sender: String,
    #[prost(string, tag = "2")]
    pub new_label: String,
    #[prost(string, tag = "3")]
    pub contract: String,
}

const UPDATE_LABEL: &str = "/cosmwasm.wasm.v1.MsgUpdateContractLabel";

impl Name for MsgUpdateContractLabel {
    const NAME: &'static str = "MsgUpdateContractLabel";
    const PACKAGE: &'static str = "cosmwasm.wasm.v1";

    fn type_url() -> String {
        UPDATE_LABEL.to_owned()
    }
}

/// A message that this chain understands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Msg {
    Send(MsgSend),
    MultiSend(MsgMultiSend),
    StoreCode(MsgStoreCode),
    Instantiate(MsgInstantiateContract),
    Instantiate2(MsgInstantiateContract2),
    Execute(MsgExecuteContract),
    Migrate(MsgMigrateContract),
    UpdateAdmin(MsgUpdateAdmin),
    ClearAdmin(MsgClearAdmin),
    UpdateLabel(MsgUpdateContractLabel),
    UpdateAccess(MsgUpdateInstantiateConfig),
}

/// Applies `$do` to the message inside, whatever its kind.
macro_rules! each {
    ($msg:expr, $inner:ident => $do:expr) => {
        match $msg {
            Msg::Send($inner) => $do,
            Msg::MultiSend($inner) => $do,
            Msg::StoreCode($inner) => $do,
            Msg::Instantiate($inner) => $do,
            Msg::Instantiate2($inner) => $do,
            Msg::Execute($inner) => $do,
            Msg::Migrate($inner) => $do,
            Msg::UpdateAdmin($inner) => $do,
            Msg::ClearAdmin($inner) => $do,
            Msg::UpdateLabel($inner) => $do,
            Msg::UpdateAccess($inner) => $do,
        }
    };
}

fn url<T: Name>(_: &T) -> String {
    T::type_url()
}

fn answer<T: Name>(message: &T) -> Any {
    Any { type_url: T::type_url(), value: message.encode_to_vec() }
}

impl Msg {
    /// Decodes a message; the error is the text of a transaction that cannot be parsed.
    pub(crate) fn decode(any: &Any) -> Result<Self, String> {
        fn parse<T: Message + Default>(bytes: &[u8]) -> Result<T, String> {
            T::decode(bytes).map_err(|e| e.to_string())
        }
        let value = &any.value;
        let msg = match any.type_url.as_str() {
            "/cosmos.bank.v1beta1.MsgSend" => Msg::Send(parse(value)?),
            "/cosmos.bank.v1beta1.MsgMultiSend" => Msg::MultiSend(parse(value)?),
            "/cosmwasm.wasm.v1.MsgStoreCode" => Msg::StoreCode(parse(value)?),
            "/cosmwasm.wasm.v1.MsgInstantiateContract" => Msg::Instantiate(parse(value)?),
            "/cosmwasm.wasm.v1.MsgInstantiateContract2" => Msg::Instantiate2(parse(value)?),
            "/cosmwasm.wasm.v1.MsgExecuteContract" => Msg::Execute(parse(value)?),
            "/cosmwasm.wasm.v1.MsgMigrateContract" => Msg::Migrate(parse(value)?),
            "/cosmwasm.wasm.v1.MsgUpdateAdmin" => Msg::UpdateAdmin(parse(value)?),
            "/cosmwasm.wasm.v1.MsgClearAdmin" => Msg::ClearAdmin(parse(value)?),
            UPDATE_LABEL => Msg::UpdateLabel(parse(value)?),
            "/cosmwasm.wasm.v1.MsgUpdateInstantiateConfig" => Msg::UpdateAccess(parse(value)?),
            other => return Err(format!("unable to resolve type URL {other}")),
        };
        for coins in msg.coins() {
            check_numbers(coins)?;
        }
        Ok(msg)
    }

    /// All amounts in the message.
    fn coins(&self) -> Vec<&[ProtoCoin]> {
        match self {
            Msg::Send(m) => vec![&m.amount],
            Msg::MultiSend(m) => {
                let inputs = m.inputs.iter().map(|i| i.coins.as_slice());
                inputs.chain(m.outputs.iter().map(|o| o.coins.as_slice())).collect()
            }
            Msg::Instantiate(m) => vec![&m.funds],
            Msg::Instantiate2(m) => vec![&m.funds],
            Msg::Execute(m) => vec![&m.funds],
            _ => Vec::new(),
        }
    }

    pub(crate) fn type_url(&self) -> String {
        each!(self, m => url(m))
    }

    /// The module's name in events, the second part of the type's name.
    pub(crate) fn module(&self) -> &'static str {
        match self {
            Msg::Send(_) | Msg::MultiSend(_) => "bank",
            _ => "wasm",
        }
    }

    /// The name of the type in wasmd's error texts.
    pub(crate) fn go_type(&self) -> String {
        let url = self.type_url();
        let name = url.rsplit('.').next().unwrap_or_default().to_owned();
        format!("*types.{name}")
    }

    /// Checks that need no state.
    pub(crate) fn validate(&self, codec: &Codec) -> Result<(), AppError> {
        match self {
            Msg::Send(_) | Msg::MultiSend(_) => Ok(()),
            Msg::StoreCode(m) => validate::store_code(codec, m),
            Msg::Instantiate(m) => validate::instantiate(codec, m),
            Msg::Instantiate2(m) => validate::instantiate2(codec, m),
            Msg::Execute(m) => validate::execute(codec, m),
            Msg::Migrate(m) => validate::migrate(codec, m),
            Msg::UpdateAdmin(m) => validate::update_admin(codec, m),
            Msg::ClearAdmin(m) => validate::clear_admin(codec, m),
            Msg::UpdateLabel(m) => validate::update_label(codec, m),
            Msg::UpdateAccess(m) => validate::update_access(codec, m),
        }
    }

    /// The accounts that must have signed.
    pub(crate) fn signers(&self, codec: &Codec) -> Result<Vec<Address>, AppError> {
        let signers: Vec<&str> = match self {
            Msg::Send(m) => vec![&m.from_address],
            Msg::MultiSend(m) => m.inputs.iter().map(|i| i.address.as_str()).collect(),
            Msg::StoreCode(m) => vec![&m.sender],
            Msg::Instantiate(m) => vec![&m.sender],
            Msg::Instantiate2(m) => vec![&m.sender],
            Msg::Execute(m) => vec![&m.sender],
            Msg::Migrate(m) => vec![&m.sender],
            Msg::UpdateAdmin(m) => vec![&m.sender],
            Msg::ClearAdmin(m) => vec![&m.sender],
            Msg::UpdateLabel(m) => vec![&m.sender],
            Msg::UpdateAccess(m) => vec![&m.sender],
        };
        signers.into_iter().map(|text| codec.decode(text)).collect()
    }
}

impl App {
    /// Runs a message in a context of its own and returns its answer.
    pub(crate) fn handle(self: &Arc<Self>, ctx: &mut Ctx, msg: &Msg) -> Outcome<Any> {
        msg.validate(&self.codec)?;
        // wasmd looks here whether the message is switched off; none ever is, but it costs.
        ctx.gas.consume(gas::HAS, "Has")?;
        let decode = |text: &str| self.codec.decode(text);
        let some = |text: &str| match text {
            "" => Ok(None),
            text => self.codec.decode(text).map(Some),
        };
        Ok(match msg {
            Msg::Send(m) => {
                self.bank_send(ctx, m)?;
                answer(&MsgSendResponse {})
            }
            Msg::MultiSend(m) => {
                self.bank_multi_send(ctx, m)?;
                answer(&MsgMultiSendResponse {})
            }
            Msg::StoreCode(m) => {
                let permission = m.instantiate_permission.clone();
                let (code_id, checksum) = self.store_code(ctx, &decode(&m.sender)?, &m.wasm_byte_code, permission)?;
                answer(&MsgStoreCodeResponse { code_id, checksum })
            }
            Msg::Instantiate(m) => {
                let new = NewContract {
                    code_id: m.code_id,
                    creator: &decode(&m.sender)?,
                    admin: some(&m.admin)?,
                    label: &m.label,
                    msg: &m.msg,
                    funds: Coins::from_proto(&m.funds)?,
                    predictable: None,
                };
                let (address, data) = self.instantiate(ctx, new)?;
                answer(&MsgInstantiateContractResponse {
                    address: self.codec.encode(&address),
                    data: data.unwrap_or_default(),
                })
            }
            Msg::Instantiate2(m) => {
                let fixed = if m.fix_msg { m.msg.as_slice() } else { &[] };
                let new = NewContract {
                    code_id: m.code_id,
                    creator: &decode(&m.sender)?,
                    admin: some(&m.admin)?,
                    label: &m.label,
                    msg: &m.msg,
                    funds: Coins::from_proto(&m.funds)?,
                    predictable: Some((&m.salt, fixed)),
                };
                let (address, data) = self.instantiate(ctx, new)?;
                answer(&MsgInstantiateContract2Response {
                    address: self.codec.encode(&address),
                    data: data.unwrap_or_default(),
                })
            }
            Msg::Execute(m) => {
                let (sender, contract) = (decode(&m.sender)?, decode(&m.contract)?);
                let funds = Coins::from_proto(&m.funds)?;
                let data = self.execute(ctx, &contract, &sender, &m.msg, &funds)?;
                answer(&MsgExecuteContractResponse { data: data.unwrap_or_default() })
            }
            Msg::Migrate(m) => {
                let (sender, contract) = (decode(&m.sender)?, decode(&m.contract)?);
                let data = self.migrate(ctx, &contract, &sender, m.code_id, &m.msg)?;
                answer(&MsgMigrateContractResponse { data: data.unwrap_or_default() })
            }
            Msg::UpdateAdmin(m) => {
                let (sender, contract) = (decode(&m.sender)?, decode(&m.contract)?);
                let admin = decode(&m.new_admin)?;
                self.set_admin(ctx, &contract, &sender, Some(&admin))?;
                answer(&MsgUpdateAdminResponse {})
            }
            Msg::ClearAdmin(m) => {
                let (sender, contract) = (decode(&m.sender)?, decode(&m.contract)?);
                self.set_admin(ctx, &contract, &sender, None)?;
                answer(&MsgClearAdminResponse {})
            }
            Msg::UpdateLabel(m) => {
                let (sender, contract) = (decode(&m.sender)?, decode(&m.contract)?);
                self.set_label(ctx, &contract, &sender, &m.new_label)?;
                Any { type_url: format!("{UPDATE_LABEL}Response"), value: Vec::new() }
            }
            Msg::UpdateAccess(m) => {
                let sender = decode(&m.sender)?;
                let access = m.new_instantiate_permission.clone().unwrap_or_default();
                self.set_access(ctx, m.code_id, &sender, access)?;
                answer(&MsgUpdateInstantiateConfigResponse {})
            }
        })
    }
}
