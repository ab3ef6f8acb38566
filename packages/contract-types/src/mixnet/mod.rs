//! The mixnet contract: bonds, delegations, epochs, performance and the rewarded set.

mod beacon;
mod defaults;
mod epoch;
pub mod events;
pub mod limits;
mod msg;
mod nodes;
mod params;
mod pending;
mod query;
mod responses;

pub use beacon::{AnnouncedBeaconKey, BeaconKey, BeaconMember, BeaconResponse, SeedShare};
pub use epoch::{
    Candidate, DrawOutcome, DurationReply, EpochState, EpochStatusResponse, Interval, LotteryResponse, NodeReport,
    RewardedNode, RewardedNodeStatus, SeedSource,
};
pub use msg::{ExecuteMsg, InstantiateMsg, MigrateMsg};
pub use nodes::{
    Delegation, Gateway, GatewayBond, GatewayBonding, GatewayConfigUpdate, MixNode, MixNodeBond, MixNodeConfigUpdate,
    MixNodeCostParams, MixNodeDetails, MixnodeBonding, NodeKeys, NodeRewarding, PendingNodeChanges, Performance,
    UnbondedMixnode,
};
pub use params::{
    ContractState, ContractStateParams, EpochParams, InitialRewardingParams, IntervalRewardParams, MixingParams,
    OperatingCostRange, PendingParams, ProfitMarginRange, RewardingParams, RewardingParamsUpdate, KEY_OVERLAP,
};
pub use pending::{
    NumberOfPendingEventsResponse, PendingEpochEvent, PendingEpochEventData, PendingEpochEventKind,
    PendingEpochEventResponse, PendingEpochEventsResponse, PendingIntervalEvent, PendingIntervalEventData,
    PendingIntervalEventKind, PendingIntervalEventResponse, PendingIntervalEventsResponse,
};
pub use query::QueryMsg;
pub use responses::{
    AllDelegationsResponse, CandidatesResponse, ContractVersionResponse, CurrentIntervalResponse, Cw2VersionResponse,
    DelegatorDelegationsResponse, EstimatedCurrentEpochRewardResponse, GatewayBondResponse, KeyRotationIdResponse,
    KeyRotationStateResponse, LayerDistributionResponse, MixOwnershipResponse, MixnodeDetailsByIdentityResponse,
    MixnodeDetailsResponse, MixnodeRewardingDetailsResponse, MonitorsResponse, NodeDelegationResponse,
    NodeDelegationsResponse, NodeKeysResponse, NodePerformanceResponse, OwnedGatewayResponse, PagedGatewayResponse,
    PagedMixnodeBondsResponse, PagedMixnodesDetailsResponse, PagedNodeKeysResponse, PagedUnbondedMixnodesResponse,
    ParkedNode, ParkedNodesResponse, PendingRewardResponse, PerformanceReportsResponse, PoolChangeResponse,
    RewardedSetResponse, SigningNonceResponse, SolvencyResponse, StakeSaturationResponse, UnbondedMixnodeResponse,
};
