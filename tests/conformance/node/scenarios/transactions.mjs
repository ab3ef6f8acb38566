// Payments, both ways of signing, simulation, and transactions that are wrong.

import { fromBase64, toUtf8 } from "@cosmjs/encoding";
import { TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";

import { coins, fee, simulated } from "../run.mjs";

const FEE = fee(200_000);

function payment(run, amount = coins(10)) {
  return {
    typeUrl: "/cosmos.bank.v1beta1.MsgSend",
    value: { fromAddress: run.dave, toAddress: run.erin, amount },
  };
}

export async function signing(run) {
  const { client, dave, erin } = run;
  await run.step("a payment", () => client.sendTokens(dave, erin, coins(1000), FEE, "a memo"));
  await run.step("a payment with the fee worked out by simulation", () => simulated(client.sendTokens(dave, erin, coins(1001), "auto")));
  await run.step("two messages", () => client.signAndBroadcast(dave, [payment(run), payment(run)], FEE));
  await run.step("simulate", async () => ({ gas_used: await client.simulate(dave, [payment(run)], "memo") }));
  await run.step("simulate a contract that refuses", () =>
    client.simulate(dave, [executeMsg(run, { fail: { reason: "I will not" } })], ""),
  );
  // Read before: a block may be made between sending one and signing the other.
  const afterwards = await next(client, dave, 1);
  await run.step("send without waiting", async () =>
    (await client.signAndBroadcastSync(dave, [payment(run)], FEE)).length,
  );
  await client.broadcastTx(await signed(client, run, payment(run, coins(11)), afterwards));

  // Wallets with a display sign JSON.
  const ledger = await run.signingClient(await run.aminoWallet("erin"));
  await run.step("amino: a payment", () => ledger.sendTokens(erin, dave, coins(77), FEE, "signed as JSON <&>"));
  await run.step("amino: an execution", () =>
    ledger.execute(erin, run.contract, { put: { key: "amino", value: "yes" } }, fee(500_000), "", coins(3)),
  );
  await run.step("amino: an instantiation", () =>
    ledger.instantiate(erin, run.plain.codeId, { greeting: "amino" }, "amino", fee(500_000), { admin: erin }),
  );
  await run.step("amino: an upload", () => ledger.upload(erin, run.wasm("probe.wasm"), fee(6_000_000)));
  await run.step("amino: a contract that refuses", () =>
    ledger.execute(erin, run.contract, { fail: { reason: "I will not" } }, fee(500_000)),
  );
  ledger.disconnect();
}

function executeMsg(run, msg) {
  return {
    typeUrl: "/cosmwasm.wasm.v1.MsgExecuteContract",
    value: { sender: run.dave, contract: run.contract, msg: toUtf8(JSON.stringify(msg)), funds: [] },
  };
}

/** The signer data of the transaction that comes `ahead` transactions after the committed ones. */
async function next(client, address, ahead = 0) {
  const { accountNumber, sequence } = await client.getSequence(address);
  return { accountNumber, sequence: sequence + ahead, chainId: await client.getChainId() };
}

async function signed(client, run, message, data, gas = FEE, timeoutHeight) {
  const raw = await client.sign(run.dave, [message], gas, "", data, timeoutHeight);
  return TxRaw.encode(raw).finish();
}

export async function wrong(run) {
  const { client, dave, erin } = run;
  const right = await next(client, dave);
  const send = async (data, gas, message = payment(run), timeout) =>
    client.broadcastTx(await signed(client, run, message, { ...right, ...data }, gas, timeout));

  await run.step("a sequence too high", () => send({ sequence: right.sequence + 1 }));
  await run.step("a sequence used before", () => send({ sequence: right.sequence - 1 }));
  await run.step("another account number", () => send({ accountNumber: right.accountNumber + 1 }));
  await run.step("another chain id", () => send({ chainId: "another-chain" }));
  await run.step("no fee", () => send({}, { amount: [], gas: "200000" }));
  await run.step("a fee too small", () => send({}, { amount: coins(4999, "unyx"), gas: "200000" }));
  await run.step("a fee in another denomination", () => send({}, { amount: coins(5000), gas: "200000" }));
  await run.step("too little gas", () => send({}, fee(1000)));
  await run.step("a timeout height that has passed", async () => {
    try {
      await send({}, FEE, payment(run), 1n);
    } catch (error) {
      return error.code;
    }
  });
  const foreign = { ...payment(run), value: { ...payment(run).value, fromAddress: erin } };
  await run.step("a message of another signer", () => send({}, FEE, foreign));
  await run.step("a memo too long", () => client.sendTokens(dave, erin, coins(1), FEE, "m".repeat(257)));
  await run.step("bytes that are no transaction", () => client.broadcastTx(fromBase64("AAAA")));

  const good = await signed(client, run, payment(run), right);
  const raw = TxRaw.decode(good);
  raw.signatures[0][5] ^= 1;
  await run.step("a flipped bit in the signature", () => client.broadcastTx(TxRaw.encode(raw).finish()));
  await run.step("sent once", () => client.broadcastTx(good));
  await run.step("sent twice", () => client.broadcastTx(good));

  await run.step("more money than there is", () => client.sendTokens(dave, erin, coins("99999999999999999"), FEE));
  await run.step("an unknown denomination", () => client.sendTokens(dave, erin, coins(1, "unothing"), FEE));
  await run.step("out of gas", () => client.sendTokens(dave, erin, coins(1), fee(60_000)));

  // Amino: what the signer saw must be what is sent.
  const ledger = await run.signingClient(await run.aminoWallet("erin"));
  const data = await next(ledger, erin);
  const payBack = { ...payment(run), value: { fromAddress: erin, toAddress: dave, amount: coins(1) } };
  const aminoWrong = async (change) =>
    ledger.broadcastTx(TxRaw.encode(await ledger.sign(erin, [payBack], FEE, "", { ...data, ...change })).finish());
  await run.step("amino: another chain id", () => aminoWrong({ chainId: "another-chain" }));
  await run.step("amino: a sequence too high", () => aminoWrong({ sequence: data.sequence + 1 }));
  ledger.disconnect();
}
