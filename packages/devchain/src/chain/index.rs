//! Finding transactions by their events: the index keys, and the query language.

use cosmrs::proto::tendermint::abci::{Event, ExecTxResult};

/// Length of a query, as in CometBFT.
pub(crate) const MAX_QUERY: usize = 512;

/// One comparison of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Condition {
    pub key: String,
    pub op: Op,
    pub value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Equal,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Contains,
    Exists,
}

/// A query such as `tm.event='Tx' AND transfer.sender='n1…' AND tx.height>5`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Query {
    pub text: String,
    pub conditions: Vec<Condition>,
}

impl Query {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > MAX_QUERY {
            return Err("maximum query length exceeded".to_owned());
        }
        let mut rest = text.trim();
        let mut conditions = Vec::new();
        while !rest.is_empty() {
            let (condition, after) = condition(rest)?;
            conditions.push(condition);
            rest = match after.trim_start() {
                "" => "",
                more => match more.strip_prefix("AND ").map(str::trim_start) {
                    None => return Err(format!("expected AND at '{more}'")),
                    Some("") => return Err("expected a condition after AND".to_owned()),
                    Some(rest) => rest,
                },
            };
        }
        if conditions.is_empty() {
            return Err("empty query".to_owned());
        }
        Ok(Query { text: text.to_owned(), conditions })
    }

    /// Whether all conditions hold for the attributes (`type.key`, value) of an event source.
    pub(crate) fn matches(&self, attributes: &[(String, String)]) -> bool {
        let holds = |c: &Condition| attributes.iter().any(|(key, value)| *key == c.key && c.accepts(value));
        self.conditions.iter().all(holds)
    }
}

impl Query {
    /// Whether a transaction is found by a search: unlike a subscription, a search asks that
    /// one event meets all conditions on events.
    pub(crate) fn finds(&self, height: u64, hash: &str, result: &ExecTxResult) -> bool {
        let (about_tx, about_events): (Vec<_>, Vec<_>) =
            self.conditions.iter().partition(|c| matches!(c.key.as_str(), "tx.height" | "tx.hash" | "tm.event"));
        let holds = |c: &&Condition| match c.key.as_str() {
            "tx.height" => c.accepts(&height.to_string()),
            "tx.hash" => c.accepts(hash),
            _ => c.accepts("Tx"),
        };
        let meets = |event: &Event| {
            about_events.iter().all(|c| {
                let key = c.key.strip_prefix(&event.r#type);
                let Some(key) = key.and_then(|rest| rest.strip_prefix('.')) else {
                    return false;
                };
                event.attributes.iter().any(|a| a.key == key && c.accepts(&a.value))
            })
        };
        about_tx.iter().all(holds) && (about_events.is_empty() || result.events.iter().any(meets))
    }
}

impl Condition {
    pub(crate) fn accepts(&self, value: &str) -> bool {
        let numbers = || Some((value.parse::<i128>().ok()?, self.value.parse::<i128>().ok()?));
        let compare = |test: fn(&i128, &i128) -> bool| numbers().is_some_and(|(a, b)| test(&a, &b));
        match self.op {
            Op::Equal => value == self.value,
            Op::Contains => value.contains(&self.value),
            Op::Exists => true,
            Op::Less => compare(i128::lt),
            Op::LessEqual => compare(i128::le),
            Op::Greater => compare(i128::gt),
            Op::GreaterEqual => compare(i128::ge),
        }
    }
}

fn condition(text: &str) -> Result<(Condition, &str), String> {
    let end = text.find(|c: char| c.is_whitespace() || "=<>".contains(c)).unwrap_or(text.len());
    let (key, rest) = text.split_at(end);
    if key.is_empty() || key.contains('\'') {
        return Err(format!("expected an event key at '{text}'"));
    }
    let rest = rest.trim_start();
    const OPS: [(&str, Op); 7] = [
        ("<=", Op::LessEqual),
        (">=", Op::GreaterEqual),
        ("=", Op::Equal),
        ("<", Op::Less),
        (">", Op::Greater),
        ("CONTAINS", Op::Contains),
        ("EXISTS", Op::Exists),
    ];
    let found = OPS.iter().find_map(|(sign, op)| rest.strip_prefix(sign).map(|after| (*op, after)));
    let Some((op, rest)) = found else {
        return Err(format!("expected an operator at '{rest}'"));
    };
    let make = |value: &str| Condition { key: key.to_owned(), op, value: value.to_owned() };
    if op == Op::Exists {
        return Ok((make(""), rest));
    }
    let rest = rest.trim_start();
    if let Some(quoted) = rest.strip_prefix('\'') {
        let (value, after) = quoted.split_once('\'').ok_or_else(|| format!("missing closing quote at '{rest}'"))?;
        return Ok((make(value), after));
    }
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let (value, after) = rest.split_at(end);
    if value.is_empty() {
        return Err("expected a value at the end of the query".to_owned());
    }
    // Times are written `TIME 2013-…` and dates `DATE …`.
    if value == "TIME" || value == "DATE" {
        let after = after.trim_start();
        let end = after.find(char::is_whitespace).unwrap_or(after.len());
        let (value, after) = after.split_at(end);
        return Ok((make(value), after));
    }
    Ok((make(value), after))
}

/// `type.key` and value of every attribute of a transaction, with its height and hash.
pub(crate) fn attributes(height: u64, hash: &str, result: &ExecTxResult) -> Vec<(String, String)> {
    let mut all = vec![
        ("tx.height".to_owned(), height.to_string()),
        ("tx.hash".to_owned(), hash.to_owned()),
        ("tm.event".to_owned(), "Tx".to_owned()),
    ];
    for event in &result.events {
        for attribute in &event.attributes {
            let key = format!("{}.{}", event.r#type, attribute.key);
            all.push((key, attribute.value.clone()));
        }
    }
    all
}

/// The index key of an attribute up to the place of the transaction.
pub(crate) fn prefix(key: &str, value: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(key.len() + value.len() + 14);
    bytes.extend_from_slice(key.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(value.as_bytes());
    bytes.push(0);
    bytes
}

/// All index keys of a transaction.
pub(crate) fn keys(height: u64, index: u32, result: &ExecTxResult) -> Vec<Vec<u8>> {
    let mut keys = Vec::new();
    for event in &result.events {
        for attribute in event.attributes.iter().filter(|a| a.index) {
            let mut key = prefix(&format!("{}.{}", event.r#type, attribute.key), &attribute.value);
            key.extend_from_slice(&height.to_be_bytes());
            key.extend_from_slice(&index.to_be_bytes());
            keys.push(key);
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn queries_of_clients_are_understood() {
        for text in [
            "tm.event='NewBlock'",
            "tm.event = 'Tx'",
            "tm.event='Tx' AND tx.hash='AB'",
            "message.module='wasm' AND tx.height>=5 AND tx.height<=9",
            "transfer.sender EXISTS",
            "wasm.memo CONTAINS 'a AND b'",
        ] {
            assert!(Query::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn malformed_queries_are_refused() {
        for text in ["", "  ", "a", "a=", "='x'", "a='x", "a='x' OR b='y'", "a='x' AND ", "a ~ 3"] {
            assert!(Query::parse(text).is_err(), "{text}");
        }
        assert!(Query::parse(&"a".repeat(MAX_QUERY + 1)).is_err());
    }

    #[test]
    fn conditions_compare_numbers_as_numbers() {
        let query = Query::parse("tx.height>9 AND wasm.a='b'").unwrap();
        let attributes =
            |height: &str| vec![("tx.height".to_owned(), height.to_owned()), ("wasm.a".to_owned(), "b".to_owned())];

        assert!(query.matches(&attributes("10")));
        assert!(!query.matches(&attributes("9")));
        assert!(!query.matches(&[]));
    }
}
