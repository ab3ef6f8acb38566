//! Entry points: which message goes where, and which may carry funds.

use cosmwasm_std::{Binary, Deps, DepsMut, Env, Event, MessageInfo, MigrateInfo, Response};
use nym_contract_types::lottery;
use nym_contract_types::mixnet::{
    events, ContractState, ContractVersionResponse, Cw2VersionResponse, DrawOutcome, ExecuteMsg, InstantiateMsg,
    LotteryResponse, MigrateMsg, NodeKeys, QueryMsg, SigningNonceResponse,
};

use nym_contract_runtime::json::{self, Write};

use crate::epochs::clock::{Epoch, Outcome, Phase, EPOCH};
use crate::epochs::state::{LAST_SEED, LOTTERY};
use crate::funds::{exactly, nonpayable};
use crate::state::{Account, Core, CORE, REWARDING, STATE};
use crate::{
    admin, beacon, delegations, epochs, gateways, migrations, mixnodes, owed, rewards, rotation, ContractError,
};

/// Sets up a network.
pub fn instantiate(
    deps: DepsMut<'_>,
    env: Env,
    info: MessageInfo,
    msg: InstantiateMsg,
) -> Result<Response, ContractError> {
    exactly(&info, msg.initial_rewarding_params.initial_reward_pool, &msg.rewarding_denom)?;
    let state = ContractState {
        owner: info.sender,
        rewarding_denom: msg.rewarding_denom,
        params: msg.params,
        epochs: msg.epochs,
        mixing: msg.mixing,
        allow_loopback: msg.allow_loopback,
    };
    admin::params::check_state(&state)?;
    let rewarding = admin::params::rewarding(&msg.initial_rewarding_params, &state)?;
    let first_length = msg.first_epoch_length.unwrap_or(state.epochs.epoch_length);
    if first_length > state.epochs.epoch_length {
        let value = first_length.to_string();
        return Err(ContractError::Parameter { name: "first_epoch_length", value, rule: "at most epoch_length" });
    }

    migrations::record_version(deps.storage);
    admin::execute::save_monitors(deps.storage, deps.api, msg.monitors)?;
    CORE.save(deps.storage, &Core::new(state.rewarding_denom.clone()));
    STATE.save(deps.storage, &state)?;
    EPOCH.save(
        deps.storage,
        &Epoch {
            id: 0,
            phase: Phase::Running,
            starts_at: env.block.time.seconds(),
            length: first_length,
            height: env.block.height,
            previous_height: 0,
            interval: 0,
            interval_start: 0,
            outcome: Outcome::None,
            begun_at: 0,
            cursor: 0,
            final_node: 0,
            candidates: 0,
        },
    )?;
    let seed = lottery::first_seed(&env.block.chain_id, env.contract.address.as_str());
    LAST_SEED.save(deps.storage, &Binary::from(seed));
    LOTTERY.save(
        deps.storage,
        &LotteryResponse {
            epoch: 0,
            outcome: DrawOutcome::None,
            seed_source: epochs::draw::seed_source(&state),
            seed: Binary::default(),
            candidates: 0,
            rewarded_set_size: rewarding.rewarded_set_size,
            active_set_size: rewarding.active_set_size,
            candidates_available: true,
        },
    );
    let event = Event::new(events::MIXNET)
        .add_attribute(events::ATTR_ACTION, "instantiate")
        .add_attribute(events::ATTR_OWNER, &state.owner)
        .add_attribute(
            events::ATTR_AMOUNT,
            format!("{}{}", msg.initial_rewarding_params.initial_reward_pool, state.rewarding_denom),
        );
    REWARDING.save(deps.storage, &rewarding);

    Ok(Response::new().add_event(event))
}

/// Does what an account asks for.
pub fn execute(deps: DepsMut<'_>, env: Env, info: MessageInfo, msg: ExecuteMsg) -> Result<Response, ContractError> {
    use ExecuteMsg as M;
    match msg {
        // mix nodes
        M::BondMixnode { mix_node, cost_params, owner_signature } => {
            mixnodes::execute::bond(deps, env, info, mix_node, cost_params, owner_signature)
        }
        M::UnbondMixnode {} => mixnodes::execute::unbond(deps, env, nonpayable(info)?),
        M::UpdateMixnodeConfig { new_config } => mixnodes::execute::update_config(deps, nonpayable(info)?, new_config),
        M::UpdateNodeKeys { period, sphinx_key, noise_key, signature } => {
            let new = NodeKeys { period, sphinx_key, noise_key };
            rotation::execute::update(deps, env, nonpayable(info)?, new, signature)
        }
        M::PledgeMore {} => mixnodes::execute::pledge_more(deps, env, info),
        M::CancelPledgeMore {} => mixnodes::execute::cancel_pledge_more(deps, nonpayable(info)?),
        M::DecreasePledge { decrease_by } => {
            mixnodes::execute::decrease_pledge(deps, env, nonpayable(info)?, decrease_by)
        }
        M::UpdateMixnodeCostParams { new_costs } => mixnodes::execute::update_costs(deps, nonpayable(info)?, new_costs),
        M::WithdrawOperatorReward {} => rewards::execute::withdraw_operator(deps, nonpayable(info)?),

        // gateways
        M::BondGateway { gateway, owner_signature } => {
            gateways::execute::bond(deps, env, info, gateway, owner_signature)
        }
        M::UnbondGateway {} => gateways::execute::unbond(deps, nonpayable(info)?),
        M::UpdateGatewayConfig { new_config } => gateways::execute::update_config(deps, nonpayable(info)?, new_config),

        // delegations
        M::DelegateToMixnode { mix_id } => delegations::execute::delegate(deps, env, info, mix_id),
        M::UndelegateFromMixnode { mix_id } => delegations::execute::undelegate(deps, env, nonpayable(info)?, mix_id),
        M::CancelPendingDelegation { mix_id } => delegations::execute::cancel(deps, env, nonpayable(info)?, mix_id),
        M::WithdrawDelegatorReward { mix_id } => rewards::execute::withdraw_delegator(deps, nonpayable(info)?, mix_id),
        M::WithdrawRewards { mix_ids, operator } => {
            rewards::execute::withdraw_many(deps, nonpayable(info)?, mix_ids, operator)
        }
        M::FundRewardPool {} => rewards::execute::fund_pool(deps, info),

        // epochs
        M::SubmitPerformance { epoch, reports, more_follows } => {
            epochs::performance::submit(deps, env, nonpayable(info)?, epoch, reports, more_follows)
        }
        M::BeginEpochTransition { epoch } => {
            nonpayable(info)?;
            epochs::execute::begin(deps, env, epoch)
        }
        M::AdvanceEpoch { epoch, limit } => {
            nonpayable(info)?;
            epochs::execute::advance(deps, env, epoch, limit)
        }

        // the beacon
        M::SubmitSeedShare { epoch, share } => {
            beacon::execute::submit_share(deps, env, nonpayable(info)?, epoch, share)
        }
        M::SubmitSeed { epoch, signature } => {
            nonpayable(info)?;
            beacon::execute::submit_seed(deps, env, epoch, signature)
        }
        M::UpdateBeaconKey { key } => beacon::execute::update_key(deps, nonpayable(info)?, key),
        M::HandOverBeacon { authority } => beacon::execute::hand_over(deps, nonpayable(info)?, authority),

        // administration
        M::UpdateActiveSetSize { active_set_size, force_immediately } => {
            admin::execute::update_active_set_size(deps, nonpayable(info)?, active_set_size, force_immediately)
        }
        M::UpdateRewardingParams { updated_params, force_immediately } => {
            admin::execute::update_rewarding(deps, nonpayable(info)?, updated_params, force_immediately)
        }
        M::UpdateIntervalConfig { epochs_in_interval, epoch_duration_secs, force_immediately } => {
            let sender = nonpayable(info)?;
            admin::execute::update_interval(deps, sender, epochs_in_interval, epoch_duration_secs, force_immediately)
        }
        M::UpdateAdmin { admin } => admin::execute::offer(deps, nonpayable(info)?, admin),
        M::AcceptAdmin {} => admin::execute::accept(deps, nonpayable(info)?),
        M::UpdateMonitors { monitors } => admin::execute::update_monitors(deps, nonpayable(info)?, monitors),
        M::UpdateContractStateParams { updated_parameters } => {
            admin::execute::update_params(deps, nonpayable(info)?, updated_parameters)
        }
    }
}

/// Answers a question.
pub fn query(deps: Deps<'_>, env: Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    use QueryMsg as Q;
    match msg {
        // contract
        Q::GetContractVersion {} => reply(&ContractVersionResponse {
            contract: migrations::NAME.to_owned(),
            build_version: migrations::VERSION.to_owned(),
            rustc_version: env!("CARGO_PKG_RUST_VERSION").to_owned(),
        }),
        Q::GetCw2ContractVersion {} => {
            let stored = migrations::CONTRACT_INFO.load(deps.storage)?;
            reply(&Cw2VersionResponse { contract: stored.contract, version: stored.version })
        }
        Q::GetState {} => reply(&STATE.load(deps.storage)?),
        Q::GetStateParams {} => reply(&STATE.load(deps.storage)?.params),
        Q::GetRewardingParams {} => reply(&REWARDING.load(deps.storage)?),
        Q::GetPendingParams {} => reply(&rewards::state::PENDING_PARAMS.may_load(deps.storage)?.unwrap_or_default()),
        Q::GetPoolChange {} => reply(&rewards::query::pool_change(deps)?),
        Q::Admin {} => reply(&Some(STATE.load(deps.storage)?.owner)),

        // mix nodes
        Q::GetMixNodeBonds { limit, start_after } => reply(&mixnodes::query::bonds(deps, start_after, limit)?),
        Q::GetMixNodesDetailed { limit, start_after } => reply(&mixnodes::query::detailed(deps, start_after, limit)?),
        Q::GetMixnodeDetails { mix_id } => reply(&mixnodes::query::details(deps, mix_id)?),
        Q::GetBondedMixnodeDetailsByIdentity { mix_identity } => {
            reply(&mixnodes::query::details_by_identity(deps, mix_identity)?)
        }
        Q::GetOwnedMixnode { address } => reply(&mixnodes::query::owned(deps, address)?),
        Q::GetMixnodeRewardingDetails { mix_id } => reply(&mixnodes::query::rewarding_details(deps, mix_id)?),
        Q::GetPendingOperatorReward { address } => reply(&rewards::query::of_operator(deps, address)?),
        Q::GetPendingMixNodeOperatorReward { mix_id } => reply(&rewards::query::of_operator_of(deps, mix_id)?),
        Q::GetPendingDelegatorReward { address, mix_id } => {
            reply(&rewards::query::of_delegator(deps, address, mix_id)?)
        }
        Q::GetEstimatedCurrentEpochOperatorReward { mix_id, estimated_performance } => {
            reply(&rewards::query::estimate_operator(deps, mix_id, estimated_performance)?)
        }
        Q::GetEstimatedCurrentEpochDelegatorReward { address, mix_id, estimated_performance } => {
            reply(&rewards::query::estimate_delegator(deps, address, mix_id, estimated_performance)?)
        }
        Q::GetStakeSaturation { mix_id } => reply(&mixnodes::query::saturation(deps, mix_id)?),
        Q::GetNodePerformance { mix_id } => reply(&epochs::query::performance_of(deps, mix_id)?),
        Q::GetUnbondedMixNodes { limit, start_after } => reply(&mixnodes::query::unbonded(deps, start_after, limit)?),
        Q::GetUnbondedMixNodeInformation { mix_id } => reply(&mixnodes::query::unbonded_one(deps, mix_id)?),

        Q::GetUnbondedMixNodesByOwner { owner, limit, start_after } => {
            reply(&mixnodes::query::unbonded_by_owner(deps, owner, start_after, limit)?)
        }
        Q::GetUnbondedMixNodesByIdentityKey { identity_key, limit, start_after } => {
            reply(&mixnodes::query::unbonded_by_identity(deps, identity_key, start_after, limit)?)
        }

        // gateways
        Q::GetGateways { start_after, limit } => reply(&gateways::query::gateways(deps, start_after, limit)?),
        Q::GetGatewayBond { identity } => reply(&gateways::query::gateway(deps, identity)?),
        Q::GetOwnedGateway { address } => reply(&gateways::query::owned(deps, address)?),

        // delegations
        Q::GetMixnodeDelegations { mix_id, start_after, limit } => {
            reply(&delegations::query::of_node(deps, mix_id, start_after, limit)?)
        }
        Q::GetDelegatorDelegations { delegator, start_after, limit } => {
            reply(&delegations::query::of_owner(deps, delegator, start_after, limit)?)
        }
        Q::GetDelegationDetails { mix_id, delegator } => reply(&delegations::query::one(deps, mix_id, delegator)?),
        Q::GetAllDelegations { start_after, limit } => reply(&delegations::query::all(deps, start_after, limit)?),

        // epochs
        Q::GetEpochStatus {} => reply(&epochs::query::status(deps, env)?),
        Q::GetCurrentIntervalDetails {} => reply(&epochs::query::interval(deps, env)?),
        Q::GetRewardedSet { epoch, limit, start_after } => {
            reply(&epochs::query::rewarded_set(deps, epoch, limit, start_after)?)
        }
        Q::GetPendingEpochEvents { limit, start_after } => {
            reply(&epochs::pending::epoch_events(deps, env, limit, start_after)?)
        }
        Q::GetPendingIntervalEvents { limit, start_after } => {
            reply(&epochs::pending::interval_events(deps, env, limit, start_after)?)
        }
        Q::GetPendingEpochEvent { event_id } => reply(&epochs::pending::epoch_event(deps, event_id)?),
        Q::GetPendingIntervalEvent { event_id } => reply(&epochs::pending::interval_event(deps, event_id)?),
        Q::GetNumberOfPendingEvents {} => reply(&epochs::pending::count(deps)?),
        Q::GetParkedNodes { limit, start_after } => reply(&epochs::query::parked(deps, limit, start_after)?),
        Q::GetSolvency {} => reply(&owed::solvency(deps, env)?),
        Q::GetLayerDistribution {} => reply(&epochs::query::layers(deps)?),
        Q::GetLottery {} => reply(&epochs::query::lottery(deps)?),
        Q::GetCandidates { limit, start_after } => reply(&epochs::query::candidates(deps, limit, start_after)?),
        Q::GetBeacon {} => reply(&beacon::query::beacon(deps, env)?),
        Q::GetMonitors {} => reply(&epochs::query::monitors(deps)?),
        Q::GetPerformanceReports { monitor, limit, start_after } => {
            reply(&epochs::query::reports(deps, monitor, limit, start_after)?)
        }

        // keys
        Q::GetKeyRotationId {} => reply(&rotation::query::id(deps)?),
        Q::GetKeyRotationState {} => reply(&rotation::query::state(deps)?),
        Q::GetNodeKeys { identity } => reply(&rotation::query::of_node(deps, identity)?),
        Q::GetAllNodeKeys { limit, start_after } => reply(&rotation::query::all(deps, start_after, limit)?),

        // signing
        Q::GetSigningNonce { address } => {
            let sender = deps.api.addr_validate(&address)?;
            let core = CORE.load(deps.storage)?;
            reply(&SigningNonceResponse { nonce: Account::load(deps.storage, &core, &sender)?.nonce })
        }
    }
}

/// The JSON of an answer.
fn reply<T: Write>(answer: &T) -> Result<Binary, ContractError> {
    Ok(Binary::from(json::to_vec(answer)))
}

/// Takes the state of an earlier version over.
pub fn migrate(deps: DepsMut<'_>, _env: Env, _msg: MigrateMsg, _info: MigrateInfo) -> Result<Response, ContractError> {
    migrations::migrate(deps)
}
