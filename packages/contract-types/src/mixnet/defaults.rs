//! Defaults of a network, from the protocol and the economic model.

use cosmwasm_std::{coin, Decimal, Uint128};

use super::{ContractStateParams, EpochParams, InitialRewardingParams, InstantiateMsg, MixingParams};
use crate::Percent;

/// 1 NYM in `unym`.
const NYM: u128 = 1_000_000;

impl Default for EpochParams {
    fn default() -> Self {
        Self {
            epoch_length: 3_600,
            epochs_in_interval: 720,
            report_grace: 300,
            seed_grace: 600,
            stale_epochs: 24,
            bootstrap_seed: false,
            key_period: 24,
        }
    }
}

impl Default for MixingParams {
    fn default() -> Self {
        Self { payload_size: 2_048, mean_hop_delay_ms: 50, max_hop_delay_ms: 10_000 }
    }
}

impl Default for InitialRewardingParams {
    fn default() -> Self {
        Self {
            initial_reward_pool: Uint128::new(250_000_000 * NYM),
            initial_staking_supply: Uint128::new(100_000_000 * NYM),
            staking_supply_scale_factor: Percent::hundred(),
            sybil_resistance: Percent::from_percentage(30).unwrap_or_default(),
            active_set_work_factor: Decimal::from_ratio(10u128, 1u128),
            interval_pool_emission: Percent::from_percentage(2).unwrap_or_default(),
            rewarded_set_size: 240,
            active_set_size: 100,
        }
    }
}

impl InstantiateMsg {
    /// A network with every parameter at its default and no monitors yet.
    pub fn with_defaults(denom: &str) -> Self {
        Self {
            rewarding_denom: denom.to_owned(),
            monitors: Vec::new(),
            epochs: EpochParams::default(),
            first_epoch_length: None,
            initial_rewarding_params: InitialRewardingParams::default(),
            params: ContractStateParams {
                minimum_mixnode_pledge: coin(100 * NYM, denom),
                minimum_gateway_pledge: coin(100 * NYM, denom),
                minimum_mixnode_delegation: None,
                profit_margin: None,
                interval_operating_cost: None,
            },
            mixing: MixingParams::default(),
            allow_loopback: false,
        }
    }

    /// A network on one machine: short epochs, the first of which may end at once, seeds from the hash chain, loopback addresses.
    ///
    /// `epoch_length` is in seconds.
    pub fn local(denom: &str, epoch_length: u64, monitors: Vec<String>) -> Self {
        let defaults = Self::with_defaults(denom);
        Self {
            monitors,
            epochs: EpochParams {
                epoch_length,
                report_grace: epoch_length.div_ceil(4),
                seed_grace: epoch_length.div_ceil(2),
                bootstrap_seed: true,
                key_period: 0,
                ..EpochParams::default()
            },
            first_epoch_length: Some(0),
            allow_loopback: true,
            ..defaults
        }
    }
}
