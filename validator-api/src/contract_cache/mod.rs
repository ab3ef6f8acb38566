//! Contract state in memory: read whole at one height, replaced whole.
//!
//! Everything that this service shows or decides reads a [`Snapshot`]; none of its values are of two heights.

use futures::TryStreamExt as _;
use nym_chain_client::mixnet::MixnetQueries as _;
use nym_chain_client::{ChainClient, ChainError, Contract};
use nym_contract_types::mixnet::{EpochStatusResponse, GatewayBond, MixNodeDetails, MonitorsResponse, RewardedNode};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Contract state at one height.
#[derive(Debug)]
pub struct Snapshot {
    /// The height.
    pub height: u64,
    /// The current epoch.
    pub status: EpochStatusResponse,
    /// Its rewarded set by number.
    pub rewarded: HashMap<u32, RewardedNode>,
    /// Bonded mix nodes in order of their numbers.
    pub nodes: Vec<MixNodeDetails>,
    /// Bonded gateways.
    pub gateways: Vec<GatewayBond>,
    /// Monitors and whether they have reported.
    pub monitors: MonitorsResponse,
    /// When it was read.
    pub read_at: Instant,
}

/// The latest snapshot, for many readers.
pub type Latest = watch::Receiver<Option<Arc<Snapshot>>>;

/// Reads the state at the latest height.
pub async fn read(contract: &Contract<ChainClient>) -> Result<Snapshot, ChainError> {
    let height = contract.backend().height().await?;
    let contract = contract.clone().at_height(height);
    let (status, rewarded, nodes, gateways, monitors) = futures::try_join!(
        contract.epoch_status(),
        contract.rewarded_set().try_collect::<Vec<_>>(),
        contract.mixnodes_detailed().try_collect::<Vec<_>>(),
        contract.gateways().try_collect::<Vec<_>>(),
        contract.monitors(),
    )?;
    let rewarded = rewarded.into_iter().map(|node| (node.mix_id, node)).collect();
    Ok(Snapshot { height, status, rewarded, nodes, gateways, monitors, read_at: Instant::now() })
}

/// Reads again and again; a failure is logged once and leaves the last snapshot, which grows old.
pub async fn keep(contract: Contract<ChainClient>, every: Duration, publish: watch::Sender<Option<Arc<Snapshot>>>) {
    let mut failing = false;
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match read(&contract).await {
            Ok(snapshot) => {
                if std::mem::take(&mut failing) {
                    tracing::info!("the chain answers again");
                }
                publish.send_replace(Some(Arc::new(snapshot)));
            }
            Err(error) if !failing => {
                failing = true;
                tracing::warn!(%error, "contract state cannot be read; the cache grows old");
            }
            Err(_) => {}
        }
    }
}
