//! Documents that can lie: the crate graph of the architecture page and what it says of contracts, the tree of the README.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

fn root() -> PathBuf {
    PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap()).parent().unwrap().to_owned()
}

/// Folder → layer, from the table of `docs/architecture.md`: lowest first.
fn layers() -> BTreeMap<String, usize> {
    let text = std::fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let table = text.split("<!-- layers -->").nth(1).expect("the page has its table of layers");
    let rows = table.lines().filter(|line| line.starts_with("| ") && line.contains('`'));
    let mut layers = BTreeMap::new();
    for (height, row) in rows.rev().enumerate() {
        for folder in row.split('`').skip(1).step_by(2) {
            assert!(layers.insert(folder.to_owned(), height).is_none(), "{folder} is in two layers");
        }
    }
    layers
}

fn crates() -> serde_json::Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--locked"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn arrows_of_the_crate_graph_point_down() {
    let (layers, metadata) = (layers(), crates());
    let folder = |manifest: &str| {
        let folder = PathBuf::from(manifest).parent().unwrap().strip_prefix(root()).unwrap().to_owned();
        folder.to_str().unwrap().to_owned()
    };
    let packages = metadata["packages"].as_array().unwrap();
    let folders: BTreeMap<String, String> = packages
        .iter()
        .map(|package| {
            let name = package["name"].as_str().unwrap().to_owned();
            (name, folder(package["manifest_path"].as_str().unwrap()))
        })
        .collect();
    let listed: BTreeSet<_> = layers.keys().cloned().collect();
    let existing: BTreeSet<_> = folders.values().cloned().collect();
    assert_eq!(listed, existing, "docs/architecture.md lists other folders than there are crates");

    for package in packages {
        let from = &folders[package["name"].as_str().unwrap()];
        let ours = package["dependencies"].as_array().unwrap().iter().filter(|dependency| dependency["kind"].is_null());
        for dependency in ours {
            if let Some(to) = folders.get(dependency["name"].as_str().unwrap()) {
                assert!(layers[to] <= layers[from], "{from} is below {to} but depends on it");
            }
        }
    }
}

/// What only works with a clock, threads or random numbers, none of which a contract's machine has.
const NOT_IN_WASM: [&str; 7] = ["chrono", "getrandom", "rand", "rand_core", "rayon", "time", "tokio"];

/// Names of the crates that one is built from for contracts, and the folders of those that are ours.
fn built_for_wasm(name: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    // Not `cargo metadata`: it tells what a crate would have with the features that all others here ask for.
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--package", name, "--target", "wasm32-unknown-unknown"])
        .args(["--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (mut names, mut folders) = (BTreeSet::new(), BTreeSet::new());
    for line in String::from_utf8(output.stdout).unwrap().lines().filter(|line| !line.is_empty()) {
        names.insert(line.split(' ').next().unwrap().to_owned());
        let folder = line.split('(').nth(1).and_then(|rest| rest.split(')').next()).map(PathBuf::from);
        if let Some(folder) = folder.as_ref().and_then(|folder| folder.strip_prefix(root()).ok()) {
            folders.insert(folder.to_str().unwrap().to_owned());
        }
    }
    (names, folders)
}

#[test]
fn what_contracts_are_built_from_is_as_the_architecture_says_without_clock_threads_and_random_numbers() {
    let text = std::fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let sentence = text.split("\nReachable from wasm").nth(1).and_then(|rest| rest.split("\n\n").next());
    let sentence = sentence.expect("the page says what is reachable from wasm");
    let listed: BTreeSet<String> = sentence.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    let metadata = crates();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let contracts = packages.filter(|package| {
        let mut targets = package["targets"].as_array().unwrap().iter();
        targets.any(|target| target["crate_types"].as_array().unwrap().iter().any(|kind| kind == "cdylib"))
    });

    let mut reached = BTreeSet::new();
    for contract in contracts {
        let name = contract["name"].as_str().unwrap();
        let (names, folders) = built_for_wasm(name);
        assert!(names.contains(name) && names.contains("cosmwasm-std"), "{name} is built from {names:?}");
        let refused: Vec<_> = NOT_IN_WASM.iter().filter(|other| names.contains(**other)).collect();
        assert!(refused.is_empty(), "{name} is built with {refused:?}");
        reached.extend(folders);
    }
    assert_eq!(listed, reached, "docs/architecture.md names other folders than contracts are built from");
}

#[test]
fn every_path_that_the_readme_names_exists() {
    let text = std::fs::read_to_string(root().join("README.md")).unwrap();
    let tree = text.split("```text").nth(1).and_then(|rest| rest.split("```").next()).expect("the README has a tree");
    for line in tree.lines().filter(|line| !line.trim().is_empty()) {
        let path = line.split_whitespace().next().unwrap();
        assert!(root().join(path).exists(), "the README names {path}, which does not exist");
    }
}

#[test]
fn every_fuzz_target_has_its_row_of_executions_its_seeds_and_its_description() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    let (manifest, table, readme) = (read("fuzz/Cargo.toml"), read("docs/fuzzing.md"), read("fuzz/README.md"));
    let targets: Vec<&str> = manifest
        .lines()
        .filter_map(|line| line.strip_prefix("path = \"fuzz_targets/")?.strip_suffix(".rs\""))
        .collect();
    assert!(targets.len() >= 54);
    for target in targets {
        let start = format!("| `{target}` | ");
        let row = table.lines().find(|line| line.starts_with(&start));
        let row = row.unwrap_or_else(|| panic!("docs/fuzzing.md has no row for {target}"));
        let executions = row.trim_end_matches('|').rsplit('|').next().unwrap().trim().replace(',', "");
        assert!(executions == "–" || executions.parse::<u64>().is_ok(), "{row}");
        assert!(readme.contains(&format!("`{target}`")), "fuzz/README.md does not say what {target} feeds");
        assert!(root().join("fuzz/seeds").join(target).read_dir().unwrap().next().is_some(), "{target} has no seeds");
    }
}

#[test]
fn links_of_documents_lead_somewhere() {
    let mut pending = vec![root().join("docs")];
    let mut pages: Vec<PathBuf> =
        ["README.md", "CONTRIBUTING.md", "SECURITY.md"].iter().map(|name| root().join(name)).collect();
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension().and_then(|extension| extension.to_str()) {
                _ if path.is_dir() => pending.push(path),
                Some("md") => pages.push(path),
                _ => {}
            }
        }
    }
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = target.split('#').next().unwrap();
            if target.is_empty() || target.contains("://") || target.contains(' ') {
                continue;
            }
            assert!(page.parent().unwrap().join(target).exists(), "{} links to {target}", page.display());
        }
    }
}

#[test]
fn every_dependency_has_a_licence_that_the_rules_allow() {
    let rules: toml::Table = std::fs::read_to_string(root().join("deny.toml")).unwrap().parse().unwrap();
    let licences = rules["licenses"].as_table().unwrap();
    let names = |list: &toml::Value| -> BTreeSet<String> {
        list.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
    };
    let of_crate = |list: &str, field: &str| -> BTreeMap<String, toml::Value> {
        let list = licences[list].as_array().unwrap();
        list.iter().map(|entry| (entry["crate"].as_str().unwrap().to_owned(), entry[field].clone())).collect()
    };
    let (allowed, exceptions, clarified) =
        (names(&licences["allow"]), of_crate("exceptions", "allow"), of_crate("clarify", "expression"));
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let used: BTreeSet<&str> =
        metadata["resolve"]["nodes"].as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap()).collect();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let packages: Vec<_> = packages.filter(|package| used.contains(package["id"].as_str().unwrap())).collect();
    assert!(packages.len() > 300, "{} packages", packages.len());

    let mut excepted = BTreeSet::new();
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let stated = package["license"].as_str().or_else(|| clarified.get(name)?.as_str());
        let stated = stated.unwrap_or_else(|| panic!("{name} states no licence and deny.toml does not clarify it"));
        let licence = spdx::Expression::parse_mode(stated, spdx::ParseMode::LAX).unwrap();
        let allows = |allowed: &BTreeSet<String>| licence.evaluate(|needed| allowed.contains(&needed.to_string()));
        if !allows(&allowed) {
            let exception = exceptions.get(name).map(names).unwrap_or_default();
            assert!(allows(&exception), "{name}: deny.toml does not allow {stated}");
            excepted.insert(name.to_owned());
        }
    }
    assert_eq!(excepted, exceptions.into_keys().collect(), "exceptions that nothing needs");
}
