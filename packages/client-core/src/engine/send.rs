//! From accepted messages to packets.

use super::oneshots::Oneshot;
use super::{replies, Accepted, After, Engine, Moment, Outgoing};
use crate::error::SendError;
use crate::event::{Event, Failure};
use crate::outbox::FragmentId;
use crate::routes::{RouteError, Routes};
use crate::store::{Destination, OutgoingRow, StoreOp};
use crate::{MessageId, LONGEST_RETRANSMISSION, MAX_MESSAGE};
use nym_keys::ClientAddress;
use nym_sphinx::{PayloadSize, Surb};
use nym_wire::fragment::{reply_ack_id, Fragment, Route, MAX_FRAGMENTS};
use nym_wire::message::{whole, Body, Kind, MAX_SURBS};
use nym_wire::payload;
use rand::{CryptoRng, RngCore};
use std::time::Duration;

/// A message of the application.
#[derive(Debug, Clone)]
pub struct SendRequest {
    /// Where it goes.
    pub destination: Destination,
    /// What it says.
    pub bytes: Vec<u8>,
    /// How many reply blocks to enclose; 0 keeps the recipient from replying.
    pub reply_surbs: u16,
}

impl Engine {
    /// Takes a message. It is accepted once the effects are on disk; [`After::Start`] then sets it off.
    pub fn accept(
        &mut self,
        request: SendRequest,
        now: Moment,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<MessageId, SendError> {
        let size = request.bytes.len();
        if size > MAX_MESSAGE {
            return Err(SendError::TooLarge { size, limit: MAX_MESSAGE });
        }
        self.outbox.has_room(self.starting_bytes.saturating_add(size))?;
        let waiting = self.outbox.len() + self.starting.len();
        if waiting >= self.config.limits.outbox.messages {
            return Err(crate::outbox::OutboxFull::Messages(waiting).into());
        }
        let (kind, body) = match &request.destination {
            Destination::Reply(tag) if !self.peer_surbs.knows(tag) => return Err(SendError::UnknownTag(*tag)),
            Destination::Reply(_) => (Kind::Message, request.bytes),
            Destination::Address(recipient) => self.forward_body(*recipient, &request, now, rng)?,
        };
        let body = whole(kind, &body).map_err(|_| SendError::TooLarge { size, limit: MAX_MESSAGE })?;
        let id = MessageId::random(rng);
        self.enqueue(id, request.destination, kind, body, now);
        Ok(id)
    }

    fn forward_body(
        &mut self,
        recipient: ClientAddress,
        request: &SendRequest,
        now: Moment,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(Kind, Vec<u8>), SendError> {
        let Some(routes) = self.usable_routes(now) else {
            // Without a topology a message can wait, but reply blocks cannot be made.
            return match request.reply_surbs {
                0 => Ok((Kind::Message, request.bytes.clone())),
                _ => Err(SendError::NoTopology),
            };
        };
        if routes.topology().gateway(&recipient.gateway()).is_none() {
            return Err(SendError::UnknownGateway(recipient.gateway()));
        }
        if request.reply_surbs == 0 {
            return Ok((Kind::Message, request.bytes.clone()));
        }
        let wanted = u32::from(request.reply_surbs).min(MAX_SURBS as u32);
        let surbs = self.make_surbs(recipient, wanted, now, rng).map_err(|_| SendError::NoTopology)?;
        Ok((Kind::MessageWithSurbs, Body::with_surbs(&surbs, &request.bytes)))
    }

    fn enqueue(&mut self, id: MessageId, destination: Destination, kind: Kind, body: Vec<u8>, now: Moment) {
        // A whole message that `nym_wire` accepts never has more than that.
        let fragments = fragments(&destination, body.len()).unwrap_or(MAX_FRAGMENTS);
        let body: std::sync::Arc<[u8]> = body.into();
        self.starting_bytes += body.len();
        self.accepted.insert(id, Accepted { kind: kind as u8, visible: true, at: now.unix, parked: None });
        self.effects.store.push(StoreOp::PutOutgoing(OutgoingRow {
            id,
            accepted: now.unix,
            destination: destination.clone(),
            kind: kind as u8,
            body: body.clone(),
            delivered: Vec::new(),
            visible: true,
        }));
        self.effects.after.push(After::Start(id));
        self.starting.insert(id, (destination, body, fragments));
    }

    pub(super) fn start(&mut self, id: MessageId) {
        if let Some((destination, body, fragments)) = self.starting.remove(&id) {
            self.starting_bytes -= body.len();
            self.outbox.insert(id, destination, body, fragments, |_| false);
        }
    }

    pub(super) fn restore_outgoing(&mut self, row: OutgoingRow, now: Moment) {
        let fragments = fragments(&row.destination, row.body.len());
        let too_old = now.unix.saturating_sub(row.accepted) > LONGEST_RETRANSMISSION.as_secs();
        let known_kind = Kind::from_byte(row.kind).is_some();
        self.accepted.insert(row.id, Accepted { kind: row.kind, visible: row.visible, at: row.accepted, parked: None });
        let Some(fragments) = fragments.filter(|_| known_kind && !too_old) else {
            self.fail(row.id, Failure::TooOld);
            return;
        };
        if let Destination::Reply(tag) = &row.destination {
            // Its reply blocks may all be used up: the tag is known all the same, so that new ones count.
            self.peer_surbs.add(*tag, []);
        }
        let delivered = |index: u16| {
            let byte = row.delivered.get(usize::from(index / 8)).copied().unwrap_or(0);
            byte & (1 << (index % 8)) != 0
        };
        if !self.outbox.insert(row.id, row.destination, row.body.clone(), fragments, delivered) {
            self.finish(row.id);
        }
    }

    /// The next packet, if one is due now. Called until it returns `None`.
    ///
    /// `blocked` says that the way to the gateway is full: departures are skipped then, real and cover
    /// alike, and what would have left stays in line.
    pub fn poll(&mut self, now: Moment, blocked: bool, rng: &mut (impl RngCore + CryptoRng)) -> Option<Outgoing> {
        for id in self.outbox.expire(now.mono) {
            self.fail(id, Failure::NotAcknowledged(self.config.limits.outbox.tries));
        }
        self.housekeep(now);
        if !self.connected || self.usable_routes(now).is_none() {
            return None;
        }
        if blocked {
            while self.main.tick(now.mono, rng) || self.loops.tick(now.mono, rng) {}
            return None;
        }
        if self.main.tick(now.mono, rng) {
            return self.real_packet(now, rng).or_else(|| self.cover_packet(now, rng));
        }
        if self.loops.tick(now.mono, rng) {
            return self.cover_packet(now, rng);
        }
        None
    }

    fn real_packet(&mut self, now: Moment, rng: &mut (impl RngCore + CryptoRng)) -> Option<Outgoing> {
        if let Some(oneshot) = self.oneshots.next(now.mono) {
            match self.oneshot_packet(oneshot, now, rng) {
                Ok(Some(packet)) => return Some(packet),
                Ok(None) => {}
                Err(error) => tracing::debug!(%error, "a packet of the client's own could not be built"),
            }
        }
        let surbs = &self.peer_surbs;
        let fragment = self.outbox.next(|destination| match destination {
            Destination::Address(_) => true,
            Destination::Reply(tag) => surbs.available(tag, now.unix) > replies::RESERVED_SURBS,
        })?;
        let (destination, body) = self.outbox.get(&fragment.message)?;
        let (destination, body) = (destination.clone(), body.clone());
        let kind = self.accepted.get(&fragment.message).and_then(|accepted| Kind::from_byte(accepted.kind))?;
        let wire = Fragment::cut(fragment.message, fragment.index, kind, &body, route(&destination))?;
        match destination {
            Destination::Address(recipient) => self.forward_fragment(fragment, recipient, &wire, now, rng),
            Destination::Reply(tag) => {
                let packet = self.reply_fragment(fragment, tag, &wire, now);
                self.request_surbs_of(tag, now);
                packet
            }
        }
    }

    fn forward_fragment(
        &mut self,
        fragment: FragmentId,
        recipient: ClientAddress,
        wire: &Fragment,
        now: Moment,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Option<Outgoing> {
        match self.forward_packet(recipient, wire, now, rng) {
            Ok((packet, ack, round_trip)) => {
                self.outbox.sent(fragment, ack, round_trip, now.mono);
                Some(packet)
            }
            Err(error) => {
                // The recipient's gateway has left the network, perhaps for a time only: that is a try.
                tracing::debug!(%error, "a fragment could not be sent");
                let mut ack = [0u8; 16];
                rng.fill_bytes(&mut ack);
                self.outbox.sent(fragment, ack, Duration::ZERO, now.mono);
                None
            }
        }
    }

    fn reply_fragment(
        &mut self,
        fragment: FragmentId,
        tag: crate::SenderTag,
        wire: &Fragment,
        now: Moment,
    ) -> Option<Outgoing> {
        let Some(packet) = self.use_surb(tag, wire, now) else {
            self.outbox.put_back(fragment);
            return None;
        };
        let ack = reply_ack_id(fragment.message, fragment.index);
        let way_back = self.routes.as_ref().map_or(Duration::ZERO, Routes::mean_path_delay) * 4;
        self.outbox.sent(fragment, ack, way_back + replies::ACK_PATIENCE, now.mono);
        Some(packet)
    }

    /// Uses one reply block up for one packet.
    pub(super) fn use_surb(&mut self, tag: crate::SenderTag, wire: &Fragment, now: Moment) -> Option<Outgoing> {
        while let Some(stored) = self.peer_surbs.take(&tag, now.unix) {
            self.effects.store.push(StoreOp::RemovePeerSurb(stored.number));
            let Ok(surb) = Surb::from_bytes(&stored.bytes) else { continue };
            let first_hop = *surb.first_hop();
            if let Ok(packet) = surb.into_packet(PayloadSize::Regular, &wire.to_bytes(Route::Reply)) {
                return Some(Outgoing { first_hop, packet });
            }
        }
        None
    }

    pub(super) fn oneshot_packet(
        &mut self,
        oneshot: Oneshot,
        now: Moment,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Option<Outgoing>, RouteError> {
        let id = MessageId::random(rng);
        let (recipient, kind, body) = match oneshot {
            Oneshot::ReplyAcks(peer, ids) => (peer, Kind::ReplyAcks, Body::reply_acks(&ids)),
            Oneshot::Surbs(peer, count) => {
                let surbs = self.make_surbs(peer, u32::from(count), now, rng)?;
                if surbs.surbs.is_empty() {
                    return Ok(None);
                }
                (peer, Kind::Surbs, Body::surbs(&surbs))
            }
            Oneshot::Request(tag, count) => {
                let wire = Fragment::cut(id, 0, Kind::SurbRequest, &Body::surb_request(count), Route::Reply);
                return Ok(wire.and_then(|wire| self.use_surb(tag, &wire, now)));
            }
        };
        let Some(wire) = Fragment::cut(id, 0, kind, &body, Route::Forward) else { return Ok(None) };
        let (packet, ..) = self.forward_packet(recipient, &wire, now, rng)?;
        Ok(Some(packet))
    }

    fn cover_packet(&mut self, now: Moment, rng: &mut (impl RngCore + CryptoRng)) -> Option<Outgoing> {
        if self.config.quiet {
            return None;
        }
        let id = MessageId::random(rng);
        let wire = Fragment::cover(id);
        match self.forward_packet(self.address, &wire, now, rng) {
            Ok((packet, ..)) => {
                self.cover.sent(id, now.mono);
                Some(packet)
            }
            Err(error) => {
                tracing::debug!(%error, "no cover can be sent");
                None
            }
        }
    }

    /// Every packet, cover too, carries a real acknowledgement: else acknowledgements would count the
    /// real ones.
    fn forward_packet(
        &mut self,
        recipient: ClientAddress,
        wire: &Fragment,
        now: Moment,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(Outgoing, [u8; 16], Duration), RouteError> {
        let routes = self.usable_routes(now).ok_or(RouteError::NoTopology)?;
        let mut ack_id = [0u8; 16];
        rng.fill_bytes(&mut ack_id);
        let plaintext = payload::ack_plaintext(&self.address.identity(), &ack_id);
        let ack = routes.packet(&self.address.gateway(), PayloadSize::Ack, &plaintext, rng)?;
        let plaintext = payload::forward_plaintext(&recipient, &ack.first_hop, &ack.packet, wire, rng)?;
        let built = routes.packet(&recipient.gateway(), PayloadSize::Regular, &plaintext, rng)?;
        let packet = Outgoing { first_hop: built.first_hop, packet: built.packet };
        if let (Some(tracer), Some(routes)) = (&mut self.tracer, &self.routes) {
            if wire.kind != Kind::Cover as u8 {
                tracer.sent(wire.id, wire.index, &built.path, routes.topology());
                tracer.acknowledged(wire.index, &ack.path, routes.topology());
            }
        }
        Ok((packet, ack_id, built.delay + ack.delay))
    }

    /// A message is through.
    pub(super) fn finish(&mut self, id: MessageId) {
        self.end(id, Event::Delivered(id));
    }

    /// A message is given up.
    pub(super) fn fail(&mut self, id: MessageId, reason: Failure) {
        self.end(id, Event::Failed(id, reason));
    }

    fn end(&mut self, id: MessageId, event: Event) {
        self.progressed.remove(&id);
        self.effects.store.push(StoreOp::RemoveOutgoing(id));
        if self.accepted.remove(&id).is_some_and(|accepted| accepted.visible) {
            self.effects.after.push(After::Event(event));
        }
    }

    pub(super) fn write_progress(&mut self) {
        for id in std::mem::take(&mut self.progressed) {
            if let Some(map) = self.outbox.delivered(&id) {
                self.effects.store.push(StoreOp::Progress(id, map));
            }
        }
    }
}

/// The way to a destination.
fn route(destination: &Destination) -> Route {
    match destination {
        Destination::Address(_) => Route::Forward,
        Destination::Reply(_) => Route::Reply,
    }
}

/// How many fragments a whole message of this length has.
fn fragments(destination: &Destination, length: usize) -> Option<u16> {
    let count = u16::try_from(length.div_ceil(route(destination).capacity()).max(1)).ok()?;
    (count <= MAX_FRAGMENTS).then_some(count)
}
