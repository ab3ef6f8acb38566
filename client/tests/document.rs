//! `docs/client-api.md` tells the truth: its examples are read by the client's own parsers.

use crate::in_crate;
use nym_client::api::frames::{ErrorCode, Reply, RequestId};
use nym_client::api::{binary, json};
use nym_client_core::MAX_MESSAGE;

struct Example {
    kind: String,
    text: String,
}

/// Every fenced block after a `<!-- kind -->` line.
fn examples() -> Vec<Example> {
    let document = std::fs::read_to_string(in_crate("../docs/client-api.md")).unwrap();
    let mut found = Vec::new();
    let mut lines = document.lines();
    while let Some(line) = lines.next() {
        let Some(kind) = line.strip_prefix("<!-- ").and_then(|line| line.strip_suffix(" -->")) else { continue };
        assert!(lines.next().unwrap().starts_with("```"), "no block after {line}");
        let text = lines.by_ref().take_while(|line| *line != "```").collect::<Vec<_>>().join("\n");
        found.push(Example { kind: kind.to_owned(), text });
    }
    found
}

fn of(kind: &str) -> Vec<String> {
    examples().into_iter().filter(|example| example.kind == kind).map(|example| example.text).collect()
}

fn type_of(text: &str) -> String {
    serde_json::from_str::<serde_json::Value>(text).unwrap()["type"].as_str().unwrap().to_owned()
}

#[test]
fn every_request_of_the_document_is_understood() {
    let requests = of("request");
    for text in &requests {
        let (_, request) = json::read(text);
        request.unwrap_or_else(|error| panic!("{error}: {text}"));
    }
    let types: std::collections::BTreeSet<_> = requests.iter().map(|text| type_of(text)).collect();
    assert_eq!(types.into_iter().collect::<Vec<_>>(), ["authenticate", "confirm", "reply", "send", "status"]);
}

#[test]
fn every_reply_of_the_document_is_one_the_client_can_spell() {
    let replies = of("reply");
    for text in &replies {
        let frame: json::Outgoing = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        // Spelled again it has the same fields and values: nothing optional was left out of the example.
        let again = serde_json::to_value(&frame).unwrap();
        assert_eq!(again, serde_json::from_str::<serde_json::Value>(text).unwrap());
    }
    let types: std::collections::BTreeSet<_> = replies.iter().map(|text| type_of(text)).collect();
    let all = ["accepted", "confirmed", "connection", "delivered", "error", "failed", "ready", "received", "status"];
    assert_eq!(types.into_iter().collect::<Vec<_>>(), all);
}

fn bytes(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    digits
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

#[test]
fn the_binary_examples_are_what_they_say() {
    let requests = of("binary request");
    for text in &requests {
        let (number, request) = binary::read(&bytes(text));
        assert!(matches!(number, RequestId::Number(7 | 8)), "{text}");
        request.unwrap();
    }
    let replies = of("binary reply");
    let id = "0c9a3f7be21d4c55b0a7d8e9f0a1b2c3".parse().unwrap();
    let confirmed = binary::write(&RequestId::Number(7), &Reply::Confirmed { id }).unwrap();
    assert_eq!(bytes(&replies[0]), confirmed);
    let message = nym_client_core::Received {
        id,
        bytes: b"hello".to_vec(),
        sender_tag: Some("a1b2c3d4e5f60718293a4b5c6d7e8f90".parse().unwrap()),
        reply_from: None,
        received_at: 0x6a14_f53d,
    };
    assert_eq!(bytes(&replies[1]), binary::write(&RequestId::None, &Reply::Received(message)).unwrap());
    assert_eq!((requests.len(), replies.len()), (2, 2));
}

#[test]
fn the_document_names_every_error_with_its_number_and_the_limits() {
    let document = std::fs::read_to_string(in_crate("../docs/client-api.md")).unwrap();
    for code in ErrorCode::ALL {
        let name = serde_json::to_value(code).unwrap();
        let row = format!("| `{}` | {} |", name.as_str().unwrap(), code as u8);
        assert!(document.contains(&row), "{row}");
    }
    assert!(document.contains(&format!("\"max_message_bytes\": {MAX_MESSAGE}")));
}

#[test]
fn frames_that_are_wrong_are_refused_with_the_reason() {
    for (text, reason) in [
        ("", "EOF"),
        ("[]", "missing field"),
        ("{\"type\":\"fly\"}", "unknown variant"),
        ("{\"type\":\"confirm\"}", "missing field"),
        ("{\"type\":\"confirm\",\"id\":\"00\"}", "32 hexadecimal"),
        ("{\"type\":\"status\",\"extra\":1}", "unknown field"),
        ("{\"type\":\"reply\",\"sender_tag\":\"a1b2c3d4e5f60718293a4b5c6d7e8f90\"}", "exactly one of"),
        ("{\"type\":\"reply\",\"sender_tag\":\"a1b2c3d4e5f60718293a4b5c6d7e8f90\",\"data\":\"???\"}", "base64"),
        ("{\"type\":\"send\",\"recipient\":\"nobody\",\"text\":\"x\"}", "address"),
        ("{\"type\":\"send\",\"recipient\":\"nobody\",\"text\":\"x\",\"reply_surbs\":65536}", "address"),
    ] {
        let (_, request) = json::read(text);
        let error = request.unwrap_err().to_string();
        assert!(error.contains(reason), "{text}: {error}");
    }
    for frame in [&[][..], &[1], &[1, 0, 0, 0, 1], &[2, 0, 0, 0, 1, 9], &[3, 0, 0, 0, 1, 0], &[9, 0, 0, 0, 1]] {
        assert!(binary::read(frame).1.is_err(), "{frame:?}");
    }
}

#[test]
fn a_wrong_frame_is_answered_under_its_request_id() {
    let (id, request) = json::read("{\"type\":\"send\",\"request_id\":\"abc\"}");

    assert!(request.is_err());
    assert_eq!(id, RequestId::Text("abc".into()));
}
