//! A node's own cover loops: packets to itself through the rest of the network, at random times.
//!
//! They give the node's links traffic that does not depend on anybody, and show the operator how much of it
//! is lost. A loop's last hop is the node itself; only it knows the id inside.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nym_sphinx::{build_packet, Destination, Hop, PayloadSize};
use nym_topology::Topology;
use nym_wire::sizes::PLAINTEXT;
use rand::rngs::OsRng;
use rand::RngCore as _;
use rand_distr::{Distribution as _, Exp};

use crate::egress::Egress;
use crate::node::LinkContext;

/// Bytes of a loop's id.
const ID: usize = 16;

/// Loops that may be under way: at one a second and a path of a few seconds far more than there are. The oldest is
/// forgotten first; it counts as lost.
const UNDER_WAY: usize = 1_024;

/// The ids of the loops that are under way.
#[derive(Debug, Clone, Default)]
pub struct LoopsUnderWay(Arc<Mutex<VecDeque<[u8; ID]>>>);

impl LoopsUnderWay {
    /// None under way.
    pub fn new() -> Self {
        Self::default()
    }

    fn add(&self, id: [u8; ID]) {
        let mut ids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if ids.len() >= UNDER_WAY {
            ids.pop_front();
        }
        ids.push_back(id);
    }

    /// Whether a plaintext is that of a loop under way, which then is no longer.
    pub fn returned(&self, plaintext: &[u8]) -> bool {
        let Some(id) = plaintext.first_chunk::<ID>() else { return false };
        let mut ids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match ids.iter().position(|known| known == id) {
            Some(index) => ids.remove(index).is_some(),
            None => false,
        }
    }
}

/// Sends loops at exponentially distributed intervals for as long as it runs.
pub(crate) async fn run(context: Arc<LinkContext>, egress: Egress, under_way: LoopsUnderWay) {
    let mean = context.limits.loop_interval;
    let Ok(interval) = Exp::new(1.0 / mean.as_secs_f64()) else { return };
    loop {
        let pause: f64 = interval.sample(&mut OsRng);
        tokio::time::sleep(Duration::from_secs_f64(pause.min(3_600.0))).await;
        let Some(topology) = context.directory.current() else { continue };
        // Off the runtime's thread: building a packet is half a millisecond of arithmetic.
        let (context, egress, under_way) = (Arc::clone(&context), egress.clone(), under_way.clone());
        let _ = tokio::task::spawn_blocking(move || send_one(&context, &egress, &under_way, &topology)).await;
    }
}

/// Builds and queues one loop; `None` when the node is not in the set or a layer is empty.
fn send_one(context: &LinkContext, egress: &Egress, under_way: &LoopsUnderWay, topology: &Topology) -> Option<()> {
    let rng = &mut OsRng;
    let route = topology.node_loop(&context.keys.identity.public_key(), rng).ok()?;
    let mean = f64::from(topology.document().parameters.mean_hop_delay_ms.max(1)) / 1_000.0;
    let longest = f64::from(topology.document().parameters.max_hop_delay_ms) / 1_000.0;
    let delays = Exp::new(1.0 / mean).ok()?;
    let hops: Vec<Hop> = route
        .iter()
        .map(|hop| {
            let delay = Duration::from_secs_f64(delays.sample(rng).min(longest));
            Hop::new(hop.identity.to_bytes(), &hop.sphinx_key.into(), delay).ok()
        })
        .collect::<Option<_>>()?;

    let mut id = [0; ID];
    rng.fill_bytes(&mut id);
    let mut plaintext = vec![0; PLAINTEXT];
    plaintext.get_mut(..ID)?.copy_from_slice(&id);
    let packet = build_packet(&hops, &Destination::NONE, PayloadSize::Regular, &plaintext, rng).ok()?;
    under_way.add(id);
    egress.send(route[0].identity.as_bytes(), packet).ok()?;
    context.stats.loops_sent.increment();
    Some(())
}
