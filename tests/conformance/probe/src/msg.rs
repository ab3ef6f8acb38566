//! The probe's messages and queries. Each reaches one thing that a chain does for a contract.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Binary, Coin};

/// What the contract starts with.
#[cw_serde]
pub struct InstantiateMsg {
    /// Kept under the key `greeting`.
    pub greeting: String,
    /// Refuses with this reason.
    pub fail: Option<String>,
}

/// What the contract gets when its code changes.
#[cw_serde]
pub struct MigrateMsg {
    /// Replaces the greeting.
    pub greeting: String,
    /// Refuses with this reason.
    pub fail: Option<String>,
}

/// When the contract hears of a sub-message's end.
#[cw_serde]
pub enum When {
    /// Never.
    Never,
    /// Whatever the end.
    Always,
    /// Only when it worked.
    Success,
    /// Only when it failed.
    Error,
}

/// One sub-message.
#[cw_serde]
pub struct Call {
    /// Comes back in the reply; 99 makes the reply fail as well.
    pub id: u64,
    /// What the sub-message does.
    pub action: Action,
    /// When the reply entry point runs.
    pub when: When,
    /// The most SDK gas it may use.
    pub gas_limit: Option<u64>,
}

/// What a sub-message does.
#[cw_serde]
pub enum Action {
    /// Executes a message on a contract, this one when none is named.
    Execute {
        /// The contract.
        contract: Option<String>,
        /// Its message.
        msg: Binary,
        /// What is sent along.
        funds: Vec<Coin>,
    },
    /// Makes a new instance.
    Instantiate {
        /// The code.
        code_id: u64,
        /// Its instantiate message.
        msg: Binary,
        /// What it is called.
        label: String,
        /// With a salt, the address follows from code, creator and salt.
        salt: Option<Binary>,
        /// Who may migrate it.
        admin: Option<String>,
    },
    /// Migrates another contract.
    Migrate {
        /// The contract.
        contract: String,
        /// The new code.
        code_id: u64,
        /// Its migrate message.
        msg: Binary,
    },
    /// Names another admin of a contract.
    UpdateAdmin {
        /// The contract.
        contract: String,
        /// The new admin.
        admin: String,
    },
    /// Leaves a contract without an admin.
    ClearAdmin {
        /// The contract.
        contract: String,
    },
    /// Pays from the contract's account.
    Send {
        /// Who is paid.
        to: String,
        /// How much.
        amount: Vec<Coin>,
    },
    /// Destroys money of the contract.
    Burn {
        /// How much.
        amount: Vec<Coin>,
    },
}

/// What the contract can be told to do.
#[cw_serde]
pub enum ExecuteMsg {
    /// Writes one value. An empty value is refused by the host.
    Put {
        /// The key.
        key: String,
        /// The value.
        value: String,
    },
    /// Writes many values of a size.
    Fill {
        /// How many.
        count: u32,
        /// Bytes of each.
        size: u32,
    },
    /// Removes one value.
    Remove {
        /// The key.
        key: String,
    },
    /// Reads a range of keys and reports how many there were and the first and last.
    Scan {
        /// Keys not below this.
        start: Option<String>,
        /// Keys below this.
        end: Option<String>,
        /// From the last to the first.
        descending: bool,
        /// The most to read.
        limit: u32,
    },
    /// Emits these events, each with these attributes, and this data.
    Emit {
        /// Attributes of the main event.
        attributes: Vec<(String, String)>,
        /// Further events.
        events: Vec<(String, Vec<(String, String)>)>,
        /// The data.
        data: Option<Binary>,
    },
    /// Refuses with this reason.
    Fail {
        /// The reason.
        reason: String,
    },
    /// Writes a value and then panics.
    Panic {},
    /// Never ends, until the gas does.
    Spin {},
    /// Computes for a number of rounds.
    Work {
        /// Rounds of a cheap loop.
        rounds: u32,
    },
    /// Runs sub-messages in this order.
    Calls {
        /// The sub-messages.
        calls: Vec<Call>,
        /// The contract's own data, which a reply may replace.
        data: Option<Binary>,
    },
    /// Calls itself to this depth.
    Nest {
        /// How deep.
        depth: u32,
    },
    /// Checks an Ed25519 signature with the host and reports the answer.
    VerifyEd25519 {
        /// What was signed.
        message: Binary,
        /// 64 bytes.
        signature: Binary,
        /// 32 bytes.
        public_key: Binary,
    },
    /// Checks a secp256k1 signature with the host and reports the answer.
    VerifySecp256k1 {
        /// 32 bytes.
        hash: Binary,
        /// 64 bytes.
        signature: Binary,
        /// 33 bytes.
        public_key: Binary,
    },
    /// Compares pairings e(g1, g2) of BLS12-381 with the host: the generators with themselves.
    Pairing {},
    /// Reads another contract from within and reports its answer.
    Ask {
        /// The contract.
        contract: String,
        /// Its query.
        msg: Binary,
    },
}

/// What the contract can be asked.
#[cw_serde]
pub enum QueryMsg {
    /// Which build this is.
    Version {},
    /// The value of one key.
    Get {
        /// The key.
        key: String,
    },
    /// Keys and values in order.
    List {
        /// Keys not below this.
        start: Option<String>,
        /// The most to answer with.
        limit: u32,
    },
    /// What the chain told the contract about itself.
    Env {},
    /// A smart query to another contract.
    Smart {
        /// The contract.
        contract: String,
        /// Its query.
        msg: Binary,
    },
    /// A raw query to another contract.
    Raw {
        /// The contract.
        contract: String,
        /// The key.
        key: Binary,
    },
    /// What the chain knows about a contract.
    ContractInfo {
        /// The contract.
        contract: String,
    },
    /// What the chain knows about a code.
    CodeInfo {
        /// The code.
        code_id: u64,
    },
    /// What an account holds.
    Balance {
        /// The account.
        address: String,
        /// The denomination.
        denom: String,
    },
    /// All there is of a denomination.
    Supply {
        /// The denomination.
        denom: String,
    },
    /// Checks, shortens and restores an address.
    Address {
        /// The address.
        address: String,
    },
    /// The address that a salt gives.
    Predict {
        /// The code.
        code_id: u64,
        /// Who instantiates.
        creator: String,
        /// The salt.
        salt: Binary,
    },
    /// Refuses with this reason.
    Fail {
        /// The reason.
        reason: String,
    },
    /// Never ends, until the gas does.
    Spin {},
    /// Asks itself to this depth.
    Nest {
        /// How deep.
        depth: u32,
    },
}
