//! Who may talk to the client: programs that can read its token, and no web page by surprise.
//!
//! Every program of the machine can reach a loopback port, and so can every page in a browser. The
//! token keeps the first out. The `Host` check defeats DNS rebinding and the `Origin` check
//! cross-site websockets, which browsers do not stop by themselves.

use super::Shared;
use axum::extract::{Request, State};
use axum::http::{header, HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use nym_keys::files::{read_secret, write_secret, KeyFileError};
use rand::RngCore as _;
use std::net::IpAddr;
use std::path::Path;
use subtle::ConstantTimeEq as _;

/// Why the token could not be read or made.
pub type TokenError = KeyFileError;

/// The secret that an application shows.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// Reads the token file, or makes one: 32 random bytes in hexadecimal, readable by the owner only.
    pub fn load_or_create(path: &Path) -> Result<Self, TokenError> {
        if path.exists() {
            return Ok(Self(read_secret(path)?.trim().to_owned()));
        }
        let mut bytes = [0u8; 32];
        rand::rngs::OsRng.fill_bytes(&mut bytes);
        let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        write_secret(path, text.as_bytes())?;
        Ok(Self(text))
    }

    fn is(&self, shown: &str) -> bool {
        // An empty file would let everybody in.
        !self.0.is_empty() && bool::from(self.0.as_bytes().ct_eq(shown.as_bytes()))
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(..)")
    }
}

/// The token and the web origins that are let in.
#[derive(Debug)]
pub struct Guard {
    token: Token,
    allowed_origins: Vec<String>,
}

/// A token was shown and is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrongToken;

impl Guard {
    /// Lets in who knows the token, and pages of these origins that know it.
    pub fn new(token: Token, allowed_origins: &[String]) -> Self {
        Self { token, allowed_origins: allowed_origins.to_vec() }
    }

    /// Whether the token is right.
    pub fn check(&self, token: &str) -> bool {
        self.token.is(token)
    }

    /// `true`: the header shows the token; `false`: there is no such header, the first frame must.
    pub fn check_header(&self, headers: &HeaderMap) -> Result<bool, WrongToken> {
        let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(false) };
        let shown = value.to_str().ok().and_then(|value| value.strip_prefix("Bearer "));
        match shown.is_some_and(|shown| self.check(shown)) {
            true => Ok(true),
            false => Err(WrongToken),
        }
    }

    fn allows(&self, headers: &HeaderMap) -> Result<(), &'static str> {
        let text = |name| headers.get(name).map(|value: &header::HeaderValue| value.to_str().unwrap_or("?"));
        match text(header::HOST) {
            Some(host) if is_loopback(host) => {}
            _ => return Err("the Host header names no loopback address: this interface serves this machine only\n"),
        }
        match text(header::ORIGIN) {
            None => Ok(()),
            Some(origin) if self.allowed_origins.iter().any(|allowed| allowed == origin) => Ok(()),
            Some(_) => Err("pages of this origin are not allowed; see api.allowed_origins\n"),
        }
    }
}

/// `localhost` or a loopback literal, with or without a port.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => host.split(':').next().unwrap_or(host),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Refuses requests that a web page could have caused.
pub(super) async fn check_origin(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    match shared.guard.allows(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(reason) => (StatusCode::FORBIDDEN, reason).into_response(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (header::HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    fn guard() -> Guard {
        Guard::new(Token("secret".into()), &["https://wallet.example".into()])
    }

    #[test]
    fn only_loopback_hosts_are_served() {
        for host in ["127.0.0.1:1977", "localhost:1977", "LOCALHOST", "[::1]:1977", "127.9.9.9"] {
            assert!(guard().allows(&headers(&[("host", host)])).is_ok(), "{host}");
        }
        for host in ["evil.example", "evil.example:1977", "127.0.0.1.evil.example", "192.168.0.1", "", "[::2]:1"] {
            assert!(guard().allows(&headers(&[("host", host)])).is_err(), "{host}");
        }
        assert!(guard().allows(&HeaderMap::new()).is_err());
    }

    #[test]
    fn only_listed_origins_are_served() {
        let with = |origin| headers(&[("host", "localhost"), ("origin", origin)]);

        assert!(guard().allows(&with("https://wallet.example")).is_ok());
        for origin in ["https://evil.example", "null", "https://wallet.example.evil.example", "http://localhost"] {
            assert!(guard().allows(&with(origin)).is_err(), "{origin}");
        }
    }

    #[test]
    fn a_token_is_right_wrong_or_absent() {
        assert_eq!(guard().check_header(&headers(&[("authorization", "Bearer secret")])), Ok(true));
        assert_eq!(guard().check_header(&HeaderMap::new()), Ok(false));
        for wrong in ["Bearer secre", "Bearer ", "secret", "Basic secret", "Bearer secret2"] {
            assert_eq!(guard().check_header(&headers(&[("authorization", wrong)])), Err(WrongToken), "{wrong}");
        }
        assert!(!Guard::new(Token(String::new()), &[]).check(""));
    }

    #[test]
    fn the_token_file_is_private_and_stays() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("api-token");

        let made = Token::load_or_create(&path).unwrap();
        let again = Token::load_or_create(&path).unwrap();

        assert_eq!(made.0, again.0);
        assert_eq!(made.0.len(), 64);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(Token::load_or_create(&path).unwrap_err().to_string().contains("chmod 600"));
    }
}
