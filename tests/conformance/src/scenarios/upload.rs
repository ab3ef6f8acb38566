//! Uploads: plain, compressed, with a permission, and files that a chain must refuse.

use anyhow::Result;
use cosmrs::proto::cosmwasm::wasm::v1::{AccessConfig, AccessType, MsgStoreCode};

use crate::run::Run;
use crate::tx::Tx;

/// Enough for the largest file.
const GAS: u64 = 6_000_000;

pub async fn upload(run: &mut Run) -> Result<()> {
    let (plain, gz) = (run.fixtures.probe.clone(), run.fixtures.probe_gz.clone());
    let second = run.fixtures.second_gz.clone();
    let carol = run.carol.address.clone();
    for (step, wasm, permission) in [
        ("plain", plain, None),
        ("compressed", gz.clone(), None),
        ("the second version", second, None),
        ("everybody may instantiate", gz.clone(), Some((AccessType::Everybody, vec![]))),
        ("nobody may instantiate", gz.clone(), Some((AccessType::Nobody, vec![]))),
        ("one address may instantiate", gz, Some((AccessType::AnyOfAddresses, vec![carol]))),
    ] {
        let permission = permission.map(|(kind, addresses)| AccessConfig { permission: kind.into(), addresses });
        run.send(step, store(run, wasm, permission)?).await?;
    }
    Ok(())
}

pub async fn refused(run: &mut Run) -> Result<()> {
    let fixtures = &run.fixtures;
    let files = [
        ("too many locals", fixtures.too_many_locals.clone()),
        ("memory.copy", fixtures.memory_copy.clone()),
        ("no entry points", fixtures.no_exports.clone()),
        ("unknown import", fixtures.unknown_import.clone()),
        ("no wasm", fixtures.garbage.clone()),
        ("nothing", vec![]),
        ("a compressed file that grows too large", fixtures.bomb_gz.clone()),
        ("a compressed file cut off", fixtures.probe_gz.get(..1000).unwrap_or_default().to_vec()),
        ("compressed twice", twice(&fixtures.probe_gz)?),
        ("larger than a contract may be", vec![0; 900 << 10]),
    ];
    for (step, wasm) in files {
        run.send(step, store(run, wasm, None)?.gas(12_000_000)).await?;
    }

    let gz = run.fixtures.probe_gz.clone();
    run.send("gas for half of the file", store(run, gz, None)?.gas(2_000_000)).await?;
    let plain = run.fixtures.probe.clone();
    run.send("gas for fewer bytes than the file has", store(run, plain, None)?.gas(3_000_000)).await?;
    let permission = AccessConfig { permission: AccessType::AnyOfAddresses.into(), addresses: vec!["n1x".into()] };
    let garbage = run.fixtures.garbage.clone();
    run.send("a permission for an address that is none", store(run, garbage, Some(permission))?).await?;
    Ok(())
}

fn twice(gz: &[u8]) -> Result<Vec<u8>> {
    use std::io::Write;
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(gz)?;
    Ok(writer.finish()?)
}

fn store(run: &Run, wasm: Vec<u8>, permission: Option<AccessConfig>) -> Result<Tx> {
    let message =
        MsgStoreCode { sender: run.alice.address.clone(), wasm_byte_code: wasm, instantiate_permission: permission };
    Ok(Tx::of(&message)?.gas(GAS))
}
