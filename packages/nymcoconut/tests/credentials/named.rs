//! The page of negative vectors names in every cell tests that exist, or a reason for none, and names every test that bears a number.

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

/// The numbers that a name begins with: 6 and 14 of `n_06_n_14_opposite_errors`, 12 of `n12_late_and_second_messages`.
fn numbers(name: &str) -> Vec<usize> {
    let mut numbers = Vec::new();
    let mut rest = name;
    while let Some((digits, after)) =
        rest.strip_prefix('n').and_then(|rest| rest.trim_start_matches('_').split_once('_'))
    {
        if digits.len() != 2 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            break;
        }
        numbers.push(digits.parse().unwrap());
        rest = after;
    }
    numbers
}

#[test]
fn every_cell_of_the_page_of_negative_vectors_names_tests_that_bear_its_number_or_says_why_there_are_none() {
    let here = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap());
    let mut tests = BTreeSet::new();
    tests_in(&here.join("tests"), &mut tests);
    let page = std::fs::read_to_string(here.join("../../docs/protocol/credential-negatives.md")).unwrap();
    let cells = |row: &str| row.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let head = page.lines().find(|line| line.starts_with("| |")).unwrap();
    assert_eq!(cells(head)[2..7], ["Show", "Share", "Aggregate", "Batch", "Key generation"]);
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| N-")).collect();
    assert_eq!(rows.len(), 15);
    for (number, row) in (1..).zip(rows) {
        assert!(row.starts_with(&format!("| N-{number:02} ")), "{row}");
        let cells = cells(row);
        assert_eq!(cells.len(), 8, "N-{number:02} has five cells");
        let mut named = BTreeSet::new();
        for (cell, column) in cells[2..7].iter().zip(["show", "share", "aggregate", "batch", "key generation"]) {
            let names: Vec<String> = cell.split('`').skip(1).step_by(2).map(str::to_owned).collect();
            match cell.strip_prefix("– ") {
                Some(reason) => {
                    assert!(reason.split(' ').count() > 2 && names.is_empty(), "N-{number:02}, {column}: why?")
                }
                None => assert!(!names.is_empty(), "N-{number:02} in {column} is tried by nothing"),
            }
            named.extend(names);
        }
        // Each of them is a test that bears the number, and each test that bears it is one of them.
        let bearing: BTreeSet<String> = tests.iter().filter(|name| numbers(name).contains(&number)).cloned().collect();
        assert_eq!(named, bearing, "N-{number:02}");
    }
}

#[test]
fn numbers_of_names_are_read_as_they_are_written() {
    assert_eq!(numbers("n_06_n_14_opposite_errors"), [6, 14]);
    assert_eq!(numbers("n01_n02_n07_n12_every_bad_value"), [1, 2, 7, 12]);
    assert_eq!(numbers("n_03_no_two_parts"), [3]);
    assert!(numbers("nothing_public_makes_a_payment").is_empty() && numbers("n_3_is_no_number").is_empty());
}
