//! Queries to balances.

use super::{invalid, reply, request};
use crate::app::address::Address;
use crate::app::coins::{is_denom, Coin};
use crate::app::ctx::{Ctx, StoreId};
use crate::chain::engine::Chain;
use crate::error::Outcome;
use cosmrs::proto::cosmos::bank::v1beta1::{
    Params, QueryAllBalancesRequest, QueryAllBalancesResponse, QueryBalanceRequest, QueryBalanceResponse,
    QueryParamsResponse, QuerySpendableBalancesRequest, QuerySpendableBalancesResponse, QuerySupplyOfRequest,
    QuerySupplyOfResponse, QueryTotalSupplyRequest, QueryTotalSupplyResponse,
};
use cosmrs::proto::cosmos::base::query::v1beta1::{PageRequest, PageResponse};
use cosmrs::proto::cosmos::base::v1beta1::Coin as ProtoCoin;

pub(super) fn answer(chain: &Chain, ctx: &Ctx, method: &str, data: &[u8]) -> Option<Outcome<Vec<u8>>> {
    Some(match method {
        "Balance" => balance(chain, ctx, data),
        "AllBalances" => all(chain, ctx, data),
        "SpendableBalances" => spendable(chain, ctx, data),
        "TotalSupply" => total(ctx, data),
        "SupplyOf" => supply(chain, ctx, data),
        "Params" => {
            reply(&QueryParamsResponse { params: Some(Params { default_send_enabled: true, ..Params::default() }) })
        }
        _ => return None,
    })
}

fn address(chain: &Chain, text: &str) -> Outcome<Address> {
    let decoded = chain.app.codec.decode_account(text);
    decoded.map_err(|e| invalid(format_args!("invalid address: {e}")))
}

fn denom(text: &str) -> Outcome<()> {
    if is_denom(text) {
        Ok(())
    } else {
        Err(invalid(format_args!("invalid denom: {text}")))
    }
}

fn balance(chain: &Chain, ctx: &Ctx, data: &[u8]) -> Outcome<Vec<u8>> {
    let query: QueryBalanceRequest = request(data)?;
    denom(&query.denom)?;
    let address = address(chain, &query.address)?;
    let amount = chain.app.balance(ctx, &address, &query.denom)?;
    reply(&QueryBalanceResponse { balance: Some(ProtoCoin { denom: query.denom, amount: amount.to_string() }) })
}

fn page_of(ctx: &Ctx, prefix: &[u8], page: Option<&PageRequest>) -> Outcome<(Vec<ProtoCoin>, PageResponse)> {
    let (entries, page) = super::page::cut(ctx, StoreId::Bank, prefix, page)?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let coins = entries.iter().map(|(key, value)| ProtoCoin { denom: text(key), amount: text(value) });
    Ok((coins.collect(), page))
}

fn balances_prefix(address: &Address) -> Vec<u8> {
    let mut prefix = vec![2, address.bytes().len() as u8];
    prefix.extend_from_slice(address.bytes());
    prefix
}

fn all(chain: &Chain, ctx: &Ctx, data: &[u8]) -> Outcome<Vec<u8>> {
    let query: QueryAllBalancesRequest = request(data)?;
    let address = address(chain, &query.address)?;
    let (balances, page) = page_of(ctx, &balances_prefix(&address), query.pagination.as_ref())?;
    reply(&QueryAllBalancesResponse { balances, pagination: Some(page) })
}

fn spendable(chain: &Chain, ctx: &Ctx, data: &[u8]) -> Outcome<Vec<u8>> {
    let query: QuerySpendableBalancesRequest = request(data)?;
    let address = address(chain, &query.address)?;
    let (balances, page) = page_of(ctx, &balances_prefix(&address), query.pagination.as_ref())?;
    reply(&QuerySpendableBalancesResponse { balances, pagination: Some(page) })
}

fn total(ctx: &Ctx, data: &[u8]) -> Outcome<Vec<u8>> {
    let query: QueryTotalSupplyRequest = request(data)?;
    let (supply, page) = page_of(ctx, &[0], query.pagination.as_ref())?;
    reply(&QueryTotalSupplyResponse { supply, pagination: Some(page) })
}

fn supply(chain: &Chain, ctx: &Ctx, data: &[u8]) -> Outcome<Vec<u8>> {
    let query: QuerySupplyOfRequest = request(data)?;
    denom(&query.denom)?;
    let amount = chain.app.supply(ctx, &query.denom)?;
    let coin = Coin { denom: query.denom, amount };
    reply(&QuerySupplyOfResponse { amount: crate::app::coins::Coins(vec![coin]).to_proto().pop() })
}
