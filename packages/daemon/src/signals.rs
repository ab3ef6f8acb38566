//! Signals that end a service, and the words systemd waits for.

use std::io;

use sd_notify::NotifyState;

/// The handlers for SIGINT, SIGTERM and SIGHUP. Install them before the service starts: a signal that comes while it
/// starts, or in the moment after, is then not lost.
#[derive(Debug)]
pub struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    hangup: tokio::signal::unix::Signal,
}

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// To stop: SIGINT or SIGTERM.
    Stop(&'static str),
    /// To read again what may change while the service runs: SIGHUP.
    Reload,
}

impl Signals {
    /// Installs the handlers; call it inside the runtime.
    pub fn install() -> io::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{signal, SignalKind};
            Ok(Self {
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
                hangup: signal(SignalKind::hangup())?,
            })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Waits for SIGINT or SIGTERM and names the one that came, also if it came before the call; SIGHUP is ignored.
    pub async fn wait(&mut self) -> io::Result<&'static str> {
        loop {
            if let Asked::Stop(signal) = self.next().await? {
                return Ok(signal);
            }
        }
    }

    /// Waits for any of them, also if it came before the call.
    pub async fn next(&mut self) -> io::Result<Asked> {
        #[cfg(unix)]
        {
            Ok(tokio::select! {
                _ = self.interrupt.recv() => Asked::Stop("SIGINT"),
                _ = self.terminate.recv() => Asked::Stop("SIGTERM"),
                _ = self.hangup.recv() => Asked::Reload,
            })
        }
        #[cfg(not(unix))]
        {
            tokio::signal::ctrl_c().await?;
            Ok(Asked::Stop("SIGINT"))
        }
    }
}

/// Installs the handlers and waits for SIGINT or SIGTERM; names the one that came.
///
/// The handlers are there when the future is first polled. A service that must not miss an earlier signal uses [`Signals`].
pub async fn until_signal() -> io::Result<&'static str> {
    Signals::install()?.wait().await
}

/// Tells systemd that the service serves; nothing happens without systemd.
pub fn notify_ready() {
    notify(NotifyState::Ready);
}

/// Tells systemd that the service is on its way out; nothing happens without systemd.
pub fn notify_stopping() {
    notify(NotifyState::Stopping);
}

fn notify(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "could not notify the service manager");
    }
}
