//! What happens to packets that end at a gateway: to an inbox, to a connected client, or nowhere.
//!
//! Called by the engine's thread; nothing here waits. Whose a packet is stands in its payload, so a packet
//! that was altered on its way is garbage for nobody and is dropped before the disk.

use std::sync::Arc;

use nym_links::{Address, Directory, DropReason, Egress, Refused, Stats, Terminus};
use nym_wire::sizes::{ACK_PACKET, ACK_PLAINTEXT, ADDRESS, PLAINTEXT};

use crate::clients::registry::{Sessions, ACK_ID};
use crate::inbox::{Ack, ClientId, Inbox, NotStored, Observer, RowKind, Stored};
use crate::metrics::GatewayStats;

/// The clients' side of a gateway, as the engine sees it.
pub(crate) struct Clients {
    pub(crate) directory: Directory,
    pub(crate) inbox: Inbox,
    pub(crate) sessions: Sessions,
}

impl Clients {
    /// A forward packet: recipient ‖ first hop of the acknowledgement ‖ acknowledgement ‖ what the recipient reads.
    fn message(&self, plaintext: &[u8]) -> Result<(), DropReason> {
        let (client, rest) = plaintext.split_first_chunk::<ADDRESS>().ok_or(DropReason::Unexpected)?;
        if !self.inbox.is_client(client) {
            return Err(DropReason::UnknownRecipient);
        }
        let (first_hop, rest) = rest.split_first_chunk::<ADDRESS>().ok_or(DropReason::Unexpected)?;
        let (packet, sealed) = rest.split_first_chunk::<ACK_PACKET>().ok_or(DropReason::Unexpected)?;
        // Without an acknowledgement the sender would try for ever; it builds the next packet for today's network.
        self.directory.routing().may_start(first_hop)?;
        let ack = Ack { first_hop: *first_hop, packet: packet.to_vec() };
        self.store(*client, RowKind::Message, sealed.to_vec(), Some(ack))
    }

    /// An acknowledgement: recipient ‖ id. Worth nothing to a client that is not there.
    fn acknowledgement(&self, plaintext: &[u8]) -> Result<(), DropReason> {
        let (client, id) = plaintext.split_first_chunk::<ADDRESS>().ok_or(DropReason::Unexpected)?;
        let id: [u8; ACK_ID] = id.try_into().map_err(|_| DropReason::Unexpected)?;
        if !self.inbox.is_client(client) {
            return Err(DropReason::UnknownRecipient);
        }
        if self.sessions.acknowledge(client, id) {
            Ok(())
        } else {
            Err(DropReason::AckOffline)
        }
    }

    fn store(&self, client: ClientId, kind: RowKind, bytes: Vec<u8>, ack: Option<Ack>) -> Result<(), DropReason> {
        self.inbox.store(client, kind, bytes, ack).map_err(|refused| match refused {
            NotStored::UnknownClient => DropReason::UnknownRecipient,
            NotStored::Full => DropReason::InboxFull,
            NotStored::Busy => DropReason::Overload,
        })
    }
}

impl Terminus for Clients {
    fn is_client(&self, address: &Address) -> bool {
        self.inbox.is_client(address)
    }

    fn reply(&mut self, client: &Address, packet: Vec<u8>) -> Result<(), DropReason> {
        self.store(*client, RowKind::Reply, packet, None)
    }

    fn arrived(&mut self, plaintext: &[u8]) -> Result<(), DropReason> {
        match plaintext.len() {
            PLAINTEXT => self.message(plaintext),
            ACK_PLAINTEXT => self.acknowledgement(plaintext),
            _ => Err(DropReason::Unexpected),
        }
    }
}

/// Learns from the inbox what is on disk: only now acknowledgements leave and sessions are told.
pub(crate) struct AfterCommit {
    pub(crate) sessions: Sessions,
    pub(crate) stats: Stats,
    pub(crate) gateway: GatewayStats,
    pub(crate) egress: Arc<std::sync::OnceLock<Egress>>,
}

impl Observer for AfterCommit {
    fn stored(&mut self, rows: Vec<Stored>) {
        self.gateway.stored.add(rows.len() as u64);
        for Stored { client, ack } in rows {
            self.sessions.rows_stored(&client);
            let (Some(ack), Some(egress)) = (ack, self.egress.get()) else { continue };
            match egress.send(&ack.first_hop, ack.packet) {
                Ok(()) => self.gateway.acks_sent.increment(),
                Err(Refused::Full) => self.stats.drop(DropReason::LinkFull),
                Err(Refused::Unknown) => self.stats.drop(DropReason::UnknownNextHop),
            }
        }
    }

    fn failed(&mut self, rows: u64) {
        self.stats.drop_many(DropReason::StoreFailed, rows);
    }
}
