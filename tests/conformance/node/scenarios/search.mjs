// Finding transactions afterwards, and hearing of them at once.

import { Comet38Client, WebsocketClient } from "@cosmjs/tendermint-rpc";

import { coins, fee } from "../run.mjs";

const FEE = fee(200_000);

/** How long an event may take. */
const PATIENCE_MS = 20_000;

export async function search(run) {
  const { client, dave, erin } = run;
  const sent = [];
  for (const amount of [2001, 2002, 2003]) {
    sent.push(await run.step(`a payment of ${amount}`, () => client.sendTokens(dave, erin, coins(amount), FEE)));
  }
  const amounts = (txs) => txs.map((tx) => tx.events.filter((event) => event.type === "transfer").map((event) => event.attributes[2]?.value));

  await run.step("by hash", () => client.getTx(sent[0].transactionHash));
  await run.step("by height", async () => amounts(await client.searchTx(`tx.height=${sent[1].height}`)));
  await run.step("by recipient", async () => {
    const since = { key: "tx.height", value: sent[0].height };
    const query = `transfer.recipient = '${erin}' AND tx.height >= ${since.value}`;
    return amounts(await client.searchTx(query));
  });
  await run.step("by pairs", async () =>
    amounts(await client.searchTx([{ key: "transfer.amount", value: "2002unym" }, { key: "message.sender", value: dave }])),
  );
  await run.step("what is not there", () => client.searchTx([{ key: "transfer.amount", value: "3unothing" }]));
  await run.step("contract calls", async () =>
    (await client.searchTx([{ key: "execute._contract_address", value: run.contract }])).length,
  );

  const comet = await Comet38Client.connect(run.rpc);
  await run.step("status", async () => {
    const { nodeInfo, syncInfo } = await comet.status();
    return { network: nodeInfo.network, catchingUp: syncInfo.catchingUp };
  });
  await run.step("results of a block", async () =>
    (await comet.blockResults(sent[0].height)).results.map(({ code, events }) => [code, events.length]),
  );
  await run.step("validators", async () => (await comet.validatorsAll()).total);
  await run.step("genesis", async () => (await comet.genesis()).chainId);
  await run.step("commit", async () => (await comet.commit(sent[0].height)).canonical);
  await run.step("blocks", async () => (await comet.blockchain(sent[0].height, sent[0].height)).blockMetas.length);
  await run.step("block search", async () =>
    (await comet.blockSearch({ query: `block.height = ${sent[0].height}` })).totalCount,
  );
  await run.step("search pages", async () => {
    const query = `transfer.recipient = '${erin}' AND tx.height >= ${sent[0].height}`;
    const page = await comet.txSearch({ query, page: 2, per_page: 2 });
    return { total: page.totalCount, here: page.txs.length };
  });
  await run.step("commit at once", async () => {
    const { checkTx, height } = await comet.broadcastTxCommit({ tx: new Uint8Array([1, 2, 3]) });
    return { code: checkTx.code, codespace: checkTx.codespace, height };
  });
  comet.disconnect();
}

export async function subscribe(run) {
  const socket = new WebsocketClient(run.rpc.replace(/^http/, "ws"));
  const comet = Comet38Client.create(socket);
  await run.step("a call over the websocket", async () => (await comet.status()).nodeInfo.network);

  const blocks = await collect(comet.subscribeNewBlock(), 2);
  run.note("two blocks", blocks.map((block) => block.header.chainId));
  run.note("heights follow", blocks[1].header.height === blocks[0].header.height + 1);
  const headers = await collect(comet.subscribeNewBlockHeader(), 1);
  run.note("a header", headers.map((header) => header.chainId));

  const mine = collect(comet.subscribeTx("transfer.amount = '4000unym'"), 1);
  await run.client.sendTokens(run.dave, run.erin, coins(3999), FEE);
  const sent = await run.client.sendTokens(run.dave, run.erin, coins(4000), FEE);
  const [found] = await mine;
  run.note("the payment that was asked for", {
    height: found.height === sent.height,
    code: found.result.code,
    gas_used: found.result.gasUsed,
    gas_wanted: found.result.gasWanted,
    events: found.result.events.map(({ type, attributes }) => ({ type, attributes })),
  });
  comet.disconnect();
}

/** The first `count` items of a stream. */
function collect(stream, count) {
  return new Promise((resolve, reject) => {
    const found = [];
    const timer = setTimeout(() => reject(new Error(`only ${found.length} events of ${count}`)), PATIENCE_MS);
    const listener = {
      next(item) {
        found.push(item);
        if (found.length === count) {
          clearTimeout(timer);
          stream.removeListener(listener);
          resolve(found);
        }
      },
      error: reject,
      complete: () => reject(new Error("the stream ended")),
    };
    stream.addListener(listener);
  });
}
