//! Child processes: services with a log file each, and programs that run to their end.

use anyhow::Context as _;
use nix::sys::signal::{kill, killpg, Signal};
use nix::unistd::Pid;
use std::fs::OpenOptions;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt as _;

/// Services have this long after SIGTERM; then they are killed.
pub const STOP_DEADLINE: Duration = Duration::from_secs(5);
/// Validators, which end after the services, have this long.
pub const VALIDATORS_DEADLINE: Duration = Duration::from_secs(3);
/// A program that was to run to its end has this long when it is ended early.
const PROGRAM_DEADLINE: Duration = Duration::from_millis(500);
/// The whole network is down within ten seconds, in the middle of its start, too.
const _: () = assert!(
    STOP_DEADLINE.as_millis() + VALIDATORS_DEADLINE.as_millis() + PROGRAM_DEADLINE.as_millis() < 9_000,
    "ending takes too long"
);
const POLL: Duration = Duration::from_millis(20);

/// A process has ended though nobody has ended the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessEnded {
    /// Its name.
    pub name: String,
    /// Its exit code, or the signal that has ended it.
    pub status: ExitStatus,
    /// Its log.
    pub log: PathBuf,
    /// The last lines of it.
    pub last_lines: Vec<String>,
}

impl std::fmt::Display for ProcessEnded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, status, log, last_lines } = self;
        write!(f, "{name} ended by itself ({status}); the end of {}:\n{}", log.display(), last_lines.join("\n"))
    }
}

impl std::error::Error for ProcessEnded {}

/// A running program of the network.
pub struct Process {
    name: String,
    program: PathBuf,
    arguments: Vec<String>,
    log: PathBuf,
    child: Child,
}

impl Process {
    /// Starts a program in a process group of its own, so that a Ctrl-C reaches it only through us.
    pub fn start(name: &str, program: &Path, arguments: Vec<String>, logs: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(logs)?;
        let log = logs.join(format!("{name}.log"));
        let child = spawn(program, &arguments, &log).with_context(|| format!("cannot start {name}"))?;
        Ok(Self { name: name.to_owned(), program: program.to_owned(), arguments, log, child })
    }

    /// Its name in the network.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Fails with [`ProcessEnded`] if it is no longer running.
    pub fn check(&mut self) -> anyhow::Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => {
                let last_lines = last_lines(&self.log);
                Err(ProcessEnded { name: self.name.clone(), status, log: self.log.clone(), last_lines }.into())
            }
        }
    }

    /// Whether it is no longer running.
    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Ends it without a chance to tidy up, as a power cut would.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Starts it again with the same arguments.
    pub fn restart(&mut self) -> anyhow::Result<()> {
        if self.child.try_wait()?.is_none() {
            self.kill()?;
        }
        self.child = spawn(&self.program, &self.arguments, &self.log)?;
        Ok(())
    }

    /// Asks it to end, if it still runs: the id of one that has been waited for may be somebody else's.
    pub fn terminate(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            signal(self.child.id(), Signal::SIGTERM);
        }
    }

    /// Waits until the deadline, then kills.
    pub fn reap(&mut self, deadline: Instant) {
        while Instant::now() < deadline {
            if matches!(self.child.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            std::thread::sleep(POLL);
        }
        let _ = self.kill();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Nothing is left running, whatever path led here.
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.kill();
        }
    }
}

fn spawn(program: &Path, arguments: &[String], log: &Path) -> anyhow::Result<Child> {
    let output = OpenOptions::new().create(true).append(true).open(log)?;
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .process_group(0)
        .spawn()
        .with_context(|| missing(program))
}

fn missing(program: &Path) -> String {
    format!("cannot run {}; build it first: scripts/build", program.display())
}

/// A program that runs to its end in a process group of its own; dropping it ends the whole group.
struct Group {
    child: tokio::process::Child,
    id: Option<Pid>,
}

impl Drop for Group {
    fn drop(&mut self) {
        let Some(id) = self.id else { return };
        let _ = killpg(id, Signal::SIGTERM);
        let deadline = Instant::now() + PROGRAM_DEADLINE;
        // The group is gone when its first process has been waited for and the others have ended.
        let gone = |child: &mut tokio::process::Child| child.try_wait().is_ok() && killpg(id, None).is_err();
        while Instant::now() < deadline && !gone(&mut self.child) {
            std::thread::sleep(POLL);
        }
        let _ = killpg(id, Signal::SIGKILL);
    }
}

/// Runs a program to its end and returns what it printed on stdout. A dropped future ends it with all that it has
/// started, but for what has made a session of its own.
pub async fn run(program: &Path, arguments: &[&str]) -> anyhow::Result<String> {
    run_with(program, arguments, Stdio::piped()).await
}

/// The same with what the program says shown as it says it: for what takes minutes.
pub async fn run_shown(program: &Path, arguments: &[&str]) -> anyhow::Result<String> {
    run_with(program, arguments, Stdio::inherit()).await
}

async fn run_with(program: &Path, arguments: &[&str], stderr: Stdio) -> anyhow::Result<String> {
    let mut command = tokio::process::Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr).process_group(0);
    let child = command.spawn().with_context(|| missing(program))?;
    let id = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
    let mut group = Group { child, id };
    let (mut answer, mut said) = (Vec::new(), Vec::new());
    let (stdout, stderr) = (group.child.stdout.take(), group.child.stderr.take());
    let reading = async {
        if let Some(mut stdout) = stdout {
            stdout.read_to_end(&mut answer).await?;
        }
        Ok(())
    };
    let listening = async {
        if let Some(mut stderr) = stderr {
            stderr.read_to_end(&mut said).await?;
        }
        Ok(())
    };
    let (status, (), ()) = tokio::try_join!(group.child.wait(), reading, listening)?;
    group.id = None;
    let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
    anyhow::ensure!(
        status.success(),
        "{name} {} failed: {}",
        arguments.first().unwrap_or(&""),
        String::from_utf8_lossy(&said).trim()
    );
    Ok(String::from_utf8(answer)?)
}

/// Sends a signal to a process that may be gone already.
pub fn signal(pid: u32, signal: Signal) {
    if let Ok(pid) = i32::try_from(pid) {
        let _ = kill(Pid::from_raw(pid), signal);
    }
}

/// Processes that were started with `--home` and this folder or one below it, whoever their parent is.
fn at_home(home: &Path) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let lives_here = |pid: &u32| {
        let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let arguments: Vec<_> = command.split(|byte| *byte == 0).map(String::from_utf8_lossy).collect();
        arguments.windows(2).any(|pair| {
            let [flag, folder] = pair else { return false };
            flag == "--home" && Path::new(folder.as_ref()).starts_with(home)
        })
    };
    pids.filter(lives_here).collect()
}

/// Whether a process runs that was started with `--home` and this folder or one below it.
pub fn runs_at_home(home: &Path) -> bool {
    !at_home(home).is_empty()
}

/// Ends every process that was started with `--home` and this folder or one below it; after the deadline without mercy.
pub fn end_at_home(home: &Path, time: Duration) {
    let deadline = Instant::now() + time;
    let mut running = at_home(home);
    running.iter().for_each(|pid| signal(*pid, Signal::SIGTERM));
    while !running.is_empty() {
        if Instant::now() >= deadline {
            running.iter().for_each(|pid| signal(*pid, Signal::SIGKILL));
        }
        if Instant::now() >= deadline + PROGRAM_DEADLINE {
            return;
        }
        std::thread::sleep(POLL);
        running = at_home(home);
    }
}

fn last_lines(log: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let mut lines: Vec<_> = text.lines().rev().take(5).map(str::to_owned).collect();
    lines.reverse();
    lines
}
