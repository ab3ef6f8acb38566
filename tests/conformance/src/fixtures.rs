//! The wasm files that the scenarios upload: the probe, its second version, and files a chain must refuse.
//!
//! The probe is kept compiled (`fixtures/`), because its checksum decides addresses and its
//! instructions decide gas; `scripts/conformance --rebuild-probe` makes it anew. The refused files
//! are written as text here and assembled when needed.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;

use anyhow::{Context, Result};
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use flate2::Compression;

const PROBE: &[u8] = include_bytes!("../fixtures/probe.wasm.gz");
const PROBE_SECOND: &[u8] = include_bytes!("../fixtures/probe-second.wasm.gz");

/// The entry points without which no file is a contract.
const CONTRACT_EXPORTS: &str = r#"
    (memory (export "memory") 1)
    (func (export "interface_version_8"))
    (func (export "allocate") (param i32) (result i32) i32.const 0)
    (func (export "deallocate") (param i32))
    (func (export "instantiate") (param i32 i32 i32) (result i32) i32.const 0)"#;

/// All wasm files of the suite.
pub struct Fixtures {
    /// The probe contract.
    pub probe: Vec<u8>,
    /// The same file compressed.
    pub probe_gz: Vec<u8>,
    /// The second version, with a higher migrate version.
    pub second: Vec<u8>,
    /// The same file compressed.
    pub second_gz: Vec<u8>,
    /// One function with 101 locals.
    pub too_many_locals: Vec<u8>,
    /// A function that uses `memory.copy`.
    pub memory_copy: Vec<u8>,
    /// A module that lacks a contract's entry points.
    pub no_exports: Vec<u8>,
    /// A contract that imports a function which no chain offers.
    pub unknown_import: Vec<u8>,
    /// Bytes that are no wasm.
    pub garbage: Vec<u8>,
    /// A compressed file that grows beyond the limit of a contract's size.
    pub bomb_gz: Vec<u8>,
}

impl Fixtures {
    /// Unpacks and assembles all of them.
    pub fn load() -> Result<Self> {
        let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
        bomb.write_all(&vec![0; 8 << 20])?;
        Ok(Self {
            probe: unpack(PROBE)?,
            probe_gz: PROBE.to_vec(),
            second: unpack(PROBE_SECOND)?,
            second_gz: PROBE_SECOND.to_vec(),
            too_many_locals: too_many_locals()?,
            memory_copy: module("(func (param i32 i32 i32) local.get 0 local.get 1 local.get 2 memory.copy)")?,
            no_exports: assemble("(module (memory (export \"memory\") 1))")?,
            unknown_import: assemble(&format!(
                "(module (import \"env\" \"no_such_function\" (func (param i32))) {CONTRACT_EXPORTS})"
            ))?,
            garbage: b"this is not wasm".to_vec(),
            bomb_gz: bomb.finish()?,
        })
    }

    /// Writes every file into a folder, for the client in the other language.
    pub fn write(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder)?;
        for (name, bytes) in [
            ("probe.wasm", &self.probe),
            ("probe.wasm.gz", &self.probe_gz),
            ("probe-second.wasm", &self.second),
            ("too-many-locals.wasm", &self.too_many_locals),
            ("memory-copy.wasm", &self.memory_copy),
            ("no-exports.wasm", &self.no_exports),
            ("unknown-import.wasm", &self.unknown_import),
            ("garbage.wasm", &self.garbage),
            ("bomb.wasm.gz", &self.bomb_gz),
        ] {
            let path = folder.join(name);
            fs::write(&path, bytes).with_context(|| format!("writing {}", path.display()))?;
        }
        Ok(())
    }
}

fn unpack(gz: &[u8]) -> Result<Vec<u8>> {
    let mut wasm = Vec::new();
    GzDecoder::new(gz).read_to_end(&mut wasm).context("a file in fixtures/")?;
    Ok(wasm)
}

fn too_many_locals() -> Result<Vec<u8>> {
    let locals = "i32 ".repeat(101);
    module(&format!("(func (local {locals}))"))
}

/// A complete contract with one more function.
fn module(function: &str) -> Result<Vec<u8>> {
    assemble(&format!("(module {CONTRACT_EXPORTS} {function})"))
}

fn assemble(text: &str) -> Result<Vec<u8>> {
    wat::parse_str(text).context("a wasm text in fixtures.rs")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_fixture_is_what_its_name_says() {
        let fixtures = Fixtures::load().unwrap();

        for wasm in [&fixtures.probe, &fixtures.too_many_locals, &fixtures.memory_copy] {
            assert_eq!(wasm.get(..4), Some(b"\0asm".as_slice()));
        }
        assert_ne!(fixtures.probe_gz, fixtures.second_gz);
        assert!(fixtures.bomb_gz.len() < 16 << 10, "{} bytes", fixtures.bomb_gz.len());
    }
}
