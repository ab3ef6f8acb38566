//! Values as people write them.

use cosmwasm_std::Coin;
use nym_contract_types::Percent;

/// Reads `5000000unym`.
pub(crate) fn coin(text: &str) -> Result<Coin, String> {
    nym_chain_client::parse_coin(text).map_err(|error| error.to_string())
}

/// Reads a share of one: `0.2`.
pub(crate) fn share(text: &str) -> Result<Percent, String> {
    text.parse::<Percent>().map_err(|_| format!("'{text}' is not a share from 0 to 1"))
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
    use super::duration;

    #[test]
    fn durations_show_two_units_at_most() {
        assert_eq!([0, 59, 61, 7_500].map(duration), ["0s", "59s", "1m 1s", "2h 5m"]);
    }
}
