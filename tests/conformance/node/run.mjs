// One run of the CosmJS client: the clients, the accounts, and the transcript that grows.

import { readFileSync } from "node:fs";

import { Secp256k1HdWallet } from "@cosmjs/amino";
import { SigningCosmWasmClient } from "@cosmjs/cosmwasm-stargate";
import { toBase64 } from "@cosmjs/encoding";
import { DirectSecp256k1HdWallet } from "@cosmjs/proto-signing";
import { GasPrice } from "@cosmjs/stargate";

/** The suite's accounts, shared with the Rust client. */
const SUITE = JSON.parse(readFileSync(new URL("../accounts.json", import.meta.url), "utf8"));

/** How often CosmJS asks whether a transaction is in a block. */
const POLL_MS = 50;

export class Run {
  #scenarios = [];

  static async open(rpc, fixtures) {
    const run = new Run();
    run.rpc = rpc;
    run.chainId = SUITE.chain_id;
    run.wasm = (name) => readFileSync(`${fixtures}/${name}`);
    run.wallet = await run.directWallet("dave");
    run.dave = await address(run.wallet);
    run.erin = await address(await run.directWallet("erin"));
    run.alice = await address(await run.directWallet("alice"));
    run.nobody = await address(await run.directWallet("nobody"));
    run.client = await run.signingClient(run.wallet);
    return run;
  }

  directWallet(name) {
    return DirectSecp256k1HdWallet.fromMnemonic(SUITE.accounts[name].mnemonic, { prefix: SUITE.prefix });
  }

  aminoWallet(name) {
    return Secp256k1HdWallet.fromMnemonic(SUITE.accounts[name].mnemonic, { prefix: SUITE.prefix });
  }

  signingClient(wallet) {
    return SigningCosmWasmClient.connectWithSigner(this.rpc, wallet, {
      gasPrice: GasPrice.fromString(SUITE.gas_price),
      broadcastPollIntervalMs: POLL_MS,
    });
  }

  begin(name) {
    this.#scenarios.push({ name, steps: [] });
  }

  note(name, result) {
    this.noteAsIs(name, plain(result));
  }

  /** Writes down JSON without leaving anything out. */
  noteAsIs(name, result) {
    this.#scenarios.at(-1).steps.push({ name, result });
  }

  /** Writes down what a call answers or what it throws, and hands the answer on. */
  async step(name, call) {
    try {
      const answer = await call();
      this.note(name, answer ?? null);
      return answer;
    } catch (error) {
      this.note(name, { thrown: error.constructor.name, code: error.code, codespace: error.codespace, message: error.message });
      return undefined;
    }
  }

  transcript() {
    return { client: "cosmjs", scenarios: this.#scenarios };
  }
}

/** The first address of a wallet. */
async function address(wallet) {
  return (await wallet.getAccounts())[0].address;
}

/** An answer whose fee came from a simulation: the amounts follow from the gas, so only the gas is kept. */
export async function simulated(answer) {
  const { gasUsed, gasWanted, events } = await answer;
  return { gas_used: gasUsed, simulated: { gas_used: gasWanted }, events: events.map((event) => event.type) };
}

/** A fee of the least price for an amount of gas. */
export function fee(gas) {
  return { amount: [{ denom: "unyx", amount: String(Math.ceil(gas / 40)) }], gas: String(gas) };
}

/** An amount of money. */
export function coins(amount, denom = "unym") {
  return [{ denom, amount: String(amount) }];
}

/** Fields of CosmJS answers that no two chains share. */
const LEFT_OUT = new Set(["height", "transactionHash", "hash", "tx", "time", "logs", "accountNumber"]);
/** Fields whose names the comparison knows. */
const RENAMED = { gasUsed: "gas_used", gasWanted: "gas_wanted" };

/** An answer as JSON: events as pairs, bytes as base64, bigints as numbers. */
function plain(value) {
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Uint8Array) return toBase64(value);
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value ?? null;
  if (Array.isArray(value.attributes) && typeof value.type === "string") {
    return { type: value.type, attributes: value.attributes.map(({ key, value: text }) => [key, text]) };
  }
  const fields = Object.entries(value).filter(([key, field]) => !LEFT_OUT.has(key) && field !== undefined);
  return Object.fromEntries(fields.map(([key, field]) => [RENAMED[key] ?? key, plain(field)]));
}
