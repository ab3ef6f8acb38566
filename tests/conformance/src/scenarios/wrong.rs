//! Every kind of wrong transaction. None of these may change anything.

use anyhow::Result;
use cosmrs::proto::cosmos::bank::v1beta1::MsgSend;
use cosmrs::proto::cosmos::gov::v1beta1::MsgVote;
use cosmrs::proto::cosmos::tx::v1beta1::{AuthInfo, Fee, TxBody, TxRaw};
use cosmrs::proto::Any;
use prost::Message;
use serde_json::json;
use tendermint_rpc::Client;

use crate::accounts::Accounts;
use crate::run::{outcome_of_commit, rpc_error, Run};
use crate::tx::{any, coin, Tx};

fn payment(run: &Run) -> MsgSend {
    MsgSend {
        from_address: run.alice.address.clone(),
        to_address: run.carol.address.clone(),
        amount: vec![coin(1, "unym")],
    }
}

fn pay(run: &Run) -> Result<Tx> {
    Ok(Tx::of(&payment(run))?.gas(200_000))
}

pub async fn signatures(run: &mut Run) -> Result<()> {
    let right = run.chain.account(&run.alice.address).await?;
    let base = pay(run)?;
    let cases = [
        ("a sequence too high", Tx { sequence: Some(right.sequence + 1), ..base.clone() }),
        ("a sequence used before", Tx { sequence: Some(right.sequence - 1), ..base.clone() }),
        ("sequence zero", Tx { sequence: Some(0), ..base.clone() }),
        ("another account number", Tx { account_number: Some(right.number + 1), ..base.clone() }),
        ("another chain id", Tx { chain_id: Some("another-chain".into()), ..base.clone() }),
        ("no chain id", Tx { chain_id: Some(String::new()), ..base.clone() }),
        ("amino mode over direct bytes", Tx { sign_mode: Some(127), ..base.clone() }),
        ("an unknown sign mode", Tx { sign_mode: Some(99), ..base.clone() }),
        ("an unspecified sign mode", Tx { sign_mode: Some(0), ..base.clone() }),
    ];
    for (step, tx) in cases {
        let raw = run.signed(&tx).await?;
        // The account number is the chain's; the log repeats it and is therefore left to `code`.
        run.send_bytes(step, raw.encode_to_vec()).await?;
    }

    let raw = run.signed(&base).await?;
    let signature = raw.signatures.first().cloned().unwrap_or_default();
    let mut flipped = signature.clone();
    flipped[10] ^= 1;
    let malformed = [
        ("a flipped bit", vec![flipped]),
        ("an empty signature", vec![vec![]]),
        ("a signature of 63 bytes", vec![signature[..63].to_vec()]),
        ("no signature", vec![]),
        ("two signatures of one signer", vec![signature.clone(), signature.clone()]),
        ("a signature of zeros", vec![vec![0; 64]]),
        ("a signature with a high s", vec![high_s(&signature)]),
    ];
    for (step, signatures) in malformed {
        run.send_bytes(step, TxRaw { signatures, ..raw.clone() }.encode_to_vec()).await?;
    }

    let accounts = Accounts::load()?;
    let (alice, carol) = (accounts.get("alice")?, accounts.get("carol")?);
    let state = run.chain.account(&alice.address).await?;
    let chain_id = run.chain.id.clone();
    let raw = base.sign(&carol, &carol, state, &chain_id)?;
    run.send_bytes("signed by another, with the other's key", raw.encode_to_vec()).await?;
    let raw = base.sign(&carol, &alice, state, &chain_id)?;
    run.send_bytes("signed by another, with the right key stated", raw.encode_to_vec()).await?;
    let nobody = accounts.get("nobody")?;
    let stranger = MsgSend { from_address: nobody.address.clone(), ..payment(run) };
    run.send_as("an account the chain does not know", &nobody, Tx::of(&stranger)?).await?;

    let keyless = Tx { without_public_key: true, ..base };
    run.send("no key, but the chain knows it", keyless).await?;
    let poor = accounts.get("poor")?;
    let own = MsgSend { from_address: poor.address.clone(), amount: vec![coin(1, "unyx")], ..payment(run) };
    let tx = Tx { without_public_key: true, ..Tx::of(&own)?.gas(200_000) };
    run.send_as("no key, and the chain does not know it", &poor, tx).await?;
    Ok(())
}

/// The same signature with the other root: valid mathematically, refused so that nobody can
/// change a transaction's hash.
fn high_s(signature: &[u8]) -> Vec<u8> {
    const ORDER: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xba, 0xae,
        0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
    ];
    let mut out = signature.to_vec();
    let mut borrow = 0u16;
    for i in (0..32).rev() {
        let difference = 0x100 + u16::from(ORDER[i]) - u16::from(signature[32 + i]) - borrow;
        out[32 + i] = difference.to_le_bytes()[0];
        borrow = u16::from(difference < 0x100);
    }
    out
}

pub async fn fees(run: &mut Run) -> Result<()> {
    let base = pay(run)?;
    let cases = [
        ("no fee", base.clone().fee(vec![])),
        ("a fee too small by one", base.clone().fee(vec![coin(4_999, "unyx")])),
        ("a fee in another denomination", base.clone().fee(vec![coin(5_000, "unym")])),
        ("a fee in an unknown denomination", base.clone().fee(vec![coin(5_000, "unothing")])),
        ("a fee in two denominations", base.clone().fee(vec![coin(1, "unym"), coin(5_000, "unyx")])),
        ("a fee of zero", base.clone().fee(vec![coin(0, "unyx")])),
        ("an unsorted fee", base.clone().fee(vec![coin(5_000, "unyx"), coin(5_000, "unym")])),
        ("a fee of more than there is", base.clone().fee(vec![coin(u64::MAX, "unyx")])),
        ("no gas", base.clone().gas(0)),
        ("gas for less than the bytes", base.clone().gas(1_000)),
        ("gas for less than the signature", base.clone().gas(4_500)),
        ("more gas than a block may use", base.clone().gas(u64::MAX).fee(vec![coin(5_000, "unyx")])),
        ("a fee that another should pay", Tx { payer: run.carol.address.clone(), ..base.clone() }),
        ("a fee payer that is no address", Tx { payer: "n1x".into(), ..base }),
    ];
    for (step, tx) in cases {
        run.send(step, tx).await?;
    }

    let poor = Accounts::load()?.get("poor")?;
    let own = MsgSend { from_address: poor.address.clone(), amount: vec![coin(1, "unyx")], ..payment(run) };
    run.send_as("less money than the fee", &poor, Tx::of(&own)?.gas(400_000)).await?;
    let rest = MsgSend { amount: vec![coin(5_900, "unyx")], ..own };
    run.send_as("money for the fee, not for the payment", &poor, Tx::of(&rest)?.gas(200_000)).await?;
    Ok(())
}

pub async fn messages(run: &mut Run) -> Result<()> {
    let height = run.chain.height().await?;
    let mut past = pay(run)?;
    past.body.timeout_height = height - 1;
    run.send_in_check("a timeout height that has passed", past).await?;
    let mut future = pay(run)?;
    future.body.timeout_height = height + 1000;
    run.send("a timeout height to come", future).await?;
    run.send("a memo of 256 characters", pay(run)?.memo(&"m".repeat(256))).await?;
    run.send("a memo of 257 characters", pay(run)?.memo(&"m".repeat(257))).await?;
    run.send("no messages", Tx::new(vec![])).await?;

    let unknown = Any { type_url: "/nonsense.v1.MsgNothing".into(), value: vec![] };
    run.send("an unknown message type", Tx::new(vec![unknown])).await?;
    let broken = Any { value: vec![0xff; 9], ..any(&payment(run))? };
    run.send("a message that is no protobuf", Tx::new(vec![broken])).await?;
    let mut extra = any(&payment(run))?;
    // Field 99 of wire type 2, with one byte: a field that MsgSend does not have.
    extra.value.extend([0x9a, 0x06, 0x01, 0x00]);
    run.send("a message with an unknown field", Tx::new(vec![extra])).await?;
    // By Carol: a chain without the module refuses at once, and Alice's sequences stay comparable.
    let carol = Accounts::load()?.get("carol")?;
    let vote = MsgVote { proposal_id: 1, voter: carol.address.clone(), option: 1 };
    run.send_as("a vote on a proposal that is none", &carol, Tx::of(&vote)?).await?;

    let other = MsgSend { from_address: run.carol.address.clone(), ..payment(run) };
    run.send("a message of another signer", Tx::of(&other)?).await?;
    let both = Tx::new(vec![any(&payment(run))?, any(&other)?]);
    run.send("two messages of two signers, one signature", both).await?;
    let many = Tx::new(vec![any(&payment(run))?; 20]).gas(1_000_000);
    run.send("twenty messages", many).await?;

    let mut optioned = pay(run)?;
    optioned.body.extension_options = vec![any(&payment(run))?];
    run.send("an extension option", optioned).await?;
    let mut optioned = pay(run)?;
    optioned.body.non_critical_extension_options = vec![any(&payment(run))?];
    run.send("an extension option that is not critical", optioned).await?;
    Ok(())
}

pub async fn bytes(run: &mut Run) -> Result<()> {
    let raw = run.signed(&pay(run)?).await?;
    let whole = raw.encode_to_vec();
    let mut unknown = whole.clone();
    unknown.extend([0x9a, 0x06, 0x01, 0x00]);
    let mut body = TxBody::decode(raw.body_bytes.as_slice())?.encode_to_vec();
    body.extend([0x9a, 0x06, 0x01, 0x00]);
    let mut auth = AuthInfo::decode(raw.auth_info_bytes.as_slice())?;
    auth.fee = None;
    let feeless = TxRaw { auth_info_bytes: auth.encode_to_vec(), ..raw.clone() };
    auth.fee = Some(Fee { gas_limit: 200_000, amount: vec![coin(5_000, "unyx")], ..Fee::default() });
    auth.signer_infos.clear();
    let signerless = TxRaw { auth_info_bytes: auth.encode_to_vec(), ..raw.clone() };
    let cases = [
        ("nothing", vec![]),
        ("one byte", vec![0x0a]),
        ("random bytes", vec![0xfe; 64]),
        ("text", b"hello, chain".to_vec()),
        ("cut in half", whole.get(..whole.len() / 2).unwrap_or_default().to_vec()),
        ("cut by one byte", whole.get(..whole.len() - 1).unwrap_or_default().to_vec()),
        ("an unknown field at the end", unknown),
        ("an unknown field in the body", TxRaw { body_bytes: body, ..raw.clone() }.encode_to_vec()),
        ("a body that is no protobuf", TxRaw { body_bytes: vec![0xff; 8], ..raw.clone() }.encode_to_vec()),
        ("no body", TxRaw { body_bytes: vec![], ..raw.clone() }.encode_to_vec()),
        ("auth info that is no protobuf", TxRaw { auth_info_bytes: vec![0xff; 8], ..raw.clone() }.encode_to_vec()),
        ("no auth info", TxRaw { auth_info_bytes: vec![], ..raw }.encode_to_vec()),
        ("no fee in the auth info", feeless.encode_to_vec()),
        ("no signer in the auth info", signerless.encode_to_vec()),
    ];
    for (step, bytes) in cases {
        run.send_bytes(step, bytes).await?;
    }
    run.send_bytes("larger than the mempool takes", vec![0; 1_100_000]).await?;
    Ok(())
}

pub async fn broadcast_modes(run: &mut Run) -> Result<()> {
    let bytes = run.signed(&pay(run)?).await?.encode_to_vec();
    run.send_bytes("sent once", bytes.clone()).await?;
    run.send_bytes("sent again", bytes.clone()).await?;
    let again = run.chain.rpc.broadcast_tx_commit(bytes).await;
    run.note(
        "sent again with commit",
        again.map_or_else(|error| json!({"error": rpc_error(&error)}), |_| json!("accepted")),
    );

    let bytes = run.signed(&pay(run)?.memo("commit")).await?.encode_to_vec();
    let done = run.chain.rpc.broadcast_tx_commit(bytes).await?;
    run.note("commit", outcome_of_commit(&done)?);
    let refused = run.signed(&pay(run)?.fee(vec![])).await?.encode_to_vec();
    let done = run.chain.rpc.broadcast_tx_commit(refused).await?;
    run.note("commit of one that the check refuses", outcome_of_commit(&done)?);
    let poor = pay(run)?;
    let much = MsgSend { amount: vec![coin(u64::MAX, "unym")], ..payment(run) };
    let bytes = run.signed(&Tx { body: TxBody { messages: vec![any(&much)?], ..TxBody::default() }, ..poor }).await?;
    let done = run.chain.rpc.broadcast_tx_commit(bytes.encode_to_vec()).await?;
    run.note("commit of one that fails", outcome_of_commit(&done)?);

    let bytes = run.signed(&pay(run)?.memo("async")).await?.encode_to_vec();
    let sent = run.chain.rpc.broadcast_tx_async(bytes).await?;
    run.note("async", json!({"code": sent.code.value(), "log": sent.log, "data": sent.data.len()}));
    let found = run.chain.committed(sent.hash).await?;
    run.note("async, committed", json!({"code": found.tx_result.code.value()}));
    let sent = run.chain.rpc.broadcast_tx_async(vec![1, 2, 3]).await?;
    run.note("async of nonsense", json!({"code": sent.code.value(), "log": sent.log}));

    // Three in a row without waiting: the check's state runs ahead of the block's.
    let mut state = run.chain.account(&run.alice.address).await?;
    let mut last = None;
    for index in 0..3 {
        let raw = pay(run)?.memo(&format!("row {index}")).sign(&run.alice, &run.alice, state, &run.chain.id)?;
        let sent = run.chain.rpc.broadcast_tx_sync(raw.encode_to_vec()).await?;
        run.note(&format!("row {index}"), json!({"code": sent.code.value(), "log": sent.log}));
        state.sequence += 1;
        last = Some(sent.hash);
    }
    if let Some(hash) = last {
        let found = run.chain.committed(hash).await?;
        run.note("the last of the row", json!({"code": found.tx_result.code.value()}));
    }
    Ok(())
}
