//! Caps on open connections: in total, and from one source.
//!
//! A listener asks for a [`Seat`] before it does any work for a connection and drops it with the connection.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// The seats of one listener. Clones share them.
#[derive(Clone, Debug)]
pub struct Seats {
    total: usize,
    per_source: usize,
    taken: Arc<Mutex<Taken>>,
}

/// Bounded by the total.
#[derive(Debug, Default)]
struct Taken {
    by_source: HashMap<IpAddr, usize>,
    total: usize,
}

/// Counts a connection for as long as it lives.
#[derive(Debug)]
pub struct Seat {
    taken: Arc<Mutex<Taken>>,
    source: IpAddr,
}

impl Seats {
    /// So many connections in total, and so many from one source (see [`source_network`]).
    pub fn new(total: usize, per_source: usize) -> Self {
        Self { total, per_source, taken: Arc::default() }
    }

    /// A seat for a connection from there; none when either cap is reached.
    pub fn take(&self, from: IpAddr) -> Option<Seat> {
        let source = source_network(from);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let from_there = taken.by_source.get(&source).copied().unwrap_or(0);
        if taken.total >= self.total || from_there >= self.per_source {
            return None;
        }
        taken.total += 1;
        taken.by_source.insert(source, from_there + 1);
        Some(Seat { taken: Arc::clone(&self.taken), source })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.total = taken.total.saturating_sub(1);
        if let Some(count) = taken.by_source.get_mut(&self.source) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                taken.by_source.remove(&self.source);
            }
        }
    }
}

/// What counts as one source: an IPv4 address, or the /64 that a host of IPv6 has for itself.
pub fn source_network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => {
            let mut octets = ip.octets();
            octets.iter_mut().skip(8).for_each(|octet| *octet = 0);
            IpAddr::V6(octets.into())
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_source_gets_its_share_and_a_seat_that_is_left_is_free_again() {
        let seats = Seats::new(3, 2);
        let first = seats.take(ip("192.0.2.1")).unwrap();
        let _second = seats.take(ip("::ffff:192.0.2.1")).unwrap();

        assert!(seats.take(ip("192.0.2.1")).is_none(), "a third from one address");
        let _third = seats.take(ip("2001:db8::1")).unwrap();
        assert!(seats.take(ip("192.0.2.2")).is_none(), "a fourth in total");
        drop(first);
        assert!(seats.take(ip("192.0.2.2")).is_some());
    }

    #[test]
    fn a_host_of_ipv6_is_one_source_whatever_address_it_uses() {
        let seats = Seats::new(10, 1);
        let _seat = seats.take(ip("2001:db8:0:1::1")).unwrap();

        assert!(seats.take(ip("2001:db8:0:1:ffff::2")).is_none());
        assert!(seats.take(ip("2001:db8:0:2::1")).is_some());
    }

    #[test]
    fn no_source_is_remembered_when_all_have_left() {
        let seats = Seats::new(10, 1);
        drop(seats.take(ip("192.0.2.1")));

        let taken = seats.taken.lock().unwrap();
        assert!(taken.by_source.is_empty() && taken.total == 0);
    }
}
