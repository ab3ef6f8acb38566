//! Sessions between a client and its gateway: Noise NK, a signature by the client, then frames.
//!
//! Each message is the content of one binary websocket message. The gateway is authenticated by the link key
//! of its topology entry; the client by an Ed25519 signature over the handshake's hash, so that neither a
//! recorded session nor one with another gateway can be replayed. No clocks. Byte layouts:
//! `docs/protocol/sessions.md`.

mod frames;
mod handshake;

pub use frames::{
    ClientFrame, ClientFrames, ClientReceiver, ClientSender, DeliveryKind, ErrorCode, GatewayFrame, GatewayFrames,
    GatewayReceiver, GatewaySender, SessionError, Welcome, CONFIRM_MAX, DELIVERED, MAX_DELIVERY, UNLIMITED,
};
pub use handshake::{
    Authenticated, ClientHandshake, ClientSession, GatewaySession, SessionHello, Unauthenticated, AUTH_LABEL,
    HELLO_LENGTH, LABEL, PATTERN, RESPONSE_LENGTH,
};
