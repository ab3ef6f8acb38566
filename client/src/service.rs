//! The client and its local interface as one service.

use crate::api::{self, Token};
use crate::config::Config;
use crate::error::ServiceError;
use nym_client_core::{Client, ClientError, Event};
use nym_daemon::shutdown::DEADLINE;
use nym_daemon::Shutdown;
use nym_keys::files::write_whole;
use std::net::SocketAddr;
use std::path::PathBuf;
use tokio::net::TcpListener;
use tokio::sync::broadcast;

/// Where a running client writes the address of its local interface.
pub const ADDRESS_FILE: &str = "api-address";

/// What a client needs beside its configuration.
pub struct Deps {
    /// Keys, database, topology, gateway: [`nym_client_core::Deps::from_home`] makes the product's.
    pub client: nym_client_core::Deps,
    /// The home folder.
    pub home: PathBuf,
}

/// Where a running client is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    /// By local programs: `ws://ADDRESS/v1/ws`.
    pub api: SocketAddr,
}

/// A running client.
pub struct Service {
    client: Client,
    addresses: Addresses,
    home: PathBuf,
    shutdown: Shutdown,
}

impl Service {
    /// Starts a client. The port may be 0; the bound address is also written to `HOME/api-address`.
    pub async fn start(config: Config, deps: Deps) -> Result<Self, ServiceError> {
        let Deps { client, home } = deps;
        let token = Token::load_or_create(&home.join(&config.api.token_file))?;
        // Before the client: a taken port is found at once, not after looking for a gateway.
        let bind = |source| ServiceError::Bind { address: config.api.listen, source };
        let listener = TcpListener::bind(config.api.listen).await.map_err(bind)?;
        let api = listener.local_addr().map_err(bind)?;

        let client = Client::start(config.client(), client).await?;
        let shutdown = Shutdown::new();
        shutdown.spawn_until_shutdown("client events", log_events(client.events()));
        api::serve(listener, &config.api, token, client.clone(), &shutdown);
        let service = Self { client, addresses: Addresses { api }, home, shutdown };
        let path = service.home.join(ADDRESS_FILE);
        // Whole or not at all: programs wait for it and read it at once.
        if let Err(source) = write_whole(&path, format!("{api}\n").as_bytes()) {
            let _ = service.shutdown().await;
            return Err(ServiceError::Home { path, source });
        }
        tracing::info!(
            gateway = %service.client.address().gateway(),
            api = %api,
            packets_per_second = u32::from(config.traffic.rate),
            "client serves"
        );
        Ok(service)
    }

    /// Where the client is reached.
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// The client itself.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Completes when the client ends by itself: a newer session of the same client, or a broken database.
    pub async fn stopped(&self) -> Result<(), ClientError> {
        self.client.ended().await
    }

    /// Stops within ten seconds; what was accepted and received is on disk.
    pub async fn shutdown(self) -> Result<(), ServiceError> {
        // The file of a service that is gone would lead programs to whoever takes the port next.
        let _ = std::fs::remove_file(self.home.join(ADDRESS_FILE));
        let applications = self.shutdown.finish(DEADLINE).await;
        self.client.shutdown().await?;
        Ok(applications?)
    }
}

/// Says what a person may act on.
async fn log_events(mut events: broadcast::Receiver<Event>) {
    loop {
        match events.recv().await {
            Ok(Event::Connected) => tracing::info!("connected to the gateway"),
            Ok(Event::Disconnected(reason)) => tracing::warn!(reason, "no session with the gateway; trying again"),
            Ok(Event::NoTopology(reason)) => tracing::warn!(reason, "no usable topology; nothing is sent"),
            Ok(Event::Topology(epoch)) => tracing::info!(epoch, "topology in use"),
            Ok(Event::SessionReplaced) => tracing::error!("another session of this client has begun at the gateway"),
            Ok(Event::LoopsLost { percent }) => {
                tracing::warn!(percent, "own loops do not come back: somebody on the way drops packets");
            }
            Ok(Event::Delivered(_) | Event::Failed(..) | Event::Balance(_)) => {}
            Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}
