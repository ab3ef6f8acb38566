// What an application learns when it connects.

import { toHex } from "@cosmjs/encoding";

export async function connect(run) {
  const { client } = run;
  await run.step("chain id", () => client.getChainId());
  await run.step("height", async () => (await client.getHeight()) > 0);
  await run.step("account", () => client.getAccount(run.dave));
  await run.step("an account the chain does not know", () => client.getAccount(run.nobody));
  await run.step("sequence", () => client.getSequence(run.dave));
  await run.step("sequence of an account the chain does not know", () => client.getSequence(run.nobody));
  await run.step("balance", () => client.getBalance(run.dave, "unym"));
  await run.step("balance in an unknown denomination", () => client.getBalance(run.dave, "unothing"));
  await run.step("balance of an address that is none", () => client.getBalance("n1x", "unym"));

  const newest = await client.getBlock();
  await run.step("the newest block", () => ({ chainId: newest.header.chainId, version: newest.header.version }));
  await run.step("a block by its height", async () => (await client.getBlock(newest.header.height)).id === newest.id);
  await run.step("a block in the future", async () => {
    try {
      await client.getBlock(newest.header.height + 100000);
    } catch (error) {
      return JSON.parse(error.message).code;
    }
  });
  await run.step("a transaction that is not there", () => client.getTx(toHex(new Uint8Array(32)).toUpperCase()));

  await run.step("codes", async () => (await client.getCodes()).map(({ id, creator }) => [id, creator]));
  await run.step("code details", async () => {
    const { checksum, data } = await client.getCodeDetails(1);
    return { checksum, bytes: data.length };
  });
  await run.step("code details of an unknown code", () => client.getCodeDetails(999));
}
