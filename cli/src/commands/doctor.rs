//! `mixnode doctor`: whether the bond says what the node's machine would announce now, and whether the node can do its work.

use std::net::{SocketAddr, ToSocketAddrs};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nym_chain_client::{ChainClient, Contract, MixnetQueries};
use nym_contract_types::mixnet::{MixNode, MixNodeDetails, MixnodeBonding};
use nym_daemon::{ErrorKind, Failure};
use serde::Serialize;

use crate::{
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
    /// `false` breaks the node's work.
    ok: bool,
    detail: String,
}

/// Examines the node that was bonded with the identity key that the machine announces.
pub(crate) async fn examine(machine: &MixnodeBonding, context: &Context) -> Outcome<Answer> {
    const WHAT: &str = "examine the mix node";
    let mixnet = context.mixnet().await?;
    let identity = &machine.mix_node.identity_key;
    let node = mixnet.mixnode_by_identity(identity).await.attempt(WHAT)?.ok_or_else(|| {
        not_found(
            "could not examine the mix node",
            format!("no mix node with identity '{identity}' is bonded"),
            "bond it: nym-cli mixnode bond --node-file FILE",
        )
    })?;
    let mut bond = node.bond_information.mix_node.clone();
    let keys_expire = mixnet.key_rotation_state().await.attempt(WHAT)?.validity_epochs > 0;
    if keys_expire {
        // Keys of the current period have taken the place of the bond's.
        let serving = mixnet.node_keys(identity).await.attempt(WHAT)?.current;
        bond.noise_key = serving.as_ref().map(|keys| keys.noise_key.clone());
        bond.sphinx_key = serving.map_or(bond.sphinx_key, |keys| keys.sphinx_key);
    }
    let mut findings = announced(&machine.mix_node, &bond);
    findings.push(reached(&node.bond_information.mix_node).await);
    findings.extend(on_chain(&mixnet, &node).await?);

    if let Some(wrong) = findings.iter().find(|finding| !finding.ok) {
        let more = findings.iter().filter(|finding| !finding.ok).count() - 1;
        let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
        return Err(Failure::new(ErrorKind::Failed, format!("{}: {}{more}", wrong.check, wrong.detail))
            .with_help(remedy(wrong.check, keys_expire))
            .context(format!("mix node {} is not healthy", node.bond_information.mix_id)));
    }
    Ok(Answer::table(&findings, &["check", "finding"], "nothing to check", |finding| {
        vec![finding.check.to_owned(), finding.detail.clone()]
    }))
}

/// What to do about a finding. Where keys serve for a period, the owner announces new ones; elsewhere they are the bond's.
fn remedy(check: &str, keys_expire: bool) -> &'static str {
    match check {
        "sphinx key" | "link key" | "candidate" if keys_expire => {
            "announce the keys that mixnode keys-info prints on the node's machine with nym-cli mixnode update-keys"
        }
        "identity key" | "sphinx key" | "link key" | "candidate" => {
            "keys change by bonding anew: nym-cli mixnode unbond, then nym-cli mixnode bond --node-file FILE"
        }
        "address" | "public port" | "version" => "announce what the machine says with nym-cli mixnode update-config",
        "reachable" => "start the node, and let connections to its address through",
        "pledge" => "add to the pledge with nym-cli mixnode pledge-more",
        _ => "set this machine's clock; if it is right, the chain has stopped making blocks",
    }
}

/// What the machine announces beside what the contract says.
fn announced(machine: &MixNode, bond: &MixNode) -> Vec<Finding> {
    let same = |check, machine: String, bond: String| {
        let ok = machine == bond;
        let detail = if ok { bond } else { format!("the machine announces {machine}, the bond says {bond}") };
        Finding { check, ok, detail }
    };
    let optional = |key: &Option<String>| key.clone().unwrap_or_else(|| "none".into());
    let mut findings = vec![
        same("identity key", machine.identity_key.clone(), bond.identity_key.clone()),
        same("sphinx key", machine.sphinx_key.clone(), bond.sphinx_key.clone()),
        same("link key", optional(&machine.noise_key), optional(&bond.noise_key)),
        same("address", format!("{}:{}", machine.host, machine.mix_port), format!("{}:{}", bond.host, bond.mix_port)),
        same("public port", machine.http_api_port.to_string(), bond.http_api_port.to_string()),
        same("version", machine.version.clone(), bond.version.clone()),
    ];
    if bond.noise_key.is_none() {
        let detail = "without a link key the node is no candidate of the lottery".to_owned();
        findings.push(Finding { check: "candidate", ok: false, detail });
    }
    findings
}

/// Whether the bonded address accepts connections from here.
async fn reached(bond: &MixNode) -> Finding {
    let address = format!("{}:{}", bond.host, bond.mix_port);
    let resolved: Option<SocketAddr> = address.to_socket_addrs().ok().and_then(|mut found| found.next());
    let connected = match resolved {
        None => Err("the address cannot be resolved".to_owned()),
        Some(to) => match tokio::time::timeout(PATIENCE, tokio::net::TcpStream::connect(to)).await {
            Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
            Ok(result) => result.map(|_| ()).map_err(|error| error.to_string()),
        },
    };
    let ok = connected.is_ok();
    let detail = match connected {
        Ok(()) => format!("{address} accepts connections"),
        Err(why) => format!("{address} cannot be reached from here: {why}"),
    };
    Finding { check: "reachable", ok, detail }
}

async fn on_chain(mixnet: &Contract<ChainClient>, node: &MixNodeDetails) -> Outcome<Vec<Finding>> {
    const WHAT: &str = "examine the mix node";
    let bond = &node.bond_information;
    let (params, saturation, performance, status) = futures::try_join!(
        mixnet.state_params(),
        mixnet.stake_saturation(bond.mix_id),
        mixnet.performance(bond.mix_id),
        mixnet.epoch_status(),
    )
    .attempt(WHAT)?;

    let minimum = params.minimum_mixnode_pledge;
    let pledged = Finding {
        check: "pledge",
        ok: bond.original_pledge.amount >= minimum.amount,
        detail: format!("{}, at least {minimum}", bond.original_pledge),
    };
    let saturated = saturation.uncapped_saturation.unwrap_or_default();
    let layer = bond.layer.map_or_else(|| "none in this epoch".to_owned(), |layer| format!("layer {layer}"));
    let performance = performance
        .last_known
        .map_or_else(|| "never measured".to_owned(), |known| format!("{} in epoch {}", known.value, known.epoch));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let apart = now.abs_diff(status.current_blocktime);
    Ok(vec![
        pledged,
        Finding { check: "saturation", ok: true, detail: format!("{saturated} of the saturation point") },
        Finding { check: "layer", ok: true, detail: layer },
        Finding { check: "performance", ok: true, detail: performance },
        Finding { check: "clock", ok: apart <= CLOCK_TOLERANCE, detail: format!("{apart} s from the chain's") },
    ])
}

#[cfg(test)]
mod tests {
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
        for check in ["sphinx key", "link key", "candidate"] {
            assert!(remedy(check, true).contains("mixnode update-keys"), "{check}");
            assert!(remedy(check, false).contains("bonding anew"), "{check}");
        }
        assert!(remedy("identity key", true).contains("bonding anew"), "an identity is for good");
        for keys_expire in [true, false] {
            assert!(remedy("address", keys_expire).contains("mixnode update-config"));
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
}
