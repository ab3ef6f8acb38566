//! What a local network leaves alone, and what it leaves behind when it does not start.

use std::{
    net::TcpListener,
    path::Path,
    process::{Command, Output},
};

fn localnet(verb: &str, dir: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nym-cli"));
    command.args(["localnet", verb, "--dir"]).arg(dir).args(more).output().unwrap()
}

/// The three lines of an error, and nothing on stdout.
fn mistake(output: &Output) -> [String; 3] {
    assert!(output.stdout.is_empty());
    let error = String::from_utf8(output.stderr.clone()).unwrap();
    let lines: Vec<_> = error.lines().filter(|line| !line.starts_with('[')).map(str::to_owned).collect();
    lines.try_into().unwrap_or_else(|_| panic!("not three lines: {error}"))
}

#[test]
fn a_port_in_use_is_named_with_its_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("net");
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    // The first API listens on the first port of the network.
    let output = localnet("up", &dir, &["--exit-after-ping", "--base-port", &port.to_string(), "--wasm", "none.wasm"]);

    assert_eq!(output.status.code(), Some(1));
    let [error, cause, help] = mistake(&output);
    assert_eq!(error, format!("error: could not start a local network in {}", dir.display()));
    let in_use = format!("  cause: address 127.0.0.1:{port} cannot be used: Address already in use");
    assert!(cause.starts_with(&in_use), "{cause}");
    assert!(help.starts_with("  help:  ") && help.contains("--base-port"), "{help}");
    assert!(!dir.exists(), "nothing was made");
}

#[test]
fn a_folder_with_somebodys_files_is_refused_and_left_as_it_is() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join("photos")).unwrap();
    std::fs::write(home.path().join("photos/cat"), "irreplaceable").unwrap();
    // A file of the same name as one of ours does not make it ours.
    std::fs::write(home.path().join("network.toml"), "").unwrap();

    let output = localnet("up", home.path(), &["--exit-after-ping", "--wasm", "none.wasm"]);

    assert_eq!(output.status.code(), Some(2));
    let [error, cause, help] = mistake(&output);
    assert_eq!(error, format!("error: could not start a local network in {}", home.path().display()));
    assert!(cause.contains("was not made by a local network"), "{cause}");
    assert!(help.contains("--dir"), "{help}");
    assert_eq!(std::fs::read_to_string(home.path().join("photos/cat")).unwrap(), "irreplaceable");
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 2, "nothing was added");
}

#[test]
fn logs_of_a_network_that_did_not_start_can_be_read_and_its_folder_used_again() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("net");
    let port = nym_localnet::Options::new("", "", "").on_free_ports().unwrap().base_port.to_string();
    let up = ["--exit-after-ping", "--base-port", &port, "--wasm", "none.wasm"];

    // The chain starts; there is no contract for it.
    let output = localnet("up", &dir, &up);

    assert_eq!(output.status.code(), Some(1));
    let [_, cause, help] = mistake(&output);
    assert!(cause.contains("no contract at none.wasm"), "{cause}");
    let advice = format!("localnet logs --dir {} --node NAME", dir.display());
    assert!(help.contains(&advice), "{help}");
    let logs = localnet("logs", &dir, &["--node", "devchain"]);
    assert!(logs.status.success(), "{}", String::from_utf8_lossy(&logs.stderr));
    assert!(!logs.stdout.is_empty(), "the chain has said something");
    let [_, cause, _] = mistake(&localnet("logs", &dir, &["--node", "nobody"]));
    assert_eq!(cause, "  cause: there are devchain");

    // It is a folder of ours, so it may be emptied and used again.
    std::fs::write(dir.join("old"), "").unwrap();
    let [_, cause, _] = mistake(&localnet("up", &dir, &up));
    assert!(cause.contains("no contract at none.wasm"), "{cause}");
    assert!(!dir.join("old").exists(), "a network begins in an empty folder");
}

#[test]
fn a_folder_without_a_network_has_neither_logs_nor_anything_to_show_or_end() {
    let folder = tempfile::tempdir().unwrap();

    let output = localnet("logs", folder.path(), &["--node", "devchain"]);

    assert_eq!(output.status.code(), Some(3));
    let [error, cause, help] = mistake(&output);
    assert!(error.contains("no local network") && cause.contains("no folder of logs"), "{error} {cause}");
    assert!(help.contains("nym-cli localnet up"), "{help}");
    for verb in ["down", "status", "ping"] {
        let output = localnet(verb, folder.path(), &[]);
        assert_eq!(output.status.code(), Some(3), "{verb}");
        let [error, ..] = mistake(&output);
        assert_eq!(error, format!("error: no local network runs in {}", folder.path().display()), "{verb}");
    }
}
