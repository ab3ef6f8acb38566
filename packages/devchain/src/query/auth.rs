//! Queries to accounts.

use super::{invalid, not_found, reply, request};
use crate::app::ctx::{Ctx, StoreId};
use crate::chain::engine::Chain;
use crate::error::Outcome;
use cosmrs::proto::cosmos::auth::v1beta1::{
    Bech32PrefixRequest, Bech32PrefixResponse, QueryAccountInfoRequest, QueryAccountInfoResponse, QueryAccountRequest,
    QueryAccountResponse, QueryAccountsRequest, QueryAccountsResponse, QueryParamsResponse,
};
use cosmrs::proto::traits::Message;
use cosmrs::proto::Any;

pub(super) fn answer(chain: &Chain, ctx: &Ctx, method: &str, data: &[u8]) -> Option<Outcome<Vec<u8>>> {
    Some(match method {
        "Account" => account(chain, ctx, data),
        "Accounts" => accounts(ctx, data),
        "AccountInfo" => info(chain, ctx, data),
        "Params" => params(chain, ctx),
        "Bech32Prefix" => request::<Bech32PrefixRequest>(data)
            .and_then(|_| reply(&Bech32PrefixResponse { bech32_prefix: chain.app.codec.prefix().to_owned() })),
        _ => return None,
    })
}

fn account(chain: &Chain, ctx: &Ctx, data: &[u8]) -> Outcome<Vec<u8>> {
    let query: QueryAccountRequest = request(data)?;
    if query.address.is_empty() {
        return Err(invalid("Address cannot be empty"));
    }
    let address = chain.app.codec.decode_account(&query.address)?;
    let account = chain
        .app
        .account_any(ctx, &address)?
        .ok_or_else(|| not_found(format_args!("account {} not found", query.address)))?;
    reply(&QueryAccountResponse { account: Some(account) })
}

fn info(chain: &Chain, ctx: &Ctx, data: &[u8]) -> Outcome<Vec<u8>> {
    let query: QueryAccountInfoRequest = request(data)?;
    let address = chain.app.codec.decode_account(&query.address)?;
    let account = chain
        .app
        .account(ctx, &address)?
        .ok_or_else(|| not_found(format_args!("account {} not found", query.address)))?;
    reply(&QueryAccountInfoResponse { info: Some(account.base) })
}

fn accounts(ctx: &Ctx, data: &[u8]) -> Outcome<Vec<u8>> {
    let query: QueryAccountsRequest = request(data)?;
    let (entries, page) = super::page::cut(ctx, StoreId::Auth, &[1], query.pagination.as_ref())?;
    let accounts = entries.into_iter().filter_map(|(_, value)| Any::decode(value).ok()).collect();
    reply(&QueryAccountsResponse { accounts, pagination: Some(page) })
}

fn params(chain: &Chain, ctx: &Ctx) -> Outcome<Vec<u8>> {
    reply(&QueryParamsResponse { params: Some(chain.app.auth_params(ctx)?) })
}
