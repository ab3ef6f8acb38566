//! Prints the JSON schema of the contract's messages, queries and replies. `scripts/schema` keeps `schema/mixnet.json` in step with it.

use cosmwasm_schema::generate_api;
use nym_contract_types::mixnet::{ExecuteMsg, InstantiateMsg, MigrateMsg, QueryMsg};

/// The schema as the file has it.
pub fn text() -> String {
    let api = generate_api! {
        name: "mixnet",
        instantiate: InstantiateMsg,
        execute: ExecuteMsg,
        query: QueryMsg,
        migrate: MigrateMsg,
    };
    match api.render().to_string() {
        Ok(json) => json + "\n",
        Err(error) => panic!("the schema has no JSON form: {error}"),
    }
}

fn main() {
    print!("{}", text());
}
