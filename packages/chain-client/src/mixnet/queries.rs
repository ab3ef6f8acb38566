//! Reading the mixnet contract.

use async_trait::async_trait;
use cosmwasm_std::Addr;
use futures::Stream;
use nym_contract_types::{
    mixnet::{
        self, AllDelegationsResponse, Candidate, CandidatesResponse, ContractState, ContractStateParams,
        CurrentIntervalResponse, Delegation, DelegatorDelegationsResponse, EpochStatusResponse, GatewayBond,
        LayerDistributionResponse, LotteryResponse, MixNodeBond, MixNodeDetails, MonitorsResponse, NodeKeysResponse,
        NodePerformanceResponse, NodeReport, QueryMsg, RewardedNode, RewardedSetResponse, RewardingParams,
        StakeSaturationResponse, UnbondedMixnode,
    },
    EpochId, NodeId, Percent,
};

use crate::{
    contract::{pages, ContractQuery, Page},
    error::ChainError,
};

/// Everything the mixnet contract can be asked.
#[async_trait]
pub trait MixnetQueries: ContractQuery<QueryMsg> {
    // contract

    /// How the contract was built.
    async fn contract_version(&self) -> Result<mixnet::ContractVersionResponse, ChainError> {
        self.ask(&QueryMsg::GetContractVersion {}).await
    }

    /// Name and version as cw2 records them.
    async fn cw2_version(&self) -> Result<mixnet::Cw2VersionResponse, ChainError> {
        self.ask(&QueryMsg::GetCw2ContractVersion {}).await
    }

    /// Everything the contract was told.
    async fn contract_state(&self) -> Result<ContractState, ChainError> {
        self.ask(&QueryMsg::GetState {}).await
    }

    /// Least pledges and delegations.
    async fn state_params(&self) -> Result<ContractStateParams, ChainError> {
        self.ask(&QueryMsg::GetStateParams {}).await
    }

    /// Parameters of the reward model.
    async fn rewarding_params(&self) -> Result<RewardingParams, ChainError> {
        self.ask(&QueryMsg::GetRewardingParams {}).await
    }

    /// Changes that were announced and do not hold yet.
    async fn pending_params(&self) -> Result<mixnet::PendingParams, ChainError> {
        self.ask(&QueryMsg::GetPendingParams {}).await
    }

    /// What the interval has paid so far and what was added to the pool.
    async fn pool_change(&self) -> Result<mixnet::PoolChangeResponse, ChainError> {
        self.ask(&QueryMsg::GetPoolChange {}).await
    }

    /// Account that may change parameters.
    async fn admin(&self) -> Result<Option<Addr>, ChainError> {
        self.ask(&QueryMsg::Admin {}).await
    }

    /// What the contract holds and what it owes.
    async fn solvency(&self) -> Result<mixnet::SolvencyResponse, ChainError> {
        self.ask(&QueryMsg::GetSolvency {}).await
    }

    // mix nodes

    /// All bonded mix nodes.
    fn mixnodes(&self) -> impl Stream<Item = Result<MixNodeBond, ChainError>> + Send + '_
    where
        Self: Sized,
    {
        pages(move |start_after| async move {
            let page: mixnet::PagedMixnodeBondsResponse =
                self.ask(&QueryMsg::GetMixNodeBonds { limit: None, start_after }).await?;
            Ok(Page { items: page.nodes, next: page.start_next_after })
        })
    }

    /// All bonded mix nodes with their stakes.
    fn mixnodes_detailed(&self) -> impl Stream<Item = Result<MixNodeDetails, ChainError>> + Send + '_
    where
        Self: Sized,
    {
        pages(move |start_after| async move {
            let page: mixnet::PagedMixnodesDetailsResponse =
                self.ask(&QueryMsg::GetMixNodesDetailed { limit: None, start_after }).await?;
            Ok(Page { items: page.nodes, next: page.start_next_after })
        })
    }

    /// One mix node, or `None` if no bonded one has that number.
    async fn mixnode(&self, mix_id: NodeId) -> Result<Option<MixNodeDetails>, ChainError> {
        let reply: mixnet::MixnodeDetailsResponse = self.ask(&QueryMsg::GetMixnodeDetails { mix_id }).await?;
        Ok(reply.mixnode_details)
    }

    /// The mix node with that identity key.
    async fn mixnode_by_identity(&self, identity: &str) -> Result<Option<MixNodeDetails>, ChainError> {
        let query = QueryMsg::GetBondedMixnodeDetailsByIdentity { mix_identity: identity.to_owned() };
        let reply: mixnet::MixnodeDetailsByIdentityResponse = self.ask(&query).await?;
        Ok(reply.mixnode_details)
    }

    /// The mix node that an account bonded.
    async fn owned_mixnode(&self, owner: &str) -> Result<Option<MixNodeDetails>, ChainError> {
        let query = QueryMsg::GetOwnedMixnode { address: owner.to_owned() };
        let reply: mixnet::MixOwnershipResponse = self.ask(&query).await?;
        Ok(reply.mixnode_details)
    }

    /// Costs and stakes of a node.
    async fn rewarding_details(&self, mix_id: NodeId) -> Result<Option<mixnet::NodeRewarding>, ChainError> {
        let reply: mixnet::MixnodeRewardingDetailsResponse =
            self.ask(&QueryMsg::GetMixnodeRewardingDetails { mix_id }).await?;
        Ok(reply.rewarding_details)
    }

    /// How near a node's stake is to saturation.
    async fn stake_saturation(&self, mix_id: NodeId) -> Result<StakeSaturationResponse, ChainError> {
        self.ask(&QueryMsg::GetStakeSaturation { mix_id }).await
    }

    /// What is known of a node's performance.
    async fn performance(&self, mix_id: NodeId) -> Result<NodePerformanceResponse, ChainError> {
        self.ask(&QueryMsg::GetNodePerformance { mix_id }).await
    }

    /// Mix nodes that left.
    fn unbonded_mixnodes(&self) -> impl Stream<Item = Result<(NodeId, UnbondedMixnode), ChainError>> + Send + '_
    where
        Self: Sized,
    {
        pages(move |start_after| async move {
            let page: mixnet::PagedUnbondedMixnodesResponse =
                self.ask(&QueryMsg::GetUnbondedMixNodes { limit: None, start_after }).await?;
            Ok(Page { items: page.nodes, next: page.start_next_after })
        })
    }

    /// One mix node that left.
    async fn unbonded_mixnode(&self, mix_id: NodeId) -> Result<Option<UnbondedMixnode>, ChainError> {
        let reply: mixnet::UnbondedMixnodeResponse =
            self.ask(&QueryMsg::GetUnbondedMixNodeInformation { mix_id }).await?;
        Ok(reply.unbonded_info)
    }

    /// Mix nodes that left and that an account had bonded.
    fn unbonded_mixnodes_of(
        &self,
        owner: &str,
    ) -> impl Stream<Item = Result<(NodeId, UnbondedMixnode), ChainError>> + Send + '_
    where
        Self: Sized,
    {
        let owner = owner.to_owned();
        pages(move |start_after| {
            let owner = owner.clone();
            async move {
                let query = QueryMsg::GetUnbondedMixNodesByOwner { owner, limit: None, start_after };
                let page: mixnet::PagedUnbondedMixnodesResponse = self.ask(&query).await?;
                Ok(Page { items: page.nodes, next: page.start_next_after })
            }
        })
    }

    /// Mix nodes of an identity that left.
    fn unbonded_mixnodes_by_identity(
        &self,
        identity: &str,
    ) -> impl Stream<Item = Result<(NodeId, UnbondedMixnode), ChainError>> + Send + '_
    where
        Self: Sized,
    {
        let identity_key = identity.to_owned();
        pages(move |start_after| {
            let identity_key = identity_key.clone();
            async move {
                let query = QueryMsg::GetUnbondedMixNodesByIdentityKey { identity_key, limit: None, start_after };
                let page: mixnet::PagedUnbondedMixnodesResponse = self.ask(&query).await?;
                Ok(Page { items: page.nodes, next: page.start_next_after })
            }
        })
    }

    // gateways

    /// All bonded gateways.
    fn gateways(&self) -> impl Stream<Item = Result<GatewayBond, ChainError>> + Send + '_
    where
        Self: Sized,
    {
        pages(move |start_after| async move {
            let page: mixnet::PagedGatewayResponse =
                self.ask(&QueryMsg::GetGateways { start_after, limit: None }).await?;
            Ok(Page { items: page.nodes, next: page.start_next_after })
        })
    }

    /// The gateway with that identity key.
    async fn gateway(&self, identity: &str) -> Result<Option<GatewayBond>, ChainError> {
        let reply: mixnet::GatewayBondResponse =
            self.ask(&QueryMsg::GetGatewayBond { identity: identity.to_owned() }).await?;
        Ok(reply.gateway)
    }

    /// The gateway that an account bonded.
    async fn owned_gateway(&self, owner: &str) -> Result<Option<GatewayBond>, ChainError> {
        let reply: mixnet::OwnedGatewayResponse =
            self.ask(&QueryMsg::GetOwnedGateway { address: owner.to_owned() }).await?;
        Ok(reply.gateway)
    }

    // delegations

    /// Delegations on a node.
    fn node_delegations(&self, mix_id: NodeId) -> impl Stream<Item = Result<Delegation, ChainError>> + Send + '_
    where
        Self: Sized,
    {
        pages(move |start_after| async move {
            let page: mixnet::NodeDelegationsResponse =
                self.ask(&QueryMsg::GetMixnodeDelegations { mix_id, start_after, limit: None }).await?;
            Ok(Page { items: page.delegations, next: page.start_next_after })
        })
    }

    /// Delegations of an account.
    fn delegations_of(&self, delegator: &str) -> impl Stream<Item = Result<Delegation, ChainError>> + Send + '_
    where
        Self: Sized,
    {
        let delegator = delegator.to_owned();
        pages(move |start_after| {
            let delegator = delegator.clone();
            async move {
                let query = QueryMsg::GetDelegatorDelegations { delegator, start_after, limit: None };
                let page: DelegatorDelegationsResponse = self.ask(&query).await?;
                Ok(Page { items: page.delegations, next: page.start_next_after })
            }
        })
    }

    /// All delegations.
    fn all_delegations(&self) -> impl Stream<Item = Result<Delegation, ChainError>> + Send + '_
    where
        Self: Sized,
    {
        pages(move |start_after| async move {
            let page: AllDelegationsResponse =
                self.ask(&QueryMsg::GetAllDelegations { start_after, limit: None }).await?;
            Ok(Page { items: page.delegations, next: page.start_next_after })
        })
    }

    /// One delegation.
    async fn delegation(&self, mix_id: NodeId, delegator: &str) -> Result<Option<Delegation>, ChainError> {
        let query = QueryMsg::GetDelegationDetails { mix_id, delegator: delegator.to_owned() };
        let reply: mixnet::NodeDelegationResponse = self.ask(&query).await?;
        Ok(reply.delegation)
    }

    // epochs

    /// The current epoch: state of its transition, times, the height at which it became current.
    async fn epoch_status(&self) -> Result<EpochStatusResponse, ChainError> {
        self.ask(&QueryMsg::GetEpochStatus {}).await
    }

    /// The current interval, as wallets read it.
    async fn current_interval(&self) -> Result<CurrentIntervalResponse, ChainError> {
        self.ask(&QueryMsg::GetCurrentIntervalDetails {}).await
    }

    /// The rewarded set of the current epoch.
    fn rewarded_set(&self) -> impl Stream<Item = Result<RewardedNode, ChainError>> + Send + '_
    where
        Self: Sized,
    {
        self.rewarded_set_of(None)
    }

    /// The rewarded set of the current epoch or the one before.
    fn rewarded_set_of(
        &self,
        epoch: Option<EpochId>,
    ) -> impl Stream<Item = Result<RewardedNode, ChainError>> + Send + '_
    where
        Self: Sized,
    {
        pages(move |start_after| async move {
            let page: RewardedSetResponse =
                self.ask(&QueryMsg::GetRewardedSet { epoch, limit: None, start_after }).await?;
            Ok(Page { items: page.nodes, next: page.start_next_after })
        })
    }

    /// How many active nodes each layer has.
    async fn layer_distribution(&self) -> Result<LayerDistributionResponse, ChainError> {
        self.ask(&QueryMsg::GetLayerDistribution {}).await
    }

    /// What the current rewarded set was drawn from.
    async fn lottery(&self) -> Result<LotteryResponse, ChainError> {
        self.ask(&QueryMsg::GetLottery {}).await
    }

    /// Candidates frozen for the last draw.
    fn candidates(&self) -> impl Stream<Item = Result<Candidate, ChainError>> + Send + '_
    where
        Self: Sized,
    {
        pages(move |start_after| async move {
            let page: CandidatesResponse = self.ask(&QueryMsg::GetCandidates { limit: None, start_after }).await?;
            Ok(Page { items: page.candidates, next: page.start_next_after })
        })
    }

    /// The beacon: keys, what is to be signed for the coming epoch, shares and seed.
    async fn beacon(&self) -> Result<mixnet::BeaconResponse, ChainError> {
        self.ask(&QueryMsg::GetBeacon {}).await
    }

    /// Monitors and whether they have reported the current epoch.
    async fn monitors(&self) -> Result<MonitorsResponse, ChainError> {
        self.ask(&QueryMsg::GetMonitors {}).await
    }

    /// What one monitor reported of the current epoch.
    fn performance_reports(&self, monitor: &str) -> impl Stream<Item = Result<NodeReport, ChainError>> + Send + '_
    where
        Self: Sized,
    {
        let monitor = monitor.to_owned();
        pages(move |start_after| {
            let monitor = monitor.clone();
            async move {
                let query = QueryMsg::GetPerformanceReports { monitor, limit: None, start_after };
                let page: mixnet::PerformanceReportsResponse = self.ask(&query).await?;
                Ok(Page { items: page.reports, next: page.start_next_after })
            }
        })
    }

    // rewards

    /// What an operator could withdraw.
    async fn operator_reward(&self, address: &str) -> Result<mixnet::PendingRewardResponse, ChainError> {
        self.ask(&QueryMsg::GetPendingOperatorReward { address: address.to_owned() }).await
    }

    /// What the operator of a node could withdraw.
    async fn operator_reward_of(&self, mix_id: NodeId) -> Result<mixnet::PendingRewardResponse, ChainError> {
        self.ask(&QueryMsg::GetPendingMixNodeOperatorReward { mix_id }).await
    }

    /// What a delegator could withdraw.
    async fn delegator_reward(
        &self,
        address: &str,
        mix_id: NodeId,
    ) -> Result<mixnet::PendingRewardResponse, ChainError> {
        self.ask(&QueryMsg::GetPendingDelegatorReward { address: address.to_owned(), mix_id }).await
    }

    /// What an operator would earn in the current epoch; nothing outside the rewarded set.
    async fn estimated_operator_reward(
        &self,
        mix_id: NodeId,
        estimated_performance: Percent,
    ) -> Result<mixnet::EstimatedCurrentEpochRewardResponse, ChainError> {
        self.ask(&QueryMsg::GetEstimatedCurrentEpochOperatorReward { mix_id, estimated_performance }).await
    }

    /// What a delegation would earn in the current epoch; nothing outside the rewarded set.
    async fn estimated_delegator_reward(
        &self,
        address: &str,
        mix_id: NodeId,
        estimated_performance: Percent,
    ) -> Result<mixnet::EstimatedCurrentEpochRewardResponse, ChainError> {
        let address = address.to_owned();
        self.ask(&QueryMsg::GetEstimatedCurrentEpochDelegatorReward { address, mix_id, estimated_performance }).await
    }

    // keys

    /// Number of the current period of keys; 0 where they do not expire.
    async fn key_rotation_id(&self) -> Result<u32, ChainError> {
        let reply: mixnet::KeyRotationIdResponse = self.ask(&QueryMsg::GetKeyRotationId {}).await?;
        Ok(reply.rotation_id)
    }

    /// How long keys serve.
    async fn key_rotation_state(&self) -> Result<mixnet::KeyRotationStateResponse, ChainError> {
        self.ask(&QueryMsg::GetKeyRotationState {}).await
    }

    /// Keys of one node for the current and the coming period.
    async fn node_keys(&self, identity: &str) -> Result<NodeKeysResponse, ChainError> {
        self.ask(&QueryMsg::GetNodeKeys { identity: identity.to_owned() }).await
    }

    /// Keys of all nodes; none where keys do not expire.
    fn all_node_keys(&self) -> impl Stream<Item = Result<NodeKeysResponse, ChainError>> + Send + '_
    where
        Self: Sized,
    {
        pages(move |start_after| async move {
            let page: mixnet::PagedNodeKeysResponse =
                self.ask(&QueryMsg::GetAllNodeKeys { limit: None, start_after }).await?;
            Ok(Page { items: page.nodes, next: page.start_next_after })
        })
    }

    /// Nodes that transitions pass over.
    fn parked_nodes(&self) -> impl Stream<Item = Result<mixnet::ParkedNode, ChainError>> + Send + '_
    where
        Self: Sized,
    {
        pages(move |start_after| async move {
            let page: mixnet::ParkedNodesResponse =
                self.ask(&QueryMsg::GetParkedNodes { limit: None, start_after }).await?;
            Ok(Page { items: page.nodes, next: page.start_next_after })
        })
    }

    /// How much counts or holds only later.
    async fn number_of_pending_events(&self) -> Result<mixnet::NumberOfPendingEventsResponse, ChainError> {
        self.ask(&QueryMsg::GetNumberOfPendingEvents {}).await
    }

    /// What counts from the next epoch.
    fn pending_epoch_events(&self) -> impl Stream<Item = Result<mixnet::PendingEpochEvent, ChainError>> + Send + '_
    where
        Self: Sized,
    {
        pages(move |start_after| async move {
            let page: mixnet::PendingEpochEventsResponse =
                self.ask(&QueryMsg::GetPendingEpochEvents { limit: None, start_after }).await?;
            Ok(Page { items: page.events, next: page.start_next_after })
        })
    }

    /// What holds from the next interval.
    fn pending_interval_events(
        &self,
    ) -> impl Stream<Item = Result<mixnet::PendingIntervalEvent, ChainError>> + Send + '_
    where
        Self: Sized,
    {
        pages(move |start_after| async move {
            let page: mixnet::PendingIntervalEventsResponse =
                self.ask(&QueryMsg::GetPendingIntervalEvents { limit: None, start_after }).await?;
            Ok(Page { items: page.events, next: page.start_next_after })
        })
    }

    /// The first thing of a node, or with number 0 of none, that counts from the next epoch.
    async fn pending_epoch_event(&self, event_id: NodeId) -> Result<Option<mixnet::PendingEpochEventData>, ChainError> {
        let reply: mixnet::PendingEpochEventResponse = self.ask(&QueryMsg::GetPendingEpochEvent { event_id }).await?;
        Ok(reply.event)
    }

    /// The first thing of a node, or with number 0 of none, that holds from the next interval.
    async fn pending_interval_event(
        &self,
        event_id: NodeId,
    ) -> Result<Option<mixnet::PendingIntervalEventData>, ChainError> {
        let reply: mixnet::PendingIntervalEventResponse =
            self.ask(&QueryMsg::GetPendingIntervalEvent { event_id }).await?;
        Ok(reply.event)
    }

    // signing

    /// The nonce that the next signed payload of this sender must carry.
    async fn signing_nonce(&self, address: &str) -> Result<u64, ChainError> {
        let query = QueryMsg::GetSigningNonce { address: address.to_owned() };
        let reply: mixnet::SigningNonceResponse = self.ask(&query).await?;
        Ok(reply.nonce)
    }
}

impl<T: ContractQuery<QueryMsg>> MixnetQueries for T {}
