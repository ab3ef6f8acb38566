//! Why the service could not start or go on, and what to do about it.

use crate::api::TokenError;
use nym_client_core::ClientError;
use nym_daemon::exit::{ErrorKind, Explain};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why the service could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The client itself.
    #[error("the client cannot run")]
    Client(#[from] ClientError),
    /// The port is taken, or may not be used.
    #[error("could not listen on {address} for local programs")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The token file.
    #[error("the token of the local interface cannot be used")]
    Token(#[from] TokenError),
    /// A file in the home folder.
    #[error("could not write {}", path.display())]
    Home {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Tasks that did not end in time.
    #[error(transparent)]
    Late(#[from] nym_daemon::shutdown::Late),
}

impl Explain for ServiceError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Client(ClientError::NoGateway(_)) => ErrorKind::Network,
            _ => ErrorKind::Failed,
        }
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Self::Client(ClientError::NoGateway(_)) => {
                "check that the APIs named in the network file can be reached, or name a gateway with --gateway".into()
            }
            Self::Client(ClientError::SessionReplaced) => {
                "stop the other process, or give each of them a home folder of its own with init".into()
            }
            Self::Client(ClientError::Store(_)) => {
                "check that the disk is not full and that the home folder is writable".into()
            }
            Self::Bind { .. } => "stop the process that uses the port or change api.listen".into(),
            Self::Home { .. } => "name a folder that this user may write with --home".into(),
            Self::Client(_) | Self::Token(_) | Self::Late(_) => return None,
        })
    }
}
