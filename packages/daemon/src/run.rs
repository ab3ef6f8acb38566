//! From a service's start to its end, as every program goes through it.

use std::future::Future;

use serde::de::DeserializeOwned;
use serde::Serialize;

use crate::config::Loader;
use crate::exit::{ErrorKind, Failure};
use crate::logging::{self, LoggingConfig};
use crate::shutdown::Late;
use crate::signals::{self, Asked, Signals};

/// A running service as its program sees it.
pub trait Running: Sized {
    /// Completes when the service stops by itself, which it does only after a defect.
    fn stopped(&self) -> impl Future<Output = ()>;

    /// Stops it within [`crate::shutdown::DEADLINE`].
    fn shutdown(self) -> impl Future<Output = Result<(), Late>>;
}

/// Starts a service, waits for SIGINT, SIGTERM or a defect, and stops it. `what` names it in an error; `reload`
/// answers a SIGHUP.
///
/// A signal that comes while the service starts ends it as soon as it has started.
pub fn until_signal_or_defect<S: Running>(
    what: &str,
    mut reload: impl FnMut(),
    start: impl Future<Output = Result<S, Failure>>,
) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut stop = Signals::install()?;
        let service = start.await?;
        signals::notify_ready();
        let defect = loop {
            let asked = tokio::select! {
                asked = stop.next() => asked?,
                () = service.stopped() => break true,
            };
            match asked {
                Asked::Stop(signal) => {
                    tracing::info!(signal, "stopping");
                    break false;
                }
                Asked::Reload => reload(),
            }
        };
        signals::notify_stopping();
        service.shutdown().await?;
        if defect {
            let message = format!("the {what} stopped by itself");
            return Err(Failure::new(ErrorKind::Failed, message).with_help("see the log above"));
        }
        tracing::info!("stopped");
        Ok(())
    })
}

/// Reads the configuration again and changes the logs to what it says now; everything else stays as it is.
pub fn reload_logs<C: Default + Serialize + DeserializeOwned>(
    loader: Loader<C>,
    section: impl FnOnce(&C) -> &LoggingConfig,
) {
    let loaded = match loader.load() {
        Ok(loaded) => loaded,
        Err(error) => return tracing::warn!(%error, "SIGHUP changes nothing: the configuration cannot be read"),
    };
    let config = section(&loaded.config);
    match logging::reload(config) {
        Ok(()) => tracing::warn!(level = config.level, "SIGHUP: logs follow logging.level again"),
        Err(error) => tracing::warn!(%error, "SIGHUP changes nothing"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    struct Broken;

    impl Running for Broken {
        async fn stopped(&self) {}

        async fn shutdown(self) -> Result<(), Late> {
            Ok(())
        }
    }

    #[test]
    fn a_service_that_stops_by_itself_is_a_failure() {
        let failure = until_signal_or_defect("mix node", || (), async { Ok(Broken) }).unwrap_err();

        assert!(failure.to_string().contains("the mix node stopped by itself"), "{failure}");
    }

    #[test]
    fn a_service_that_cannot_start_says_why() {
        let refused = async { Err::<Broken, _>(Failure::new(ErrorKind::NotFound, "there are no keys")) };

        let failure = until_signal_or_defect("gateway", || (), refused).unwrap_err();

        assert!(failure.to_string().contains("there are no keys"), "{failure}");
    }
}
