//! Text frames of local programs: read, or refused under a request id that may be repeated.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nym_client::api::frames::{ErrorCode, Reply, RequestId, MAX_REQUEST_ID};
use nym_client::api::json;

fuzz_target!(|text: &str| {
    let (id, request) = json::read(text);
    if let RequestId::Text(id) = &id {
        assert!(id.len() <= MAX_REQUEST_ID);
    }
    let reply = match request {
        Ok(_) => return,
        Err(error) => Reply::Error { code: ErrorCode::BadRequest, message: error.to_string() },
    };
    let spelled = json::write(&id, &reply);
    serde_json::from_str::<json::Outgoing>(&spelled).expect("the client's own frames are readable");
});
