//! The product's session: a websocket, in it Noise, in it frames.

use super::{ConnectError, FromGateway, GatewayConnector, GatewaySession, ToGateway, FROM_GATEWAY, TO_GATEWAY};
use crate::engine::{ClientKeys, Delivery};
use futures::future::BoxFuture;
use futures::stream::{SplitSink, SplitStream};
use futures::{FutureExt as _, SinkExt as _, StreamExt as _};
use nym_topology::{GatewayEntry, Topology};
use nym_wire::noise::{Network, MAX_MESSAGE, PERIOD_NONE};
use nym_wire::session::{
    ClientHandshake, ClientReceiver, ClientSender, DeliveryKind, ErrorCode, GatewayFrame, UNLIMITED,
};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::WebSocketStream;

/// A client's own loops come back all the time; a gateway that is silent for this long is asked for a
/// sign of life.
const SILENCE: Duration = Duration::from_secs(8);
/// A write that makes no progress for this long ends the session.
const WRITE: Duration = Duration::from_secs(15);

type Socket = WebSocketStream<TcpStream>;

/// Connects to the gateway's address for clients.
#[derive(Debug, Clone, Copy, Default)]
pub struct WebsocketConnector {}

impl GatewayConnector for WebsocketConnector {
    fn connect<'a>(
        &'a self,
        gateway: &'a GatewayEntry,
        topology: &'a Topology,
        keys: &'a ClientKeys,
    ) -> BoxFuture<'a, Result<GatewaySession, ConnectError>> {
        open(gateway, topology, keys).boxed()
    }
}

async fn open(gateway: &GatewayEntry, topology: &Topology, keys: &ClientKeys) -> Result<GatewaySession, ConnectError> {
    let name = || gateway.identity.to_string();
    let unreachable = |reason: String| ConnectError::Unreachable { gateway: name(), reason };
    let handshake = |reason: String| ConnectError::Handshake { gateway: name(), reason };

    let address = gateway.clients_address;
    let stream = TcpStream::connect(address).await.map_err(|error| unreachable(error.to_string()))?;
    stream.set_nodelay(true).map_err(|error| unreachable(error.to_string()))?;
    let config = WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE)).max_frame_size(Some(MAX_MESSAGE));
    let (mut socket, _) = tokio_tungstenite::client_async_with_config(format!("ws://{address}/"), stream, Some(config))
        .await
        .map_err(|error| unreachable(error.to_string()))?;

    let document = topology.document();
    let network = Network { chain_id: document.chain_id.clone(), mixnet_contract: document.mixnet_contract.clone() };
    let (started, hello) = ClientHandshake::start(&network, &gateway.link_key, PERIOD_NONE, &mut rand::rngs::OsRng)
        .map_err(|error| handshake(error.to_string()))?;
    socket.send(Message::binary(hello)).await.map_err(|error| unreachable(error.to_string()))?;
    let response = next_message(&mut socket).await.map_err(handshake)?;
    let (mut session, proof) =
        started.finish(&response, &gateway.identity, &keys.identity).map_err(|error| handshake(error.to_string()))?;
    socket.send(Message::binary(proof)).await.map_err(|error| unreachable(error.to_string()))?;
    let mut welcome = next_message(&mut socket).await.map_err(handshake)?;
    let welcome = session
        .welcome(&mut welcome)
        .map_err(|error| ConnectError::Refused { gateway: name(), reason: error.to_string() })?;

    let (outgoing, said) = mpsc::channel(TO_GATEWAY);
    let (deliveries, incoming) = mpsc::channel(FROM_GATEWAY);
    if welcome.balance != UNLIMITED {
        let _ = deliveries.try_send(FromGateway::Balance(welcome.balance));
    }
    let (sink, stream) = socket.split();
    // Each ends when the other does: the writer with its channel, the reader with the socket.
    let (alive, heard) = mpsc::channel(1);
    tokio::spawn(async move {
        let write = write(sink, session.sender, said, heard);
        let read = read(stream, session.receiver, deliveries, alive);
        let reason = tokio::select! {
            reason = write => reason,
            reason = read => reason,
        };
        tracing::debug!(reason, "the session with the gateway ended");
    });
    Ok(GatewaySession { outgoing, incoming })
}

async fn next_message(
    socket: &mut (impl futures::Stream<Item = Result<Message, Error>> + Unpin),
) -> Result<Vec<u8>, String> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Binary(bytes))) => return Ok(bytes.into()),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Close(_))) | None => return Err("it closed the connection".into()),
            Some(Ok(_)) => return Err("it sent something else than binary messages".into()),
            Some(Err(error)) => return Err(error.to_string()),
        }
    }
}

type Error = tokio_tungstenite::tungstenite::Error;

/// Writes what the client says; while the gateway is silent, asks for signs of life.
async fn write(
    mut sink: SplitSink<Socket, Message>,
    mut sender: ClientSender,
    mut said: mpsc::Receiver<ToGateway>,
    mut heard: mpsc::Receiver<()>,
) -> String {
    let mut silent = 0u64;
    let mut pause = Box::pin(tokio::time::sleep(SILENCE));
    loop {
        let message = tokio::select! {
            said = said.recv() => match said {
                Some(ToGateway::Send(packet)) => sender.send(&packet.first_hop, &packet.packet),
                Some(ToGateway::Confirm(rows)) => sender.confirm(&rows),
                None => return "the client has ended it".into(),
            },
            Some(()) = heard.recv() => {
                silent = 0;
                pause.as_mut().reset(tokio::time::Instant::now() + SILENCE);
                continue;
            }
            () = &mut pause => {
                silent += 1;
                if silent > 2 {
                    return "the gateway gives no sign of life".into();
                }
                pause.as_mut().reset(tokio::time::Instant::now() + SILENCE);
                sender.ping(silent)
            }
        };
        let message = match message {
            Ok(message) => message,
            Err(error) => return error.to_string(),
        };
        match tokio::time::timeout(WRITE, sink.send(Message::binary(message))).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return error.to_string(),
            Err(_) => return "the gateway reads nothing".into(),
        }
    }
}

/// Reads what the gateway says. When the client is too slow, the socket fills and the gateway waits.
async fn read(
    mut stream: SplitStream<Socket>,
    mut receiver: ClientReceiver,
    deliveries: mpsc::Sender<FromGateway>,
    alive: mpsc::Sender<()>,
) -> String {
    loop {
        let mut message = match next_message(&mut stream).await {
            Ok(message) => message,
            Err(reason) => return reason,
        };
        let _ = alive.try_send(());
        let frames = match receiver.open(&mut message) {
            Ok(frames) => frames,
            Err(error) => return error.to_string(),
        };
        for frame in frames {
            let (said, is_last) = match frame {
                GatewayFrame::Delivered { row, kind, content } => (delivery(row, kind, content), false),
                GatewayFrame::Balance(bytes) => (FromGateway::Balance(bytes), false),
                GatewayFrame::Error(ErrorCode::Replaced) => (FromGateway::Replaced, true),
                GatewayFrame::Error(code) => {
                    let is_last = matches!(code, ErrorCode::Full | ErrorCode::ShuttingDown);
                    (FromGateway::Refused(code.as_str().to_owned()), is_last)
                }
                GatewayFrame::Pong(_) | GatewayFrame::Welcome(_) => continue,
            };
            if deliveries.send(said).await.is_err() || is_last {
                return "it was ended".into();
            }
        }
    }
}

fn delivery(row: u64, kind: DeliveryKind, content: &[u8]) -> FromGateway {
    FromGateway::Delivery(match kind {
        DeliveryKind::Message => Delivery::Sealed { row, bytes: content.to_vec() },
        DeliveryKind::Reply => Delivery::Reply { row, packet: content.to_vec() },
        DeliveryKind::Ack => {
            let mut id = [0u8; 16];
            id.copy_from_slice(content.get(..16).unwrap_or(&[0; 16]));
            Delivery::Ack(id)
        }
    })
}
