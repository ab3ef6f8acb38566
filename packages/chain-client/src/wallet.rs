//! An account's key: a BIP-39 mnemonic, the Cosmos derivation path, an address with the chain's prefix.

use std::{fmt, sync::Arc};

use bip39::{Language, Mnemonic};
use cosmrs::crypto::{secp256k1::SigningKey, PublicKey};
use rand::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use crate::error::ChainError;

/// Cosmos Hub's path, which every wallet of this ecosystem uses by default.
pub const DERIVATION_PATH: &str = "m/44'/118'/0'/0/0";

/// Bytes of the longest phrase: 24 words of eight letters, and what is between them.
const LONGEST_PHRASE: usize = 24 * 9 - 1;

/// A signing key and the address that belongs to it. Cheap to clone; `Debug` shows the address only.
#[derive(Clone)]
pub struct Wallet {
    key: Arc<SigningKey>,
    public_key: PublicKey,
    address: String,
}

impl Wallet {
    /// Derives the key of a mnemonic (12, 15, 18, 21 or 24 English words) at [`DERIVATION_PATH`].
    pub fn from_mnemonic(mnemonic: &str, prefix: &str) -> Result<Self, ChainError> {
        Self::from_mnemonic_at(mnemonic, prefix, DERIVATION_PATH)
    }

    /// Derives the key of a mnemonic at another path.
    pub fn from_mnemonic_at(mnemonic: &str, prefix: &str, path: &str) -> Result<Self, ChainError> {
        let mnemonic = parse_mnemonic(mnemonic)?;
        let path = path
            .parse::<bip32::DerivationPath>()
            .map_err(|_| ChainError::invalid(format!("derivation path '{path}'"), "write it like m/44'/118'/0'/0/0"))?;
        let seed = Zeroizing::new(mnemonic.to_seed_normalized(""));
        let key =
            bip32::XPrv::derive_from_path(seed.as_slice(), &path).map_err(|e| ChainError::invalid("mnemonic", e))?;
        let key = SigningKey::from(key);
        let public_key = key.public_key();
        let address = public_key
            .account_id(prefix)
            .map_err(|_| ChainError::invalid(format!("address prefix '{prefix}'"), "it must be lower-case letters"))?
            .to_string();
        Ok(Wallet { key: Arc::new(key), public_key, address })
    }

    /// A new mnemonic of 24 words.
    pub fn generate_mnemonic<R: RngCore + CryptoRng>(rng: &mut R) -> Zeroizing<String> {
        let mut entropy = Zeroizing::new([0u8; 32]);
        rng.fill_bytes(&mut *entropy);
        let mnemonic = Mnemonic::from_entropy_in(Language::English, &*entropy)
            .expect("32 bytes are one of the entropy sizes of BIP-39");
        phrase(mnemonic.words(), LONGEST_PHRASE)
    }

    /// The account's bech32 address.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The account's public key.
    pub fn public_key(&self) -> PublicKey {
        self.public_key
    }

    /// Signs bytes (SHA-256, secp256k1, 64-byte signature).
    pub(crate) fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, ChainError> {
        let signature = self.key.sign(bytes).map_err(|e| ChainError::invalid("signing key", e))?;
        Ok(signature.to_vec())
    }
}

impl fmt::Debug for Wallet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wallet({})", self.address)
    }
}

/// Reads a mnemonic; the error names the rule, never a word of the phrase except its position.
pub fn parse_mnemonic(text: &str) -> Result<Mnemonic, ChainError> {
    Mnemonic::parse_in_normalized(Language::English, &normalised(text)).map_err(|error| {
        let reason = match error {
            bip39::Error::BadWordCount(count) => format!("it has {count} words; 12, 15, 18, 21 or 24 are needed"),
            bip39::Error::UnknownWord(index) => format!("word {} is not in the English word list", index + 1),
            bip39::Error::InvalidChecksum => "its checksum is wrong: a word is misspelt or two are swapped".to_owned(),
            _ => "it is not a BIP-39 phrase of English words".to_owned(),
        };
        ChainError::invalid("mnemonic", reason)
    })
}

/// A mnemonic as any wallet takes it: one space between words, lower case.
pub fn normalised(mnemonic: &str) -> Zeroizing<String> {
    let mut words = phrase(mnemonic.split_whitespace(), mnemonic.len());
    words.make_ascii_lowercase();
    words
}

/// Words with a space between them, `longest` bytes at most: a text that grows beyond its place leaves what it holds behind in memory.
fn phrase<'a>(words: impl Iterator<Item = &'a str>, longest: usize) -> Zeroizing<String> {
    let mut phrase = Zeroizing::new(String::with_capacity(longest));
    for word in words {
        if !phrase.is_empty() {
            phrase.push(' ');
        }
        phrase.push_str(word);
    }
    phrase
}

/// Checks a bech32 address and its prefix.
pub fn check_address(address: &str, prefix: &str) -> Result<(), ChainError> {
    let id: cosmrs::AccountId = address
        .parse()
        .map_err(|_| ChainError::invalid(format!("address '{address}'"), "it is not a bech32 address"))?;
    if id.prefix() != prefix {
        return Err(ChainError::invalid(
            format!("address '{address}'"),
            format!("its prefix is '{}', this network's is '{prefix}'", id.prefix()),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ABANDON: &str =
        "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

    #[test]
    fn known_mnemonic_gives_the_address_other_wallets_give() {
        // Address of the all-`abandon` phrase at m/44'/118'/0'/0/0 as CosmJS and Keplr print it.
        let wallet = Wallet::from_mnemonic(ABANDON, "cosmos").unwrap();

        assert_eq!(wallet.address(), "cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4");
    }

    #[test]
    fn generated_mnemonic_has_24_words_and_is_accepted() {
        let mut rng = rand::thread_rng();

        let phrase = Wallet::generate_mnemonic(&mut rng);

        assert_eq!(phrase.split(' ').count(), 24);
        assert!(Wallet::from_mnemonic(&phrase, "n").unwrap().address().starts_with("n1"));
    }

    #[test]
    fn spaces_line_breaks_and_capitals_do_not_matter() {
        let messy = ABANDON.replace(' ', "\n  ").to_uppercase();

        assert_eq!(
            Wallet::from_mnemonic(&messy, "n").unwrap().address(),
            Wallet::from_mnemonic(ABANDON, "n").unwrap().address()
        );
    }

    #[test]
    fn bad_mnemonics_name_the_rule_and_no_word() {
        for (text, says) in [
            ("", "0 words"),
            ("abandon abandon", "2 words"),
            (&ABANDON.replace("about", "abandon"), "checksum"),
            (&ABANDON.replace("about", "nymnym"), "word 12 is not"),
        ] {
            let error = parse_mnemonic(text).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
            assert!(!error.contains("nymnym") && !error.contains("abandon"), "{error}");
        }
    }

    #[test]
    fn debug_shows_the_address_only() {
        let wallet = Wallet::from_mnemonic(ABANDON, "n").unwrap();

        assert_eq!(format!("{wallet:?}"), format!("Wallet({})", wallet.address()));
    }

    #[test]
    fn addresses_of_another_network_are_refused() {
        let cosmos = Wallet::from_mnemonic(ABANDON, "cosmos").unwrap();

        assert!(check_address(cosmos.address(), "n").unwrap_err().to_string().contains("prefix is 'cosmos'"));
        assert!(check_address("n1nonsense", "n").is_err());
        assert!(check_address(cosmos.address(), "cosmos").is_ok());
    }
}
