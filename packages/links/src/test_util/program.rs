//! What the programs of mix nodes and gateways have in common, as claims that each program's tests make.

use std::io::{BufRead, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{kill, Signal};
use nix::unistd::Pid;
use nym_chain_client::{BondingData, SignedBonding, SignedKeys};
use nym_keys::identity;
use serde::de::DeserializeOwned;

const NETWORK: &str = r#"
chain_id = "test"
address_prefix = "n"
gas_price = "0.025"
allow_loopback = true

[denoms]
stake = "unym"
fee = "unyx"

[contracts]
mixnet = "n1contract"

[rpc]
endpoints = ["http://127.0.0.1:1"]

[topology]
threshold = 0
"#;

/// A program under test.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// Its file.
    pub path: &'static str,
    /// What its log says when it serves.
    pub serves: &'static str,
    /// Flags of `init` that only this program has.
    pub extra: &'static [&'static str],
}

/// A running node, killed if the test fails before it has stopped it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Reads the log as far as a line with these words.
fn read_until(log: &mut impl BufRead, words: &str) {
    let mut line = String::new();
    while !line.contains(words) {
        line.clear();
        assert_ne!(log.read_line(&mut line).unwrap(), 0, "the log ended without {words}");
    }
}

impl Program {
    /// A command with these arguments and no environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.path);
        command.args(arguments).env_clear();
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// A home folder with keys, network and ports that are free.
    pub fn init(&self, folder: &Path) -> String {
        let (home, network) = (folder.join("home"), folder.join("network.toml"));
        std::fs::write(&network, NETWORK).unwrap();
        let home = home.to_str().unwrap().to_owned();
        let arguments = ["init", "--home", &home, "--network-file", network.to_str().unwrap()];
        let addresses = ["--announce", "127.0.0.1:1789", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
        let output = self.run(&[&arguments[..], &addresses, self.extra, &["--output", "json"]].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        let keys: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(keys["identity_key"].as_str().unwrap().len() >= 32);
        home
    }

    fn start(&self, home: &str) -> Running {
        let (node, mut log) = self.start_with_log(home);
        // The rest of the log is read so that the node never waits for its reader.
        std::thread::spawn(move || log.read_to_string(&mut String::new()));
        node
    }

    fn start_with_log(&self, home: &str) -> (Running, impl BufRead + Send + 'static) {
        let mut node = Running(self.command(&["run", "--home", home]).stderr(Stdio::piped()).spawn().unwrap());
        let mut log = BufReader::new(node.0.stderr.take().unwrap());
        read_until(&mut log, self.serves);
        (node, log)
    }

    /// An operator looks closer without a restart, and mistakes in the file change nothing.
    pub fn sighup_changes_the_log_level_and_nothing_else(&self) {
        let folder = tempfile::tempdir().unwrap();
        let home = self.init(folder.path());
        let (mut node, mut log) = self.start_with_log(&home);
        let pid = Pid::from_raw(node.0.id().try_into().unwrap());
        let file = Path::new(&home).join("config.toml");
        let config = std::fs::read_to_string(&file).unwrap();

        for (level, answer) in [("nym=loud", "SIGHUP changes nothing"), ("debug", "SIGHUP: logs follow")] {
            std::fs::write(&file, format!("{config}\n[logging]\nlevel = \"{level}\"\n")).unwrap();
            kill(pid, Signal::SIGHUP).unwrap();
            read_until(&mut log, answer);
        }
        // The chain of this network does not exist, which only a debug log tells again and again.
        read_until(&mut log, "DEBUG");
        kill(pid, Signal::SIGTERM).unwrap();
        std::thread::spawn(move || log.read_to_string(&mut String::new()));
        assert!(node.0.wait().unwrap().success());
    }

    /// Both signals end it in time and without an error.
    pub fn sigterm_and_sigint_stop_a_node_within_ten_seconds(&self) {
        let folder = tempfile::tempdir().unwrap();
        let home = self.init(folder.path());
        for signal in [Signal::SIGTERM, Signal::SIGINT] {
            let mut node = self.start(&home);
            let stopping = Instant::now();

            kill(Pid::from_raw(node.0.id().try_into().unwrap()), signal).unwrap();
            let status = node.0.wait().unwrap();

            assert!(status.success(), "{signal}: {status}");
            assert!(stopping.elapsed() < Duration::from_secs(10));
        }
    }

    /// A second process on the same home folder says what is wrong.
    pub fn two_nodes_on_one_home_folder_are_refused_in_three_lines(&self) {
        let folder = tempfile::tempdir().unwrap();
        let home = self.init(folder.path());
        let _node = self.start(&home);

        let second = self.run(&["run", "--home", &home]);

        assert_eq!(second.status.code(), Some(1));
        let error = text(&second.stderr);
        assert!(error.contains("error: could not open the replay log\n  cause: "), "{error}");
        assert!(error.contains("help:  another process runs with this home folder"), "{error}");
    }

    /// `bonding-info` prints what a contract can check; gives the data for checks of its own.
    pub fn bonding_info_is_signed_by_the_identity_key<T: BondingData + DeserializeOwned>(
        &self,
        identity_of: impl Fn(&T) -> String,
    ) -> T {
        let folder = tempfile::tempdir().unwrap();
        let home = self.init(folder.path());

        let output =
            self.run(&["bonding-info", "--home", &home, "--owner", "n1owner", "--nonce", "3", "--pledge", "100unym"]);

        let bonding: SignedBonding<T> = serde_json::from_slice(&output.stdout).unwrap();
        let identity: identity::PublicKey = identity_of(&bonding.data).parse().unwrap();
        let signature = identity::Signature::from_bytes(bonding.signature.as_slice()).unwrap();
        identity.verify(&bonding.payload().unwrap(), &signature).unwrap();
        assert_eq!((bonding.nonce, bonding.chain_id.as_str()), (3, "test"));
        bonding.data
    }

    /// `keys-info` prints the keys of `keys` for a period, as a contract can check them.
    pub fn keys_info_is_signed_by_the_identity_key(&self) {
        let folder = tempfile::tempdir().unwrap();
        let home = self.init(folder.path());
        let arguments = ["keys-info", "--home", &home, "--owner", "n1owner", "--nonce", "4", "--period", "7"];

        let signed: SignedKeys = serde_json::from_slice(&self.run(&arguments).stdout).unwrap();

        let identity: identity::PublicKey = signed.identity_key.parse().unwrap();
        let signature = identity::Signature::from_bytes(signed.signature.as_slice()).unwrap();
        identity.verify(&signed.payload(), &signature).unwrap();
        assert_eq!((signed.nonce, signed.chain_id.as_str(), signed.keys.period), (4, "test", 7));
        let shown = self.run(&["keys", "--home", &home, "--output", "json"]);
        let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
        assert_eq!(
            (&shown["sphinx_key"], &shown["noise_key"]),
            (&signed.keys.sphinx_key.into(), &signed.keys.noise_key.into())
        );
    }

    /// Mistakes on the command line are told in three lines.
    pub fn mistakes_are_three_lines_with_their_exit_code(&self) {
        let folder = tempfile::tempdir().unwrap();
        let home = self.init(folder.path());
        let nowhere = folder.path().join("nowhere");
        let nowhere = nowhere.to_str().unwrap();
        let bonding = ["bonding-info", "--home", &home, "--owner", "n1owner", "--nonce", "0", "--pledge"];
        for (arguments, code, help) in [
            (vec!["run", "--home", nowhere], 3, "make one with the init command"),
            (vec!["init", "--home", &home], 2, "pass --force"),
            ([&bonding[..], &["much"]].concat(), 2, "write an amount and its denom"),
            (vec!["run", "--home", &home, "--admin-listen", "0.0.0.0:0"], 2, "set admin.listen to 127.0.0.1"),
            (vec!["run", "--home", &home, "--log", "nym=loud"], 2, "set logging.level"),
        ] {
            let output = self.run(&arguments);

            let error = text(&output.stderr);
            let error = error.lines().skip_while(|line| !line.starts_with("error:")).collect::<Vec<_>>().join("\n");
            assert_eq!(output.status.code(), Some(code), "{error}");
            assert!(error.starts_with("error: ") && error.contains(help), "{error}");
            assert!(error.lines().count() <= 3, "{error}");
            assert!(output.stdout.is_empty());
        }
    }

    /// `config show --origin` says which layer won.
    pub fn the_configuration_is_shown_with_its_origins(&self) {
        let folder = tempfile::tempdir().unwrap();
        let home = self.init(folder.path());

        let output = self
            .command(&["config", "--home", &home, "show", "--origin"])
            .env("NYM_TOPOLOGY__POLL_INTERVAL", "2s")
            .output()
            .unwrap();

        let shown = text(&output.stdout);
        assert!(shown.contains("poll_interval = \"2s\"  # NYM_TOPOLOGY__POLL_INTERVAL"), "{shown}");
        assert!(shown.contains("announce = \"127.0.0.1:1789\"  # "), "{shown}");
        assert_eq!(text(&self.run(&["config", "--home", &home, "validate"]).stdout), "the configuration is valid\n");
    }
}
