//! Blocks in CometBFT's form: headers, hashes and the one validator's signature.

use crate::app::address::sha256;
use crate::store::disk::StoredBlock;
use crate::Error;
use cosmrs::proto::tendermint::abci::ExecTxResult;
use cosmrs::proto::tendermint::types::{
    Block, BlockId, BlockIdFlag, CanonicalBlockId, CanonicalPartSetHeader, CanonicalVote, Commit, CommitSig, Data,
    EvidenceList, Header, PartSetHeader, SignedMsgType,
};
use cosmrs::proto::tendermint::version::Consensus;
use cosmrs::proto::traits::Message as _;
use cosmrs::proto::Timestamp;
use cosmrs::tendermint::crypto::default::Sha256;
use cosmrs::tendermint::merkle::simple_hash_from_byte_vectors;
use cosmrs::tendermint::{block, validator, vote, PublicKey};
use ed25519_dalek::{Signer, SigningKey};

/// Version of CometBFT's block format.
const BLOCK_VERSION: u64 = 11;
/// Bytes of a block's parts.
const PART: usize = 65_536;
/// Voting power of the one validator.
pub(crate) const POWER: u32 = 1_000;
/// Bytes of a block, the default of the SDK's genesis.
pub(crate) const MAX_BYTES: i64 = 22_020_096;

/// The validator that signs all blocks.
pub(crate) struct Validator {
    key: SigningKey,
    info: validator::Info,
}

impl std::fmt::Debug for Validator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Validator({})", self.info.address)
    }
}

impl Validator {
    pub(crate) fn new(secret: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(secret);
        let public =
            PublicKey::from_raw_ed25519(key.verifying_key().as_bytes()).expect("a derived public key is valid");
        Validator { info: validator::Info::new(public, vote::Power::from(POWER)), key }
    }

    pub(crate) fn address(&self) -> [u8; 20] {
        let mut address = [0; 20];
        address.copy_from_slice(self.info.address.as_bytes());
        address
    }

    pub(crate) fn public_key(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    fn set_hash(&self) -> Vec<u8> {
        validator::Set::without_proposer(vec![self.info.clone()]).hash().as_bytes().to_vec()
    }

    /// Signs a block and returns the commit that the next block carries.
    fn sign(&self, chain_id: &str, height: i64, id: &BlockId, time: Timestamp) -> Commit {
        let part_set_header =
            id.part_set_header.clone().map(|p| CanonicalPartSetHeader { total: p.total, hash: p.hash });
        let vote = CanonicalVote {
            r#type: SignedMsgType::Precommit as i32,
            height,
            round: 0,
            block_id: Some(CanonicalBlockId { hash: id.hash.clone(), part_set_header }),
            timestamp: Some(time),
            chain_id: chain_id.to_owned(),
        };
        let signature = self.key.sign(&vote.encode_length_delimited_to_vec());
        Commit {
            height,
            round: 0,
            block_id: Some(id.clone()),
            signatures: vec![CommitSig {
                block_id_flag: BlockIdFlag::Commit as i32,
                validator_address: self.address().to_vec(),
                timestamp: Some(time),
                signature: signature.to_bytes().to_vec(),
            }],
        }
    }
}

/// What the next block builds on.
#[derive(Debug, Clone)]
pub(crate) struct Tip {
    pub height: u64,
    /// Nanoseconds since 1970.
    pub time: u64,
    pub id: Option<BlockId>,
    pub commit: Option<Commit>,
    pub app_hash: Vec<u8>,
    pub results_hash: Vec<u8>,
}

impl Tip {
    /// The tip before the first block.
    pub(crate) fn genesis(time: u64, app_hash: Vec<u8>) -> Self {
        Tip { height: 0, time, id: None, commit: None, app_hash, results_hash: sha256(&[]).to_vec() }
    }

    /// The tip after a stored block.
    pub(crate) fn after(stored: &StoredBlock) -> Self {
        let header = stored.block.as_ref().and_then(|b| b.header.clone());
        let header = header.unwrap_or_default();
        Tip {
            height: header.height as u64,
            time: header.time.map_or(0, nanos),
            id: stored.id.clone(),
            commit: stored.commit.clone(),
            app_hash: stored.app_hash.clone(),
            results_hash: results_hash(&stored.results),
        }
    }
}

pub(crate) fn timestamp(nanos: u64) -> Timestamp {
    Timestamp { seconds: (nanos / 1_000_000_000) as i64, nanos: (nanos % 1_000_000_000) as i32 }
}

pub(crate) fn nanos(time: Timestamp) -> u64 {
    let (seconds, nanos) = (time.seconds.max(0) as u64, time.nanos.max(0) as u64);
    seconds.saturating_mul(1_000_000_000).saturating_add(nanos)
}

fn merkle(leaves: &[impl AsRef<[u8]>]) -> Vec<u8> {
    simple_hash_from_byte_vectors::<Sha256>(leaves).to_vec()
}

fn results_hash(results: &[ExecTxResult]) -> Vec<u8> {
    // Only what every node computes alike goes into the hash.
    let leaf = |r: &ExecTxResult| {
        ExecTxResult {
            code: r.code,
            data: r.data.clone(),
            gas_wanted: r.gas_wanted,
            gas_used: r.gas_used,
            ..ExecTxResult::default()
        }
        .encode_to_vec()
    };
    merkle(&results.iter().map(leaf).collect::<Vec<_>>())
}

/// Hash of the consensus parameters: block size and gas.
fn consensus_hash() -> Vec<u8> {
    // HashedParams { block_max_bytes: 1, block_max_gas: 2 }
    let mut bytes = vec![0x08];
    prost::encoding::encode_varint(MAX_BYTES as u64, &mut bytes);
    bytes.push(0x10);
    prost::encoding::encode_varint((-1i64) as u64, &mut bytes);
    sha256(&[&bytes]).to_vec()
}

/// Builds and signs the block after `tip`; an error if none can follow it, because it was read from a damaged database.
pub(crate) fn build(
    validator: &Validator,
    chain_id: &str,
    tip: &Tip,
    time: u64,
    txs: Vec<Vec<u8>>,
    results: Vec<ExecTxResult>,
    app_hash: Vec<u8>,
) -> Result<StoredBlock, Error> {
    let broken = || Error::Database(format!("no block can follow what is stored as block {}", tip.height));
    let height = i64::try_from(tip.height).ok().and_then(|height| height.checked_add(1)).ok_or_else(broken)?;
    let hashes: Vec<[u8; 32]> = txs.iter().map(|tx| sha256(&[tx])).collect();
    let last_commit = tip.commit.clone().unwrap_or_else(|| Commit { block_id: Some(empty_id()), ..Commit::default() });
    let signatures: Vec<Vec<u8>> = last_commit.signatures.iter().map(|s| s.encode_to_vec()).collect();
    let set = validator.set_hash();
    let header = Header {
        version: Some(Consensus { block: BLOCK_VERSION, app: 0 }),
        chain_id: chain_id.to_owned(),
        height,
        time: Some(timestamp(time)),
        last_block_id: Some(tip.id.clone().unwrap_or_else(empty_id)),
        last_commit_hash: merkle(&signatures),
        data_hash: merkle(&hashes),
        validators_hash: set.clone(),
        next_validators_hash: set,
        consensus_hash: consensus_hash(),
        app_hash: tip.app_hash.clone(),
        last_results_hash: tip.results_hash.clone(),
        evidence_hash: sha256(&[]).to_vec(),
        proposer_address: validator.address().to_vec(),
    };
    let hash = header_hash(&header).ok_or_else(broken)?;
    let block = Block {
        header: Some(header),
        data: Some(Data { txs }),
        evidence: Some(EvidenceList::default()),
        last_commit: Some(last_commit),
    };
    let bytes = block.encode_to_vec();
    let parts: Vec<&[u8]> = bytes.chunks(PART).collect();
    let id = BlockId { hash, part_set_header: Some(PartSetHeader { total: parts.len() as u32, hash: merkle(&parts) }) };
    let commit = validator.sign(chain_id, height, &id, timestamp(time));
    let size = bytes.len() as u64;
    Ok(StoredBlock { block: Some(block), id: Some(id), commit: Some(commit), results, app_hash, size })
}

fn empty_id() -> BlockId {
    BlockId { hash: Vec::new(), part_set_header: Some(PartSetHeader::default()) }
}

/// The hash of a header; `None` if a field is out of its range.
fn header_hash(header: &Header) -> Option<Vec<u8>> {
    let header = block::Header::try_from(header.clone()).ok()?;
    Some(header.hash().as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn no_block_follows_a_damaged_one() {
        let validator = Validator::new(&[7; 32]);
        let after = |tip: &Tip| build(&validator, "a-chain", tip, 5, Vec::new(), Vec::new(), vec![1; 32]);
        let first = after(&Tip::genesis(1, vec![1; 32])).unwrap();
        let whole = Tip::after(&first);
        let part = |hash: Vec<u8>| BlockId { hash, ..first.id.clone().unwrap() };

        assert_eq!(Tip::after(&after(&whole).unwrap()).height, 2);
        let damaged = [
            Tip { height: i64::MAX as u64, ..whole.clone() },
            Tip { height: -1i64 as u64, ..whole.clone() },
            Tip { id: Some(part(vec![1; 31])), ..whole.clone() },
            Tip { results_hash: vec![1; 33], ..whole.clone() },
            // The first block has none before it.
            Tip { height: 0, ..whole.clone() },
        ];
        for tip in damaged {
            let refused = after(&tip).unwrap_err().to_string();
            assert!(refused.contains(&format!("stored as block {}", tip.height)), "{refused}");
        }
    }

    #[test]
    fn times_of_a_damaged_block_end_at_the_last_nanosecond() {
        assert_eq!(nanos(Timestamp { seconds: i64::MAX, nanos: i32::MAX }), u64::MAX);
        assert_eq!(nanos(Timestamp { seconds: -1, nanos: -1 }), 0);
        assert_eq!(nanos(timestamp(1_234_567_890_123)), 1_234_567_890_123);
    }
}
