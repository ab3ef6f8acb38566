//! The topology of an epoch, read from contract state at the height at which the epoch became current.
//!
//! Everybody who reads the same chain derives the same bytes. Nodes of the rewarded set that have left or
//! never named a link key are in no document; neither are gateways without a link key. Where keys serve for a period, the
//! document has those of the epoch's, and no node that has none.

use std::{collections::BTreeMap, net::SocketAddr, str::FromStr};

use cosmwasm_std::Decimal;
use futures::TryStreamExt as _;
use nym_contract_types::mixnet::{
    ContractState, EpochStatusResponse, GatewayBond, MixNodeBond, NodeKeys, NodeKeysResponse, RewardedNode,
    RewardedNodeStatus, SeedSource,
};
use nym_topology::{GatewayEntry, Layer, MixNodeEntry, NetworkFile, Parameters, TopologyDocument};

use crate::{
    client::{ChainClient, ChainConfig},
    contract::{Contract, SmartQuery},
    error::ChainError,
    gas::GasPrice,
    mixnet::MixnetQueries as _,
};

impl TryFrom<&NetworkFile> for ChainConfig {
    type Error = ChainError;

    fn try_from(network: &NetworkFile) -> Result<Self, ChainError> {
        let amount = Decimal::from_str(&network.gas_price)
            .map_err(|error| ChainError::invalid(format!("gas price '{}'", network.gas_price), error))?;
        let gas_price = GasPrice { amount, denom: network.denoms.fee.clone() };
        Ok(Self::new(network.rpc.endpoints.clone(), Some(network.chain_id.clone()), &network.address_prefix, gas_price))
    }
}

impl ChainClient {
    /// A client of the chain that a network file names; nothing is asked yet.
    pub fn of_network(network: &NetworkFile) -> Result<Self, ChainError> {
        Self::new(network.try_into()?)
    }
}

/// The documents of the current epoch and, unless this is the first, of the one before.
pub async fn current<B: SmartQuery + Clone>(
    contract: &Contract<B>,
    chain_id: &str,
) -> Result<(TopologyDocument, Option<TopologyDocument>), ChainError> {
    let status = contract.epoch_status().await?;
    let now = at_height(contract, chain_id, status.height).await?;
    let before = match status.previous_height {
        Some(height) => Some(at_height(contract, chain_id, height).await?),
        None => None,
    };
    Ok((now, before))
}

/// The document of the epoch that became current at this height.
pub async fn at_height<B: SmartQuery + Clone>(
    contract: &Contract<B>,
    chain_id: &str,
    height: u64,
) -> Result<TopologyDocument, ChainError> {
    let contract = contract.clone().at_height(height);
    let status = contract.epoch_status().await?;
    if status.height != height {
        return Err(ChainError::invalid(
            format!("height {height} of a topology"),
            format!("epoch {} became current at height {}", status.epoch, status.height),
        ));
    }
    let (state, rewarded, bonds, gateways) = futures::try_join!(
        contract.contract_state(),
        contract.rewarded_set().try_collect::<Vec<_>>(),
        contract.mixnodes().try_collect::<Vec<_>>(),
        contract.gateways().try_collect::<Vec<_>>(),
    )?;
    let keys = match state.epochs.period_of(status.epoch) {
        Some(_) => Some(contract.all_node_keys().try_collect::<Vec<_>>().await?),
        None => None,
    };
    let address = crate::contract::ContractAddress::address(&contract);
    Ok(derive(chain_id, address, &status, &state, &rewarded, &bonds, &gateways, keys.as_deref()))
}

/// The document that follows from this state. Where keys serve for a period, `keys` are those of all nodes; else those of the bonds serve.
#[allow(clippy::too_many_arguments)]
pub fn derive(
    chain_id: &str,
    contract: &str,
    status: &EpochStatusResponse,
    state: &ContractState,
    rewarded: &[RewardedNode],
    bonds: &[MixNodeBond],
    gateways: &[GatewayBond],
    keys: Option<&[NodeKeysResponse]>,
) -> TopologyDocument {
    let keys: Option<BTreeMap<&str, &NodeKeys>> = keys
        .map(|nodes| nodes.iter().filter_map(|node| Some((node.identity.as_str(), node.current.as_ref()?))).collect());
    let active = rewarded.iter().filter(|node| node.status == RewardedNodeStatus::Active);
    let mix_nodes = active
        .filter_map(|node| {
            let bond = bonds.iter().find(|bond| bond.mix_id == node.mix_id)?;
            mix_node(bond, Layer::new(node.layer?)?, keys.as_ref())
        })
        .collect();
    let mut document = TopologyDocument {
        version: 1,
        chain_id: chain_id.to_owned(),
        mixnet_contract: contract.to_owned(),
        epoch: status.epoch,
        height: status.height,
        starts_at: status.starts_at,
        epoch_length: status.epoch_length,
        parameters: Parameters {
            payload_size: state.mixing.payload_size,
            mean_hop_delay_ms: state.mixing.mean_hop_delay_ms,
            max_hop_delay_ms: state.mixing.max_hop_delay_ms,
        },
        bootstrap_seed: status.seed_source == SeedSource::Bootstrap,
        mix_nodes,
        gateways: gateways.iter().filter_map(|bond| gateway(bond, keys.as_ref())).collect(),
    };
    document.sort();
    document
}

/// Sphinx and link key that serve in the epoch: those of its period, or of the bond where keys do not expire.
fn serving<'a>(
    periods: Option<&BTreeMap<&str, &'a NodeKeys>>,
    identity: &str,
    bonded: (&'a str, Option<&'a String>),
) -> Option<(&'a str, &'a str)> {
    match periods {
        Some(periods) => periods.get(identity).map(|keys| (keys.sphinx_key.as_str(), keys.noise_key.as_str())),
        None => Some((bonded.0, bonded.1?.as_str())),
    }
}

fn mix_node(bond: &MixNodeBond, layer: Layer, periods: Option<&BTreeMap<&str, &NodeKeys>>) -> Option<MixNodeEntry> {
    let node = &bond.mix_node;
    let (sphinx_key, link_key) = serving(periods, &node.identity_key, (&node.sphinx_key, node.noise_key.as_ref()))?;
    Some(MixNodeEntry {
        node_id: bond.mix_id,
        layer,
        identity: node.identity_key.parse().ok()?,
        sphinx_key: sphinx_key.parse().ok()?,
        link_key: link_key.parse().ok()?,
        address: SocketAddr::new(node.host.parse().ok()?, node.mix_port),
    })
}

fn gateway(bond: &GatewayBond, periods: Option<&BTreeMap<&str, &NodeKeys>>) -> Option<GatewayEntry> {
    let gateway = &bond.gateway;
    let (sphinx_key, link_key) =
        serving(periods, &gateway.identity_key, (&gateway.sphinx_key, gateway.noise_key.as_ref()))?;
    let host = gateway.host.parse().ok()?;
    Some(GatewayEntry {
        identity: gateway.identity_key.parse().ok()?,
        sphinx_key: sphinx_key.parse().ok()?,
        link_key: link_key.parse().ok()?,
        address: SocketAddr::new(host, gateway.mix_port),
        clients_address: SocketAddr::new(host, gateway.clients_port),
        payee: bond.owner.to_string(),
    })
}
