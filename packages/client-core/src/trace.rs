//! Which way packets went: for somebody who tries a network out, never for ordinary running.
//!
//! Off unless [`crate::ClientConfig::trace`] asks for it, in memory only, bounded, and without a way into a log: a
//! path with its delays is exactly what the mixnet hides. The client knows the way of what it sends and of
//! what comes back over its own reply blocks; of other people's packets it knows nothing.

use crate::routes::Path;
use crate::MessageId;
use nym_keys::identity;
use nym_topology::{Layer, Topology};
use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

/// Packets that are remembered, and ways of reply blocks: a large message with its repetitions.
const PACKETS: usize = 16_384;

/// A stop on a packet's way.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TracedHop {
    /// The node.
    pub identity: identity::PublicKey,
    /// Number of its bond and its layer; `None` for a gateway.
    pub mix_node: Option<(u32, Layer)>,
    /// How long it was told to hold the packet back.
    pub delay: Duration,
}

/// The way of one packet, from the first mix node to the gateway of whom it was for.
#[derive(Clone, PartialEq, Eq)]
pub struct PacketTrace {
    /// Which piece of its message it carried; a piece that was sent again has a trace for each try.
    pub fragment: u16,
    /// Where it went.
    pub hops: Vec<TracedHop>,
}

impl PacketTrace {
    /// What its nodes were told to hold it back, together.
    pub fn delay(&self) -> Duration {
        self.hops.iter().map(|hop| hop.delay).sum()
    }
}

impl fmt::Debug for TracedHop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TracedHop(..)")
    }
}

impl fmt::Debug for PacketTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PacketTrace(..)")
    }
}

/// What is remembered, oldest first.
#[derive(Default)]
pub(crate) struct Tracer {
    packets: VecDeque<(MessageId, PacketTrace)>,
    acks: VecDeque<PacketTrace>,
    reply_blocks: VecDeque<([u8; 16], Vec<TracedHop>)>,
}

impl Tracer {
    /// A packet of a message leaves.
    pub(crate) fn sent(&mut self, id: MessageId, fragment: u16, path: &Path, topology: &Topology) {
        self.keep(id, PacketTrace { fragment, hops: resolve(path, topology) });
    }

    /// A packet that leaves carries this acknowledgement, which will come back.
    pub(crate) fn acknowledged(&mut self, fragment: u16, path: &Path, topology: &Topology) {
        if self.acks.len() >= PACKETS {
            self.acks.pop_front();
        }
        self.acks.push_back(PacketTrace { fragment, hops: resolve(path, topology) });
    }

    /// A reply block is made.
    pub(crate) fn reply_block(&mut self, identifier: [u8; 16], path: &Path, topology: &Topology) {
        if self.reply_blocks.len() >= PACKETS {
            self.reply_blocks.pop_front();
        }
        self.reply_blocks.push_back((identifier, resolve(path, topology)));
    }

    /// A packet of a reply came back over a reply block.
    pub(crate) fn replied(&mut self, identifier: &[u8; 16], id: MessageId, fragment: u16) {
        let Some(place) = self.reply_blocks.iter().position(|(known, _)| known == identifier) else { return };
        if let Some((_, hops)) = self.reply_blocks.remove(place) {
            self.keep(id, PacketTrace { fragment, hops });
        }
    }

    /// The ways of a message's packets, in the order in which they left or came.
    pub(crate) fn of(&self, id: &MessageId) -> Vec<PacketTrace> {
        self.packets.iter().filter(|(of, _)| of == id).map(|(_, trace)| trace.clone()).collect()
    }

    /// The ways of every packet: what this client sent for itself or an application, the acknowledgements of these,
    /// and what came over its reply blocks.
    pub(crate) fn all(&self) -> Vec<PacketTrace> {
        self.packets.iter().map(|(_, trace)| trace).chain(&self.acks).cloned().collect()
    }

    fn keep(&mut self, id: MessageId, trace: PacketTrace) {
        if self.packets.len() >= PACKETS {
            self.packets.pop_front();
        }
        self.packets.push_back((id, trace));
    }
}

fn resolve(path: &Path, topology: &Topology) -> Vec<TracedHop> {
    path.iter()
        .map(|(identity, delay)| TracedHop {
            identity: *identity,
            mix_node: topology.mix_node(identity).map(|node| (node.node_id, node.layer)),
            delay: *delay,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(fragment: u16) -> PacketTrace {
        let identity = identity::SecretKey::generate(&mut rand::rngs::OsRng).public_key();
        PacketTrace { fragment, hops: vec![TracedHop { identity, mix_node: None, delay: Duration::from_millis(7) }] }
    }

    #[test]
    fn a_trace_does_not_print_where_a_packet_went() {
        let trace = trace(3);

        let printed = format!("{trace:?} {:?}", trace.hops);

        assert!(!printed.contains(&trace.hops[0].identity.to_string()), "{printed}");
        assert!(!printed.contains('7'), "{printed}");
    }

    #[test]
    fn the_oldest_packet_goes_when_there_are_too_many() {
        let mut tracer = Tracer::default();
        let id = |number: usize| MessageId::from_bytes((number as u128).to_be_bytes());
        let trace = trace(0);
        for number in 0..=PACKETS {
            tracer.keep(id(number), trace.clone());
        }

        assert!(tracer.of(&id(0)).is_empty());
        assert_eq!(tracer.of(&id(1)), std::slice::from_ref(&trace));
        assert_eq!(tracer.of(&id(PACKETS)), std::slice::from_ref(&trace));
    }
}
