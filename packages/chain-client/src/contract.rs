//! A contract behind any chain: the trait to ask it, and the handle that carries its address.
//!
//! [`SmartQuery`] is what a backend must be able to do; RPC client, comparing client and in-process
//! test chain do it. [`Contract`] adds address and height, and through [`ContractQuery`] the typed
//! traits of each contract ([`crate::mixnet`]) work over all of them.

use std::future::Future;

use async_trait::async_trait;
use futures::{stream, Stream};
use serde::{de::DeserializeOwned, Serialize};

use crate::{client::ChainClient, error::ChainError};

/// A chain that answers contract queries.
#[async_trait]
pub trait SmartQuery: Send + Sync {
    /// The contract's raw reply to a JSON message, at a height or at the latest.
    async fn smart(&self, contract: &str, msg: Vec<u8>, height: Option<u64>) -> Result<Vec<u8>, ChainError>;
}

#[async_trait]
impl SmartQuery for ChainClient {
    async fn smart(&self, contract: &str, msg: Vec<u8>, height: Option<u64>) -> Result<Vec<u8>, ChainError> {
        self.smart_query(contract, msg, height).await
    }
}

#[async_trait]
impl<T: SmartQuery + ?Sized> SmartQuery for &T {
    async fn smart(&self, contract: &str, msg: Vec<u8>, height: Option<u64>) -> Result<Vec<u8>, ChainError> {
        (**self).smart(contract, msg, height).await
    }
}

#[async_trait]
impl<T: SmartQuery + ?Sized> SmartQuery for std::sync::Arc<T> {
    async fn smart(&self, contract: &str, msg: Vec<u8>, height: Option<u64>) -> Result<Vec<u8>, ChainError> {
        (**self).smart(contract, msg, height).await
    }
}

/// Asks several endpoints the same question at the same height and answers only if they agree.
pub struct Agreeing {
    clients: Vec<ChainClient>,
    needed: usize,
}

impl ChainClient {
    /// A view that answers only what at least `needed` endpoints say alike. Queries need a height:
    /// two endpoints are rarely at the same latest one.
    pub fn agreeing(&self, needed: usize) -> Result<Agreeing, ChainError> {
        let clients = self.each_endpoint();
        if needed == 0 || clients.len() < needed {
            return Err(ChainError::invalid(
                format!("number of agreeing endpoints {needed}"),
                format!("{} are configured", clients.len()),
            ));
        }
        Ok(Agreeing { clients, needed })
    }
}

#[async_trait]
impl SmartQuery for Agreeing {
    async fn smart(&self, contract: &str, msg: Vec<u8>, height: Option<u64>) -> Result<Vec<u8>, ChainError> {
        if height.is_none() {
            return Err(ChainError::invalid("height", "endpoints can be compared at a given height only"));
        }
        let answers =
            futures::future::join_all(self.clients.iter().map(|client| client.smart(contract, msg.clone(), height)))
                .await;
        let mut failure = None;
        let mut counts: Vec<(Vec<u8>, usize)> = Vec::new();
        for answer in answers {
            match answer {
                Ok(answer) => match counts.iter_mut().find(|(known, _)| *known == answer) {
                    Some((_, count)) => *count += 1,
                    None => counts.push((answer, 1)),
                },
                Err(error) => failure = Some(error),
            }
        }
        // With fewer than half needed two camps could both be large enough; then nobody is believed.
        let mut agreed = counts.iter().filter(|(_, count)| *count >= self.needed);
        match (agreed.next(), agreed.next(), counts.len(), failure) {
            (Some((answer, _)), None, _, _) => Ok(answer.clone()),
            (None, _, 0 | 1, Some(failure)) => Err(failure),
            _ => {
                Err(ChainError::Disagreement { what: format!("contract {contract} at height {}", height.unwrap_or(0)) })
            }
        }
    }
}

/// A contract's address on a chain, and optionally a height to read at.
#[derive(Clone)]
pub struct Contract<B> {
    backend: B,
    address: String,
    height: Option<u64>,
}

impl<B> Contract<B> {
    /// A handle that reads the latest state.
    pub fn new(backend: B, address: impl Into<String>) -> Self {
        Contract { backend, address: address.into(), height: None }
    }

    /// The same contract as it was after the block at `height`.
    pub fn at_height(mut self, height: u64) -> Self {
        self.height = Some(height);
        self
    }

    /// The chain it is on.
    pub fn backend(&self) -> &B {
        &self.backend
    }
}

/// Something that has a contract's address: what acting methods need.
pub trait ContractAddress {
    /// The contract's address.
    fn address(&self) -> &str;
}

impl<B> ContractAddress for Contract<B> {
    fn address(&self) -> &str {
        &self.address
    }
}

/// A contract that can be asked questions of type `Q`.
#[async_trait]
pub trait ContractQuery<Q: Serialize + Send + Sync>: Send + Sync {
    /// Asks and reads the reply as `R`.
    async fn ask<R: DeserializeOwned>(&self, query: &Q) -> Result<R, ChainError>
    where
        Q: 'async_trait;
}

#[async_trait]
impl<B: SmartQuery, Q: Serialize + Send + Sync> ContractQuery<Q> for Contract<B> {
    async fn ask<R: DeserializeOwned>(&self, query: &Q) -> Result<R, ChainError>
    where
        Q: 'async_trait,
    {
        let msg = serde_json::to_vec(query).map_err(|e| ChainError::invalid("query", e))?;
        let reply = self.backend.smart(&self.address, msg, self.height).await?;
        serde_json::from_slice(&reply)
            .map_err(|e| ChainError::malformed(format!("reply of contract {}", self.address), e))
    }
}

/// One page of a list: its items and where the next one starts.
pub struct Page<T, K> {
    /// The items.
    pub items: Vec<T>,
    /// `None` is the end.
    pub next: Option<K>,
}

/// Pages without items that are passed over in a row: those of a contract that leaves damaged records out, or finds nothing
/// in the thousand records that one query goes over; with these a quarter of a million records.
const EMPTY_PAGES: u32 = 250;

/// A paged list as a stream: a caller cannot forget the second page. Ends on more than [`EMPTY_PAGES`] too, and on
/// a start key that repeats, so that a broken contract cannot keep it going.
pub fn pages<'a, T, K, F, Fut>(fetch: F) -> impl Stream<Item = Result<T, ChainError>> + Send + 'a
where
    T: Send + 'a,
    K: Clone + PartialEq + Send + 'a,
    F: Fn(Option<K>) -> Fut + Send + 'a,
    Fut: Future<Output = Result<Page<T, K>, ChainError>> + Send + 'a,
{
    use futures::{StreamExt, TryStreamExt};
    struct State<K, F> {
        start: Option<K>,
        empty: u32,
        done: bool,
        fetch: F,
    }
    let state = State { start: None, empty: 0, done: false, fetch };
    stream::try_unfold(state, |mut state| async move {
        if state.done {
            return Ok(None);
        }
        let page = (state.fetch)(state.start.clone()).await?;
        state.empty = if page.items.is_empty() { state.empty + 1 } else { 0 };
        state.done = state.empty > EMPTY_PAGES || page.next.is_none() || page.next == state.start;
        state.start = page.next;
        Ok::<_, ChainError>(Some((stream::iter(page.items).map(Ok), state)))
    })
    .try_flatten()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use futures::TryStreamExt;

    async fn listed(pages_of: Vec<(Vec<u32>, Option<u32>)>) -> Vec<u32> {
        let pages_of = std::sync::Arc::new(pages_of);
        pages(move |start: Option<u32>| {
            let pages_of = pages_of.clone();
            async move {
                let (items, next) = pages_of[start.unwrap_or(0) as usize].clone();
                Ok(Page { items, next })
            }
        })
        .try_collect()
        .await
        .unwrap()
    }

    #[tokio::test]
    async fn every_page_is_fetched() {
        assert_eq!(listed(vec![(vec![1, 2], Some(1)), (vec![3], Some(2)), (vec![4], None)]).await, [1, 2, 3, 4]);
    }

    #[tokio::test]
    async fn an_empty_page_is_passed_over_and_too_many_end_the_list() {
        assert_eq!(listed(vec![(vec![1], Some(1)), (vec![], Some(2)), (vec![3], None)]).await, [1, 3]);
        assert_eq!(listed(vec![(vec![1], Some(1)), (vec![], Some(2)), (vec![], Some(1))]).await, [1]);

        // Only those in a row count.
        let alternating = (0..600u32)
            .map(|n| (if n.is_multiple_of(2) { vec![n] } else { vec![] }, (n < 599).then_some(n + 1)))
            .collect();
        assert_eq!(listed(alternating).await.len(), 300);
    }

    #[tokio::test]
    async fn a_start_key_that_repeats_ends_the_list() {
        assert_eq!(listed(vec![(vec![1], Some(1)), (vec![2], Some(1))]).await, [1, 2]);
    }
}
