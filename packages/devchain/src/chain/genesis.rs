//! The first state: who has what.

use crate::app::address::{Address, Codec};
use crate::app::coins::Coins;
use serde::{Deserialize, Serialize};

/// The content of a genesis file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Genesis {
    /// Accounts in the order of their numbers.
    #[serde(default)]
    pub accounts: Vec<GenesisAccount>,
}

/// An account that exists from the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisAccount {
    /// Its address.
    pub address: String,
    /// Its coins, e.g. `1000unym,1000unyx`.
    pub coins: String,
}

impl std::str::FromStr for GenesisAccount {
    type Err = String;

    /// Parses `ADDRESS=COINS`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((address, coins)) => {
                Ok(GenesisAccount { address: address.trim().to_owned(), coins: coins.trim().to_owned() })
            }
            None => Err(format!("'{text}' is not ADDRESS=COINS, e.g. n1…=1000unym")),
        }
    }
}

impl Genesis {
    /// Checks every account.
    pub(crate) fn check(&self, codec: &Codec) -> Result<Vec<(Address, Coins)>, String> {
        let mut accounts: Vec<(Address, Coins)> = Vec::new();
        for account in &self.accounts {
            let name = &account.address;
            let address = codec.decode(name).map_err(|e| format!("account '{name}': {e}"))?;
            let coins = Coins::parse(&account.coins).map_err(|e| format!("account '{name}': {e}"))?;
            if accounts.iter().any(|(known, _)| *known == address) {
                return Err(format!("account '{name}' is listed twice"));
            }
            accounts.push((address, coins));
        }
        Ok(accounts)
    }
}
