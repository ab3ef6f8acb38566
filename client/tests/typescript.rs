//! The TypeScript example: two programs written from the document alone talk to each other, here over a network in
//! this process. `tests/tests/typescript.rs` has them talk over real nodes.

use crate::{in_crate, interface::Running};
use nym_client_core::test_util::FakeNetwork;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::sync::OnceCell;

fn folder() -> PathBuf {
    in_crate("examples/typescript")
}

/// Both tests need the same files.
static BUILT: OnceCell<()> = OnceCell::const_new();

/// Installs and compiles the example.
async fn built() {
    BUILT.get_or_init(build).await;
}

async fn build() {
    let npm = Command::new("npm").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().await;
    assert!(
        npm.is_ok(),
        "there is no npm on this machine: scripts/bootstrap says what is missing (Node.js 20 with npm)"
    );
    if !folder().join("node_modules").exists() {
        let status = Command::new("npm").args(["ci", "--silent"]).current_dir(folder()).status().await.unwrap();
        assert!(status.success(), "npm ci: {status}");
    }
    let tsc = folder().join("node_modules/typescript/bin/tsc");
    let status = Command::new("node").arg(tsc).current_dir(folder()).status().await.unwrap();
    assert!(status.success(), "tsc: {status}");
}

fn program(client: &Running, arguments: &[&str]) -> Command {
    let mut command = Command::new("node");
    command.arg("dist/main.js").arg(client.home()).args(arguments).current_dir(folder()).kill_on_drop(true);
    command
}

#[tokio::test]
async fn the_example_sends_and_is_answered() {
    built().await;
    let network = FakeNetwork::new(10, 1);
    let (alice, bob) = (Running::start(&network, 1, |_| {}).await, Running::start(&network, 2, |_| {}).await);

    let mut echo = program(&bob, &["echo"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(echo.stdout.take().unwrap()).lines();
    assert_eq!(lines.next_line().await.unwrap(), Some(bob.address()));
    let ping = program(&alice, &["ping", &bob.address(), "is anybody there?"]).output();
    let ping = tokio::time::timeout(Duration::from_secs(120), ping).await.unwrap().unwrap();
    // Echo confirms the question after it has answered.
    let confirmed = async {
        while bob.waiting() > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let confirmed = tokio::time::timeout(Duration::from_secs(60), confirmed).await;
    echo.kill().await.unwrap();

    let printed = String::from_utf8(ping.stdout).unwrap();
    assert!(ping.status.success(), "{printed}{}", String::from_utf8_lossy(&ping.stderr));
    assert!(printed.ends_with("echo: is anybody there?\n"), "{printed}");
    assert_eq!(alice.waiting(), 0, "the answer was confirmed");
    assert!(confirmed.is_ok(), "the question was confirmed");
}

#[tokio::test]
async fn the_example_says_why_a_message_was_refused() {
    built().await;
    let (network, elsewhere) = (FakeNetwork::new(11, 1), FakeNetwork::new(12, 1));
    let alice = Running::start(&network, 1, |_| {}).await;
    let stranger = Running::start(&elsewhere, 2, |_| {}).await;

    let ping = program(&alice, &["ping", &stranger.address(), "x"]).output();
    let ping = tokio::time::timeout(Duration::from_secs(120), ping).await.unwrap().unwrap();

    assert_eq!(ping.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&ping.stderr).contains("is not in the current topology"));
}
