//! From what the gateway delivers to messages.

use super::{After, Engine, Moment};
use crate::outbox::Acknowledged;
use crate::store::{FragmentRow, InboxRow, PeerSurbRow, StoreOp};
use crate::surbs::StoredSurb;
use crate::{MessageId, SenderTag, INBOX_TIME, LONGEST_RETRANSMISSION};
use nym_keys::ClientAddress;
use nym_sphinx::SurbKeys;
use nym_wire::fragment::{reply_ack_id, Fragment, Route};
use nym_wire::message::{open_whole, Body, Kind, SurbBatch};
use nym_wire::payload;
use nym_wire::reassembly::{self, Outcome};

/// Deliveries that wait for room in the inbox; the gateway offers no more than its window before
/// confirmations, and what is dropped here it offers again in the next session.
const HELD: usize = 4_096;

/// What the gateway has for this client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// The id from an acknowledgement packet.
    Ack([u8; 16]),
    /// The sealed part of a packet that ended at the gateway.
    Sealed {
        /// The gateway's number for it, to be confirmed.
        row: u64,
        /// Ephemeral key and ciphertext.
        bytes: Vec<u8>,
    },
    /// A packet that came over one of this client's reply blocks.
    Reply {
        /// The gateway's number for it, to be confirmed.
        row: u64,
        /// The whole packet.
        packet: Vec<u8>,
    },
}

impl Engine {
    /// Takes a delivery.
    pub fn deliver(&mut self, delivery: Delivery, now: Moment) {
        match delivery {
            Delivery::Ack(id) => self.acknowledged(&id),
            Delivery::Sealed { row, bytes } => self.sealed(row, bytes, now),
            Delivery::Reply { row, packet } => self.reply(row, packet, now),
        }
    }

    /// The application has taken a message over. `false` if none of that id waits.
    pub fn confirm(&mut self, id: &MessageId, now: Moment) -> bool {
        let Some(size) = self.received.remove(id) else { return false };
        self.received_bytes -= size;
        self.effects.store.push(StoreOp::RemoveReceived(*id));
        for _ in 0..self.held.len() {
            if self.inbox_is_full() {
                break;
            }
            if let Some(delivery) = self.held.pop_front() {
                self.deliver(delivery, now);
            }
        }
        true
    }

    fn acknowledged(&mut self, id: &[u8; 16]) {
        match self.outbox.acknowledged(id) {
            Acknowledged::Unknown => {}
            Acknowledged::Fragment(fragment) => {
                self.progressed.insert(fragment.message);
            }
            Acknowledged::Message(message) => self.finish(message),
        }
    }

    fn sealed(&mut self, row: u64, bytes: Vec<u8>, now: Moment) {
        let Ok(fragment) = payload::open(&self.keys.encryption, &bytes) else {
            // Garbage: a flipped bit, another key. It would be garbage tomorrow too.
            self.effects.after.push(After::Confirm(row));
            return;
        };
        match Kind::from_byte(fragment.kind) {
            Some(Kind::Cover) => {
                self.cover.returned(&fragment.id);
                self.effects.after.push(After::Confirm(row));
            }
            Some(Kind::Message | Kind::MessageWithSurbs) if self.inbox_is_full() => {
                self.hold(Delivery::Sealed { row, bytes });
            }
            Some(Kind::Message | Kind::MessageWithSurbs) => {
                self.take_fragment(fragment, Route::Forward, None, now);
                self.effects.after.push(After::Confirm(row));
            }
            Some(Kind::ReplyAcks) => {
                let ids = fragment.single(Kind::ReplyAcks).and_then(|body| Body::read_reply_acks(body).ok());
                for id in ids.unwrap_or_default() {
                    self.acknowledged(&id);
                }
                self.effects.after.push(After::Confirm(row));
            }
            Some(Kind::Surbs) => {
                let batch = fragment.single(Kind::Surbs).and_then(|body| Body::read_surbs(body).ok());
                // Reply blocks that nobody asked for, under a tag that no message brought, are ignored.
                if let Some((batch, [])) = batch.filter(|(batch, _)| self.peer_surbs.knows(&batch.tag)) {
                    self.keep_surbs(batch);
                }
                self.effects.after.push(After::Confirm(row));
            }
            Some(Kind::SurbRequest) | None => self.effects.after.push(After::Confirm(row)),
        }
    }

    fn reply(&mut self, row: u64, mut packet: Vec<u8>, now: Moment) {
        let opened = nym_sphinx::read_reply_header(self.keys.reply.as_static_secret(), &packet).ok();
        let known = opened.and_then(|header| {
            let identifier = header.destination.identifier;
            self.own_surbs.get(&identifier).map(|surb| (identifier, surb.clone()))
        });
        let Some((identifier, surb)) = known else {
            self.effects.after.push(After::Confirm(row));
            return;
        };
        if self.inbox_is_full() {
            self.hold(Delivery::Reply { row, packet });
            return;
        }
        self.own_surbs.take(&identifier);
        self.effects.store.push(StoreOp::RemoveOwnSurb(identifier));
        self.effects.after.push(After::Confirm(row));

        let plaintext = SurbKeys::from_bytes(&surb.secret).ok().and_then(|keys| keys.recover(&mut packet).ok());
        let fragment = plaintext
            .and_then(|range| packet.get(range))
            .and_then(|plaintext| Fragment::from_bytes(plaintext, Route::Reply).ok());
        let (Some(fragment), Some(peer)) = (fragment, self.peers.address(&surb.tag)) else { return };
        if let Some(tracer) = &mut self.tracer {
            tracer.replied(&identifier, fragment.id, fragment.index);
        }
        match Kind::from_byte(fragment.kind) {
            Some(Kind::Message) => {
                let ack = reply_ack_id(fragment.id, fragment.index);
                self.earn(surb.tag, now);
                self.take_fragment(fragment, Route::Reply, Some(peer), now);
                self.effects.after.push(After::AcknowledgeReply(peer, ack));
            }
            Some(Kind::SurbRequest) => {
                let request = fragment.single(Kind::SurbRequest);
                if let Some(count) = request.and_then(|body| Body::read_surb_request(body).ok()) {
                    self.grant(surb.tag, peer, count);
                }
            }
            _ => {}
        }
    }

    fn take_fragment(&mut self, fragment: Fragment, route: Route, peer: Option<ClientAddress>, now: Moment) {
        let incoming = reassembly::Fragment {
            id: fragment.id,
            index: fragment.index,
            count: fragment.count,
            // A message over reply blocks and one over addresses are never the same message.
            kind: fragment.kind | if peer.is_some() { REPLY_MARK } else { 0 },
            capacity: route.capacity(),
            data: fragment.data(),
        };
        let kind = incoming.kind;
        let (outcome, evicted) = self.reassembly.insert(incoming, now.mono);
        self.effects.store.extend(evicted.into_iter().map(StoreOp::RemoveFragments));
        match outcome {
            Outcome::Stored => self.effects.store.push(StoreOp::PutFragment(FragmentRow {
                id: fragment.id,
                index: fragment.index,
                count: fragment.count,
                kind,
                data: fragment.data().to_vec(),
            })),
            Outcome::Complete(whole) => self.complete(fragment.id, fragment.kind, &whole, peer, now),
            Outcome::Duplicate => {}
            Outcome::Refused(reason) => tracing::debug!(?reason, "a fragment was refused"),
        }
    }

    fn complete(&mut self, id: MessageId, kind: u8, whole: &[u8], peer: Option<ClientAddress>, now: Moment) {
        let until = now.unix + (INBOX_TIME + LONGEST_RETRANSMISSION).as_secs();
        let forgotten = self.reassembly.remember(id, until);
        self.effects.store.extend(forgotten.into_iter().map(StoreOp::Forget));
        self.effects.store.push(StoreOp::Remember(id, until));
        self.effects.store.push(StoreOp::RemoveFragments(id));

        let Some((tag, body)) = self.read_message(kind, whole) else {
            tracing::debug!("a message is not what its sender cut into fragments");
            return;
        };
        self.received.insert(id, body.len());
        self.received_bytes += body.len();
        self.effects.store.push(StoreOp::PutReceived(InboxRow { seq: 0, id, received: now.unix, body, tag, peer }));
        self.effects.after.push(After::Arrived);
    }

    /// The application's bytes, and the tag under which the sender's reply blocks are kept now.
    fn read_message(&mut self, kind: u8, whole: &[u8]) -> Option<(Option<SenderTag>, Vec<u8>)> {
        let kind = Kind::from_byte(kind)?;
        let body = open_whole(kind, whole).ok()?;
        if kind != Kind::MessageWithSurbs {
            return Some((None, body.to_vec()));
        }
        let (batch, message) = Body::read_surbs(body).ok()?;
        let tag = batch.tag;
        self.keep_surbs(batch);
        Some((Some(tag), message.to_vec()))
    }

    fn keep_surbs(&mut self, batch: SurbBatch) {
        let SurbBatch { tag, expires, surbs } = batch;
        let mut rows = Vec::with_capacity(surbs.len());
        for bytes in surbs {
            rows.push(StoredSurb { number: self.next_surb_number, expires, bytes });
            self.next_surb_number += 1;
        }
        self.effects
            .store
            .extend(rows.iter().map(|surb| StoreOp::PutPeerSurb(PeerSurbRow { tag, surb: surb.clone() })));
        let count = rows.len();
        let gone = self.peer_surbs.add(tag, rows);
        self.effects.store.extend(gone.into_iter().map(StoreOp::RemovePeerSurb));
        self.surbs_arrived(tag, count);
    }

    pub(super) fn restore_fragment(&mut self, row: FragmentRow, now: Moment) {
        let route = if row.kind & REPLY_MARK != 0 { Route::Reply } else { Route::Forward };
        let fragment = reassembly::Fragment {
            id: row.id,
            index: row.index,
            count: row.count,
            kind: row.kind,
            capacity: route.capacity(),
            data: &row.data,
        };
        let (outcome, evicted) = self.reassembly.insert(fragment, now.mono);
        self.effects.store.extend(evicted.into_iter().map(StoreOp::RemoveFragments));
        if outcome != Outcome::Stored {
            // A row that fits nothing: it was written by hand, or limits were lowered.
            self.effects.store.push(StoreOp::RemoveFragments(row.id));
        }
    }

    fn inbox_is_full(&self) -> bool {
        let limits = &self.config.limits;
        self.received_bytes >= limits.inbox_bytes || self.received.len() >= limits.inbox_messages
    }

    fn hold(&mut self, delivery: Delivery) {
        if self.held.len() < HELD {
            self.held.push_back(delivery);
        }
    }
}

/// Distinguishes, in stored rows, fragments that came over reply blocks.
const REPLY_MARK: u8 = 0x80;
