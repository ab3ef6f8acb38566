//! Changing who may migrate a contract or instantiate a code, and a contract's label.

use super::state::{self, ContractInfo};
use crate::app::address::Address;
use crate::app::ctx::Ctx;
use crate::app::event::Event;
use crate::app::App;
use crate::error::{AppError, Outcome, INVALID_REQUEST, UNAUTHORIZED};
use cosmrs::proto::cosmwasm::wasm::v1::{AccessConfig, AccessType};

impl App {
    /// Sets or, with `None`, removes the admin.
    pub(crate) fn set_admin(
        &self,
        ctx: &mut Ctx,
        contract: &Address,
        sender: &Address,
        admin: Option<&Address>,
    ) -> Outcome<()> {
        let mut info = self.administered(ctx, contract, sender)?;
        info.admin = admin.map(|a| self.codec.encode(a)).unwrap_or_default();
        state::set_contract_info(ctx, contract, &info)?;
        let event = Event::new("update_contract_admin")
            .with("_contract_address", self.codec.encode(contract))
            .with("new_admin_address", info.admin);
        ctx.emit(event);
        Ok(())
    }

    /// Sets the label.
    pub(crate) fn set_label(&self, ctx: &mut Ctx, contract: &Address, sender: &Address, label: &str) -> Outcome<()> {
        let mut info = self.administered(ctx, contract, sender)?;
        info.label = label.to_owned();
        state::set_contract_info(ctx, contract, &info)?;
        let event = Event::new("update_contract_label")
            .with("_contract_address", self.codec.encode(contract))
            .with("new_label", label);
        ctx.emit(event);
        Ok(())
    }

    /// Says who may instantiate a code.
    pub(crate) fn set_access(
        &self,
        ctx: &mut Ctx,
        code_id: u64,
        sender: &Address,
        access: AccessConfig,
    ) -> Outcome<()> {
        let mut code = state::code_info(ctx, code_id)?.ok_or_else(|| AppError::no_such_code(code_id))?;
        if code.creator != self.codec.encode(sender) {
            return Err(AppError::new(UNAUTHORIZED, "can not modify code access config").into());
        }
        let name = match AccessType::try_from(access.permission) {
            Ok(AccessType::Nobody) => "Nobody",
            Ok(AccessType::Everybody) => "Everybody",
            Ok(AccessType::AnyOfAddresses) => "AnyOfAddresses",
            _ => "Unspecified",
        };
        let mut event =
            Event::new("update_code_access_config").with("code_permission", name).with("code_id", code_id.to_string());
        if !access.addresses.is_empty() {
            event = event.with("authorized_addresses", access.addresses.join(","));
        }
        code.instantiate_config = Some(access);
        state::set_code_info(ctx, code_id, &code)?;
        ctx.emit(event);
        Ok(())
    }

    /// The contract, if `sender` is its admin.
    fn administered(&self, ctx: &Ctx, contract: &Address, sender: &Address) -> Outcome<ContractInfo> {
        let info =
            state::contract_info(ctx, contract)?.ok_or_else(|| AppError::new(INVALID_REQUEST, "unknown contract"))?;
        if info.admin.is_empty() || info.admin != self.codec.encode(sender) {
            return Err(AppError::new(UNAUTHORIZED, "can not modify contract").into());
        }
        Ok(info)
    }
}
