//! Servers that do not do what a client hopes for.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use nym_http::HttpError;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket};

const LIMIT: usize = 1_000;

/// A server that says these pieces to whoever connects, with pauses between them, and hangs up.
async fn serve(pieces: Vec<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let _ = socket.read(&mut [0; 4_096]).await;
            for piece in &pieces {
                if socket.write_all(piece.as_bytes()).await.is_err() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    });
    url
}

async fn ask(url: &str) -> Result<nym_http::Answer, HttpError> {
    let client = nym_http::client(Duration::from_secs(2)).unwrap();
    nym_http::answer(client.get(nym_http::url(url).unwrap()), LIMIT).await
}

fn with_length(length: usize, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}")
}

#[tokio::test]
async fn an_answer_is_read_to_its_end_whatever_its_status() {
    let url = serve(vec!["HTTP/1.1 500 Oops\r\nContent-Length: 6\r\n\r\nwhy".into(), "not".into()]).await;

    let answer = ask(&url).await.unwrap();

    assert_eq!((answer.status.as_u16(), answer.body.as_slice()), (500, b"whynot".as_slice()));
}

#[tokio::test]
async fn an_answer_of_the_longest_length_is_taken_and_a_longer_one_is_not() {
    let longest = serve(vec![with_length(LIMIT, &"x".repeat(LIMIT))]).await;
    assert_eq!(ask(&longest).await.unwrap().body.len(), LIMIT);

    let longer = serve(vec![with_length(LIMIT + 1, &"x".repeat(LIMIT + 1))]).await;
    assert!(matches!(ask(&longer).await, Err(HttpError::TooLong(LIMIT))));
}

#[tokio::test]
async fn an_answer_without_an_end_is_given_up_at_the_limit() {
    let mut pieces = vec!["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned()];
    pieces.extend(std::iter::repeat_n(format!("258\r\n{}\r\n", "x".repeat(600)), 1_000));
    let url = serve(pieces).await;

    assert!(matches!(ask(&url).await, Err(HttpError::TooLong(LIMIT))));
}

#[tokio::test]
async fn half_an_answer_is_none() {
    let url = serve(vec![with_length(100, "only this")]).await;

    assert!(matches!(ask(&url).await, Err(HttpError::Broken(_))));
}

#[tokio::test]
async fn a_server_that_hangs_up_may_have_seen_the_request() {
    let url = serve(Vec::new()).await;

    assert!(matches!(ask(&url).await, Err(HttpError::Broken(_))));
}

#[tokio::test]
async fn a_server_that_hangs_up_at_the_second_request_may_have_seen_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = nym_http::url(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    let seen = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut request = [0; 4_096];
        assert!(socket.read(&mut request).await.unwrap() > 0);
        socket.write_all(with_length(2, "ok").as_bytes()).await.unwrap();
        socket.read(&mut request).await.unwrap()
        // Neither this connection nor another one is there from here on.
    });
    let client = nym_http::client(Duration::from_secs(5)).unwrap();

    nym_http::answer(client.get(url.clone()), LIMIT).await.unwrap();
    let second = nym_http::answer(client.get(url), LIMIT).await;

    assert!(matches!(second, Err(HttpError::Broken(_))), "{second:?}");
    assert!(seen.await.unwrap() > 0);
}

#[tokio::test]
async fn a_server_that_is_too_slow_is_given_up() {
    let slow = std::iter::once(with_length(900, "")).chain(std::iter::repeat_n("x".into(), 900));
    let silent = std::iter::repeat_n(String::new(), 900);
    for url in [serve(slow.collect()).await, serve(silent.collect()).await] {
        let error = ask(&url).await.unwrap_err();
        assert!(matches!(&error, HttpError::Broken(reason) if reason == "no answer in time"), "{error:?}");
    }
}

#[tokio::test]
async fn a_server_without_tls_never_sees_a_request_of_https() {
    let url = serve(vec![with_length(2, "ok")]).await.replace("http:", "https:");

    assert!(matches!(ask(&url).await, Err(HttpError::NotConnected(_))));
}

#[tokio::test]
async fn user_and_password_go_out_in_a_header() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://user:secret@{}/", listener.local_addr().unwrap());
    let seen = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 4_096];
        let length = socket.read(&mut request).await.unwrap();
        String::from_utf8(request[..length].to_vec()).unwrap().to_lowercase()
    });

    let error = ask(&url).await.unwrap_err();

    assert!(seen.await.unwrap().contains("authorization: basic dxnlcjpzzwnyzxq="));
    assert!(!error.to_string().contains("secret"), "{error}");
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent() {
    let reserved = TcpSocket::new_v4().unwrap();
    reserved.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let url = format!("http://{}/", reserved.local_addr().unwrap());

    let error = ask(&url).await.unwrap_err();

    assert!(matches!(&error, HttpError::NotConnected(reason) if reason.contains("onnection refused")), "{error:?}");
    assert!(error.to_string().starts_with("tcp connect error"), "whoever reports it says where: {error}");
}

#[tokio::test]
async fn a_redirection_is_an_answer_and_not_followed() {
    let elsewhere = serve(vec![with_length(4, "here")]).await;
    let url = serve(vec![format!("HTTP/1.1 302 Found\r\nLocation: {elsewhere}\r\nContent-Length: 0\r\n\r\n")]).await;

    assert_eq!(ask(&url).await.unwrap().status.as_u16(), 302);
}

#[test]
fn an_address_is_a_url_of_http_or_https() {
    for good in ["http://127.0.0.1:26657", "https://user:secret@rpc.example.org/path"] {
        assert!(nym_http::url(good).is_ok(), "{good}");
    }
    for bad in ["", "127.0.0.1:26657", "tcp://127.0.0.1:26657", "ws://127.0.0.1", "http://", "http:// x", "file:///x"] {
        assert!(matches!(nym_http::url(bad), Err(HttpError::BadUrl)), "{bad}");
    }
}
