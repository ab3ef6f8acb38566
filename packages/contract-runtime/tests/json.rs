//! The bytes are those of `serde_json`, both ways, for the types that contracts use; everything else is refused by name.
#![allow(clippy::unwrap_used)]

use cosmwasm_std::{
    coins, Addr, BankMsg, Binary, Coin, Decimal, Decimal256, Empty, Env, Event, MessageInfo, MigrateInfo, Response,
    Uint128, Uint256, Uint64,
};
use nym_contract_runtime::json::{from_slice, to_vec, Anything, Error, Read, Write};
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Read, Write)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Shape {
    #[serde(alias = "Nothing")]
    Nothing,
    Empty {},
    OneNumber {
        #[serde(rename = "type")]
        one: u32,
    },
    Two {
        small: u16,
        text: String,
        large: u8,
        flag: bool,
    },
    Many {
        #[serde(alias = "also")]
        list: Vec<Shape>,
        #[serde(default)]
        maybe: Option<i64>,
        text: String,
        pair: (u64, bool),
    },
}

fn shape() -> impl Strategy<Value = Shape> {
    let leaf =
        prop_oneof![
            Just(Shape::Nothing),
            Just(Shape::Empty {}),
            any::<u32>().prop_map(|one| Shape::OneNumber { one }),
            (any::<u16>(), any::<String>(), any::<u8>(), any::<bool>())
                .prop_map(|(small, text, large, flag)| Shape::Two { small, text, large, flag }),
        ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        (prop::collection::vec(inner, 0..5), any::<Option<i64>>(), any::<String>(), any::<(u64, bool)>())
            .prop_map(|(list, maybe, text, pair)| Shape::Many { list, maybe, text, pair })
    })
}

proptest! {
    #[test]
    fn values_have_the_text_that_serde_json_gives_them(value in shape()) {
        let text = to_vec(&value);
        prop_assert_eq!(&text, &serde_json::to_vec(&value).unwrap());
        prop_assert_eq!(from_slice::<Shape>(&text).unwrap(), value.clone());
        let spaced = serde_json::to_vec_pretty(&value).unwrap();
        prop_assert_eq!(from_slice::<Shape>(&spaced).unwrap(), value);
    }

    #[test]
    fn whatever_is_read_serde_json_reads_the_same(text in r#"[\[\]{}":,\\a-fu0-9 nulltre.-]{0,40}"#) {
        if let Ok(value) = from_slice::<Shape>(text.as_bytes()) {
            prop_assert_eq!(value, serde_json::from_str::<Shape>(&text).unwrap());
        }
    }

    #[test]
    fn changed_texts_end_in_a_value_or_an_error(value in shape(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut text = to_vec(&value);
        let at = at.index(text.len());
        text[at] = byte;
        if let Ok(value) = from_slice::<Shape>(&text) {
            prop_assert_eq!(value, serde_json::from_slice::<Shape>(&text).unwrap());
        }
        text.truncate(at);
        let _ = from_slice::<Shape>(&text);
    }

    #[test]
    fn amounts_and_bytes_have_the_text_that_cosmwasm_gives_them(
        number in any::<u128>(),
        wide in any::<[u8; 32]>(),
        bytes in prop::collection::vec(any::<u8>(), 0..70),
    ) {
        alike(&Uint128::new(number))?;
        alike(&Uint64::new(number as u64))?;
        alike(&Uint256::from_be_bytes(wide))?;
        alike(&Decimal::new(Uint128::new(number)))?;
        alike(&Decimal256::new(Uint256::from_be_bytes(wide)))?;
        alike(&Binary::from(bytes))?;
        alike(&Coin { denom: "unym".to_owned(), amount: Uint256::from(number) })?;
        alike(&(number as u32, vec![Some(Addr::unchecked("n1")), None]))?;
    }

    #[test]
    fn numbers_and_bytes_are_read_from_the_texts_that_cosmwasm_reads(text in "[0-9+.-]{0,45}|[A-Za-z0-9+/=]{0,14}") {
        let text = format!("\"{text}\"");
        same::<Uint64>(&text)?;
        same::<Uint128>(&text)?;
        same::<Uint256>(&text)?;
        same::<Decimal>(&text)?;
        same::<Decimal256>(&text)?;
        same::<Binary>(&text)?;
    }
}

/// Written as serde writes it, and read back.
fn alike<T: Read + Write + Serialize + PartialEq + std::fmt::Debug>(value: &T) -> Result<(), TestCaseError> {
    let text = to_vec(value);
    prop_assert_eq!(&text, &serde_json::to_vec(value).unwrap());
    prop_assert_eq!(&from_slice::<T>(&text).unwrap(), value);
    Ok(())
}

/// Read as serde reads it, or not at all.
fn same<T: Read + DeserializeOwned + PartialEq + std::fmt::Debug>(text: &str) -> Result<(), TestCaseError> {
    let (ours, theirs) = (from_slice::<T>(text.as_bytes()).ok(), serde_json::from_str::<T>(text).ok());
    prop_assert_eq!(ours, theirs, "{}", text);
    Ok(())
}

#[test]
fn what_the_machine_passes_is_read() {
    let mut env: Env = cosmwasm_std::testing::mock_env();
    let text = serde_json::to_vec(&env).unwrap();
    env.transaction = None;
    assert_eq!(from_slice::<Env>(&text).unwrap(), env, "all but the place in the block");
    let info = MessageInfo { sender: Addr::unchecked("n1"), funds: coins(7, "unym") };
    assert_eq!(from_slice::<MessageInfo>(&serde_json::to_vec(&info).unwrap()).unwrap(), info);
    let migration = MigrateInfo { sender: Addr::unchecked("n1"), old_migrate_version: Some(3) };
    assert_eq!(from_slice::<MigrateInfo>(&serde_json::to_vec(&migration).unwrap()).unwrap(), migration);
}

#[track_caller]
fn refused<T: Read + std::fmt::Debug>(text: &str, why: &str) {
    let error: Error = from_slice::<T>(text.as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), why, "{text}");
}

#[test]
fn texts_that_are_no_value_are_refused_by_name() {
    refused::<u32>("", "the text ends too early");
    refused::<u32>("1 2", "something follows the value");
    for text in ["1.5", "1e3", "01", "-", "+1", "1.0"] {
        refused::<u64>(text, "a number is not an integer");
    }
    refused::<u64>("18446744073709551616", "a number is out of range");
    refused::<u64>("-1", "a number is out of range");
    refused::<i64>("-9223372036854775809", "a number is out of range");
    refused::<u8>("256", "a value is out of its range");
    refused::<String>("\"abc", "a string does not end");
    refused::<String>("\"a\u{1}\"", "a string holds a control character");
    for text in [r#""\x""#, r#""\u12""#, r#""\ud800""#, r#""\ud800A""#, r#""\udc00""#] {
        refused::<String>(text, "a string holds an invalid escape");
    }
    refused::<bool>("nul", "the text is not the JSON that is expected here");
    refused::<Vec<u32>>("[1,]", "the text is not the JSON that is expected here");
    refused::<Vec<u32>>("[1 2]", "the text is not the JSON that is expected here");
    refused::<Vec<u32>>("[1", "the text ends too early");
    refused::<(u32, u32)>("[1,2,3]", "the text is not the JSON that is expected here");
    refused::<(u32, u32)>("[1]", "a list has another length than expected");
    refused::<Shape>(r#"{"nope":{}}"#, "unknown variant `nope`");
    refused::<Shape>(r#"{"empty":{"x":1}}"#, "unknown field `x`");
    refused::<Shape>(r#"{"empty":{},"two":1}"#, "the text is not the JSON that is expected here");
    refused::<Shape>(r#"{"many":{"list":[],"pair":[1,true]}}"#, "missing field `text`");
    refused::<Shape>(r#"{"many":{"list":[],"also":[]}}"#, "duplicate field `list`");
    refused::<Shape>(r#""empty""#, "a variant lacks its data");
    refused::<Shape>(r#"{"nothing":{}}"#, "the text is not the JSON that is expected here");
    assert_eq!(from_slice::<Shape>(br#"{"nothing":null}"#), Ok(Shape::Nothing));
    assert!(from_slice::<String>(b"\"\xff\"").is_err());
    refused::<Uint128>("7", "the text is not the JSON that is expected here");
    refused::<Uint128>(r#""x""#, "a string is not the number that is expected here");
    for text in [r#""A""#, r#""A===""#, r#""AQI=AQI=""#, r#""AQ=I""#, r#""AR==""#, r#""A-==""#] {
        refused::<Binary>(text, "a string is not base64");
    }
    let long = "x".repeat(1_000);
    refused::<Shape>(&format!("\"{long}\""), &format!("unknown variant `{}`", "x".repeat(64)));
}

#[test]
fn nesting_is_bounded() {
    #[derive(Debug, Read)]
    struct Known {
        #[serde(default)]
        #[allow(dead_code)]
        one: u8,
    }
    let unknown = |depth: usize| format!(r#"{{"other":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
    from_slice::<Known>(unknown(31).as_bytes()).unwrap();
    refused::<Known>(&unknown(32), "the text is nested too deeply");
    refused::<Known>(&unknown(100_000), "the text is nested too deeply");
    assert_eq!(from_slice(br#"[1,{"a":[null,"x",true]}]"#), Ok(Anything));
}

#[test]
fn a_response_is_written_as_cosmwasm_writes_it_and_holds_payments_only() {
    let response = Response::<Empty>::new()
        .add_attribute("a", "b")
        .add_event(Event::new("mixnet").add_attribute("action", "a \"quoted\"\n text"))
        .add_message(BankMsg::Send { to_address: "n1".to_owned(), amount: coins(7, "unym") })
        .set_data(Binary::from(vec![1, 2, 255]));
    let answer = nym_contract_runtime::response::Answer::of(response.clone()).unwrap();
    assert_eq!(to_vec(&answer), serde_json::to_vec(&response).unwrap());

    let burn = Response::<Empty>::new().add_message(BankMsg::Burn { amount: coins(1, "unym") });
    assert!(nym_contract_runtime::response::Answer::of(burn).is_err());
}
