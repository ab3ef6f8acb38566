//! Arguments of a call: from a JSON object, a JSON array or a query string.
//!
//! Clients write one number as `"5"` or `height=5`, and one hash as hex, Base64 or
//! `0x…`; everything a client may send is read here and nowhere else.

use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use serde_json::Value;

/// The arguments of one call.
#[derive(Debug, Clone)]
pub(crate) struct Params {
    value: Value,
    /// From a query string, where text is quoted and bytes may be hex with `0x`.
    uri: bool,
}

type Read<T> = Result<T, String>;

impl Params {
    pub(crate) fn json(value: Value) -> Self {
        Params { value, uri: false }
    }

    pub(crate) fn uri(fields: serde_json::Map<String, Value>) -> Self {
        Params { value: fields.into(), uri: true }
    }

    fn get(&self, names: &[&str], position: usize, name: &str) -> Option<&Value> {
        let found = match &self.value {
            Value::Object(fields) => fields.get(name),
            Value::Array(list) => names.get(position).and_then(|_| list.get(position)),
            _ => None,
        };
        found.filter(|v| !v.is_null() && v.as_str() != Some(""))
    }

    /// Names the arguments of the method, in order, for calls that give a list.
    pub(crate) fn of<'a>(&'a self, names: &'a [&'a str]) -> Args<'a> {
        Args { params: self, names }
    }
}

/// Arguments with the names of the method.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Args<'a> {
    params: &'a Params,
    names: &'a [&'a str],
}

impl Args<'_> {
    fn value(&self, name: &str) -> Option<&Value> {
        let position = self.names.iter().position(|n| *n == name)?;
        self.params.get(self.names, position, name)
    }

    fn bare<'t>(&self, text: &'t str) -> &'t str {
        if !self.params.uri {
            return text;
        }
        let inner = text.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
        inner.unwrap_or(text)
    }

    /// A text, empty when it is missing.
    pub(crate) fn text(&self, name: &str) -> Read<String> {
        match self.value(name) {
            None => Ok(String::new()),
            Some(Value::String(text)) => Ok(self.bare(text).to_owned()),
            Some(other) => Err(format!("{name}: expected text and got {other}")),
        }
    }

    /// A number as text; CometBFT refuses JSON numbers, whose range is too small.
    pub(crate) fn number(&self, name: &str) -> Read<Option<i64>> {
        let wrong = |shown: &Value| format!("{name}: expected a whole number and got {shown}");
        match self.value(name) {
            None => Ok(None),
            Some(value @ Value::String(text)) => {
                let number = self.bare(text).parse();
                number.map(Some).map_err(|_| wrong(value))
            }
            Some(other) => Err(wrong(other)),
        }
    }

    /// Bytes in hex, as `abci_query` has them.
    pub(crate) fn hex(&self, name: &str) -> Read<Vec<u8>> {
        let text = self.text(name)?;
        let digits = text.strip_prefix("0x").unwrap_or(&text);
        hex::decode(digits).map_err(|e| format!("{name}: expected hex: {e}"))
    }

    /// Bytes in Base64; in a query string also quoted text or hex with `0x`.
    pub(crate) fn bytes(&self, name: &str) -> Read<Vec<u8>> {
        let raw = match self.value(name) {
            None => return Ok(Vec::new()),
            Some(Value::String(text)) => text,
            Some(other) => return Err(format!("{name}: expected Base64 text and got {other}")),
        };
        if self.params.uri {
            if let Some(digits) = raw.strip_prefix("0x") {
                return hex::decode(digits).map_err(|e| format!("{name}: expected hex: {e}"));
            }
            if raw.starts_with('"') {
                return Ok(self.bare(raw).as_bytes().to_vec());
            }
        }
        STANDARD.decode(raw).map_err(|e| format!("{name}: expected Base64: {e}"))
    }

    /// A hash of 32 bytes; hex is accepted everywhere because some clients send it.
    pub(crate) fn hash(&self, name: &str) -> Read<Vec<u8>> {
        let text = self.text(name)?;
        if text.len() == 64 {
            if let Ok(bytes) = hex::decode(&text) {
                return Ok(bytes);
            }
        }
        self.bytes(name)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_read_from_text() {
        for value in [json!({ "height": "5" }), json!(["5"])] {
            let params = Params::json(value);
            assert_eq!(params.of(&["height"]).number("height").unwrap(), Some(5));
        }
        for value in [json!({}), json!([]), json!(null), json!({ "height": null })] {
            let params = Params::json(value);
            assert_eq!(params.of(&["height"]).number("height").unwrap(), None);
        }
        for value in [json!({ "height": "x" }), json!({ "height": 5 }), json!([[]])] {
            let params = Params::json(value);
            assert!(params.of(&["height"]).number("height").is_err());
        }
    }

    #[test]
    fn query_strings_may_quote_text_and_write_bytes_in_hex() {
        let fields = json!({ "path": "\"/a\"", "tx": "0x0102", "data": "0102" });
        let params = Params::uri(fields.as_object().unwrap().clone());
        let args = params.of(&["path", "tx", "data"]);

        assert_eq!(args.text("path").unwrap(), "/a");
        assert_eq!(args.bytes("tx").unwrap(), [1, 2]);
        assert_eq!(args.hex("data").unwrap(), [1, 2]);
    }
}
