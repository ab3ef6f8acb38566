//! What the fuzz targets' pages claim: no target is left out, inputs hold whole packets.

use std::collections::BTreeSet;
use std::path::PathBuf;

fn read(path: &str) -> String {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap()).parent().unwrap().to_owned();
    std::fs::read_to_string(root.join(path)).unwrap()
}

fn targets() -> BTreeSet<String> {
    let target = |line: &str| Some(line.strip_prefix("path = \"fuzz_targets/")?.strip_suffix(".rs\"")?.to_owned());
    read("fuzz/Cargo.toml").lines().filter_map(target).collect()
}

/// Names between backticks in the first column of a table.
fn first_column(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter(|line| line.starts_with("| `")).flat_map(|row| {
        let names = row.split('|').nth(1).unwrap();
        names.split('`').skip(1).step_by(2).map(move |name| (name, row))
    })
}

#[test]
fn fuzz_targets_are_those_that_the_pages_list() {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap()).parent().unwrap().to_owned();
    let files: BTreeSet<String> = std::fs::read_dir(root.join("fuzz/fuzz_targets"))
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_suffix(".rs").map(str::to_owned))
        .collect();
    assert_eq!(files, targets(), "fuzz/Cargo.toml and fuzz/fuzz_targets differ");
    for page in ["fuzz/README.md", "docs/fuzzing.md"] {
        let text = read(page);
        let listed: Vec<_> = first_column(&text).map(|(name, _)| name.to_owned()).collect();
        let distinct: BTreeSet<_> = listed.iter().cloned().collect();
        assert_eq!(distinct, targets(), "{page} lists other targets than there are");
        assert_eq!(distinct.len(), listed.len(), "{page} lists a target twice");
    }
}

#[test]
fn the_fuzzer_builds_inputs_that_hold_whole_packets() {
    let script = read("scripts/fuzz");
    let longest = script.split("-max_len=").nth(1).unwrap().split_whitespace().next().unwrap();
    assert!(longest.parse::<usize>().unwrap() >= 3 * (3 + nym_wire::sizes::PACKET), "{longest} bytes");
    assert!(read("fuzz/README.md").contains("8,192 bytes") && longest == "8192");
}
