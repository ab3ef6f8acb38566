//! The shape of a JSON value: its keys and the kinds of its values, without the values.
//!
//! Two chains never give equal blocks, but a client that parses one must be able to parse the
//! other: the same keys, numbers as strings where CometBFT does so, `null` where it says `null`.

use serde_json::{Map, Value};

/// The shape of `value`. An array's shape is that of its first item.
pub fn shape(value: &Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(fields.iter().map(|(key, item)| (key.clone(), shape(item))).collect()),
        Value::Array(items) => Value::Array(items.first().map(shape).into_iter().collect()),
        Value::String(text) => kind(text).into(),
        Value::Number(_) => "number".into(),
        Value::Bool(_) => "boolean".into(),
        Value::Null => Value::Null,
    }
}

/// The shape without the fields of these names, wherever they are.
pub fn shape_without(value: &Value, left_out: &[&str]) -> Value {
    fn prune(value: &mut Value, left_out: &[&str]) {
        match value {
            Value::Object(fields) => {
                let kept: Map<String, Value> = std::mem::take(fields)
                    .into_iter()
                    .filter(|(key, _)| !left_out.contains(&key.as_str()))
                    .map(|(key, mut item)| {
                        prune(&mut item, left_out);
                        (key, item)
                    })
                    .collect();
                *fields = kept;
            }
            Value::Array(items) => items.iter_mut().for_each(|item| prune(item, left_out)),
            _ => {}
        }
    }
    let mut shape = shape(value);
    prune(&mut shape, left_out);
    shape
}

fn kind(text: &str) -> &'static str {
    let hex = |c: char| c.is_ascii_digit() || ('A'..='F').contains(&c);
    if text.is_empty() {
        "empty"
    } else if text.strip_prefix('-').unwrap_or(text).chars().all(|c| c.is_ascii_digit()) {
        "integer in a string"
    } else if (text.len() == 64 || text.len() == 40) && text.chars().all(hex) {
        "upper-case hex"
    } else if text.len() >= 20 && text.ends_with('Z') && text.chars().nth(10) == Some('T') {
        "time"
    } else {
        "string"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_shape_keeps_keys_and_kinds() {
        let block = json!({"height": "12", "hash": "AB".repeat(32), "time": "2026-01-01T00:00:00Z",
            "txs": ["eA==", "eQ=="], "evidence": [], "last": null, "index": 3, "info": ""});

        assert_eq!(
            shape(&block),
            json!({"height": "integer in a string", "hash": "upper-case hex", "time": "time",
                "txs": ["string"], "evidence": [], "last": null, "index": "number", "info": "empty"})
        );
    }

    #[test]
    fn fields_are_left_out_at_any_depth() {
        assert_eq!(shape_without(&json!({"a": {"b": 1, "c": 2}}), &["b"]), json!({"a": {"c": "number"}}));
    }
}
