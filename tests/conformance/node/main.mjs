// The CosmJS client of the conformance suite: unmodified @cosmjs/cosmwasm-stargate against one chain.
//
//   node main.mjs --rpc http://127.0.0.1:26657 --fixtures FOLDER --out transcript.json
//
// It runs after the Rust client on the same chain, with accounts of its own, and writes down what
// CosmJS hands to an application: results, and the texts of the errors it throws.

import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { Run } from "./run.mjs";
import { connect } from "./scenarios/connect.mjs";
import { contracts } from "./scenarios/contracts.mjs";
import { history } from "./scenarios/history.mjs";
import { search, subscribe } from "./scenarios/search.mjs";
import { socket } from "./scenarios/socket.mjs";
import { signing, wrong } from "./scenarios/transactions.mjs";
import { uploads } from "./scenarios/uploads.mjs";

const SCENARIOS = { connect, uploads, contracts, signing, wrong, search, subscribe, socket, history };

const { values } = parseArgs({
  options: { rpc: { type: "string" }, fixtures: { type: "string" }, out: { type: "string" } },
});
const run = await Run.open(values.rpc, values.fixtures);
for (const [name, scenario] of Object.entries(SCENARIOS)) {
  run.begin(name);
  try {
    await scenario(run);
  } catch (error) {
    run.note("the scenario stopped", String(error));
  }
  console.error(`cosmjs: ${name}`);
}
writeFileSync(values.out, JSON.stringify(run.transcript(), null, 2) + "\n");
// CosmJS keeps timers of its websocket alive; everything is written by now.
process.exit(0);
