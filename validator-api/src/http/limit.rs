//! Requests per address: a bucket for each IPv4 address or IPv6 /64.

use super::error::HttpError;
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

/// Full buckets are forgotten every so many requests, so that the table holds recent addresses only.
const SWEEP_EVERY: u64 = 4_096;

/// The buckets.
#[derive(Clone)]
pub struct Limiter {
    buckets: Arc<DefaultKeyedRateLimiter<IpAddr>>,
    seen: Arc<AtomicU64>,
}

impl Limiter {
    /// So many requests a second, and so many at once.
    pub fn new(per_second: u32, burst: u32) -> Self {
        let at_least_one = |value| NonZeroU32::new(value).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(at_least_one(per_second)).allow_burst(at_least_one(burst));
        Self { buckets: Arc::new(RateLimiter::keyed(quota)), seen: Arc::default() }
    }
}

/// Refuses requests of an address whose bucket is empty.
pub async fn check(
    State(limiter): State<Limiter>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    if limiter.seen.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
        limiter.buckets.retain_recent();
    }
    match limiter.buckets.check_key(&network_of(peer.ip())) {
        Ok(()) => next.run(request).await,
        Err(_) => HttpError::too_many().into_response(),
    }
}

fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            std::net::Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}
