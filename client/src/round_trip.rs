//! `nym-client test`: one message to oneself and back over a reply block, each step explained.

use nym_client_core::{Client, ClientConfig, ClientError, Deps, Event, SendOptions};
use nym_daemon::exit::{ErrorKind, Failure};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// How long each step may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs the test with a client of its own and returns what it found.
pub(crate) async fn run(config: ClientConfig, deps: Deps) -> Result<String, Failure> {
    let mut report = String::new();
    let begun = Instant::now();
    let client = Client::start(config, deps).await.map_err(|error| failure("choose a gateway", &error))?;
    step(&mut report, begun, &format!("gateway {}", client.address().gateway()));

    let begun = Instant::now();
    let connected = tokio::time::timeout(PATIENCE, client.connected()).await;
    connected
        .map_err(|_| late("open a session with the gateway", "is the gateway up, and in the current topology?"))?
        .map_err(|error| failure("open a session with the gateway", &error))?;
    step(&mut report, begun, "session with the gateway, topology accepted");

    let mut events = client.events();
    let begun = Instant::now();
    let own = client.address();
    let sent = client
        .send(own, b"question".to_vec(), SendOptions::with_reply_surbs(5))
        .await
        .map_err(|error| failure("send a message", &error))?;
    let mut inbox = client.receive();
    let question = arrival(&mut inbox, "receive the message").await?;
    step(&mut report, begun, "message: own gateway, layers 1, 2, 3, own gateway, own disk");
    let stored = async {
        loop {
            match events.recv().await {
                Ok(Event::Delivered(id)) if id == sent => return true,
                Ok(_) => {}
                Err(_) => return false,
            }
        }
    };
    if !tokio::time::timeout(PATIENCE, stored).await.unwrap_or(false) {
        return Err(late("get the acknowledgement", "the message came, its acknowledgement did not"));
    }
    step(&mut report, begun, "acknowledgement of its storage, layers 1, 2, 3 again");

    let begun = Instant::now();
    let tag = question.sender_tag.ok_or_else(|| late("find the reply blocks", "the message came without them"))?;
    client.reply(tag, b"answer".to_vec()).await.map_err(|error| failure("reply", &error))?;
    arrival(&mut inbox, "receive the reply").await?;
    step(&mut report, begun, "anonymous reply over a reply block");
    client.shutdown().await.map_err(|error| failure("stop", &error))?;
    Ok(report)
}

async fn arrival(inbox: &mut nym_client_core::Inbox, what: &str) -> Result<nym_client_core::Received, Failure> {
    tokio::time::timeout(PATIENCE, inbox.recv())
        .await
        .map_err(|_| late(what, "packets are lost on the way: try again, then another gateway"))?
        .map_err(|error| failure(what, &error))
}

fn step(report: &mut String, begun: Instant, what: &str) {
    let _ = writeln!(report, "ok  {:>6} ms  {what}", begun.elapsed().as_millis());
}

fn late(what: &str, help: &str) -> Failure {
    Failure::new(ErrorKind::Network, format!("could not {what} within {} s", PATIENCE.as_secs())).with_help(help)
}

fn failure(what: &str, error: &ClientError) -> Failure {
    Failure::new(ErrorKind::Network, format!("could not {what}")).with_cause(error)
}
