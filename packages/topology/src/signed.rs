//! Authorities' signatures over a document, and how many of them make it acceptable.

use crate::document::{hash, MAX_DOCUMENT_BYTES};
use crate::{NetworkFile, TopologyDocument, TopologyError};
use nym_keys::identity;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

const SIGNATURE_LABEL: &[u8] = b"nym-topology-signature-v1";

/// A document and one authority's signature over its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedDocument {
    /// The canonical bytes, which are UTF-8.
    pub document: String,
    /// Who signed.
    pub authority: identity::PublicKey,
    /// Signature over `nym-topology-signature-v1` ‖ hash of the document.
    pub signature: identity::Signature,
}

impl SignedDocument {
    /// Signs a document.
    pub fn sign(document: &TopologyDocument, authority: &identity::SecretKey) -> Self {
        let document = document.canonical_text();
        let signature = authority.sign(&signed_bytes(&hash(document.as_bytes())));
        Self { document, authority: authority.public_key(), signature }
    }

    fn is_valid(&self, hash: &[u8; 32]) -> bool {
        self.authority.verify(&signed_bytes(hash), &self.signature).is_ok()
    }
}

fn signed_bytes(hash: &[u8; 32]) -> Vec<u8> {
    [SIGNATURE_LABEL, hash].concat()
}

/// The document on which at least the network file's threshold of authorities agree.
///
/// Signatures of strangers, invalid ones and second ones of the same authority do not count; of several acceptable
/// documents the one of the latest epoch is taken.
pub fn verify_threshold(signed: &[SignedDocument], network: &NetworkFile) -> Result<TopologyDocument, TopologyError> {
    let authorities: HashSet<_> = network.authorities.iter().map(|authority| authority.key).collect();
    let required = network.topology.threshold;
    let mut agreeing: HashMap<&str, HashSet<identity::PublicKey>> = HashMap::new();
    for word in signed.iter().filter(|word| authorities.contains(&word.authority)) {
        if word.document.len() <= MAX_DOCUMENT_BYTES && word.is_valid(&hash(word.document.as_bytes())) {
            agreeing.entry(&word.document).or_default().insert(word.authority);
        }
    }
    let most = agreeing.values().map(HashSet::len).max().unwrap_or(0);
    let acceptable = agreeing.into_iter().filter(|(_, signers)| required > 0 && signers.len() >= required);
    let mut documents = acceptable
        .map(|(text, _)| TopologyDocument::from_canonical_bytes(text.as_bytes()))
        .collect::<Result<Vec<_>, _>>()?;
    documents.sort_by_key(|document| document.epoch);
    let document = documents.pop().ok_or(TopologyError::TooFewSignatures {
        agreeing: most,
        authorities: authorities.len(),
        required,
    })?;
    network.check_document(&document)?;
    Ok(document)
}
