//! Taking requests apart: single calls, batches, depth and sizes.

use serde_json::{json, Value};

/// Nested arrays and objects of a request; CometBFT's own have five.
pub(crate) const MAX_DEPTH: usize = 32;
/// Calls of one batch, as CometBFT's default.
const MAX_BATCH: usize = 10;

/// An error of JSON-RPC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RpcError {
    pub code: i32,
    pub message: &'static str,
    pub data: String,
}

impl RpcError {
    pub(crate) fn parse(data: impl ToString) -> Self {
        RpcError { code: -32700, message: "Parse error. Invalid JSON", data: data.to_string() }
    }

    pub(crate) fn request(data: impl ToString) -> Self {
        RpcError { code: -32600, message: "Invalid Request", data: data.to_string() }
    }

    pub(crate) fn method() -> Self {
        RpcError { code: -32601, message: "Method not found", data: String::new() }
    }

    pub(crate) fn params(data: impl ToString) -> Self {
        RpcError { code: -32602, message: "Invalid params", data: data.to_string() }
    }

    pub(crate) fn internal(data: impl ToString) -> Self {
        RpcError { code: -32603, message: "Internal error", data: data.to_string() }
    }

    pub(crate) fn server(data: impl ToString) -> Self {
        RpcError { code: -32000, message: "Server error", data: data.to_string() }
    }
}

/// One call.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub id: Value,
    pub method: String,
    pub params: Value,
}

/// The calls of a body: either one, or a batch.
#[derive(Debug)]
pub(crate) enum Calls {
    One(Result<Call, (Value, RpcError)>),
    /// Notifications, which have no id, are dropped.
    Batch(Vec<Result<Call, (Value, RpcError)>>),
}

/// Parses a body.
pub(crate) fn parse(body: &[u8]) -> Result<Calls, RpcError> {
    check_depth(body)?;
    let value: Value = serde_json::from_slice(body).map_err(RpcError::parse)?;
    match value {
        Value::Array(list) => {
            if list.len() > MAX_BATCH {
                return Err(RpcError::request(format_args!(
                    "batch request exceeds maximum ({MAX_BATCH}) allowed number of requests"
                )));
            }
            Ok(Calls::Batch(list.into_iter().filter_map(one).collect()))
        }
        value => match one(value) {
            Some(call) => Ok(Calls::One(call)),
            None => Ok(Calls::Batch(Vec::new())),
        },
    }
}

fn one(value: Value) -> Option<Result<Call, (Value, RpcError)>> {
    let Value::Object(mut fields) = value else {
        let error = RpcError::parse("a request is a JSON object");
        return Some(Err((Value::Null, error)));
    };
    let id = match fields.remove("id") {
        None | Some(Value::Null) => return None,
        Some(id @ (Value::String(_) | Value::Number(_))) => id,
        Some(other) => {
            let error = RpcError::parse(format_args!("json-rpc ID ({other}) is of unknown type"));
            return Some(Err((Value::Null, error)));
        }
    };
    let method = match fields.remove("method") {
        Some(Value::String(method)) => method,
        None | Some(Value::Null) => String::new(),
        Some(_) => return Some(Err((Value::Null, RpcError::parse("the method is a text")))),
    };
    let params = fields.remove("params").unwrap_or(Value::Null);
    if !matches!(params, Value::Null | Value::Array(_) | Value::Object(_)) {
        let error = RpcError::params("params are a JSON object or array");
        return Some(Err((id, error)));
    }
    Some(Ok(Call { id, method, params }))
}

/// Refuses bodies that nest deeper than any call does, before they are parsed.
fn check_depth(body: &[u8]) -> Result<(), RpcError> {
    let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
    for byte in body {
        match (quoted, escaped, byte) {
            (true, true, _) => escaped = false,
            (true, false, b'\\') => escaped = true,
            (true, false, b'"') => quoted = false,
            (true, ..) => {}
            (false, _, b'"') => quoted = true,
            (false, _, b'{' | b'[') => {
                depth += 1;
                if depth > MAX_DEPTH {
                    let text = format!("more than {MAX_DEPTH} levels of nesting");
                    return Err(RpcError::parse(text));
                }
            }
            (false, _, b'}' | b']') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// The answer to a call.
pub(crate) fn answer(id: &Value, result: Result<Value, RpcError>) -> Value {
    match result {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Err(error) => {
            let mut inner = json!({ "code": error.code, "message": error.message });
            if !error.data.is_empty() {
                inner["data"] = error.data.into();
            }
            json!({ "jsonrpc": "2.0", "id": id, "error": inner })
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_body_that_nests_too_deeply_is_refused() {
        let deep = [vec![b'['; MAX_DEPTH + 1], vec![b']'; MAX_DEPTH + 1]].concat();
        let text = format!(r#"{{"id":1,"method":"health","params":{{"a":"{}"}}}}"#, "[".repeat(99));

        assert_eq!(parse(&deep).unwrap_err().code, -32700);
        assert!(matches!(parse(text.as_bytes()).unwrap(), Calls::One(Ok(_))));
    }

    #[test]
    fn malformed_bodies_get_the_code_of_their_fault() {
        let code = |body: &str| match parse(body.as_bytes()) {
            Err(error) => error.code,
            Ok(Calls::One(Err((_, error)))) => error.code,
            Ok(_) => 0,
        };

        for (body, expected) in [
            ("{", -32700),
            ("", -32700),
            ("5", -32700),
            (r#"{"id":1}"#, 0),
            (r#"{"id":1,"method":5}"#, -32700),
            (r#"{"id":[],"method":"health"}"#, -32700),
            (r#"{"id":1,"method":"health","params":"x"}"#, -32602),
            (r#"{"id":1,"method":"health"}"#, 0),
            (r#"{"method":"health"}"#, 0),
        ] {
            assert_eq!(code(body), expected, "{body}");
        }
        let batch = format!("[{}]", ["{}"; MAX_BATCH + 1].join(","));
        assert_eq!(code(&batch), -32600);
    }
}
