//! `mixnode doctor` and `gateway doctor`: whether the bond says what the node's machine would announce now, whether the node can do its
//! work, and whether it is paid by what it announced.

use std::fmt::Display;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cosmwasm_std::Coin;
use nym_chain_client::{ChainClient, Contract, MixnetQueries};
use nym_contract_types::mixnet::{
    ContractStateParams, Gateway, GatewayBonding, IntervalRewardParams, MixNode, MixNodeCostParams, MixNodeDetails,
    MixnodeBonding, PendingIntervalEventKind,
};
use nym_daemon::{ErrorKind, Failure};
use serde::Serialize;

use crate::{
    amounts::address,
    context::Context,
    failure::{not_found, Attempt, Outcome},
    output::Answer,
};

/// A node that does not accept a connection within this is not reached.
const PATIENCE: Duration = Duration::from_secs(5);
/// Times of blocks lag behind by some seconds; more than this is a wrong clock on one of the two sides.
const CLOCK_TOLERANCE: u64 = 60;

/// One finding.
#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    /// `false`: the operator has something to do.
    ok: bool,
    detail: String,
}

/// What differs between the kinds of nodes in what is said of them.
#[derive(Clone, Copy)]
struct Kind {
    noun: &'static str,
    program: &'static str,
    /// What a node without link key is not.
    without_link_key: &'static str,
    /// What to do about a pledge that is too small.
    pledge: &'static str,
}

const MIX_NODE: Kind = Kind {
    noun: "mix node",
    program: "mixnode",
    without_link_key: "without a link key the node is no candidate of the lottery",
    pledge: "add to the pledge with nym-cli mixnode pledge-more",
};

const GATEWAY: Kind = Kind {
    noun: "gateway",
    program: "gateway",
    without_link_key: "without a link key the gateway is in no topology",
    pledge: "pledge anew: nym-cli gateway unbond, then nym-cli gateway bond --node-file FILE",
};

/// Examines the mix node that was bonded with the identity key that the machine announces.
pub(crate) async fn examine_mixnode(machine: &MixnodeBonding, context: &Context) -> Outcome<Answer> {
    const WHAT: &str = "examine the mix node";
    let mixnet = context.mixnet().await?;
    let machine = &machine.mix_node;
    let node = mixnet.mixnode_by_identity(&machine.identity_key).await.attempt(WHAT)?;
    let node = node.ok_or_else(|| not_bonded(MIX_NODE, &machine.identity_key))?;
    let mut bond = node.bond_information.mix_node.clone();
    let keys_expire = serving(&mixnet, &bond.identity_key, &mut bond.sphinx_key, &mut bond.noise_key).await?;
    let mut findings = announced(machine, &bond);
    findings.push(reached("reachable", &bond.host, bond.mix_port).await);
    findings.extend(on_chain(&mixnet, &node).await?);
    verdict(findings, MIX_NODE, &format!("mix node {}", node.bond_information.mix_id), keys_expire)
}

/// Examines the gateway that was bonded with the identity key that the machine announces.
pub(crate) async fn examine_gateway(machine: &GatewayBonding, context: &Context) -> Outcome<Answer> {
    const WHAT: &str = "examine the gateway";
    let mixnet = context.mixnet().await?;
    let machine = &machine.gateway;
    let found = mixnet.gateway(&machine.identity_key).await.attempt(WHAT)?;
    let found = found.ok_or_else(|| not_bonded(GATEWAY, &machine.identity_key))?;
    let mut bond = found.gateway.clone();
    let keys_expire = serving(&mixnet, &bond.identity_key, &mut bond.sphinx_key, &mut bond.noise_key).await?;
    let mut findings = announced_gateway(machine, &bond);
    findings.push(reached("reachable", &bond.host, bond.mix_port).await);
    findings.push(reached("clients reach it", &bond.host, bond.clients_port).await);
    let (params, status) = futures::try_join!(mixnet.state_params(), mixnet.epoch_status()).attempt(WHAT)?;
    findings.push(pledged(&found.pledge_amount, &params.minimum_gateway_pledge));
    findings.push(clock(status.current_blocktime));
    verdict(findings, GATEWAY, &format!("gateway '{}'", bond.identity_key), keys_expire)
}

fn not_bonded(kind: Kind, identity: &str) -> Failure {
    let Kind { noun, program, .. } = kind;
    not_found(
        format!("could not examine the {noun}"),
        format!("no {noun} with identity '{identity}' is bonded"),
        format!("bond it: nym-cli {program} bond --node-file FILE"),
    )
}

/// Puts the keys that serve now into the place of the bond's, where keys serve for a period. Returns whether they do.
async fn serving(
    mixnet: &Contract<ChainClient>,
    identity: &str,
    sphinx_key: &mut String,
    noise_key: &mut Option<String>,
) -> Outcome<bool> {
    const WHAT: &str = "examine the node's keys";
    let keys_expire = mixnet.key_rotation_state().await.attempt(WHAT)?.validity_epochs > 0;
    if keys_expire {
        let serving = mixnet.node_keys(identity).await.attempt(WHAT)?.current;
        *noise_key = serving.as_ref().map(|keys| keys.noise_key.clone());
        if let Some(keys) = serving {
            *sphinx_key = keys.sphinx_key;
        }
    }
    Ok(keys_expire)
}

/// All findings, or the first that is wrong as a failure.
fn verdict(findings: Vec<Finding>, kind: Kind, name: &str, keys_expire: bool) -> Outcome<Answer> {
    if let Some(wrong) = findings.iter().find(|finding| !finding.ok) {
        let more = findings.iter().filter(|finding| !finding.ok).count() - 1;
        let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
        return Err(Failure::new(ErrorKind::Failed, format!("{}: {}{more}", wrong.check, wrong.detail))
            .with_help(remedy(wrong.check, kind, keys_expire))
            .context(format!("{name} is not healthy")));
    }
    Ok(Answer::table(&findings, &["check", "finding"], "nothing to check", |finding| {
        vec![finding.check.to_owned(), finding.detail.clone()]
    }))
}

/// What to do about a finding. Where keys serve for a period, the owner announces new ones; elsewhere they are the bond's.
fn remedy(check: &str, kind: Kind, keys_expire: bool) -> String {
    let program = kind.program;
    match check {
        "sphinx key" | "link key" | "candidate" if keys_expire => format!(
            "announce the keys that {program} keys-info prints on the node's machine with nym-cli {program} update-keys"
        ),
        "identity key" | "sphinx key" | "link key" | "candidate" => format!(
            "keys change by bonding anew: nym-cli {program} unbond, then nym-cli {program} bond --node-file FILE"
        ),
        "address" | "clients" | "location" | "public port" | "version" => {
            format!("announce what the machine says with nym-cli {program} update-config")
        }
        "reachable" | "clients reach it" => "start the node, and let connections to its address through".to_owned(),
        "pledge" => kind.pledge.to_owned(),
        "profit margin" | "operating cost" => {
            format!("announce what nym-cli params show says is allowed: nym-cli {program} update-costs")
        }
        _ => "set this machine's clock; if it is right, the chain has stopped making blocks".to_owned(),
    }
}

/// What the machine announces beside what the contract says.
fn announced(machine: &MixNode, bond: &MixNode) -> Vec<Finding> {
    let mut findings = vec![
        same("identity key", &machine.identity_key, &bond.identity_key),
        same("sphinx key", &machine.sphinx_key, &bond.sphinx_key),
        same("link key", optional(&machine.noise_key), optional(&bond.noise_key)),
        same("address", address(&machine.host, machine.mix_port), address(&bond.host, bond.mix_port)),
        same("public port", machine.http_api_port, bond.http_api_port),
        same("version", &machine.version, &bond.version),
    ];
    findings.extend(without_link_key(&bond.noise_key, MIX_NODE));
    findings
}

/// The same of a gateway.
fn announced_gateway(machine: &Gateway, bond: &Gateway) -> Vec<Finding> {
    let mut findings = vec![
        same("identity key", &machine.identity_key, &bond.identity_key),
        same("sphinx key", &machine.sphinx_key, &bond.sphinx_key),
        same("link key", optional(&machine.noise_key), optional(&bond.noise_key)),
        same("address", address(&machine.host, machine.mix_port), address(&bond.host, bond.mix_port)),
        same("clients", address(&machine.host, machine.clients_port), address(&bond.host, bond.clients_port)),
        same("location", &machine.location, &bond.location),
        same("version", &machine.version, &bond.version),
    ];
    findings.extend(without_link_key(&bond.noise_key, GATEWAY));
    findings
}

fn same(check: &'static str, machine: impl ToString, bond: impl ToString) -> Finding {
    let (machine, bond) = (machine.to_string(), bond.to_string());
    let ok = machine == bond;
    let detail = if ok { bond } else { format!("the machine announces {machine}, the bond says {bond}") };
    Finding { check, ok, detail }
}

fn optional(key: &Option<String>) -> &str {
    key.as_deref().unwrap_or("none")
}

fn without_link_key(key: &Option<String>, kind: Kind) -> Option<Finding> {
    let finding = Finding { check: "candidate", ok: false, detail: kind.without_link_key.to_owned() };
    key.is_none().then_some(finding)
}

/// Whether a bonded address accepts connections from here.
async fn reached(check: &'static str, host: &str, port: u16) -> Finding {
    let address = address(host, port);
    let connected = match address.parse::<SocketAddr>() {
        Err(_) => Err("that is no IP address".to_owned()),
        Ok(to) => match tokio::time::timeout(PATIENCE, tokio::net::TcpStream::connect(to)).await {
            Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
            Ok(result) => result.map(|_| ()).map_err(|error| error.to_string()),
        },
    };
    let ok = connected.is_ok();
    let detail = match connected {
        Ok(()) => format!("{address} accepts connections"),
        Err(why) => format!("{address} cannot be reached from here: {why}"),
    };
    Finding { check, ok, detail }
}

async fn on_chain(mixnet: &Contract<ChainClient>, node: &MixNodeDetails) -> Outcome<Vec<Finding>> {
    const WHAT: &str = "examine the mix node";
    let bond = &node.bond_information;
    let (params, rewarding, pending, saturation, performance, status) = futures::try_join!(
        mixnet.state_params(),
        mixnet.rewarding_params(),
        mixnet.pending_interval_event(bond.mix_id),
        mixnet.stake_saturation(bond.mix_id),
        mixnet.performance(bond.mix_id),
        mixnet.epoch_status(),
    )
    .attempt(WHAT)?;

    let saturated = saturation.uncapped_saturation.unwrap_or_default();
    let layer = bond.layer.map_or_else(|| "none in this epoch".to_owned(), |layer| format!("layer {layer}"));
    let performance = performance
        .last_known
        .map_or_else(|| "never measured".to_owned(), |known| format!("{} in epoch {}", known.value, known.epoch));
    let pending = pending.and_then(|pending| match pending.kind {
        PendingIntervalEventKind::ChangeMixCostParams { new_costs, .. } => Some(new_costs),
        _ => None,
    });
    let [margin, cost] = costs(&node.rewarding_details.cost_params, pending, &rewarding.interval, &params);
    Ok(vec![
        pledged(&bond.original_pledge, &params.minimum_mixnode_pledge),
        margin,
        cost,
        Finding { check: "saturation", ok: true, detail: format!("{saturated} of the saturation point") },
        Finding { check: "layer", ok: true, detail: layer },
        Finding { check: "performance", ok: true, detail: performance },
        clock(status.current_blocktime),
    ])
}

fn pledged(pledge: &Coin, minimum: &Coin) -> Finding {
    let ok = pledge.amount >= minimum.amount;
    Finding { check: "pledge", ok, detail: format!("{pledge}, at least {minimum}") }
}

/// Whether rewards use the margin and cost that the node announced: those that hold in this interval, and from the next on those that
/// were announced last.
fn costs(
    held: &MixNodeCostParams,
    pending: Option<MixNodeCostParams>,
    interval: &IntervalRewardParams,
    params: &ContractStateParams,
) -> [Finding; 2] {
    let last = pending.unwrap_or_else(|| held.clone());
    let (now, next) = (interval.nearest(held), params.nearest(&last));
    [
        kept("profit margin", &last.profit_margin_percent, &now.profit_margin_percent, &next.profit_margin_percent),
        kept(
            "operating cost",
            &last.interval_operating_cost,
            &now.interval_operating_cost,
            &next.interval_operating_cost,
        ),
    ]
}

/// What was announced beside what rewards use in this interval and from the next one on.
fn kept<T: Display + PartialEq>(check: &'static str, announced: &T, now: &T, next: &T) -> Finding {
    let ok = next == announced;
    let detail = if ok && now == next {
        announced.to_string()
    } else if now == next {
        format!("rewards use {now}, in this interval already; the node announced {announced}")
    } else {
        format!("rewards use {now} in this interval and {next} from the next one on; the node announced {announced}")
    };
    Finding { check, ok, detail }
}

/// Whether this machine and the chain agree about the time.
fn clock(chain: u64) -> Finding {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let apart = now.abs_diff(chain);
    Finding { check: "clock", ok: apart <= CLOCK_TOLERANCE, detail: format!("{apart} s from the chain's") }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use cosmwasm_std::{coin, Decimal};
    use nym_contract_types::mixnet::{OperatingCostRange, ProfitMarginRange};
    use nym_contract_types::Percent;

    use super::*;

    fn node() -> MixNode {
        MixNode {
            host: "198.51.100.7".into(),
            mix_port: 1789,
            verloc_port: 0,
            http_api_port: 8000,
            sphinx_key: "sphinx".into(),
            identity_key: "identity".into(),
            version: "0.1.0".into(),
            noise_key: Some("link".into()),
        }
    }

    #[test]
    fn keys_are_announced_anew_where_they_serve_for_a_period_and_bonded_anew_elsewhere() {
        for kind in [MIX_NODE, GATEWAY] {
            let program = kind.program;
            for check in ["sphinx key", "link key", "candidate"] {
                assert!(remedy(check, kind, true).contains(&format!("{program} update-keys")), "{check}");
                assert!(remedy(check, kind, false).contains("bonding anew"), "{check}");
            }
            assert!(remedy("identity key", kind, true).contains("bonding anew"), "an identity is for good");
            for keys_expire in [true, false] {
                assert!(remedy("address", kind, keys_expire).contains(&format!("{program} update-config")));
            }
        }
    }

    #[test]
    fn a_machine_that_announces_its_bond_is_healthy() {
        assert!(announced(&node(), &node()).iter().all(|finding| finding.ok));
    }

    #[test]
    fn every_difference_is_found() {
        type Change = (fn(&mut MixNode), &'static str);
        let changes: [Change; 6] = [
            (|n| n.host = "198.51.100.8".into(), "address"),
            (|n| n.mix_port = 1, "address"),
            (|n| n.sphinx_key = "other".into(), "sphinx key"),
            (|n| n.noise_key = None, "link key"),
            (|n| n.http_api_port = 1, "public port"),
            (|n| n.version = "0.2.0".into(), "version"),
        ];
        for (change, check) in changes {
            let mut machine = node();
            change(&mut machine);
            let wrong: Vec<_> = announced(&machine, &node()).into_iter().filter(|finding| !finding.ok).collect();
            assert_eq!(wrong.iter().map(|finding| finding.check).collect::<Vec<_>>(), [check]);
        }
        let bonded_without = MixNode { noise_key: None, ..node() };
        let findings = announced(&bonded_without.clone(), &bonded_without);
        assert!(findings.iter().any(|finding| finding.check == "candidate" && !finding.ok));
    }

    #[test]
    fn a_margin_or_cost_that_is_not_allowed_is_found_with_what_rewards_use_and_from_when() {
        let announced = |margin: &str, cost: u128| MixNodeCostParams {
            profit_margin_percent: margin.parse().unwrap(),
            interval_operating_cost: coin(cost, "unym"),
        };
        type Ranges = (Option<ProfitMarginRange>, Option<OperatingCostRange>);
        let ranges = |minimum: &str, maximum: u128| -> Ranges {
            let margins = ProfitMarginRange { minimum: minimum.parse().unwrap(), maximum: Percent::hundred() };
            let costs = OperatingCostRange { minimum: coin(0, "unym"), maximum: coin(maximum, "unym") };
            (Some(margins), Some(costs))
        };
        let found = |(margins, costs): Ranges, (next_margins, next_costs): Ranges, pending| {
            let interval = IntervalRewardParams {
                reward_pool: Decimal::one(),
                staking_supply: Decimal::one(),
                staking_supply_scale_factor: Percent::hundred(),
                epoch_reward_budget: Decimal::one(),
                stake_saturation_point: Decimal::one(),
                sybil_resistance: Percent::hundred(),
                active_set_work_factor: Decimal::one(),
                interval_pool_emission: Percent::hundred(),
                profit_margin: margins,
                interval_operating_cost: costs,
            };
            let params = ContractStateParams {
                minimum_mixnode_pledge: coin(1, "unym"),
                minimum_gateway_pledge: coin(1, "unym"),
                minimum_mixnode_delegation: None,
                profit_margin: next_margins,
                interval_operating_cost: next_costs,
            };
            super::costs(&announced("0.1", 40), pending, &interval, &params).map(|finding| (finding.ok, finding.detail))
        };
        let open = || -> Ranges { (None, None) };
        let narrow = || ranges("0.2", 30);
        let said = |ok: bool, margin: &str, cost: &str| [(ok, margin.to_owned()), (ok, cost.to_owned())];
        let cases = [
            (open(), open(), None, said(true, "0.1", "40unym")),
            // At their ends values are in the ranges.
            (ranges("0.1", 40), ranges("0.1", 40), None, said(true, "0.1", "40unym")),
            (
                open(),
                narrow(),
                None,
                said(
                    false,
                    "rewards use 0.1 in this interval and 0.2 from the next one on; the node announced 0.1",
                    "rewards use 40unym in this interval and 30unym from the next one on; the node announced 40unym",
                ),
            ),
            (
                narrow(),
                narrow(),
                None,
                said(
                    false,
                    "rewards use 0.2, in this interval already; the node announced 0.1",
                    "rewards use 30unym, in this interval already; the node announced 40unym",
                ),
            ),
            // What was announced since is allowed, or the ranges are wider again: there is nothing to do but to wait.
            (
                narrow(),
                narrow(),
                Some(announced("0.3", 20)),
                said(
                    true,
                    "rewards use 0.2 in this interval and 0.3 from the next one on; the node announced 0.3",
                    "rewards use 30unym in this interval and 20unym from the next one on; the node announced 20unym",
                ),
            ),
            (
                narrow(),
                open(),
                None,
                said(
                    true,
                    "rewards use 0.2 in this interval and 0.1 from the next one on; the node announced 0.1",
                    "rewards use 30unym in this interval and 40unym from the next one on; the node announced 40unym",
                ),
            ),
        ];
        for (now, next, pending, expected) in cases {
            assert_eq!(found(now, next, pending), expected);
        }
        for check in ["profit margin", "operating cost"] {
            assert!(remedy(check, MIX_NODE, true).contains("nym-cli mixnode update-costs"), "{check}");
        }
    }

    #[test]
    fn every_difference_of_a_gateway_is_found() {
        let gateway = || Gateway {
            host: "198.51.100.7".into(),
            mix_port: 1789,
            clients_port: 9000,
            location: "Utrecht".into(),
            sphinx_key: "sphinx".into(),
            identity_key: "identity".into(),
            version: "0.1.0".into(),
            noise_key: Some("link".into()),
        };
        type Change = (fn(&mut Gateway), &'static [&'static str]);
        let changes: [Change; 6] = [
            (|g| g.host = "198.51.100.8".into(), &["address", "clients"]),
            (|g| g.mix_port = 1, &["address"]),
            (|g| g.clients_port = 1, &["clients"]),
            (|g| g.location = "Delft".into(), &["location"]),
            (|g| g.sphinx_key = "other".into(), &["sphinx key"]),
            (|g| g.version = "0.2.0".into(), &["version"]),
        ];
        assert!(announced_gateway(&gateway(), &gateway()).iter().all(|finding| finding.ok));
        for (change, checks) in changes {
            let mut machine = gateway();
            change(&mut machine);
            let findings = announced_gateway(&machine, &gateway());
            let wrong: Vec<_> = findings.iter().filter(|finding| !finding.ok).map(|finding| finding.check).collect();
            assert_eq!(wrong, checks);
        }
    }
}
