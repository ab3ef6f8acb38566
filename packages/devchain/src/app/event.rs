//! Events of transactions: a type and a list of attributes, in the order they happened.

use serde::{Deserialize, Serialize};

/// One key and value of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attribute {
    pub key: String,
    pub value: String,
}

/// Something a module reports about a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Event {
    pub kind: String,
    pub attributes: Vec<Attribute>,
}

impl Event {
    pub(crate) fn new(kind: &str) -> Self {
        Event { kind: kind.to_owned(), attributes: Vec::new() }
    }

    /// The event with one attribute more.
    pub(crate) fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.attributes.push(Attribute { key: key.to_owned(), value: value.into() });
        self
    }

    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|a| a.key == key)?;
        Some(&found.value)
    }
}
