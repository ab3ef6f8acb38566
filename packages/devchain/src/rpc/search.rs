//! Finding transactions and blocks.

use super::call::RpcError;
use super::json;
use super::params::Args;
use crate::chain::engine::Chain;
use crate::chain::index::{prefix, Op, Query};
use crate::store::disk::StoredBlock;
use serde_json::{json as object, Value};

/// Entries of a page, CometBFT's default and maximum.
const PER_PAGE: i64 = 30;
const MAX_PER_PAGE: i64 = 100;
/// Blocks that a query without an indexed condition may look through.
const MAX_SCAN: u64 = 100_000;

/// A part of a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    pub start: usize,
    pub size: usize,
}

/// The page that is asked for out of `total`, with CometBFT's rules.
pub(super) fn page(args: Args<'_>, total: usize) -> Result<(Page, i64), RpcError> {
    let per_page = match args.number("per_page").map_err(RpcError::params)? {
        None => PER_PAGE,
        Some(n) if n < 1 => PER_PAGE,
        Some(n) => n.min(MAX_PER_PAGE),
    };
    let pages = (total as i64).div_euclid(per_page) + i64::from(total as i64 % per_page != 0);
    let pages = pages.max(1);
    let number = args.number("page").map_err(RpcError::params)?.unwrap_or(1);
    if number < 1 || number > pages {
        let text = format!("page should be within [1, {pages}] range, given {number}");
        return Err(RpcError::internal(text));
    }
    let start = ((number - 1) * per_page) as usize;
    Ok((Page { start, size: per_page as usize }, number))
}

fn newest_first(args: Args<'_>, default: bool) -> Result<bool, RpcError> {
    match args.text("order_by").map_err(RpcError::params)?.as_str() {
        "" => Ok(default),
        "asc" => Ok(false),
        "desc" => Ok(true),
        _ => Err(RpcError::internal("expected order_by to be either `asc` or `desc` or empty")),
    }
}

/// One transaction of a block as the RPC shows it.
pub(crate) fn shown(stored: &StoredBlock, height: u64, index: u32) -> Option<Value> {
    let i = index as usize;
    let bytes = stored.block.as_ref()?.data.as_ref()?.txs.get(i)?;
    Some(object!({
        "hash": json::hex(&crate::app::address::sha256(&[bytes])),
        "height": height.to_string(),
        "index": index,
        "tx_result": json::result(stored.results.get(i)?),
        "tx": json::base64(bytes),
    }))
}

/// `tx`.
pub(super) fn tx(chain: &Chain, args: Args<'_>) -> Result<Value, RpcError> {
    let hash = args.hash("hash").map_err(RpcError::params)?;
    let missing = || RpcError::internal(format_args!("tx ({}) not found", json::hex(&hash)));
    let (height, index) = chain.tx(&hash).map_err(RpcError::internal)?.ok_or_else(missing)?;
    let stored = chain.block(height).map_err(RpcError::internal)?;
    stored.and_then(|stored| shown(&stored, height, index)).ok_or_else(missing)
}

/// `tx_search`.
pub(super) fn txs(chain: &Chain, args: Args<'_>) -> Result<Value, RpcError> {
    let text = args.text("query").map_err(RpcError::params)?;
    let query = Query::parse(&text).map_err(RpcError::internal)?;
    let mut places = candidates(chain, &query)?;
    places.sort_unstable();
    places.dedup();

    let mut found: Vec<(u64, u32)> = Vec::new();
    let mut block: Option<(u64, StoredBlock)> = None;
    for (height, index) in places {
        if block.as_ref().is_none_or(|(h, _)| *h != height) {
            let stored = chain.block(height).map_err(RpcError::internal)?;
            block = stored.map(|stored| (height, stored));
        }
        let Some((_, stored)) = &block else {
            continue;
        };
        let bytes = stored.block.as_ref().and_then(|b| b.data.as_ref()?.txs.get(index as usize));
        let (Some(bytes), Some(result)) = (bytes, stored.results.get(index as usize)) else {
            continue;
        };
        let hash = json::hex(&crate::app::address::sha256(&[bytes]));
        if query.finds(height, &hash, result) {
            found.push((height, index));
        }
    }
    if newest_first(args, false)? {
        found.reverse();
    }
    let (page, _) = page(args, found.len())?;
    let mut shown_txs = Vec::new();
    for (height, index) in found.iter().skip(page.start).take(page.size) {
        let stored = chain.block(*height).map_err(RpcError::internal)?;
        shown_txs.extend(stored.and_then(|stored| shown(&stored, *height, *index)));
    }
    Ok(object!({ "txs": shown_txs, "total_count": found.len().to_string() }))
}

/// Places that may match: from the index by one condition, or all of a range of heights.
fn candidates(chain: &Chain, query: &Query) -> Result<Vec<(u64, u32)>, RpcError> {
    for condition in query.conditions.iter().filter(|c| c.op == Op::Equal) {
        match condition.key.as_str() {
            "tx.hash" => {
                let hash = hex::decode(&condition.value).map_err(RpcError::internal)?;
                let place = chain.tx(&hash).map_err(RpcError::internal)?;
                return Ok(place.into_iter().collect());
            }
            "tx.height" | "tm.event" => {}
            key => {
                let prefix = prefix(key, &condition.value);
                return chain.indexed(&prefix).map_err(RpcError::internal);
            }
        }
    }
    let (mut low, mut high) = (1u64, chain.latest().height);
    for condition in query.conditions.iter().filter(|c| c.key == "tx.height") {
        let height: u64 = condition.value.parse().map_err(RpcError::internal)?;
        match condition.op {
            Op::Equal => (low, high) = (low.max(height), high.min(height)),
            Op::Less => high = high.min(height.saturating_sub(1)),
            Op::LessEqual => high = high.min(height),
            Op::Greater => low = low.max(height.saturating_add(1)),
            Op::GreaterEqual => low = low.max(height),
            Op::Contains | Op::Exists => {}
        }
    }
    if high >= low && high - low >= MAX_SCAN {
        let text = format!("the query covers more than {MAX_SCAN} blocks; name a range of tx.height");
        return Err(RpcError::internal(text));
    }
    let mut places = Vec::new();
    for height in low..=high {
        let stored = chain.block(height).map_err(RpcError::internal)?;
        let count = stored.map_or(0, |s| s.results.len() as u32);
        places.extend((0..count).map(|i| (height, i)));
    }
    Ok(places)
}

/// `block_search`: by height only, as blocks of this chain have no events of their own.
pub(super) fn blocks(chain: &Chain, args: Args<'_>) -> Result<Value, RpcError> {
    let text = args.text("query").map_err(RpcError::params)?;
    let query = Query::parse(&text).map_err(RpcError::internal)?;
    let newest = chain.latest().height;
    if newest > MAX_SCAN {
        return Err(RpcError::internal("the chain is too long for block_search"));
    }
    let matches = |height: &u64| {
        query
            .matches(&[("block.height".to_owned(), height.to_string()), ("tm.event".to_owned(), "NewBlock".to_owned())])
    };
    let mut found: Vec<u64> = (1..=newest).filter(matches).collect();
    if newest_first(args, true)? {
        found.reverse();
    }
    let (page, _) = page(args, found.len())?;
    let mut list = Vec::new();
    for height in found.iter().skip(page.start).take(page.size) {
        if let Some(stored) = chain.block(*height).map_err(RpcError::internal)? {
            list.push(object!({
                "block_id": json::block_id(stored.id.as_ref()),
                "block": stored.block.as_ref().map(json::block),
            }));
        }
    }
    Ok(object!({ "blocks": list, "total_count": found.len().to_string() }))
}
