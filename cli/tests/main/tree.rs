//! One flag name has one meaning, and one meaning has one flag name.

use std::collections::BTreeMap;

use clap::{Arg, Command};

/// Names that would be a second name for something that has one: the first is refused, the second is ours.
const SYNONYMS: [(&str, &str); 21] = [
    ("addr", "address"),
    ("account", "address"),
    ("node-id", "mix-id"),
    ("mixid", "mix-id"),
    ("id", "mix-id"),
    ("identity-key", "identity"),
    ("coin", "amount"),
    ("coins", "funds"),
    ("recipient", "to"),
    ("receiver", "to"),
    ("signer", "from"),
    ("sender", "from"),
    ("format", "output"),
    ("json", "output"),
    ("endpoint", "rpc"),
    ("config", "network"),
    ("network-file", "network"),
    ("password-file", "passphrase-file"),
    ("force", "yes"),
    ("message", "msg"),
    ("contract-address", "contract"),
];

fn walk<'a>(command: &'a Command, path: String, visit: &mut impl FnMut(&str, &'a Command)) {
    visit(&path, command);
    for child in command.get_subcommands() {
        walk(child, format!("{path} {}", child.get_name()), visit);
    }
}

fn flags(command: &Command) -> impl Iterator<Item = (&str, &Arg)> {
    command.get_arguments().filter_map(|arg| Some((arg.get_long()?, arg)))
}

#[test]
fn a_flag_has_the_same_meaning_and_value_in_every_command() {
    let mut meanings: BTreeMap<String, (String, String)> = BTreeMap::new();
    let command = nym_cli::command();
    walk(&command, "nym-cli".into(), &mut |path, command| {
        for (name, arg) in flags(command) {
            // `--yes` says what it agrees to.
            if name == "yes" {
                continue;
            }
            // A default may differ from command to command.
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            let help = help.split(" [default: ").next().unwrap_or_default();
            let meaning = format!("{help:?} {:?}", arg.get_value_names());
            let (first, known) = meanings.entry(name.to_owned()).or_insert_with(|| (path.to_owned(), meaning.clone()));
            assert_eq!(meaning, *known, "--{name} of '{path}' differs from that of '{first}'");
        }
    });
    assert!(meanings.len() > 30);
}

#[test]
fn no_flag_is_a_synonym_of_another() {
    let command = nym_cli::command();
    walk(&command, "nym-cli".into(), &mut |path, command| {
        for (name, _) in flags(command) {
            let better = SYNONYMS.iter().find(|(synonym, _)| *synonym == name);
            assert_eq!(better, None, "--{name} of '{path}'");
        }
    });
}

#[test]
fn every_command_and_flag_is_explained_in_one_line_and_flags_are_long() {
    let command = nym_cli::command();
    walk(&command, "nym-cli".into(), &mut |path, command| {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        assert!(!about.is_empty() && !about.ends_with('.'), "'{path}': {about:?}");
        for arg in command.get_arguments() {
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(!help.is_empty() && !help.ends_with('.'), "{} of '{path}': {help:?}", arg.get_id());
            let ours = !matches!(arg.get_id().as_str(), "help" | "version");
            assert!(!(ours && arg.get_short().is_some()), "{} of '{path}' has a short form", arg.get_id());
        }
    });
}

#[test]
fn whatever_sends_can_be_tried_and_confirmed_the_same_way() {
    let command = nym_cli::command();
    walk(&command, "nym-cli".into(), &mut |path, command| {
        let names: Vec<&str> = flags(command).map(|(name, _)| name).collect();
        if names.contains(&"dry-run") {
            for needed in ["from", "mnemonic-file", "passphrase-file", "yes", "max-fee", "gas-price", "gas-adjustment"]
            {
                assert!(names.contains(&needed), "'{path}' has no --{needed}");
            }
        }
    });
}

/// Whatever changes something on the chain.
const SENDING: [&str; 36] = [
    "admin accept",
    "admin offer",
    "bank send",
    "beacon hand-over",
    "beacon set-key",
    "contract execute",
    "contract instantiate",
    "contract migrate",
    "contract upload",
    "delegation add",
    "delegation cancel",
    "delegation remove",
    "epoch advance",
    "epoch report",
    "epoch seed",
    "epoch seed-share",
    "gateway bond",
    "gateway unbond",
    "gateway update-config",
    "gateway update-keys",
    "mixnode bond",
    "mixnode pledge-cancel",
    "mixnode pledge-less",
    "mixnode pledge-more",
    "mixnode unbond",
    "mixnode update-config",
    "mixnode update-costs",
    "mixnode update-keys",
    "monitor set",
    "params set-active-set",
    "params set-clock",
    "params set-minimums",
    "params set-ranges",
    "params set-rewarding",
    "reward claim",
    "reward fund",
];

#[test]
fn every_command_that_sends_can_be_tried_without_sending() {
    let command = nym_cli::command();
    let mut found = Vec::new();
    walk(&command, String::new(), &mut |path, command| {
        if flags(command).any(|(name, _)| name == "dry-run") {
            found.push(path.trim().to_owned());
        }
    });
    found.sort();
    assert_eq!(found, SENDING);
    // And nothing else signs.
    walk(&command, String::new(), &mut |path, command| {
        let signs = flags(command).any(|(name, _)| name == "from");
        assert_eq!(signs, SENDING.contains(&path.trim()), "'{path}'");
    });
}

/// Which command sends each message of the mixnet contract, in the contract's order.
const MESSAGES: [(&str, &str); 32] = [
    ("bond_mixnode", "mixnode bond"),
    ("unbond_mixnode", "mixnode unbond"),
    ("update_mixnode_config", "mixnode update-config"),
    ("update_node_keys", "mixnode update-keys"),
    ("pledge_more", "mixnode pledge-more"),
    ("cancel_pledge_more", "mixnode pledge-cancel"),
    ("decrease_pledge", "mixnode pledge-less"),
    ("update_mixnode_cost_params", "mixnode update-costs"),
    ("withdraw_operator_reward", "reward claim"),
    ("bond_gateway", "gateway bond"),
    ("unbond_gateway", "gateway unbond"),
    ("update_gateway_config", "gateway update-config"),
    ("delegate_to_mixnode", "delegation add"),
    ("undelegate_from_mixnode", "delegation remove"),
    ("cancel_pending_delegation", "delegation cancel"),
    ("withdraw_delegator_reward", "reward claim"),
    ("withdraw_rewards", "reward claim"),
    ("submit_performance", "epoch report"),
    ("begin_epoch_transition", "epoch advance"),
    ("advance_epoch", "epoch advance"),
    ("submit_seed_share", "epoch seed-share"),
    ("submit_seed", "epoch seed"),
    ("update_beacon_key", "beacon set-key"),
    ("hand_over_beacon", "beacon hand-over"),
    ("fund_reward_pool", "reward fund"),
    ("update_active_set_size", "params set-active-set"),
    ("update_rewarding_params", "params set-rewarding"),
    ("update_interval_config", "params set-clock"),
    ("update_admin", "admin offer"),
    ("accept_admin", "admin accept"),
    ("update_monitors", "monitor set"),
    ("update_contract_state_params", "params set-minimums"),
];

#[test]
fn every_message_of_the_mixnet_contract_has_a_command() {
    let source = include_str!("../../../packages/contract-types/src/mixnet/msg.rs");
    let names = source.split("pub const fn name(&self)").nth(1).unwrap().split("\n    }\n").next().unwrap();
    let names: Vec<_> = names.lines().filter_map(|line| line.split_once(" => \"")?.1.split('"').next()).collect();

    assert_eq!(MESSAGES.map(|(message, _)| message).to_vec(), names);
    for (message, command) in MESSAGES {
        assert!(SENDING.contains(&command), "'{command}', which sends {message}, does not exist");
    }
}

#[test]
fn clap_finds_no_fault() {
    nym_cli::command().debug_assert();
}
