use nym_compact_ecash::scheme::keygen::SecretKeyAuth;
use nym_compact_ecash::scheme::{Payment, Wallet};
use nym_compact_ecash::setup::Parameters;
use nym_compact_ecash::tests::helpers::{generate_coin_indices_signatures, generate_expiration_date_signatures};
use nym_compact_ecash::Bytable;
use nym_compact_ecash::{
    aggregate_verification_keys, aggregate_wallets, generate_keypair_user, issue, issue_verify, ttp_keygen,
    withdrawal_request, BlindedSignature, PayInfo, WithdrawalRequest,
};

use crate::{measure, Figures, SIGNERS};

const SPENT_ON: u32 = 1_701_907_200;
const EXPIRES: u32 = 1_702_166_400;
const TICKET_TYPE: u8 = 0;

/// The equivalents: a withdrawal hides key and wallet secret and shows expiry and ticket type; a spend shows one ticket of the wallet.
pub fn figures() -> Figures {
    let signers = u64::from(SIGNERS);
    let params = Parameters::new(50);
    let user = generate_keypair_user();
    let authorities = ttp_keygen(signers, signers).expect("the threshold is possible");
    let secrets: Vec<&SecretKeyAuth> = authorities.iter().map(|pair| pair.secret_key()).collect();
    let keys: Vec<_> = authorities.iter().map(|pair| pair.verification_key()).collect();
    let indices: Vec<u64> = (1..=signers).collect();
    let key = aggregate_verification_keys(&keys, Some(&indices)).expect("the indices are distinct");
    let dates =
        generate_expiration_date_signatures(EXPIRES, &secrets, &keys, &key, &indices).expect("the keys are right");
    let coins = generate_coin_indices_signatures(&params, &secrets, &keys, &key, &indices).expect("the keys are right");

    let ask = || withdrawal_request(user.secret_key(), EXPIRES, TICKET_TYPE).expect("the date is right");
    let request = measure(|| ask().0.to_bytes());
    let (asked, info) = ask();
    let wire = asked.to_bytes();
    let sign = |secret: &SecretKeyAuth| {
        let asked = WithdrawalRequest::from_bytes(&wire).expect("it was encoded");
        issue(secret, user.public_key(), &asked, EXPIRES, TICKET_TYPE).expect("the proof holds").to_bytes()
    };
    let answers: Vec<_> = secrets.iter().map(|secret| sign(secret)).collect();
    let sign = measure(|| sign(secrets[0]));
    let aggregate = || {
        let shares: Vec<_> = (1..)
            .zip(answers.iter().zip(&keys))
            .map(|(index, (bytes, key))| {
                let blind = BlindedSignature::from_bytes(bytes).expect("it was encoded");
                issue_verify(key, user.secret_key(), &blind, &info, index).expect("it is valid")
            })
            .collect();
        aggregate_wallets(&key, user.secret_key(), &shares, &info).expect("all are valid")
    };
    let wallet = aggregate();
    let aggregate = measure(aggregate);
    let pay_info = PayInfo { pay_info_bytes: [6; 72] };
    let stored = wallet.to_bytes();
    let prove = || {
        let mut wallet = Wallet::from_bytes(&stored).expect("it was encoded");
        let paid = wallet.spend(&params, &key, user.secret_key(), &pay_info, 1, &dates, &coins, SPENT_ON);
        paid.expect("tickets are left").to_bytes()
    };
    let payment = prove();
    let prove = measure(prove);
    let verify = measure(|| {
        let payment = Payment::try_from_byte_slice(&payment).expect("it was encoded");
        payment.spend_verify(&key, &pay_info, SPENT_ON).expect("it is valid");
    });
    Figures { name: "nym-compact-ecash 2.0", request, sign, aggregate, prove, verify }
}
