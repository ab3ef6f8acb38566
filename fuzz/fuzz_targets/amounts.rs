//! Amounts, prices, sizes, shares, mnemonics and addresses as people and files write them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nym_chain_client::{check_address, parse_coin, parse_mnemonic, GasPrice};
use nym_contract_types::Percent;
use nym_daemon::ByteSize;

fuzz_target!(|text: &str| {
    if let Ok(coin) = parse_coin(text) {
        assert_eq!(parse_coin(&coin.to_string()).expect("it was written just now"), coin);
    }
    if let Ok(price) = text.parse::<GasPrice>() {
        assert_eq!(price.to_string().parse::<GasPrice>().expect("it was written just now"), price);
        assert_eq!(price.fee(0).amount.amount.to_string(), "0");
        let _ = price.fee(u64::MAX);
    }
    if let Ok(size) = text.parse::<ByteSize>() {
        assert_eq!(size.to_string().parse::<ByteSize>(), Ok(size));
    }
    if let Ok(share) = text.parse::<Percent>() {
        assert!(share.basis_points() <= 10_000);
        assert!(share <= Percent::hundred());
    }
    if let Ok(words) = parse_mnemonic(text) {
        assert_eq!(parse_mnemonic(&words.to_string()).expect("it was written just now"), words);
    }
    if let Some((prefix, _)) = text.split_once('1') {
        if check_address(text, prefix).is_ok() {
            assert!(check_address(text, "another").is_err() || prefix == "another");
        }
    }
});
