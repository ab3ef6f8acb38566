//! What the engine asks the store to write.

use super::rows::signed;
use super::{FragmentRow, InboxRow, OutgoingRow, OwnSurbRow, PeerRow, PeerSurbRow};
use crate::MessageId;
use rusqlite::{params, Transaction};

/// One change. A list of them is one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreOp {
    /// A message was accepted from the application.
    PutOutgoing(OutgoingRow),
    /// Some fragments of an outgoing message were delivered: which is a bit map.
    Progress(MessageId, Vec<u8>),
    /// An outgoing message was delivered or has failed.
    RemoveOutgoing(MessageId),
    /// A fragment of an incomplete message arrived.
    PutFragment(FragmentRow),
    /// An incomplete message was completed or given up.
    RemoveFragments(MessageId),
    /// A message is whole and waits for the application.
    PutReceived(InboxRow),
    /// The application confirmed a message.
    RemoveReceived(MessageId),
    /// A message was completed; its id is remembered until then (unix seconds).
    Remember(MessageId, u64),
    /// The id of a completed message may be forgotten.
    Forget(MessageId),
    /// A reply block was made.
    PutOwnSurb(OwnSurbRow),
    /// A reply block was used or has expired.
    RemoveOwnSurb([u8; 16]),
    /// A recipient's budget of reply blocks has changed.
    PutPeer(PeerRow),
    /// A recipient was forgotten.
    RemovePeer(crate::SenderTag),
    /// A reply block of another client was received.
    PutPeerSurb(PeerSurbRow),
    /// A reply block of another client was used or has expired.
    RemovePeerSurb(u64),
}

impl StoreOp {
    pub(super) fn apply(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
            transaction.prepare_cached(sql).and_then(|mut statement| statement.execute(values)).map(|_| ())
        };
        match self {
            Self::PutOutgoing(row) => run(
                "INSERT INTO outgoing (id, accepted, destination, kind, body, delivered, visible)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    row.id.to_bytes(),
                    signed(row.accepted),
                    row.destination.to_bytes(),
                    row.kind,
                    &row.body[..],
                    row.delivered,
                    row.visible
                ],
            ),
            Self::Progress(id, map) => {
                run("UPDATE outgoing SET delivered = ?2 WHERE id = ?1", params![id.to_bytes(), map])
            }
            Self::RemoveOutgoing(id) => run("DELETE FROM outgoing WHERE id = ?1", params![id.to_bytes()]),
            Self::PutFragment(row) => run(
                "INSERT OR IGNORE INTO fragments (id, position, count, kind, data) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![row.id.to_bytes(), row.index, row.count, row.kind, row.data],
            ),
            Self::RemoveFragments(id) => run("DELETE FROM fragments WHERE id = ?1", params![id.to_bytes()]),
            Self::PutReceived(row) => run(
                "INSERT OR IGNORE INTO inbox (id, received, body, tag, peer) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    row.id.to_bytes(),
                    signed(row.received),
                    row.body,
                    row.tag.map(|tag| tag.to_bytes()),
                    row.peer.map(|peer| peer.to_bytes())
                ],
            ),
            Self::RemoveReceived(id) => run("DELETE FROM inbox WHERE id = ?1", params![id.to_bytes()]),
            Self::Remember(id, until) => run(
                "INSERT OR REPLACE INTO completed (id, until) VALUES (?1, ?2)",
                params![id.to_bytes(), signed(*until)],
            ),
            Self::Forget(id) => run("DELETE FROM completed WHERE id = ?1", params![id.to_bytes()]),
            Self::PutOwnSurb(row) => run(
                "INSERT OR REPLACE INTO own_surbs (identifier, tag, expires, secret) VALUES (?1, ?2, ?3, ?4)",
                params![row.identifier, row.surb.tag.to_bytes(), signed(row.surb.expires), &row.surb.secret[..]],
            ),
            Self::RemoveOwnSurb(identifier) => run("DELETE FROM own_surbs WHERE identifier = ?1", params![identifier]),
            Self::PutPeer(row) => run(
                "INSERT OR REPLACE INTO peers (tag, address, granted, replies, used) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    row.tag.to_bytes(),
                    row.address.to_bytes(),
                    signed(row.budget.granted),
                    signed(row.budget.replies),
                    signed(row.used)
                ],
            ),
            Self::RemovePeer(tag) => run("DELETE FROM peers WHERE tag = ?1", params![tag.to_bytes()]),
            Self::PutPeerSurb(row) => run(
                "INSERT OR REPLACE INTO peer_surbs (number, tag, expires, surb) VALUES (?1, ?2, ?3, ?4)",
                params![signed(row.surb.number), row.tag.to_bytes(), signed(row.surb.expires), row.surb.bytes],
            ),
            Self::RemovePeerSurb(number) => run("DELETE FROM peer_surbs WHERE number = ?1", params![signed(*number)]),
        }
    }
}
