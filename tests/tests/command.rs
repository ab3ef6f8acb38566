//! `nym-cli localnet up` as people run it: what it prints, and that nothing is left of it when it ends.

use nym_localnet::Options;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{channel, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Every process that the command starts has it in its environment, whatever it does else.
const MARK: &str = "NYM_TEST_STARTED_BY";
/// From the signal until the command has ended.
const STOP: Duration = Duration::from_secs(10);
/// It looks once a second at what has become of its processes, and then ends the others.
const NOTICE: Duration = Duration::from_secs(STOP.as_secs() + 2);
/// Of a start, on a machine as slow as it may be.
const PATIENCE: Duration = Duration::from_secs(240);

/// The running command, and what it says on both streams, line by line.
pub(crate) struct Up {
    child: Child,
    lines: Receiver<String>,
    said: Vec<String>,
    mark: String,
    ports: std::ops::Range<u16>,
    dir: tempfile::TempDir,
}

impl Up {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options: Options = nym_tests::options(&dir).unwrap().on_free_ports().unwrap();
        let port = options.base_port;
        let mark = dir.path().display().to_string();
        let mut child = Command::new(nym_tests::program("nym-cli").unwrap())
            .args(["localnet", "up", "--base-port", &port.to_string(), "--dir"])
            .arg(dir.path().join("net"))
            .arg("--scripts")
            .arg(nym_tests::in_checkout("scripts").unwrap())
            .args(arguments)
            .env(MARK, &mark)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let streams: [Box<dyn std::io::Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        for stream in streams {
            let sender = sender.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    let _ = sender.send(line);
                }
            });
        }
        Self { child, lines, said: Vec::new(), mark, ports: port..port + 500, dir }
    }

    /// Waits until it has said this.
    pub(crate) fn until(&mut self, what: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.said.last().is_some_and(|line| line.contains(what)) {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => self.said.push(line),
                Err(error) => panic!("it never said '{what}' ({error}) but {:#?}", self.said),
            }
        }
    }

    /// Sends SIGINT to the command alone, as no terminal does, waits for its end, and looks for what it has left.
    pub(crate) fn interrupt(mut self) -> (Option<i32>, Vec<String>) {
        let when = self.said.last().cloned().unwrap_or_default();
        let signalled = Instant::now();
        assert!(Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap().success());
        let code = self.ended(STOP, &when);
        println!("ended {:.2} s after SIGINT, at: {when}", signalled.elapsed().as_secs_f64());
        self.leaves_nothing(&when);
        (code, std::mem::take(&mut self.said))
    }

    /// Runs another command of `localnet` on its network, from a process that knows the folder alone.
    fn elsewhere(&self, verb: &str) -> Output {
        let mut command = Command::new(nym_tests::program("nym-cli").unwrap());
        command.args(["localnet", verb, "--output", "json", "--dir"]).arg(self.dir.path().join("net")).output().unwrap()
    }

    /// What went wrong by its own words, from the first of the three lines on.
    fn mistake(&self) -> Vec<&str> {
        self.said.iter().map(String::as_str).skip_while(|line| !line.starts_with("error: ")).collect()
    }

    /// Waits for its end and returns the exit code.
    fn ended(&mut self, patience: Duration, when: &str) -> Option<i32> {
        let deadline = Instant::now() + patience;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "still running {patience:?} later: {when}; {:?}", self.living());
            std::thread::sleep(Duration::from_millis(10));
        };
        // What is left in its pipes; a process that outlives it would hold them open.
        loop {
            match self.lines.recv_timeout(Duration::from_secs(5)) {
                Ok(line) => self.said.push(line),
                Err(RecvTimeoutError::Disconnected) => return status.code(),
                Err(RecvTimeoutError::Timeout) => panic!("its streams are open: {:?}", self.living()),
            }
        }
    }

    /// Processes that it has started, or those have, and so on.
    fn living(&self) -> BTreeMap<u32, String> {
        let pids =
            std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        let (environment, folder) = (format!("{MARK}={}", self.mark), format!("{}/", self.mark));
        let words = |pid: u32, file: &str| {
            let bytes = std::fs::read(Path::new("/proc").join(pid.to_string()).join(file)).unwrap_or_default();
            String::from_utf8_lossy(&bytes).replace('\0', " ")
        };
        let started = pids.filter_map(|pid| {
            let command = words(pid, "cmdline");
            let is_its = words(pid, "environ").contains(&environment) || command.contains(&folder);
            is_its.then_some((pid, command))
        });
        started.collect()
    }

    /// Ports of the network on which somebody listens.
    fn listening(&self) -> Vec<u16> {
        let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
        let sockets = table.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
        // State 0A is LISTEN.
        let ports = sockets.filter(|columns| columns[3] == "0A");
        let ports = ports.map(|columns| u16::from_str_radix(columns[1].split(':').nth(1).unwrap(), 16).unwrap());
        ports.filter(|port| self.ports.contains(port)).collect()
    }

    fn leaves_nothing(&self, when: &str) {
        let living = self.living();
        assert!(living.is_empty(), "{when}: left running {living:#?}");
        assert_eq!(self.listening(), [0; 0], "{when}: ports in use");
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        // A failed test leaves nothing either.
        for pid in self.living().keys() {
            let _ = Command::new("kill").args(["-KILL", &pid.to_string()]).stderr(Stdio::null()).status();
        }
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn ctrl_c_ends_the_whole_network_within_ten_seconds() {
    let _turn = nym_tests::turn().await;
    let mut up = Up::start(&[]);
    up.until("Ctrl-C ends everything");
    assert_eq!(up.living().len(), 1 + 1 + 3 + 6 + 2, "command, chain, APIs, mix nodes, gateways");
    assert_eq!(up.listening().len(), 1 + 3 * 2 + 6 * 2 + 2 * 3, "this is what will have to be free");

    let (code, said) = up.interrupt();

    assert_eq!(code, Some(0));
    for row in
        ["account treasury", "mixnode-6", "gateway-2", "api-3", "contract mixnet", "chain RPC", "open: everybody"]
    {
        assert!(said.iter().any(|line| line.contains(row)), "the table has no {row}: {said:#?}");
    }
    assert!(said.last().unwrap().contains("everything has ended"), "{said:#?}");
}

#[tokio::test]
async fn ctrl_c_during_the_start_leaves_nothing() {
    let _turn = nym_tests::turn().await;
    for step in [
        "starting the chain",
        "deploying the mixnet contract",
        "bonding 6 mix nodes",
        "ending the first epoch",
        "starting validator APIs",
        "sending a message",
    ] {
        let mut up = Up::start(&[]);
        up.until(step);

        let (code, said) = up.interrupt();

        assert_eq!(code, Some(1), "{said:#?}");
        assert!(said.iter().any(|line| line == "  cause: the start was ended by SIGINT"), "{said:#?}");
    }
    // Whatever it is doing: the first of these is before it can do anything.
    for moment in [0, 20, 100, 1_100, 2_300] {
        let up = Up::start(&[]);
        std::thread::sleep(Duration::from_millis(moment));
        up.interrupt();
    }
}

#[tokio::test]
async fn exit_after_ping_prints_the_ways_and_leaves_nothing() {
    let _turn = nym_tests::turn().await;
    let mut up = Up::start(&["--exit-after-ping"]);

    let code = up.ended(PATIENCE, "until the ping is over");

    assert_eq!(code, Some(0), "{:#?}", up.said);
    up.leaves_nothing("after the ping");
    let way = |what: &str| {
        let line = up.said.iter().find(|line| line.starts_with(what)).unwrap_or_else(|| panic!("{:#?}", up.said));
        let places: Vec<_> = ["layer 1 node", "layer 2 node", "layer 3 node", "> gateway"]
            .iter()
            .map(|stop| line.find(stop).unwrap_or_else(|| panic!("no '{stop}' in: {line}")))
            .collect();
        assert!(places.is_sorted(), "{line}");
        assert!(line.ends_with("ms of delays"), "{line}");
    };
    way("way of the message");
    way("way of the reply");
}

#[tokio::test]
async fn a_start_that_fails_says_where_the_logs_are_and_leaves_nothing() {
    let _turn = nym_tests::turn().await;
    // A contract that the chain refuses.
    let mut up = Up::start(&["--exit-after-ping", "--wasm", "/dev/null"]);

    let code = up.ended(PATIENCE, "until the start fails");

    assert_eq!(code, Some(1), "{:#?}", up.said);
    assert!(up.said.last().unwrap().contains("localnet logs --dir"), "{:#?}", up.said);
    up.leaves_nothing("after a start that failed");
}

/// The data of an answer in JSON.
fn data(output: &Output) -> serde_json::Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    answer["data"].take()
}

#[tokio::test]
async fn a_running_network_is_shown_used_and_ended_from_elsewhere() {
    let _turn = nym_tests::turn().await;
    let mut up = Up::start(&[]);
    up.until("Ctrl-C ends everything");

    let table = data(&up.elsewhere("status"));
    let rows: Vec<_> = table.as_array().unwrap().iter().filter(|row| row[1] != "").collect();
    let names: Vec<_> = rows.iter().map(|row| row[0].as_str().unwrap()).collect();
    let (apis, mix_nodes, gateways) = (1..=3, 1..=6, 1..=2);
    let numbered = |kind: &'static str| move |number: i32| format!("{kind}-{number}");
    let expected = apis.map(numbered("api")).chain(mix_nodes.map(numbered("mixnode")));
    let expected = expected.chain(gateways.map(numbered("gateway")));
    assert_eq!(names, [vec!["devchain".to_owned()], expected.collect()].concat());
    assert!(rows.iter().all(|row| row[1] == "running"), "{table:#}");
    // What the table says is what it takes to look at it.
    let urls = rows.iter().flat_map(|row| [&row[2], &row[3]]).filter_map(|url| url.as_str());
    let pages: Vec<_> = urls.filter(|url| url.ends_with("/docs/") || url.ends_with("/metrics")).collect();
    assert_eq!(pages.len(), 3 + 3 + 6 + 2, "documentation of APIs, metrics of all but the chain: {table:#}");
    for page in pages {
        let status = reqwest::get(page).await.unwrap().status();
        assert!(status.is_success(), "{page}: {status}");
    }
    let clients: Vec<_> = rows.iter().filter(|row| row[2].as_str().unwrap().starts_with("ws://127.0.0.1:")).collect();
    assert_eq!(clients.len(), 2, "gateways: {table:#}");

    let report = data(&up.elsewhere("ping"));
    for packets in ["message_packets", "reply_packets"] {
        let ways = report[packets].as_array().unwrap();
        assert!(!ways.is_empty() && ways.iter().all(|way| way["hops"].as_array().unwrap().len() == 4), "{report:#}");
    }

    assert_eq!(data(&up.elsewhere("down"))["ended"], 12, "chain, APIs, mix nodes, gateways");
    // The command itself is the last: nobody has told it, it notices.
    let living = up.living();
    assert!(living.len() <= 1, "{living:#?}");
    let code = up.ended(NOTICE, "after localnet down");
    assert_eq!(code, Some(0), "{:#?}", up.said);
    assert!(up.said.last().unwrap().contains("taken down by nym-cli localnet down"), "{:#?}", up.said);
    assert_eq!(up.mistake(), [""; 0], "somebody wanted it so");
    up.leaves_nothing("after localnet down");

    let again = up.elsewhere("down");
    assert_eq!(again.status.code(), Some(3));
    let again: serde_json::Value = serde_json::from_slice(&again.stderr).unwrap();
    let net = up.dir.path().join("net");
    assert_eq!(again["error"]["error"], format!("no local network runs in {}", net.display()));
    assert!(again["error"]["causes"][0].as_str().unwrap().contains("localnet.json"), "{again}");
    assert!(again["error"]["help"].as_str().unwrap().contains("nym-cli localnet up"), "{again}");
}

#[tokio::test]
async fn a_process_that_ends_by_itself_is_named_and_the_others_end() {
    let _turn = nym_tests::turn().await;
    let mut up = Up::start(&[]);
    up.until("Ctrl-C ends everything");
    let living = up.living();
    let (victim, _) = living.iter().find(|(_, command)| command.contains("/net/mixnode-2 ")).unwrap();

    assert!(Command::new("kill").args(["-KILL", &victim.to_string()]).status().unwrap().success());

    let code = up.ended(NOTICE, "after a mix node was killed");
    assert_eq!(code, Some(1), "{:#?}", up.said);
    let [error, cause, help] = up.mistake()[..] else { panic!("not three lines: {:#?}", up.said) };
    let net = up.dir.path().join("net").display().to_string();
    assert_eq!(error, format!("error: the local network in {net} is no longer whole"));
    assert!(cause.starts_with("  cause: mixnode-2 ended by itself (signal: 9 (SIGKILL)); the last line"), "{cause}");
    assert!(help.starts_with(&format!("  help:  nym-cli localnet logs --dir {net} --node mixnode-2")), "{help}");
    up.leaves_nothing("after a mix node was killed");
    assert_eq!(up.elsewhere("status").status.code(), Some(3), "it is not recorded any more");
}

#[tokio::test]
async fn a_network_that_is_taken_down_while_it_starts_does_not_go_on() {
    let _turn = nym_tests::turn().await;
    let mut up = Up::start(&[]);
    up.until("bonding 6 mix nodes");

    assert_eq!(data(&up.elsewhere("down"))["ended"], 1, "the chain");

    let code = up.ended(NOTICE, "after localnet down");
    assert_eq!(code, Some(1), "{:#?}", up.said);
    let [_, cause, _] = up.mistake()[..] else { panic!("not three lines: {:#?}", up.said) };
    assert_eq!(cause, "  cause: it was ended from elsewhere by nym-cli localnet down");
    up.leaves_nothing("after localnet down");
}

/// Four real validators, of which the command's own scripts start processes in sessions of their own.
pub(crate) mod wasmd {
    use super::*;

    const CHAIN: [&str; 4] = ["--chain", "wasmd", "--validators", "4"];

    #[tokio::test]
    async fn ctrl_c_ends_validators_too() {
        let _turn = nym_tests::turn().await;
        let mut up = Up::start(&CHAIN);
        up.until("Ctrl-C ends everything");
        assert_eq!(up.living().len(), 1 + 4 + 3 + 6 + 2, "command, validators, APIs, mix nodes, gateways");

        let (code, _) = up.interrupt();

        assert_eq!(code, Some(0));
    }

    #[tokio::test]
    async fn ctrl_c_while_validators_start_leaves_none() {
        let _turn = nym_tests::turn().await;
        // The script makes keys and genesis first, then starts one validator after the other, then waits for blocks.
        for (there, more) in [("", 0), ("", 1_000), ("0.pid", 0), ("2.pid", 0), ("3.pid", 0), ("3.pid", 1_500)] {
            let mut up = Up::start(&CHAIN);
            up.until("starting the chain");
            let file = up.dir.path().join("net/chain").join(there);
            let began = Instant::now();
            while !file.exists() {
                assert!(began.elapsed() < PATIENCE, "{} is never there", file.display());
                std::thread::sleep(Duration::from_millis(2));
            }
            std::thread::sleep(Duration::from_millis(more));

            let (code, said) = up.interrupt();

            assert_eq!(code, Some(1), "{said:#?}");
        }
    }
}
