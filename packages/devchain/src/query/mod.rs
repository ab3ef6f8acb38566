//! What `abci_query` answers: the modules' gRPC paths over one version of the state.

mod auth;
mod bank;
mod node;
mod page;
mod wasm;

use crate::app::ctx::Ctx;
use crate::app::gas::Gas;
use crate::chain::engine::{Chain, Version};
use crate::error::{
    AppError, Halt, Outcome, Status, INVALID_HEIGHT, INVALID_REQUEST, NOT_FOUND, OUT_OF_GAS, UNKNOWN_REQUEST,
};
use cosmrs::proto::traits::Message;

/// Gas of one query, as wasmd's default for contracts.
pub(crate) const QUERY_GAS: u64 = 3_000_000;

/// An answered query.
#[derive(Debug)]
pub(crate) struct Answer {
    pub height: u64,
    pub result: Result<Vec<u8>, AppError>,
}

/// Answers `path` at `height`; 0 is the newest.
pub(crate) fn answer(chain: &Chain, path: &str, data: &[u8], height: i64) -> Answer {
    let version = match pick(chain, height) {
        Ok(version) => version,
        Err(error) => return Answer { height: 0, result: Err(error) },
    };
    Answer {
        height: version.height,
        result: route(chain, &version, path, data).map_err(|halt| match halt {
            Halt::App(error) => error,
            halt => halt.into_error(QUERY_GAS, QUERY_GAS).for_query(),
        }),
    }
}

fn pick(chain: &Chain, height: i64) -> Result<Version, AppError> {
    let latest = chain.latest();
    let Ok(wanted) = u64::try_from(height) else {
        let text = "cannot query with height < 0; please provide a valid height";
        return Err(AppError::new(INVALID_REQUEST, text));
    };
    if latest.height == 0 {
        let text = "devchain is not ready; please wait for first block";
        return Err(AppError::new(INVALID_HEIGHT, text));
    }
    if wanted == 0 {
        return Ok(latest);
    }
    if wanted > latest.height {
        let text = "cannot query with height in the future; please provide a valid height";
        return Err(AppError::new(INVALID_HEIGHT, text));
    }
    chain.version(wanted).ok_or_else(|| {
        let text = format!(
            "failed to load state at height {wanted}; version does not exist (latest height: {})",
            latest.height
        );
        AppError::new(NOT_FOUND, text)
    })
}

fn route(chain: &Chain, version: &Version, path: &str, data: &[u8]) -> Outcome<Vec<u8>> {
    let Some(rest) = path.strip_prefix('/') else {
        let error = AppError::new(UNKNOWN_REQUEST, "unknown query path");
        return Err(error.into());
    };
    let ctx = Ctx::new(version.map.clone(), Gas::infinite(), chain.query_env(version));
    let found = match rest.split_once('/') {
        Some(("cosmos.auth.v1beta1.Query", method)) => auth::answer(chain, &ctx, method, data),
        Some(("cosmos.bank.v1beta1.Query", method)) => bank::answer(chain, &ctx, method, data),
        Some(("cosmwasm.wasm.v1.Query", method)) => wasm::answer(chain, &ctx, method, data),
        Some(("cosmos.tx.v1beta1.Service", method)) => node::tx(chain, method, data),
        Some(("cosmos.base.node.v1beta1.Service", method)) => node::config(chain, method),
        Some(("cosmos.base.tendermint.v1beta1.Service", method)) => node::service(chain, method),
        _ => None,
    };
    match found {
        Some(Err(Halt::App(error))) => Err(error.for_query().into()),
        Some(other) => other,
        None => Err(AppError::new(UNKNOWN_REQUEST, "unknown query path").into()),
    }
}

/// Decodes a request.
fn request<T: Message + Default>(data: &[u8]) -> Outcome<T> {
    let invalid = |e| AppError::undefined(format_args!("proto: {e}"));
    Ok(T::decode(data).map_err(invalid)?)
}

fn reply<T: Message>(message: &T) -> Outcome<Vec<u8>> {
    Ok(message.encode_to_vec())
}

fn not_found(text: impl std::fmt::Display) -> Halt {
    AppError::status(Status::NotFound, text).into()
}

fn invalid(text: impl std::fmt::Display) -> Halt {
    AppError::status(Status::InvalidArgument, text).into()
}

/// The error of a smart query that needed more gas than queries have.
fn out_of_gas(halt: Halt, gas: &Gas) -> Halt {
    match halt {
        Halt::OutOfGas(place) => {
            let text =
                format!("out of gas in location: {place}; gasWanted: {}, gasUsed: {}", gas.limit(), gas.consumed());
            AppError::new(OUT_OF_GAS, text).into()
        }
        other => other,
    }
}
