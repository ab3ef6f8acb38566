//! Pages of lists, by key or by offset, as the SDK cuts them.

use super::invalid;
use crate::app::ctx::{Ctx, StoreId};
use crate::error::Outcome;
use bytes::Bytes;
use cosmrs::proto::cosmos::base::query::v1beta1::{PageRequest, PageResponse};

/// Entries of a page when the asker names no limit, and at most.
const LIMIT: u64 = 100;
/// Entries that an offset may skip: beyond, the asker must go by key.
const MAX_OFFSET: u64 = 1_000_000;

/// Cuts the entries below `prefix` into a page; keys are given without the prefix.
pub(super) fn cut(
    ctx: &Ctx,
    store: StoreId,
    prefix: &[u8],
    page: Option<&PageRequest>,
) -> Outcome<(Vec<(Bytes, Bytes)>, PageResponse)> {
    let default = PageRequest::default();
    let mut page = page.unwrap_or(&default).clone();
    if page.limit == 0 {
        // The SDK counts the whole list for whoever does not say how much of it they want.
        page.count_total = true;
    }
    if page.offset > 0 && !page.key.is_empty() {
        return Err(invalid("invalid request, either offset or key is expected, got both"));
    }
    if page.offset > MAX_OFFSET {
        return Err(invalid(format_args!("offset {} is above {MAX_OFFSET}", page.offset)));
    }
    let limit = if page.limit == 0 { LIMIT } else { page.limit.min(LIMIT) };
    let end = crate::store::prefix_end(prefix);
    let from = [prefix, &page.key].concat();
    let kv = ctx.kv(store);
    let mut iter = if page.reverse {
        let end = if page.key.is_empty() {
            end.map(|e| e.to_vec())
        } else {
            // The key is the first of the page, so the end lies right behind it.
            Some([from.as_slice(), &[0]].concat())
        };
        kv.iterate(prefix, end.as_deref(), false)?
    } else {
        kv.iterate(&from, end.as_deref(), true)?
    };
    for _ in 0..page.offset {
        if iter.next()?.is_none() {
            break;
        }
    }
    // Every key between these ends begins with the prefix.
    let mut entries = Vec::new();
    while (entries.len() as u64) < limit {
        match iter.next()? {
            Some((key, value)) => entries.push((key.slice(prefix.len()..), value)),
            None => break,
        }
    }
    let next_key = iter.current().map(|(key, _)| key[prefix.len()..].to_vec());
    let mut total = 0;
    if page.count_total && page.key.is_empty() {
        total = page.offset + entries.len() as u64;
        while iter.next()?.is_some() {
            total += 1;
        }
    }
    Ok((entries, PageResponse { next_key: next_key.unwrap_or_default(), total }))
}
