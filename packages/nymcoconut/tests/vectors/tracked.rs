//! A file of vectors that knows which of its values were read, so that none is there for nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Index;
use std::sync::Mutex;

/// What was read so far by any test of this program, as paths without places of lists.
static READ: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
static NOTHING: Node = Node { path: String::new(), kind: Kind::Leaf(serde_json::Value::Null) };

/// A value of the file.
#[derive(Clone)]
pub struct Node {
    path: String,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    Leaf(serde_json::Value),
    List(Vec<Node>),
    Map(BTreeMap<String, Node>),
}

impl Node {
    /// Parses a file.
    pub fn parse(text: &str) -> Self {
        Self::new(String::new(), serde_json::from_str(text).unwrap())
    }

    fn new(path: String, value: serde_json::Value) -> Self {
        let kind = match value {
            serde_json::Value::Array(list) => {
                Kind::List(list.into_iter().map(|value| Self::new(path.clone(), value)).collect())
            }
            serde_json::Value::Object(map) => Kind::Map(
                map.into_iter()
                    .map(|(key, value)| {
                        // Places and names of other entries are no kinds of values.
                        let part = if key.parse::<u16>().is_ok() { "#" } else { &key };
                        let path = if path.is_empty() { part.to_owned() } else { format!("{path}.{part}") };
                        (key, Self::new(path, value))
                    })
                    .collect(),
            ),
            leaf => Kind::Leaf(leaf),
        };
        Self { path, kind }
    }

    fn leaf(&self) -> Option<&serde_json::Value> {
        let Kind::Leaf(value) = &self.kind else { return None };
        READ.lock().unwrap().insert(self.path.clone());
        Some(value)
    }

    pub fn as_str(&self) -> Option<&str> {
        self.leaf()?.as_str()
    }

    pub fn as_u64(&self) -> Option<u64> {
        self.leaf()?.as_u64()
    }

    pub fn as_bool(&self) -> Option<bool> {
        self.leaf()?.as_bool()
    }

    pub fn as_array(&self) -> Option<&Vec<Node>> {
        match &self.kind {
            Kind::List(list) => Some(list),
            _ => None,
        }
    }

    pub fn as_object(&self) -> Option<&BTreeMap<String, Node>> {
        match &self.kind {
            Kind::Map(map) => Some(map),
            _ => None,
        }
    }

    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_object()?.get(key)
    }

    pub fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Leaf(serde_json::Value::Null)) && self.leaf().is_some()
    }

    /// The paths of all values below.
    fn paths(&self, all: &mut BTreeSet<String>) {
        match &self.kind {
            Kind::Leaf(_) => drop(all.insert(self.path.clone())),
            Kind::List(list) => list.iter().for_each(|node| node.paths(all)),
            Kind::Map(map) => map.values().for_each(|node| node.paths(all)),
        }
    }

    /// The values that nothing has read yet; `text` are the names of those that are for people.
    pub fn unread(&self, text: &[&str]) -> Vec<String> {
        let mut all = BTreeSet::new();
        self.paths(&mut all);
        let read = READ.lock().unwrap();
        all.into_iter()
            .filter(|path| !read.contains(path) && !path.split('.').any(|part| text.contains(&part)))
            .collect()
    }
}

impl Index<&str> for Node {
    type Output = Node;
    fn index(&self, key: &str) -> &Node {
        self.get(key).unwrap_or(&NOTHING)
    }
}

impl Index<usize> for Node {
    type Output = Node;
    fn index(&self, place: usize) -> &Node {
        &self.as_array().unwrap()[place]
    }
}

impl PartialEq for Node {
    fn eq(&self, other: &Node) -> bool {
        match (&self.kind, &other.kind) {
            (Kind::Leaf(_), Kind::Leaf(_)) => self.leaf() == other.leaf(),
            (Kind::List(one), Kind::List(two)) => one == two,
            (Kind::Map(one), Kind::Map(two)) => one == two,
            _ => false,
        }
    }
}

impl PartialEq<str> for Node {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == Some(other)
    }
}

impl PartialEq<&str> for Node {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == Some(other)
    }
}

impl PartialEq<bool> for Node {
    fn eq(&self, other: &bool) -> bool {
        self.as_bool() == Some(*other)
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Leaf(value) => write!(f, "{value}"),
            Kind::List(list) => f.debug_list().entries(list).finish(),
            Kind::Map(map) => f.debug_map().entries(map).finish(),
        }
    }
}
