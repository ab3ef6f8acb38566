//! A client that was written from `docs/client-api.md` alone, over a network of real processes.

use nym_tests::ClientProcess;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

const PATIENCE: Duration = Duration::from_secs(120);

/// Installs the packages of a folder's lock file, unless they are there.
pub async fn install(folder: &Path) {
    let npm = Command::new("npm").arg("--version").output().await;
    assert!(
        npm.is_ok(),
        "there is no npm on this machine: scripts/bootstrap says what is missing (Node.js 20 with npm)"
    );
    let (lock, installed) = (folder.join("package-lock.json"), folder.join("node_modules/.installed"));
    let lock = std::fs::read(lock).unwrap();
    if std::fs::read(&installed).ok().as_ref() == Some(&lock) {
        return;
    }
    let status = Command::new("npm").args(["ci", "--silent"]).current_dir(folder).status().await.unwrap();
    assert!(status.success(), "npm ci: {status}");
    std::fs::write(installed, lock).unwrap();
}

/// Runs a script in a folder: whether it succeeded, and what it said.
pub async fn node(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let output = Command::new("node").args(arguments).current_dir(folder).kill_on_drop(true).output().await.unwrap();
    let said = [output.stderr, output.stdout].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_typescript_client_talks_over_the_real_network() {
    let folder = nym_tests::in_checkout("client/examples/typescript").unwrap();
    install(&folder).await;
    let (success, output) = node(&folder, &["node_modules/typescript/bin/tsc"]).await;
    assert!(success, "{output}");
    let mut network = nym_tests::start(|options| options.epoch_seconds = 600).await.unwrap();
    let (near, far) = network.gateways().await.unwrap();
    let alice = ClientProcess::start(&mut network, "alice", &near.identity).await.unwrap();
    let bob = ClientProcess::start(&mut network, "bob", &far.identity).await.unwrap();
    let example = |client: &ClientProcess, arguments: &[&str]| {
        let mut command = Command::new("node");
        command.arg("dist/main.js").arg(&client.home).args(arguments).current_dir(&folder).kill_on_drop(true);
        command
    };

    let mut echo = example(&bob, &["echo"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(echo.stdout.take().unwrap()).lines();
    let address = tokio::time::timeout(PATIENCE, lines.next_line()).await.expect("echo says nothing").unwrap().unwrap();
    assert!(address.ends_with(&format!("@{}", far.identity)), "{address}");
    let ping = example(&alice, &["ping", &address, "is anybody there?"]).output();
    let ping = tokio::time::timeout(PATIENCE, ping).await.expect("ping does not end").unwrap();
    echo.kill().await.unwrap();

    let printed = String::from_utf8(ping.stdout).unwrap();
    assert!(ping.status.success(), "{printed}{}", String::from_utf8_lossy(&ping.stderr));
    assert!(printed.ends_with("echo: is anybody there?\n"), "{printed}");
}
