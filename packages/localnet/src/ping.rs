//! A message from a client at one gateway to a client at the other, and an anonymous reply back.

use crate::Say;
use anyhow::Context as _;
use nym_client_core::{Client, ClientConfig, Deps, Event, MessageId, PacketTrace, Received, SendOptions};
use nym_keys::identity;
use nym_topology::{NetworkFile, Topology};
use serde::Serialize;
use std::fmt;
use std::time::{Duration, Instant};

/// A message or a reply that has not arrived by then will not.
const PATIENCE: Duration = Duration::from_secs(60);
/// A quiet client that has sent nothing for this long has nothing more to say.
const SILENCE: Duration = Duration::from_secs(3);
/// Reply blocks given with the message.
const REPLY_SURBS: u16 = 10;

/// What a ping took.
#[derive(Debug, Clone, Serialize)]
pub struct PingReport {
    /// Epoch of the topology.
    pub epoch: u32,
    /// Gateway of the sender.
    pub from_gateway: String,
    /// Gateway of the recipient.
    pub to_gateway: String,
    /// From starting the clients until both had a session with their gateways.
    pub connect_ms: u64,
    /// From handing the message over until the recipient had it.
    pub message_ms: u64,
    /// From handing the reply over until the sender had it.
    pub reply_ms: u64,
    /// Ways of the message's packets; one that got lost is there again.
    pub message_packets: Vec<PacketWay>,
    /// Ways of the reply's packets: the sender of the message has drawn them when it made the reply blocks.
    pub reply_packets: Vec<PacketWay>,
}

/// The way of one packet.
#[derive(Debug, Clone, Serialize)]
pub struct PacketWay {
    /// Which piece of the message or reply it carried.
    pub fragment: u16,
    /// Mix nodes in order, then the gateway of whom it was for.
    pub hops: Vec<Stop>,
    /// What the nodes were told to hold it back, together.
    pub delay_ms: u64,
}

/// A stop on the way.
#[derive(Debug, Clone, Serialize)]
pub struct Stop {
    /// Number of the mix node's bond; none for a gateway.
    pub mix_id: Option<u32>,
    /// Layer of the mix node; none for a gateway.
    pub layer: Option<u8>,
    /// Who it is.
    pub identity: String,
    /// What it was told to hold the packet back.
    pub delay_ms: u64,
}

impl From<&PacketTrace> for PacketWay {
    fn from(trace: &PacketTrace) -> Self {
        let hops = trace.hops.iter().map(|hop| Stop {
            mix_id: hop.mix_node.map(|(id, _)| id),
            layer: hop.mix_node.map(|(_, layer)| layer.number()),
            identity: hop.identity.to_string(),
            delay_ms: whole_millis(hop.delay),
        });
        Self { fragment: trace.fragment, hops: hops.collect(), delay_ms: whole_millis(trace.delay()) }
    }
}

impl fmt::Display for PacketWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "packet {}: ", self.fragment + 1)?;
        for hop in &self.hops {
            let short = hop.identity.get(..6).unwrap_or(&hop.identity);
            match (hop.mix_id, hop.layer) {
                (Some(id), Some(layer)) => write!(f, "layer {layer} node {id} {short} {} ms > ", hop.delay_ms)?,
                _ => write!(f, "gateway {short}")?,
            }
        }
        write!(f, "; {} ms of delays", self.delay_ms)
    }
}

/// Sends a message between two fresh clients and a reply back over a reply block.
pub async fn ping(network: &NetworkFile, say: Say<'_>) -> anyhow::Result<PingReport> {
    // These two clients live for one message each: their paths are there to be looked at.
    let config = ClientConfig { trace: true, ..ClientConfig::default() };
    Ok(exchange(network, config, say).await?.0)
}

/// The same between clients without cover, for tests that account for every packet; with the ways of all packets that
/// the two have caused: message and reply, acknowledgements, and what the clients told each other.
pub async fn quiet_ping(network: &NetworkFile, say: Say<'_>) -> anyhow::Result<(PingReport, Vec<PacketWay>)> {
    let config = ClientConfig { trace: true, quiet: true, ..ClientConfig::default() };
    exchange(network, config, say).await
}

async fn exchange(
    network: &NetworkFile,
    config: ClientConfig,
    say: Say<'_>,
) -> anyhow::Result<(PingReport, Vec<PacketWay>)> {
    let is_quiet = config.quiet;
    let document = nym_validator_api_client::fetch_topology(network).await.context("no topology")?;
    let topology = Topology::new(document);
    let mut gateways = topology.document().gateways.iter().map(|gateway| gateway.identity);
    let from = gateways.next().context("the topology has no gateway")?;
    let to = gateways.next().unwrap_or(from);

    let started = Instant::now();
    let (alice, bob) = tokio::try_join!(start(network, config.clone(), from), start(network, config, to))?;
    let connect_ms = millis(started);
    say(&format!("alice has a session with gateway {from}"));
    say(&format!("bob   has a session with gateway {to}"));

    let sent = Instant::now();
    let hello = b"hello over the mixnet".to_vec();
    let (mut to_alice, mut to_bob) = (alice.receive(), bob.receive());
    alice.send(bob.address(), hello.clone(), SendOptions::with_reply_surbs(REPLY_SURBS)).await?;
    let at_bob = receive(&mut to_bob).await.context("bob did not get the message")?;
    let message_ms = millis(sent);
    anyhow::ensure!(at_bob.bytes == hello, "bob got other bytes than alice has sent");
    bob.confirm(at_bob.id).await?;
    say(&format!("bob   got {} bytes after {message_ms} ms", at_bob.bytes.len()));
    let message_packets = ways(&alice, at_bob.id, "message", say).await?;

    let replied = Instant::now();
    let answer = b"hello back, whoever you are".to_vec();
    let tag = at_bob.sender_tag.context("the message came without reply blocks")?;
    let mut at_bob = bob.events();
    let reply = bob.reply(tag, answer.clone()).await?;
    let at_alice = receive(&mut to_alice).await.context("alice did not get the reply")?;
    let reply_ms = millis(replied);
    anyhow::ensure!(at_alice.bytes == answer, "alice got other bytes than bob has sent");
    alice.confirm(at_alice.id).await?;
    say(&format!("alice got the anonymous reply after {reply_ms} ms"));
    let reply_packets = ways(&alice, at_alice.id, "reply", say).await?;

    let report = PingReport {
        epoch: topology.epoch(),
        from_gateway: from.to_string(),
        to_gateway: to.to_string(),
        connect_ms,
        message_ms,
        reply_ms,
        message_packets,
        reply_packets,
    };
    let mut ways = Vec::new();
    if is_quiet {
        // Alice tells Bob that his reply came.
        let told = async {
            while at_bob.recv().await? != Event::Delivered(reply) {}
            anyhow::Ok(())
        };
        tokio::time::timeout(PATIENCE, told).await.context("bob never learned that his reply came")??;
        // What is sent after the ways are told would be missing in them.
        tokio::time::timeout(PATIENCE, silent(&[&alice, &bob])).await.context("the clients never fall silent")?;
        for client in [&alice, &bob] {
            ways.extend(client.traces().await?.iter().map(PacketWay::from));
        }
    }
    alice.shutdown().await?;
    bob.shutdown().await?;
    Ok((report, ways))
}

/// The ways of a message's packets, told one a line.
async fn ways(client: &Client, id: MessageId, what: &str, say: Say<'_>) -> anyhow::Result<Vec<PacketWay>> {
    let ways: Vec<PacketWay> = client.trace(id).await?.iter().map(PacketWay::from).collect();
    for way in &ways {
        say(&format!("      {what}, {way}"));
    }
    Ok(ways)
}

async fn start(network: &NetworkFile, config: ClientConfig, gateway: identity::PublicKey) -> anyhow::Result<Client> {
    let client = Client::start(config, Deps::ephemeral(network, Some(gateway))?).await?;
    tokio::time::timeout(PATIENCE, client.connected()).await.context("no session with the gateway")??;
    Ok(client)
}

/// Waits until quiet clients have nothing on their way, and have said twice what they say twice.
async fn silent(clients: &[&Client]) {
    let sent = || clients.iter().map(|client| client.status().packets_sent).sum::<u64>();
    let owe = || clients.iter().any(|client| client.status().load.outgoing_messages > 0);
    let mut before = (sent(), Instant::now());
    while owe() || before.1.elapsed() < SILENCE {
        tokio::time::sleep(Duration::from_millis(20)).await;
        if sent() != before.0 {
            before = (sent(), Instant::now());
        }
    }
}

async fn receive(inbox: &mut nym_client_core::Inbox) -> anyhow::Result<Received> {
    Ok(tokio::time::timeout(PATIENCE, inbox.recv()).await.context("nothing arrived in time")??)
}

fn millis(since: Instant) -> u64 {
    whole_millis(since.elapsed())
}

fn whole_millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
