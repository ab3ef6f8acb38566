//! The page of negative vectors names tests that exist, and every test that bears a number.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Functions with an attribute `#[test]`, whatever others they have, in the files of a folder.
fn tests_in(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tests_in(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(path).unwrap();
            let mut lines = text.lines().map(str::trim);
            while lines.any(|line| line == "#[test]") {
                if let Some(name) = lines.find(|line| !line.starts_with("#[")).and_then(|line| line.strip_prefix("fn "))
                {
                    found.insert(name.split('(').next().unwrap().to_owned());
                }
            }
        }
    }
}

fn is_numbered(name: &str) -> bool {
    let number = name.strip_prefix('n').map(|rest| rest.trim_start_matches('_').bytes().take_while(u8::is_ascii_digit));
    number.is_some_and(|number| number.count() == 2)
}

#[test]
fn the_page_of_negative_vectors_names_every_numbered_test_and_no_other() {
    let here = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap());
    let mut tests = BTreeSet::new();
    tests_in(&here.join("tests"), &mut tests);
    let page = std::fs::read_to_string(here.join("../../docs/protocol/credential-negatives.md")).unwrap();
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| N-")).collect();
    let numbers: Vec<String> = (1..=15).map(|number| format!("| N-{number:02} ")).collect();
    assert_eq!(rows.len(), numbers.len());
    let mut named = BTreeSet::new();
    for (row, number) in rows.iter().zip(&numbers) {
        assert!(row.starts_with(number.as_str()), "{number}");
        let names: Vec<String> = row.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        assert!(!names.is_empty(), "{number} is tried by nothing");
        named.extend(names);
    }
    assert_eq!(named.difference(&tests).collect::<Vec<_>>(), Vec::<&String>::new(), "no such tests");
    let numbered: BTreeSet<String> = tests.into_iter().filter(|name| is_numbered(name)).collect();
    assert_eq!(named, numbered);
}
