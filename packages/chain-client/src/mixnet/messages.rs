//! Acting on the mixnet contract.

use cosmwasm_std::Coin;
use nym_contract_types::{
    mixnet::{
        BeaconKey, ContractStateParams, ExecuteMsg, Gateway, GatewayBonding, GatewayConfigUpdate, MixNode,
        MixNodeConfigUpdate, MixNodeCostParams, MixnodeBonding, NodeKeys, NodeReport, RewardingParamsUpdate,
    },
    EpochId, NodeId,
};

use crate::{
    bonding::SignedBonding,
    contract::ContractAddress,
    error::ChainError,
    node_keys::SignedKeys,
    tx::{coins, Tx},
};

/// Everything an account can do with the mixnet contract.
pub trait MixnetMessages: ContractAddress {
    /// Bonds a mix node from what its machine signed.
    fn bond_mixnode(&self, bonding: &SignedBonding<MixnodeBonding>) -> Result<Tx, ChainError> {
        let MixnodeBonding { mix_node, cost_params } = bonding.data.clone();
        self.bond_mixnode_with(mix_node, cost_params, bonding.signature.to_vec(), bonding.funds.clone())
    }

    /// Bonds a mix node.
    fn bond_mixnode_with(
        &self,
        mix_node: MixNode,
        cost_params: MixNodeCostParams,
        signature: Vec<u8>,
        pledge: Vec<Coin>,
    ) -> Result<Tx, ChainError> {
        let effect = format!(
            "locks {} as pledge and registers mix node {} at {}:{}",
            coins(&pledge),
            mix_node.identity_key,
            mix_node.host,
            mix_node.mix_port
        );
        self.call(&ExecuteMsg::BondMixnode { mix_node, cost_params, owner_signature: signature.into() }, pledge, effect)
    }

    /// Removes the sender's mix node and pays pledge and rewards out.
    fn unbond_mixnode(&self) -> Result<Tx, ChainError> {
        self.call(&ExecuteMsg::UnbondMixnode {}, vec![], "removes your mix node and pays pledge and rewards out")
    }

    /// Announces a mix node's new address.
    fn update_mixnode_config(&self, new_config: MixNodeConfigUpdate) -> Result<Tx, ChainError> {
        let effect = format!("announces {}:{} as the address of your mix node", new_config.host, new_config.mix_port);
        self.call(&ExecuteMsg::UpdateMixnodeConfig { new_config }, vec![], effect)
    }

    /// Adds to the pledge of the sender's mix node.
    fn pledge_more(&self, addition: Coin) -> Result<Tx, ChainError> {
        let effect = format!("adds {addition} to the pledge of your mix node, counting from the next epoch");
        self.call(&ExecuteMsg::PledgeMore {}, vec![addition], effect)
    }

    /// Takes back what was added to the pledge and does not count yet.
    fn cancel_pledge_more(&self) -> Result<Tx, ChainError> {
        self.call(
            &ExecuteMsg::CancelPledgeMore {},
            vec![],
            "takes back the addition to your pledge that does not count yet",
        )
    }

    /// Takes back part of the pledge.
    fn decrease_pledge(&self, decrease_by: Coin) -> Result<Tx, ChainError> {
        let effect = format!("takes {decrease_by} of your mix node's pledge back");
        self.call(&ExecuteMsg::DecreasePledge { decrease_by }, vec![], effect)
    }

    /// Changes what the operator keeps, from the next interval on.
    fn update_cost_params(&self, new_costs: MixNodeCostParams) -> Result<Tx, ChainError> {
        let effect = format!(
            "sets your margin to {} and your cost to {}, from the next interval on",
            new_costs.profit_margin_percent, new_costs.interval_operating_cost
        );
        self.call(&ExecuteMsg::UpdateMixnodeCostParams { new_costs }, vec![], effect)
    }

    /// Bonds a gateway from what its machine signed.
    fn bond_gateway(&self, bonding: &SignedBonding<GatewayBonding>) -> Result<Tx, ChainError> {
        let GatewayBonding { gateway } = bonding.data.clone();
        self.bond_gateway_with(gateway, bonding.signature.to_vec(), bonding.funds.clone())
    }

    /// Bonds a gateway.
    fn bond_gateway_with(&self, gateway: Gateway, signature: Vec<u8>, pledge: Vec<Coin>) -> Result<Tx, ChainError> {
        let effect = format!(
            "locks {} as pledge and registers gateway {} at {}:{}",
            coins(&pledge),
            gateway.identity_key,
            gateway.host,
            gateway.mix_port
        );
        self.call(&ExecuteMsg::BondGateway { gateway, owner_signature: signature.into() }, pledge, effect)
    }

    /// Removes the sender's gateway and pays its pledge back.
    fn unbond_gateway(&self) -> Result<Tx, ChainError> {
        self.call(&ExecuteMsg::UnbondGateway {}, vec![], "removes your gateway and pays its pledge back")
    }

    /// Announces a gateway's new address.
    fn update_gateway_config(&self, new_config: GatewayConfigUpdate) -> Result<Tx, ChainError> {
        let effect = format!("announces {}:{} as the address of your gateway", new_config.host, new_config.mix_port);
        self.call(&ExecuteMsg::UpdateGatewayConfig { new_config }, vec![], effect)
    }

    /// Announces keys of a period from what the node's machine signed.
    fn update_node_keys(&self, signed: &SignedKeys) -> Result<Tx, ChainError> {
        let NodeKeys { period, sphinx_key, noise_key } = signed.keys.clone();
        let effect =
            format!("announces Sphinx key {sphinx_key} and link key {noise_key} of your node for period {period}");
        let signature = signed.signature.clone();
        self.call(&ExecuteMsg::UpdateNodeKeys { period, sphinx_key, noise_key, signature }, vec![], effect)
    }

    /// Puts coins on a mix node.
    fn delegate(&self, mix_id: NodeId, amount: Coin) -> Result<Tx, ChainError> {
        let effect = format!("delegates {amount} to mix node {mix_id}, counting from the next epoch");
        self.call(&ExecuteMsg::DelegateToMixnode { mix_id }, vec![amount], effect)
    }

    /// Takes the sender's whole delegation back.
    fn undelegate(&self, mix_id: NodeId) -> Result<Tx, ChainError> {
        let effect = format!("takes your delegation and its rewards back from mix node {mix_id}");
        self.call(&ExecuteMsg::UndelegateFromMixnode { mix_id }, vec![], effect)
    }

    /// Takes back what was delegated and does not count yet.
    fn cancel_pending_delegation(&self, mix_id: NodeId) -> Result<Tx, ChainError> {
        let effect = format!("takes back what you delegated to mix node {mix_id} and does not count yet");
        self.call(&ExecuteMsg::CancelPendingDelegation { mix_id }, vec![], effect)
    }

    /// Pays the operator's unclaimed rewards out.
    fn withdraw_operator_reward(&self) -> Result<Tx, ChainError> {
        self.call(&ExecuteMsg::WithdrawOperatorReward {}, vec![], "pays your mix node's rewards out")
    }

    /// Pays a delegation's unclaimed reward out.
    fn withdraw_delegator_reward(&self, mix_id: NodeId) -> Result<Tx, ChainError> {
        let effect = format!("pays the rewards of your delegation to mix node {mix_id} out");
        self.call(&ExecuteMsg::WithdrawDelegatorReward { mix_id }, vec![], effect)
    }

    /// Pays the rewards of several delegations and, if wanted, of the sender's own node out.
    fn withdraw_rewards(&self, mix_ids: Vec<NodeId>, operator: bool) -> Result<Tx, ChainError> {
        let own = if operator { " and of your mix node" } else { "" };
        let effect = format!("pays the rewards of {} delegations{own} out", mix_ids.len());
        self.call(&ExecuteMsg::WithdrawRewards { mix_ids, operator }, vec![], effect)
    }

    /// Adds to the reward pool. There is no way back.
    fn fund_reward_pool(&self, addition: Coin) -> Result<Tx, ChainError> {
        let effect = format!("gives {addition} to the reward pool, for good");
        self.call(&ExecuteMsg::FundRewardPool {}, vec![addition], effect)
    }

    /// Reports the performance of nodes in the epoch that has ended.
    fn submit_performance(
        &self,
        epoch: EpochId,
        reports: Vec<NodeReport>,
        more_follows: bool,
    ) -> Result<Tx, ChainError> {
        let effect = format!("reports the performance of {} nodes in epoch {epoch}", reports.len());
        self.call(&ExecuteMsg::SubmitPerformance { epoch, reports, more_follows }, vec![], effect)
    }

    /// Begins the transition to the next epoch.
    fn begin_epoch_transition(&self, epoch: Option<EpochId>) -> Result<Tx, ChainError> {
        self.call(&ExecuteMsg::BeginEpochTransition { epoch }, vec![], "begins the transition to the next epoch")
    }

    /// Does the next piece of the transition.
    fn advance_epoch(&self, epoch: Option<EpochId>, limit: Option<u32>) -> Result<Tx, ChainError> {
        self.call(&ExecuteMsg::AdvanceEpoch { epoch, limit }, vec![], "does the next piece of the epoch's transition")
    }

    /// Posts a member's share of the coming epoch's seed.
    fn submit_seed_share(&self, epoch: EpochId, share: Vec<u8>) -> Result<Tx, ChainError> {
        let effect = format!("posts your share of the seed of epoch {epoch}");
        self.call(&ExecuteMsg::SubmitSeedShare { epoch, share: share.into() }, vec![], effect)
    }

    /// Brings the coming epoch's seed.
    fn submit_seed(&self, epoch: EpochId, signature: Vec<u8>) -> Result<Tx, ChainError> {
        let effect = format!("brings the seed of epoch {epoch}");
        self.call(&ExecuteMsg::SubmitSeed { epoch, signature: signature.into() }, vec![], effect)
    }

    /// Announces the issuing group's key for seeds.
    fn update_beacon_key(&self, key: BeaconKey) -> Result<Tx, ChainError> {
        let effect = format!(
            "announces a key of {} members, of whom {} sign a seed, from the second draw on",
            key.members.len(),
            key.threshold
        );
        self.call(&ExecuteMsg::UpdateBeaconKey { key }, vec![], effect)
    }

    /// Offers the beacon to another authority, which takes it with its first key.
    fn hand_over_beacon(&self, authority: String) -> Result<Tx, ChainError> {
        let effect = format!("offers the beacon to {authority}, who takes it by announcing a key");
        self.call(&ExecuteMsg::HandOverBeacon { authority }, vec![], effect)
    }

    /// Replaces the list of monitors.
    fn update_monitors(&self, monitors: Vec<String>) -> Result<Tx, ChainError> {
        let effect = match &monitors[..] {
            [] => "leaves no monitors: epochs end without reports".to_owned(),
            monitors => format!("makes these accounts, and no others, the monitors: {}", monitors.join(", ")),
        };
        self.call(&ExecuteMsg::UpdateMonitors { monitors }, vec![], effect)
    }

    /// Changes the least pledges and delegations, and the ranges of margins and costs.
    fn update_state_params(&self, updated_parameters: ContractStateParams) -> Result<Tx, ChainError> {
        let ContractStateParams {
            minimum_mixnode_pledge,
            minimum_gateway_pledge,
            minimum_mixnode_delegation,
            profit_margin,
            interval_operating_cost,
        } = &updated_parameters;
        let delegation = minimum_mixnode_delegation.as_ref().map_or_else(|| "any amount".to_owned(), Coin::to_string);
        let margins = profit_margin.as_ref();
        let costs = interval_operating_cost.as_ref();
        let effect = format!(
            "sets the least pledge of a mix node to {minimum_mixnode_pledge}, that of a gateway to \
             {minimum_gateway_pledge} and the least delegation to {delegation}, for new stakes; operators may announce \
             margins {} and costs {}, to which rewards keep from the next interval on",
            margins.map_or("of 0 to 1".to_owned(), |range| format!("from {} to {}", range.minimum, range.maximum)),
            costs.map_or("of any amount".to_owned(), |range| format!("from {} to {}", range.minimum, range.maximum)),
        );
        self.call(&ExecuteMsg::UpdateContractStateParams { updated_parameters }, vec![], effect)
    }

    /// Changes how many of the rewarded nodes carry traffic, from the next draw on.
    fn update_active_set_size(&self, active_set_size: u32) -> Result<Tx, ChainError> {
        let msg = ExecuteMsg::UpdateActiveSetSize { active_set_size, force_immediately: false };
        self.call(&msg, vec![], format!("lets {active_set_size} nodes carry traffic, from the next draw on"))
    }

    /// Changes parameters of the reward model, from the next interval on.
    fn update_rewarding_params(&self, updated_params: RewardingParamsUpdate) -> Result<Tx, ChainError> {
        let effect = format!("sets {}, from the next interval on", changes(&updated_params));
        self.call(&ExecuteMsg::UpdateRewardingParams { updated_params, force_immediately: false }, vec![], effect)
    }

    /// Changes the clock, from the next interval on.
    fn update_interval_config(&self, epochs_in_interval: u32, epoch_duration_secs: u64) -> Result<Tx, ChainError> {
        let effect =
            format!("makes intervals of {epochs_in_interval} epochs of {epoch_duration_secs} s, from the next one on");
        let msg =
            ExecuteMsg::UpdateIntervalConfig { epochs_in_interval, epoch_duration_secs, force_immediately: false };
        self.call(&msg, vec![], effect)
    }

    /// Offers the contract to another owner, who has to accept.
    fn update_admin(&self, admin: String) -> Result<Tx, ChainError> {
        let effect = format!("offers the contract to {admin}, who has to accept");
        self.call(&ExecuteMsg::UpdateAdmin { admin }, vec![], effect)
    }

    /// Accepts the contract.
    fn accept_admin(&self) -> Result<Tx, ChainError> {
        self.call(&ExecuteMsg::AcceptAdmin {}, vec![], "makes you the owner of the contract")
    }

    /// Any message of the contract.
    fn call(&self, msg: &ExecuteMsg, funds: Vec<Coin>, effect: impl Into<String>) -> Result<Tx, ChainError> {
        Ok(Tx::execute(self.address(), msg, funds)?.effect(effect))
    }
}

impl<T: ContractAddress> MixnetMessages for T {}

/// What changes, in words: `staking_supply to 5, rewarded_set_size to 7`.
fn changes(update: &RewardingParamsUpdate) -> String {
    let RewardingParamsUpdate {
        staking_supply,
        staking_supply_scale_factor,
        sybil_resistance_percent,
        active_set_work_factor,
        interval_pool_emission,
        rewarded_set_size,
    } = update;
    let values = [
        ("staking_supply", staking_supply.map(|value| value.to_string())),
        ("staking_supply_scale_factor", staking_supply_scale_factor.map(|value| value.to_string())),
        ("sybil_resistance_percent", sybil_resistance_percent.map(|value| value.to_string())),
        ("active_set_work_factor", active_set_work_factor.map(|value| value.to_string())),
        ("interval_pool_emission", interval_pool_emission.map(|value| value.to_string())),
        ("rewarded_set_size", rewarded_set_size.map(|value| value.to_string())),
    ];
    let set: Vec<_> =
        values.into_iter().filter_map(|(name, value)| value.map(|value| format!("{name} to {value}"))).collect();
    if set.is_empty() {
        return "nothing".to_owned();
    }
    set.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_named_with_their_values() {
        let update = RewardingParamsUpdate {
            staking_supply: Some(5u128.into()),
            rewarded_set_size: Some(7),
            ..RewardingParamsUpdate::default()
        };

        assert_eq!(changes(&update), "staking_supply to 5, rewarded_set_size to 7");
        assert_eq!(changes(&RewardingParamsUpdate::default()), "nothing");
    }
}
