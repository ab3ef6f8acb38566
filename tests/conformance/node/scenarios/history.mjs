// The state at heights that have passed, and at one that has not come.

import { fromUtf8, toUtf8 } from "@cosmjs/encoding";
import { QueryClient } from "@cosmjs/stargate";
import { Comet38Client } from "@cosmjs/tendermint-rpc";
import { QueryBalanceRequest, QueryBalanceResponse } from "cosmjs-types/cosmos/bank/v1beta1/query";
import { QuerySmartContractStateRequest, QuerySmartContractStateResponse } from "cosmjs-types/cosmwasm/wasm/v1/query";

import { coins, fee } from "../run.mjs";

const FEE = fee(500_000);
/** Blocks that no run lives to see. */
const FAR = 100_000;

export async function history(run) {
  const { client, dave, contract } = run;
  const heights = [];
  for (const [value, amount] of [["old", 11], ["new", 13]]) {
    const msg = { put: { key: "time", value } };
    heights.push((await run.step(value, () => client.execute(dave, contract, msg, FEE, "", coins(amount)))).height);
  }
  const [old, recent] = heights;

  const comet = await Comet38Client.connect(run.rpc);
  const queries = new QueryClient(comet);
  /** What a query answers at a height, and whether the answer says that it is of that height. */
  const ask = async (path, request, height, read) => {
    const answer = await queries.queryAbci(path, request, height);
    return { value: read(answer.value), "of this height": height === undefined || answer.height === height };
  };
  const value = (height) => {
    const queryData = toUtf8(JSON.stringify({ get: { key: "time" } }));
    const request = QuerySmartContractStateRequest.encode({ address: contract, queryData }).finish();
    const read = (bytes) => JSON.parse(fromUtf8(QuerySmartContractStateResponse.decode(bytes).data));
    return ask("/cosmwasm.wasm.v1.Query/SmartContractState", request, height, read);
  };
  const balance = (height) => {
    const request = QueryBalanceRequest.encode({ address: dave, denom: "unym" }).finish();
    return ask("/cosmos.bank.v1beta1.Query/Balance", request, height, (bytes) => QueryBalanceResponse.decode(bytes).balance);
  };

  for (const [kind, at] of [["a value", value], ["a balance", balance]]) {
    await run.step(`${kind} at height 1`, () => at(1));
    await run.step(`${kind} before the old`, () => at(old - 1));
    await run.step(`${kind} at the old`, () => at(old));
    await run.step(`${kind} just before the new`, () => at(recent - 1));
    await run.step(`${kind} at the new`, () => at(recent));
    await run.step(`${kind} now`, () => at(undefined));
    await run.step(`${kind} in the future`, () => at(recent + FAR));
  }
  comet.disconnect();
}
