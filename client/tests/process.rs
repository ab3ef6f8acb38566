//! The program itself: commands, exit codes, signals, and what survives kill -9.

use futures::{SinkExt as _, StreamExt as _};
use nix::sys::signal::{kill, Signal};
use nix::unistd::Pid;
use nym_client_core::ClientKeys;
use nym_keys::{identity, ClientAddress};
use nym_topology::{Authority, Contracts, Denoms, NetworkFile, Rpc, Threshold};
use serde_json::{json, Value};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::Message;

fn nym_client(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nym-client"));
    command.args(arguments).env_clear();
    command
}

fn run(arguments: &[&str]) -> Output {
    nym_client(arguments).output().unwrap()
}

/// A network whose one authority never answers.
fn network(folder: &Path) -> PathBuf {
    let network = NetworkFile {
        chain_id: "test".into(),
        address_prefix: "n".into(),
        gas_price: "0.025".into(),
        allow_loopback: true,
        denoms: Denoms { stake: "unym".into(), fee: "unyx".into() },
        contracts: Contracts { mixnet: "n1mixnet".into() },
        rpc: Rpc { endpoints: vec!["http://127.0.0.1:1".into()] },
        topology: Threshold { threshold: 1 },
        authorities: vec![Authority { key: some_identity(), url: "http://127.0.0.1:1".into() }],
    };
    let path = folder.join("network.toml");
    network.save(&path).unwrap();
    path
}

fn some_identity() -> identity::PublicKey {
    identity::SecretKey::generate(&mut rand::rngs::OsRng).public_key()
}

struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    fn init() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let network = network(folder.path());
        let home = Self { folder };
        let gateway = some_identity().to_string();
        let (network, path) = (network.to_str().unwrap().to_owned(), home.path());
        let arguments = ["--network", &network, "--gateway", &gateway, "--api-listen", "127.0.0.1:0"];
        let output = run(&[&["init", "--home", &path], &arguments[..]].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        home
    }

    fn path(&self) -> String {
        self.folder.path().join("home").to_str().unwrap().to_owned()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("home").join(name)
    }

    /// Starts the program and waits until it serves.
    fn start(&self) -> Running {
        let _ = std::fs::remove_file(self.file("api-address"));
        let child = nym_client(&["run", "--home", &self.path(), "--log", "warn"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let running = Running(child);
        let begun = Instant::now();
        while !self.file("api-address").exists() {
            assert!(begun.elapsed() < Duration::from_secs(60), "the client does not serve");
            std::thread::sleep(Duration::from_millis(20));
        }
        running
    }

    async fn ask(&self, request: Value, answer: &str) -> Value {
        let address = std::fs::read_to_string(self.file("api-address")).unwrap();
        let token = std::fs::read_to_string(self.file("api-token")).unwrap();
        let url = format!("ws://{}/v1/ws", address.trim());
        let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        let authenticate = json!({"type": "authenticate", "token": token});
        socket.send(Message::text(authenticate.to_string())).await.unwrap();
        socket.send(Message::text(request.to_string())).await.unwrap();
        loop {
            if let Message::Text(text) = socket.next().await.unwrap().unwrap() {
                let frame: Value = serde_json::from_str(&text).unwrap();
                if frame["type"] == answer {
                    return frame;
                }
            }
        }
    }
}

struct Running(Child);

impl Running {
    fn signal(&mut self, signal: Signal) -> (Option<i32>, Duration) {
        let begun = Instant::now();
        kill(Pid::from_raw(self.0.id() as i32), signal).unwrap();
        let status = self.0.wait().unwrap();
        (status.code(), begun.elapsed())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn init_makes_a_private_home_that_the_other_commands_use() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::init();

    for secret in ["identity.key", "encryption.key", "reply.key", "client.sqlite", "api-token"] {
        let mode = std::fs::metadata(home.file(secret)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{secret}");
    }
    let address = run(&["address", "--home", &home.path()]);
    let address = String::from_utf8(address.stdout).unwrap();
    address.trim().parse::<ClientAddress>().unwrap();
    assert!(run(&["config", "--home", &home.path(), "validate"]).status.success());
    let shown = run(&["config", "--home", &home.path(), "show", "--origin"]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("rate = 50  # default") && shown.contains("listen = \"127.0.0.1:0\"  # "), "{shown}");
}

#[test]
fn mistakes_are_three_lines_and_an_exit_code() {
    let home = Home::init();
    let folder = home.folder.path().to_str().unwrap().to_owned();
    let network = home.file("network.toml").to_str().unwrap().to_owned();
    for (arguments, code) in [
        (vec!["init", "--home", &home.path(), "--network", &network], 2),
        (vec!["init", "--home", &format!("{folder}/other"), "--network", "/nonexistent"], 3),
        (vec!["run", "--home", &format!("{folder}/nowhere")], 3),
        (vec!["run", "--home", &home.path(), "--rate", "51"], 2),
        (vec!["run", "--home", &home.path(), "--api-listen", "0.0.0.0:1977"], 2),
    ] {
        let output = run(&arguments);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
        assert!(text.starts_with("error: ") && text.contains("\n  help:  "), "{arguments:?}: {text}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_taken_port_is_named() {
    let home = Home::init();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();

    let output = run(&["run", "--home", &home.path(), "--api-listen", &address, "--log", "error"]);

    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text.contains(&format!("could not listen on {address}")) && text.contains("help:"), "{text}");
}

#[tokio::test]
async fn accepted_messages_survive_kill_nine_and_a_signal_ends_the_client_cleanly() {
    let home = Home::init();
    let somebody = ClientKeys::generate(&mut rand::rngs::OsRng).address(some_identity()).to_string();
    let mut running = home.start();
    for number in 0..20 {
        let send = json!({"type": "send", "recipient": somebody, "text": format!("message {number}")});
        home.ask(send, "accepted").await;
    }
    running.signal(Signal::SIGKILL);

    let mut running = home.start();
    let status = home.ask(json!({"type": "status"}), "status").await;
    assert_eq!(status["status"]["outgoing_messages"], 20);
    assert_eq!(status["status"]["connected"], false);
    let (code, time) = running.signal(Signal::SIGTERM);

    assert_eq!(code, Some(0));
    assert!(time < Duration::from_secs(10), "{time:?}");
    assert!(!home.file("api-address").exists());
}
