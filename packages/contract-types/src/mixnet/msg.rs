//! Messages that change the contract's state. Names are those that wallets already send.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Binary, Coin};
use nym_contract_runtime::json::{Read, Write};
use serde::{Deserialize, Serialize};

use super::{
    BeaconKey, ContractStateParams, EpochParams, Gateway, GatewayConfigUpdate, InitialRewardingParams, MixNode,
    MixNodeConfigUpdate, MixNodeCostParams, MixingParams, NodeReport, RewardingParamsUpdate,
};
use crate::{EpochId, NodeId};

/// Parameters of a new network.
///
/// Sender: anyone; becomes the owner. Funds: exactly the initial reward pool. Epoch 0 starts at this block, with an empty rewarded set.
#[cw_serde]
#[derive(Read, Write)]
#[schemaifier(mute_warnings)]
pub struct InstantiateMsg {
    /// Denom of stakes and rewards.
    pub rewarding_denom: String,
    /// Accounts that report performance, at most 64.
    pub monitors: Vec<String>,
    /// Clock and lottery.
    pub epochs: EpochParams,
    /// Length of epoch 0 in seconds; none: as every epoch. 0: epoch 0 may be ended at once, and epoch 1 starts at the block that ended it.
    #[serde(default)]
    pub first_epoch_length: Option<u64>,
    /// Parameters of the reward model.
    pub initial_rewarding_params: InitialRewardingParams,
    /// Least pledges and delegations, ranges of margins and costs.
    pub params: ContractStateParams,
    /// Parameters of the topology document.
    pub mixing: MixingParams,
    /// Whether nodes may announce loopback addresses.
    #[serde(default)]
    pub allow_loopback: bool,
}

/// Takes the contract's state over from the version before.
#[cw_serde]
#[derive(Read, Write)]
pub struct MigrateMsg {}

/// Everything an account can do.
#[derive(
    Serialize,
    Deserialize,
    Read,
    Write,
    Clone,
    Debug,
    PartialEq,
    cosmwasm_schema::schemars::JsonSchema,
    cosmwasm_schema::cw_schema::Schemaifier,
)]
#[allow(clippy::derive_partial_eq_without_eq)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[schemaifier(crate = "cosmwasm_schema::cw_schema", mute_warnings)]
#[schemars(crate = "cosmwasm_schema::schemars", deny_unknown_fields)]
pub enum ExecuteMsg {
    // mix nodes
    /// Locks the sender's pledge and registers their mix node.
    ///
    /// Sender: anyone without a bonded node or gateway. Funds: exactly the pledge, in the staking denom, at least the minimum.
    /// The node is a candidate from the next transition that begins, while it has link keys for the coming epoch; without `noise_key` the bond brings none.
    /// The signature is the identity key's over [`crate::signing::Payload`] with [`super::MixnodeBonding`].
    BondMixnode {
        /// The node as announced.
        mix_node: MixNode,
        /// What the operator keeps.
        cost_params: MixNodeCostParams,
        /// Ed25519 signature, 64 bytes.
        owner_signature: Binary,
    },
    /// Removes the sender's mix node and pays pledge and unclaimed rewards out.
    ///
    /// Sender: its owner. Funds: none. Takes effect at once; not between `begin_epoch_transition` and the end of the rewards.
    UnbondMixnode {},
    /// Announces a mix node's new address.
    ///
    /// Sender: its owner. Funds: none. In the topology from the next epoch.
    UpdateMixnodeConfig {
        /// Replaces the bond's values.
        new_config: MixNodeConfigUpdate,
    },

    /// Announces the keys of the sender's mix node or gateway for a period: the coming one, or the current one if it has none for that.
    ///
    /// Sender: its owner. Funds: none. Not in a network whose keys do not expire, nor between `begin_epoch_transition` and the end of the rewards.
    /// Keys of the coming period are replaced by a later message. The signature is the identity key's over [`crate::signing::Payload`] with [`super::NodeKeys`].
    UpdateNodeKeys {
        /// Number of the period.
        period: u32,
        /// X25519 key that unwraps packets, base58.
        sphinx_key: String,
        /// X25519 key of the links, base58.
        noise_key: String,
        /// Ed25519 signature, 64 bytes.
        signature: Binary,
    },

    /// Adds to the pledge of the sender's mix node.
    ///
    /// Sender: its owner. Funds: exactly the addition, in the staking denom. Counts from the next epoch.
    PledgeMore {},
    /// Takes back what was added to the pledge and does not count yet.
    ///
    /// Sender: the node's owner. Funds: none. Paid at once.
    CancelPledgeMore {},
    /// Takes back part of the pledge that counts; the rest stays at least the minimum.
    ///
    /// Sender: the node's owner. Funds: none. Paid at once.
    DecreasePledge {
        /// Amount to take back, in the staking denom.
        decrease_by: Coin,
    },
    /// Changes what the operator keeps.
    ///
    /// Sender: the node's owner. Funds: none. Takes effect with the next interval; a later message replaces it until then.
    #[serde(alias = "update_cost_params")]
    UpdateMixnodeCostParams {
        /// The new costs.
        new_costs: MixNodeCostParams,
    },
    /// Pays the operator's unclaimed rewards out.
    ///
    /// Sender: the node's owner. Funds: none. Takes effect at once.
    WithdrawOperatorReward {},

    // gateways
    /// Locks the sender's pledge and registers their gateway.
    ///
    /// Sender: anyone without a bonded node or gateway. Funds: exactly the pledge, in the staking denom, at least the minimum.
    /// In the topology from the next epoch. The signature is the identity key's over [`crate::signing::Payload`] with [`super::GatewayBonding`].
    BondGateway {
        /// The gateway as announced.
        gateway: Gateway,
        /// Ed25519 signature, 64 bytes.
        owner_signature: Binary,
    },
    /// Removes the sender's gateway and pays its pledge back.
    ///
    /// Sender: its owner. Funds: none. Takes effect at once.
    UnbondGateway {},
    /// Announces a gateway's new address.
    ///
    /// Sender: its owner. Funds: none. In the topology from the next epoch.
    UpdateGatewayConfig {
        /// Replaces the bond's values.
        new_config: GatewayConfigUpdate,
    },

    // delegations
    /// Puts the funds on a mix node, in addition to what the sender already has there.
    ///
    /// Sender: anyone. Funds: exactly the amount, in the staking denom. Counts from the next epoch.
    #[serde(alias = "delegate")]
    DelegateToMixnode {
        /// Number of the node.
        #[serde(alias = "node_id")]
        mix_id: NodeId,
    },
    /// Takes the sender's whole delegation back, with its unclaimed reward.
    ///
    /// Sender: the delegator. Funds: none. Paid at once, also when the node has left.
    #[serde(alias = "undelegate")]
    UndelegateFromMixnode {
        /// Number of the node.
        #[serde(alias = "node_id")]
        mix_id: NodeId,
    },

    /// Takes back what was delegated and does not count yet; the rest stays.
    ///
    /// Sender: the delegator. Funds: none. Paid at once.
    CancelPendingDelegation {
        /// Number of the node.
        #[serde(alias = "node_id")]
        mix_id: NodeId,
    },
    /// Pays a delegation's unclaimed reward out; the delegation stays.
    ///
    /// Sender: the delegator. Funds: none. Takes effect at once.
    WithdrawDelegatorReward {
        /// Number of the node.
        #[serde(alias = "node_id")]
        mix_id: NodeId,
    },
    /// Pays the unclaimed rewards of several of the sender's delegations out, and those of their own node.
    ///
    /// Sender: anyone who has them. Funds: none. One payment; all or nothing.
    WithdrawRewards {
        /// Numbers of the nodes delegated to, at most 50, none twice.
        #[serde(alias = "node_ids")]
        mix_ids: Vec<NodeId>,
        /// Whether to include the rewards of the sender's own node.
        #[serde(default)]
        operator: bool,
    },

    // epochs: anyone turns the crank
    /// Reports the performance of nodes in the epoch that has ended.
    ///
    /// Sender: a monitor. Funds: none. A later report of the same monitor replaces its earlier one for the nodes it names.
    SubmitPerformance {
        /// Absolute number of the epoch that the scores are of.
        epoch: EpochId,
        /// Scores, at most 1,000 in one message, no node twice.
        reports: Vec<NodeReport>,
        /// Whether this monitor will send more for this epoch: then it does not count as having reported yet.
        #[serde(default)]
        more_follows: bool,
    },
    /// Ends the reports and begins the transition to the next epoch.
    ///
    /// Sender: anyone. Funds: none. Accepted when the epoch has ended and all monitors have reported or `report_grace` has passed.
    /// Harmless when the transition of that epoch has begun or is over.
    BeginEpochTransition {
        /// Absolute number of the epoch to end; none: the current one.
        #[serde(default)]
        epoch: Option<EpochId>,
    },
    /// Does the next bounded piece of the transition: scores, rewards and candidates, then the draw, then the new epoch.
    ///
    /// Sender: anyone. Funds: none. Harmless when there is nothing to do. The event says what is left.
    AdvanceEpoch {
        /// Absolute number of the epoch to end; none: the current one.
        #[serde(default)]
        epoch: Option<EpochId>,
        /// Nodes to handle at most; none: 300, never more than 1,500.
        #[serde(default)]
        limit: Option<u32>,
    },

    // the beacon
    /// Posts a member's share of the coming epoch's seed, so that anyone can combine them.
    ///
    /// Sender: a member of the group. Funds: none. Accepted from the beginning of the transition until `seed_grace` has passed.
    SubmitSeedShare {
        /// The coming epoch.
        epoch: EpochId,
        /// The member's signature over [`crate::beacon::message`]: a compressed point of G1, 48 bytes.
        share: Binary,
    },
    /// Brings the coming epoch's seed.
    ///
    /// Sender: anyone. Funds: none. Accepted from the beginning of the transition until `seed_grace` has passed; harmless when it is there already.
    SubmitSeed {
        /// The coming epoch.
        epoch: EpochId,
        /// The group's signature over [`crate::beacon::message`]: a compressed point of G1, 48 bytes.
        signature: Binary,
    },
    /// Announces the group's key for seeds.
    ///
    /// Sender: the beacon's authority, which is the owner until it is handed over. Funds: none.
    /// Signs from the second draw after the message on: when it is chosen, the seed it follows is not known.
    UpdateBeaconKey {
        /// The key.
        key: BeaconKey,
    },
    /// Hands the beacon over to a contract or account, which takes it by announcing its first key.
    ///
    /// Sender: the beacon's authority. Funds: none. The sender's own address takes the offer back.
    HandOverBeacon {
        /// The authority to be.
        authority: String,
    },

    /// Adds to the reward pool, from the next interval on.
    ///
    /// Sender: anyone. Funds: exactly the addition, in the staking denom. There is no way back.
    FundRewardPool {},

    // administration
    /// Changes how many of the rewarded nodes carry traffic.
    ///
    /// Sender: the owner. Funds: none. Takes effect with the next epoch's draw.
    UpdateActiveSetSize {
        /// The new number, 3 to the rewarded set's size.
        active_set_size: u32,
        /// Must be false: nobody changes the rules of an epoch that runs.
        #[serde(default)]
        force_immediately: bool,
    },
    /// Changes parameters of the reward model.
    ///
    /// Sender: the owner. Funds: none. Takes effect with the next interval; later messages add to it until then.
    UpdateRewardingParams {
        /// What changes.
        updated_params: RewardingParamsUpdate,
        /// Must be false: nobody changes the rules of an interval that runs.
        #[serde(default)]
        force_immediately: bool,
    },
    /// Changes the clock.
    ///
    /// Sender: the owner. Funds: none. Takes effect with the next interval.
    UpdateIntervalConfig {
        /// Epochs in an interval.
        epochs_in_interval: u32,
        /// Length of an epoch in seconds.
        epoch_duration_secs: u64,
        /// Must be false: nobody changes the rules of an interval that runs.
        #[serde(default)]
        force_immediately: bool,
    },
    /// Offers the contract to another owner, who has to accept; the sender's own address takes the offer back.
    ///
    /// Sender: the owner. Funds: none. Nothing changes until the other accepts.
    UpdateAdmin {
        /// The owner to be.
        admin: String,
    },
    /// Accepts the contract.
    ///
    /// Sender: the account it was offered to. Funds: none. Takes effect at once.
    AcceptAdmin {},
    /// Replaces the list of monitors.
    ///
    /// Sender: the owner. Funds: none. Takes effect at once; not while scores are being counted.
    UpdateMonitors {
        /// Accounts that report performance, at most 64, none twice.
        monitors: Vec<String>,
    },
    /// Changes the least pledges and delegations, and the ranges of profit margins and operating costs.
    ///
    /// Sender: the owner. Funds: none. Takes effect at once and for new stakes and costs only; from the next interval on, nodes with
    /// other margins and costs are paid by the nearest in the ranges.
    UpdateContractStateParams {
        /// The new values.
        #[serde(alias = "update")]
        updated_parameters: ContractStateParams,
    },
}

impl ExecuteMsg {
    /// Name of the message as it is sent and as the `action` of its event says.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::BondMixnode { .. } => "bond_mixnode",
            Self::UnbondMixnode {} => "unbond_mixnode",
            Self::UpdateMixnodeConfig { .. } => "update_mixnode_config",
            Self::UpdateNodeKeys { .. } => "update_node_keys",
            Self::PledgeMore {} => "pledge_more",
            Self::CancelPledgeMore {} => "cancel_pledge_more",
            Self::DecreasePledge { .. } => "decrease_pledge",
            Self::UpdateMixnodeCostParams { .. } => "update_mixnode_cost_params",
            Self::WithdrawOperatorReward {} => "withdraw_operator_reward",
            Self::BondGateway { .. } => "bond_gateway",
            Self::UnbondGateway {} => "unbond_gateway",
            Self::UpdateGatewayConfig { .. } => "update_gateway_config",
            Self::DelegateToMixnode { .. } => "delegate_to_mixnode",
            Self::UndelegateFromMixnode { .. } => "undelegate_from_mixnode",
            Self::CancelPendingDelegation { .. } => "cancel_pending_delegation",
            Self::WithdrawDelegatorReward { .. } => "withdraw_delegator_reward",
            Self::WithdrawRewards { .. } => "withdraw_rewards",
            Self::SubmitPerformance { .. } => "submit_performance",
            Self::BeginEpochTransition { .. } => "begin_epoch_transition",
            Self::AdvanceEpoch { .. } => "advance_epoch",
            Self::SubmitSeedShare { .. } => "submit_seed_share",
            Self::SubmitSeed { .. } => "submit_seed",
            Self::UpdateBeaconKey { .. } => "update_beacon_key",
            Self::HandOverBeacon { .. } => "hand_over_beacon",
            Self::FundRewardPool {} => "fund_reward_pool",
            Self::UpdateActiveSetSize { .. } => "update_active_set_size",
            Self::UpdateRewardingParams { .. } => "update_rewarding_params",
            Self::UpdateIntervalConfig { .. } => "update_interval_config",
            Self::UpdateAdmin { .. } => "update_admin",
            Self::AcceptAdmin {} => "accept_admin",
            Self::UpdateMonitors { .. } => "update_monitors",
            Self::UpdateContractStateParams { .. } => "update_contract_state_params",
        }
    }
}

/// Funds that instantiation takes: the reward pool, exactly.
impl InstantiateMsg {
    /// The coins to send with this message.
    pub fn funds(&self) -> Vec<Coin> {
        let pool = self.initial_rewarding_params.initial_reward_pool;
        if pool.is_zero() {
            return Vec::new();
        }
        vec![Coin::new(pool, &self.rewarding_denom)]
    }
}
