//! Dotted keys: flattening, suggestions, and values typed after their default.

use std::collections::BTreeMap;

use figment::value::{Tag, Value};

/// Every leaf by its dotted key. Arrays and empty tables are leaves.
pub(super) fn flatten(value: &Value) -> BTreeMap<String, Value> {
    let mut leaves = BTreeMap::new();
    if let Value::Dict(_, dict) = value {
        for (key, value) in dict {
            descend(key.clone(), value, &mut leaves);
        }
    }
    leaves
}

fn descend(path: String, value: &Value, leaves: &mut BTreeMap<String, Value>) {
    match value {
        Value::Dict(_, dict) if !dict.is_empty() => {
            for (key, value) in dict {
                descend(format!("{path}.{key}"), value, leaves);
            }
        }
        leaf => {
            leaves.insert(path, leaf.clone());
        }
    }
}

/// Whether `key` is a known leaf, or lies below one that is a free table or unset.
pub(super) fn is_known(key: &str, known: &BTreeMap<String, Value>) -> bool {
    if known.contains_key(key) {
        return true;
    }
    known.iter().any(|(leaf, value)| {
        let free = matches!(value, Value::Dict(..) | Value::Empty(..));
        free && key.strip_prefix(leaf.as_str()).is_some_and(|rest| rest.starts_with('.'))
    })
}

/// Whether this is the heading of a section with nothing below it, as in an example file.
pub(super) fn is_empty_section(key: &str, value: &Value, known: &BTreeMap<String, Value>) -> bool {
    let is_empty = matches!(value, Value::Dict(_, dict) if dict.is_empty());
    is_empty && known.keys().any(|leaf| leaf.strip_prefix(key).is_some_and(|rest| rest.starts_with('.')))
}

/// Brackets of a value beyond which it is text: the parser of values goes one call deeper with each that opens.
const BRACKETS: usize = 64;

/// Text from a flag or a variable, as the type its default has.
pub(super) fn parse_like(text: &str, default: Option<&Value>) -> Value {
    match default {
        Some(Value::String(..)) => Value::String(Tag::Default, text.to_owned()),
        _ if text.matches(['[', '{']).count() > BRACKETS => Value::String(Tag::Default, text.to_owned()),
        // What is unset by default is text more often than not; numbers and addresses parse from text too.
        _ => text.parse().unwrap_or_else(|_| Value::String(Tag::Default, text.to_owned())),
    }
}

/// The known key that looks most like `key`, if any looks alike at all.
pub(super) fn suggest<'a>(key: &str, known: impl Iterator<Item = &'a String>) -> Option<String> {
    let last = |key: &str| key.rsplit('.').next().unwrap_or(key).to_owned();
    known
        .map(|candidate| {
            let whole = distance(key, candidate);
            // The right name in the wrong section is as good a guess as a typo.
            let name = distance(&last(key), &last(candidate)) + 1;
            (whole.min(name), candidate)
        })
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, candidate)| *distance <= 3 && *distance < last(candidate).chars().count())
        .map(|(_, candidate)| candidate.clone())
}

/// Levenshtein distance.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    // One more than there are characters to the right, so that there always is a `j + 1`.
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.chars().enumerate() {
        let mut previous = i;
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
        for (j, r) in right.iter().enumerate() {
            let above = row[j + 1];
            let best = (previous + usize::from(l != *r)).min(above + 1).min(row[j] + 1);
            previous = above;
            row[j + 1] = best;
        }
    }
    row.last().copied().unwrap_or(0)
}
