#![doc = include_str!("../README.md")]

use std::error::Error as _;
use std::time::Duration;

pub use reqwest::{header, Client, RequestBuilder, StatusCode, Url};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The address is not one.
    #[error("it is no http or https URL")]
    BadUrl,
    /// There was no connection, so that nothing was sent.
    #[error("{0}")]
    NotConnected(String),
    /// Something may have been sent, but the answer did not come, or not to its end.
    #[error("{0}")]
    Broken(String),
    /// No client can be made on this machine.
    #[error("no HTTP client can be made: {0}")]
    NoClient(String),
    /// The answer is longer than it may be.
    #[error("it answers with more than {0} bytes")]
    TooLong(usize),
}

/// What a server answered, whatever its status.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The whole body.
    pub body: Vec<u8>,
}

/// A client with TLS by ring, unless the process has chosen another library, that follows no redirections.
///
/// # Errors
/// When TLS cannot be set up.
pub fn client(timeout: Duration) -> Result<Client, HttpError> {
    // An error says that one is chosen already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = || Client::builder().timeout(timeout).redirect(reqwest::redirect::Policy::none());
    // A machine without certificates can still be asked by plain HTTP; servers of HTTPS it cannot know, and says so.
    builder()
        .build()
        .or_else(|_| builder().tls_certs_only([]).build())
        .map_err(|error| HttpError::NoClient(causes(&error).join(": ")))
}

/// The address of a server.
///
/// # Errors
/// When it is anything but a URL of HTTP or HTTPS.
pub fn url(text: &str) -> Result<Url, HttpError> {
    let url = Url::parse(text).map_err(|_| HttpError::BadUrl)?;
    if matches!(url.scheme(), "http" | "https") {
        Ok(url)
    } else {
        Err(HttpError::BadUrl)
    }
}

/// Sends a request and reads the answer to its end, which has to come before `limit` bytes are exceeded.
///
/// # Errors
/// When no whole answer comes.
pub async fn answer(request: RequestBuilder, limit: usize) -> Result<Answer, HttpError> {
    let mut response = request.send().await.map_err(failure)?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failure)? {
        if body.len() + chunk.len() > limit {
            return Err(HttpError::TooLong(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status: response.status(), body })
}

fn failure(error: reqwest::Error) -> HttpError {
    let mut causes = causes(&error);
    if error.is_connect() && causes.len() > 1 {
        // That it did not connect, in the words of a program.
        causes.remove(0);
    }
    let reason = if error.is_timeout() { "no answer in time".to_owned() } else { causes.join(": ") };
    if error.is_connect() {
        HttpError::NotConnected(reason)
    } else {
        HttpError::Broken(reason)
    }
}

/// Its causes, the nearest first: its own words are the address only, which whoever reports it says.
fn causes(error: &reqwest::Error) -> Vec<String> {
    let causes: Vec<String> =
        std::iter::successors(error.source(), |&cause| cause.source()).map(ToString::to_string).collect();
    if causes.is_empty() {
        vec![error.to_string()]
    } else {
        causes
    }
}
