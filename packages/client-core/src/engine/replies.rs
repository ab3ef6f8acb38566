//! Reply blocks on both sides: making and granting them, asking for more.

use super::{Engine, Moment};
use crate::routes::RouteError;
use crate::store::{Destination, OwnSurbRow, PeerRow, StoreOp};
use crate::surbs::{Budget, OwnSurb};
use crate::SenderTag;
use nym_keys::ClientAddress;
use nym_wire::message::SurbBatch;
use rand::{CryptoRng, RngCore};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// Reply blocks that only requests for more may use: without one there is no way to ask.
pub(super) const RESERVED_SURBS: usize = 3;
/// How long a reply may wait for reply blocks before it is given up.
pub(super) const LONGEST_PARKING: Duration = Duration::from_secs(600);
/// What an acknowledgement of a reply may take beside its way: gathering, a place in the stream.
pub(super) const ACK_PATIENCE: Duration = Duration::from_secs(1);
/// Reply blocks that fit one packet, beside the tag and their end.
const SURBS_PER_PACKET: u8 = 3;
/// Reply blocks asked for or granted at once.
const SURBS_PER_REQUEST: u16 = 60;
/// A request that is not answered is repeated after this long, while reply blocks are left for it.
const REQUEST_AGAIN: Duration = Duration::from_secs(5);
/// The next request leaves when no more than this many reply blocks of the last one are still to come.
const ASK_AHEAD: usize = 20;
/// How long the reply blocks of a first epoch without an end serve.
const ENDLESS_EPOCH: u64 = 300;

/// Recipients that were given reply blocks, by the tag each knows this client under.
#[derive(Debug)]
pub(super) struct Peers {
    limit: usize,
    rows: BTreeMap<SenderTag, PeerRow>,
    tags: HashMap<ClientAddress, SenderTag>,
    /// Requests for reply blocks that are not yet answered in full.
    requested: HashMap<SenderTag, Requested>,
}

/// A request on its way, or its answer.
#[derive(Debug, Clone, Copy)]
struct Requested {
    at: Duration,
    /// Reply blocks that have not come yet.
    missing: usize,
}

impl Peers {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, rows: BTreeMap::new(), tags: HashMap::new(), requested: HashMap::new() }
    }

    pub(super) fn restore(&mut self, row: PeerRow) {
        self.tags.insert(row.address, row.tag);
        self.rows.insert(row.tag, row);
    }

    pub(super) fn address(&self, tag: &SenderTag) -> Option<ClientAddress> {
        self.rows.get(tag).map(|row| row.address)
    }

    fn budget(&self, tag: &SenderTag) -> Budget {
        self.rows.get(tag).map(|row| row.budget).unwrap_or_default()
    }
}

impl Engine {
    /// Makes reply blocks for a recipient, as many as asked for and as its budget allows.
    pub(super) fn make_surbs(
        &mut self,
        recipient: ClientAddress,
        wanted: u32,
        now: Moment,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<SurbBatch, RouteError> {
        let expires = self.surb_expiry(now).ok_or(RouteError::NoTopology)?;
        let tag = self.tag_for(recipient, now, rng);
        let count = self.own_surbs.room(&tag, &self.peers.budget(&tag)).min(wanted);
        let mut surbs = Vec::with_capacity(count as usize);
        for _ in 0..count {
            let routes = self.usable_routes(now).ok_or(RouteError::NoTopology)?;
            let reply_key = self.keys.reply.public_key();
            let (surb, keys, path) = routes.surb(&self.address.gateway(), &self.address.identity(), &reply_key, rng)?;
            if let (Some(tracer), Some(routes)) = (&mut self.tracer, &self.routes) {
                tracer.reply_block(*keys.identifier(), &path, routes.topology());
            }
            let own = OwnSurb { tag, expires, secret: keys.to_secret_bytes().into() };
            self.own_surbs.insert(*keys.identifier(), own.clone());
            self.effects.store.push(StoreOp::PutOwnSurb(OwnSurbRow { identifier: *keys.identifier(), surb: own }));
            surbs.push(surb.to_bytes().to_vec());
        }
        self.update_peer(tag, now, |budget| budget.granted += u64::from(count));
        Ok(SurbBatch { tag, expires, surbs })
    }

    /// A reply with data came: it earns its sender new reply blocks.
    pub(super) fn earn(&mut self, tag: SenderTag, now: Moment) {
        self.update_peer(tag, now, |budget| budget.replies += 1);
    }

    /// A peer asks for reply blocks.
    pub(super) fn grant(&mut self, tag: SenderTag, peer: ClientAddress, wanted: u16) {
        let room = self.own_surbs.room(&tag, &self.peers.budget(&tag));
        let mut left = u32::from(wanted.min(SURBS_PER_REQUEST)).min(room);
        while left > 0 {
            let batch = left.min(u32::from(SURBS_PER_PACKET)) as u8;
            if !self.oneshots.surbs(peer, batch) {
                break;
            }
            left -= u32::from(batch);
        }
    }

    /// Reply blocks of a sender have arrived: what waited for them goes on.
    pub(super) fn surbs_arrived(&mut self, tag: SenderTag, count: usize) {
        if let Some(requested) = self.peers.requested.get_mut(&tag) {
            requested.missing = requested.missing.saturating_sub(count);
        }
        self.outbox.unpark(&Destination::Reply(tag));
    }

    /// Asks the senders of tags with waiting replies for more reply blocks, and notes who waits.
    pub(super) fn request_surbs(&mut self, now: Moment) {
        let parked: Vec<SenderTag> = self
            .outbox
            .parked()
            .filter_map(|(destination, _)| match destination {
                Destination::Reply(tag) => Some(*tag),
                Destination::Address(_) => None,
            })
            .collect();
        for tag in parked {
            self.request_surbs_of(tag, now);
        }
        for (id, accepted) in &mut self.accepted {
            accepted.parked = match self.outbox.is_parked(id) {
                true => accepted.parked.or(Some(now.mono)),
                false => None,
            };
        }
        self.peers.requested.retain(|_, asked| now.mono.saturating_sub(asked.at) < REQUEST_AGAIN);
    }

    /// Asks one sender for more reply blocks, if its replies need more than there are.
    pub(super) fn request_surbs_of(&mut self, tag: SenderTag, now: Moment) {
        let recent = self.peers.requested.get(&tag).filter(|asked| now.mono.saturating_sub(asked.at) < REQUEST_AGAIN);
        let coming = recent.map_or(0, |asked| asked.missing);
        if coming > ASK_AHEAD {
            return;
        }
        let waiting = self.outbox.waiting(&Destination::Reply(tag));
        let available = self.peer_surbs.available(&tag, now.unix);
        let needed = (waiting + RESERVED_SURBS).saturating_sub(available + coming);
        if available == 0 || waiting == 0 || needed == 0 {
            return;
        }
        // The request itself uses one up.
        let wanted = u16::try_from(needed + 1).unwrap_or(u16::MAX).min(SURBS_PER_REQUEST);
        let missing = coming + usize::from(wanted);
        self.peers.requested.insert(tag, Requested { at: now.mono, missing });
        self.oneshots.request(tag, wanted);
    }

    fn tag_for(&mut self, recipient: ClientAddress, now: Moment, rng: &mut (impl RngCore + CryptoRng)) -> SenderTag {
        if let Some(tag) = self.peers.tags.get(&recipient) {
            return *tag;
        }
        while self.peers.rows.len() >= self.peers.limit {
            let Some(oldest) = self.peers.rows.values().min_by_key(|row| row.used).map(|row| row.tag) else { break };
            if let Some(row) = self.peers.rows.remove(&oldest) {
                self.peers.tags.remove(&row.address);
            }
            self.effects.store.push(StoreOp::RemovePeer(oldest));
        }
        let tag = SenderTag::random(rng);
        self.peers.restore(PeerRow { tag, address: recipient, budget: Budget::default(), used: now.unix });
        tag
    }

    fn update_peer(&mut self, tag: SenderTag, now: Moment, change: impl FnOnce(&mut Budget)) {
        if let Some(row) = self.peers.rows.get_mut(&tag) {
            change(&mut row.budget);
            row.used = now.unix;
            self.effects.store.push(StoreOp::PutPeer(row.clone()));
        }
    }

    /// A reply block ends with the epoch after its document's, less the longest time on the way.
    fn surb_expiry(&self, now: Moment) -> Option<u64> {
        let routes = self.usable_routes(now)?;
        let document = routes.topology().document();
        let ends = match document.epoch_length {
            0 => now.unix.saturating_add(ENDLESS_EPOCH),
            length => document.starts_at.saturating_add(length.saturating_mul(2)),
        };
        // After the end of its epoch a document serves on when no successor comes, and so do its nodes.
        let overdue = now.unix.saturating_add(document.epoch_length);
        Some(ends.max(overdue).saturating_sub(routes.longest_path_delay().as_secs()))
    }
}
