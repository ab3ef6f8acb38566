//! Values as people write them.

use std::net::{IpAddr, SocketAddr};

use cosmwasm_std::{Coin, Decimal, Uint128};
use nym_contract_types::{beacon::SIGNATURE_LENGTH, mixnet::NodeReport, Percent};

/// Reads `5000000unym`.
pub(crate) fn coin(text: &str) -> Result<Coin, String> {
    nym_chain_client::parse_coin(text).map_err(|error| error.to_string())
}

/// Reads a share of one: `0.2`.
pub(crate) fn share(text: &str) -> Result<Percent, String> {
    text.parse::<Percent>().map_err(|_| format!("'{text}' is not a share from 0 to 1"))
}

/// Reads a whole amount without its denom: `100000000000000`.
pub(crate) fn units(text: &str) -> Result<Uint128, String> {
    text.parse().map_err(|_| format!("'{text}' is not a whole number of the denom's unit"))
}

/// Reads a factor: `10` or `2.5`.
pub(crate) fn factor(text: &str) -> Result<Decimal, String> {
    text.parse().map_err(|_| format!("'{text}' is not a number like 10 or 2.5"))
}

/// Reads a node's score: `17=0.98`.
pub(crate) fn score(text: &str) -> Result<NodeReport, String> {
    let wrong = || format!("'{text}' is not a node's number and a share from 0 to 1, like 17=0.98");
    let (node, share) = text.split_once('=').ok_or_else(wrong)?;
    let node_id = node.parse().map_err(|_| wrong())?;
    Ok(NodeReport { node_id, performance: share.parse().map_err(|_| wrong())? })
}

/// Reads a signature or a share of one in hexadecimal.
pub(crate) fn signature(text: &str) -> Result<[u8; SIGNATURE_LENGTH], String> {
    let bytes = hex::decode(text).map_err(|_| format!("'{text}' is not hexadecimal"))?;
    let count = bytes.len();
    bytes.try_into().map_err(|_| format!("'{text}' has {count} bytes; a signature has {SIGNATURE_LENGTH}"))
}

/// An address as people write it: `198.51.100.7:1789`, `[2001:db8::7]:1789`.
pub(crate) fn address(host: &str, port: u16) -> String {
    let ip: Result<IpAddr, _> = host.parse();
    ip.map_or_else(|_| format!("{host}:{port}"), |ip| SocketAddr::new(ip, port).to_string())
}

/// A number of seconds as people say it: `2h 5m`, `45s`.
pub(crate) fn duration(seconds: u64) -> String {
    let (hours, minutes, rest) = (seconds / 3_600, seconds % 3_600 / 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest}s"),
        (0, _) => format!("{minutes}m {rest}s"),
        _ => format!("{hours}h {minutes}m"),
    }
}

#[cfg(test)]
mod tests {
    use super::{address, duration, score, signature};

    #[test]
    fn durations_show_two_units_at_most() {
        assert_eq!([0, 59, 61, 7_500].map(duration), ["0s", "59s", "1m 1s", "2h 5m"]);
    }

    #[test]
    fn addresses_are_ones_that_can_be_reached() {
        assert_eq!(address("198.51.100.7", 1_789), "198.51.100.7:1789");
        assert_eq!(address("2001:db8::7", 1_789), "[2001:db8::7]:1789");
        assert_eq!(address("nowhere", 1_789), "nowhere:1789");
    }

    #[test]
    fn scores_and_signatures_that_are_none_are_named_with_their_rule() {
        for wrong in ["17", "=0.5", "x=0.5", "17=1.5", "17=-1", "-1=0.5"] {
            let said = score(wrong).map_err(|said| said.contains(wrong) && said.contains("like 17=0.98"));
            assert_eq!(said, Err(true), "{wrong}");
        }
        assert_eq!(score("17=0.98").map(|score| score.node_id), Ok(17));
        assert_eq!(signature("abcd"), Err("'abcd' has 2 bytes; a signature has 48".to_owned()));
        assert_eq!(signature("xy"), Err("'xy' is not hexadecimal".to_owned()));
        assert_eq!(signature(&"0a".repeat(48)), Ok([10; 48]));
    }
}
