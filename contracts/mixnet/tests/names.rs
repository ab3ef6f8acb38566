//! The page of names that wallets send: complete, and what it says of each.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::Path;

use nym_contract_runtime::json::{self, Read, Write};
use nym_contract_types::mixnet::{ExecuteMsg, QueryMsg};
use serde::de::DeserializeOwned;
use serde::Serialize;
use serde_json::Value;

/// What `scripts/schema` runs.
#[allow(dead_code)]
#[path = "../examples/schema.rs"]
mod schema;

/// Names of the interface that wallets speak, families and vesting aside.
const KNOWN: [&str; 85] = [
    "bond_mixnode",
    "bond_gateway",
    "unbond_mixnode",
    "unbond_gateway",
    "update_mixnode_config",
    "update_gateway_config",
    "update_mixnode_cost_params",
    "update_cost_params",
    "pledge_more",
    "decrease_pledge",
    "delegate_to_mixnode",
    "delegate",
    "undelegate_from_mixnode",
    "undelegate",
    "withdraw_operator_reward",
    "withdraw_delegator_reward",
    "reward_mixnode",
    "advance_current_epoch",
    "begin_epoch_transition",
    "reconcile_epoch_events",
    "update_active_set_size",
    "update_rewarding_params",
    "update_interval_config",
    "update_contract_state_params",
    "update_rewarding_validator_address",
    "update_admin",
    "assign_node_layer",
    "get_mix_node_bonds",
    "get_mix_nodes_detailed",
    "get_unbonded_mix_nodes",
    "get_unbonded_mix_nodes_by_owner",
    "get_unbonded_mix_nodes_by_identity_key",
    "get_owned_mixnode",
    "get_mixnode_details",
    "get_mixnode_rewarding_details",
    "get_stake_saturation",
    "get_unbonded_mix_node_information",
    "get_bonded_mixnode_details_by_identity",
    "get_rewarded_set",
    "get_layer_distribution",
    "get_gateways",
    "get_gateway_bond",
    "get_owned_gateway",
    "get_mixnode_delegations",
    "get_delegator_delegations",
    "get_delegation_details",
    "get_all_delegations",
    "get_pending_operator_reward",
    "get_pending_mix_node_operator_reward",
    "get_pending_delegator_reward",
    "get_estimated_current_epoch_operator_reward",
    "get_estimated_current_epoch_delegator_reward",
    "get_rewarding_params",
    "get_current_interval_details",
    "get_epoch_status",
    "get_state",
    "get_state_params",
    "get_rewarding_validator_address",
    "get_pending_epoch_events",
    "get_pending_interval_events",
    "get_signing_nonce",
    "get_contract_version",
    "admin",
    "get_pending_epoch_event",
    "get_pending_interval_event",
    "get_number_of_pending_events",
    "get_cw2_contract_version",
    "get_nym_node_bonds_paged",
    "get_nym_nodes_detailed_paged",
    "get_owned_nym_node",
    "get_nym_node_details",
    "get_nym_node_details_by_identity_key",
    "get_unbonded_nym_node",
    "get_unbonded_nym_nodes_paged",
    "get_unbonded_nym_nodes_by_owner_paged",
    "get_unbonded_nym_nodes_by_identity_key_paged",
    "get_node_rewarding_details",
    "get_node_stake_saturation",
    "get_role_assignment",
    "get_rewarded_set_metadata",
    "get_preassigned_gateway_ids",
    "get_node_delegations",
    "get_pending_node_operator_reward",
    "get_key_rotation_state",
    "get_key_rotation_id",
];

/// Name → what the page says of it, of one of its two tables.
fn table(number: usize) -> BTreeMap<String, String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/contracts.md");
    let page = std::fs::read_to_string(page).unwrap();
    let section = page.split("\n## ").nth(number).unwrap().to_owned();
    let rows = section.lines().filter(|line| line.starts_with("| `") || line.starts_with("| [`"));
    rows.map(|row| {
        let (name, rest) = row.trim_start_matches("| ").split_once(" | ").unwrap();
        (name.split('`').nth(1).unwrap().to_owned(), rest.trim_end_matches(" |").to_owned())
    })
    .collect()
}

/// Whether a name is read, whatever arguments it may lack.
fn is_read<T: Read>(name: &str) -> bool {
    match json::from_slice::<T>(format!(r#"{{"{name}":{{}}}}"#).as_bytes()) {
        Ok(_) => true,
        Err(error) => !error.to_string().starts_with("unknown variant"),
    }
}

#[test]
fn the_schema_in_the_tree_is_that_of_the_types() {
    assert!(
        schema::text() == include_str!("../../../schema/mixnet.json"),
        "schema/mixnet.json is out of date: run scripts/schema"
    );
}

#[test]
fn every_name_that_wallets_know_is_on_the_page() {
    let all: Vec<String> = [table(1), table(2)].into_iter().flat_map(BTreeMap::into_keys).collect();
    for name in KNOWN {
        assert!(all.iter().any(|listed| listed == name), "{name} is not on the page");
    }
    for name in crate::access::names() {
        assert!(table(1).contains_key(name), "{name} is not on the page");
    }
    let schema: Value = serde_json::from_str(include_str!("../../../schema/mixnet.json")).unwrap();
    for query in schema["responses"].as_object().unwrap().keys() {
        assert!(table(2).contains_key(query), "{query} is not on the page");
    }
}

#[test]
fn what_is_kept_is_read_and_what_is_replaced_is_not() {
    for (name, what) in table(1) {
        assert_eq!(is_read::<ExecuteMsg>(&name), !what.starts_with("replaced"), "{name}: {what}");
    }
    for (name, what) in table(2) {
        assert_eq!(is_read::<QueryMsg>(&name), !what.starts_with("replaced"), "{name}: {what}");
    }
}

/// A value that a schema describes: every property there, no number zero, no text empty.
fn sample(schema: &Value, definitions: &Value) -> Value {
    if let Some(path) = schema["$ref"].as_str() {
        let name = path.rsplit('/').next().unwrap();
        return match name {
            "Uint128" | "Uint256" => Value::from("7"),
            "Decimal" | "Percent" => Value::from("0.5"),
            "Binary" => Value::from("AQI="),
            _ => sample(&definitions[name], definitions),
        };
    }
    if let Some(choices) = schema["allOf"].as_array().or(schema["anyOf"].as_array()) {
        return sample(&choices[0], definitions);
    }
    let kind = schema["type"].as_str().or(schema["type"][0].as_str()).unwrap_or_else(|| panic!("no type in {schema}"));
    match kind {
        "object" => {
            let empty = serde_json::Map::new();
            let properties = schema["properties"].as_object().unwrap_or(&empty);
            properties.iter().map(|(name, of)| (name.clone(), sample(of, definitions))).collect()
        }
        "array" => match &schema["items"] {
            Value::Array(parts) => parts.iter().map(|part| sample(part, definitions)).collect(),
            of => Value::Array(vec![sample(of, definitions)]),
        },
        "integer" => Value::from(1),
        "boolean" => Value::from(true),
        "string" => Value::from("a"),
        kind => panic!("no sample of {kind}"),
    }
}

/// Whether every message of a schema is read with all its arguments, and written as it was read.
fn comes_back<T: Read + Write + DeserializeOwned + Serialize + PartialEq + Debug>(schema: &Value) {
    let messages = schema["oneOf"].as_array().unwrap();
    assert!(!messages.is_empty());
    for message in messages {
        let message = sample(message, &schema["definitions"]);
        let text = message.to_string();
        let read: T = json::from_slice(text.as_bytes()).unwrap_or_else(|error| panic!("{message}: {error}"));
        assert_eq!(serde_json::to_value(&read).unwrap(), message);
        // Contract and services read and write the same.
        assert_eq!(serde_json::from_str::<T>(&text).unwrap(), read);
        assert_eq!(json::to_vec(&read), serde_json::to_vec(&read).unwrap());
    }
}

#[test]
fn every_message_is_read_with_all_its_arguments() {
    let schema: Value = serde_json::from_str(include_str!("../../../schema/mixnet.json")).unwrap();
    comes_back::<ExecuteMsg>(&schema["execute"]);
    comes_back::<QueryMsg>(&schema["query"]);
}
