// What goes over the wire: every query and message is written down, and every reply is held to the schema.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import type { ExecuteResult, SigningCosmWasmClient } from "@cosmjs/cosmwasm-stargate";
import { Ajv } from "ajv";

interface Schema {
  readonly execute: { readonly oneOf: readonly { readonly required: readonly [string] }[] };
  readonly query: { readonly oneOf: readonly { readonly required: readonly [string] }[] };
  readonly responses: Readonly<Record<string, object>>;
}

/** The one key of a message. */
function nameOf(message: unknown): string {
  const [name, ...more] = Object.keys(message as object);
  assert.ok(name !== undefined && more.length === 0, JSON.stringify(message));
  return name;
}

/** An attribute of the contract's event. */
export function attribute(result: ExecuteResult, key: string): string {
  const event = result.events.find((event) => event.type === "wasm-mixnet");
  const found = event?.attributes.find((attribute) => attribute.key === key);
  assert.ok(found, `no attribute ${key} in ${JSON.stringify(result.events)}`);
  return found.value;
}

export class Wire {
  private readonly schema: Schema;
  private readonly accepted = new Set<string>();
  private readonly answered = new Set<string>();
  private readonly ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false });

  constructor(schema: string) {
    this.schema = JSON.parse(readFileSync(schema, "utf8"));
  }

  /** The same client, overheard. */
  tap(client: SigningCosmWasmClient): SigningCosmWasmClient {
    return new Proxy(client, {
      get: (target, property) => {
        if (property === "execute") return (...args: Parameters<SigningCosmWasmClient["execute"]>) => this.execute(target, args);
        if (property === "queryContractSmart") return (address: string, query: object) => this.query(target, address, query);
        const value: unknown = Reflect.get(target, property);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }

  private async execute(client: SigningCosmWasmClient, args: Parameters<SigningCosmWasmClient["execute"]>): Promise<ExecuteResult> {
    const name = nameOf(args[2]);
    const result = await client.execute(...args);
    assert.equal(attribute(result, "action"), name);
    this.accepted.add(name);
    return result;
  }

  private async query(client: SigningCosmWasmClient, address: string, query: object): Promise<unknown> {
    const name = nameOf(query);
    const reply: unknown = await client.queryContractSmart(address, query);
    const schema = this.schema.responses[name];
    assert.ok(schema, `the schema has no reply to ${name}`);
    const holds = this.ajv.validate(schema, reply);
    assert.ok(holds, `the reply to ${name} is not what the schema says: ${this.ajv.errorsText()}`);
    this.answered.add(name);
    return reply;
  }

  /** Fails unless every query of the schema was answered and every message accepted. */
  assertComplete(): void {
    const queries = this.schema.query.oneOf.map((variant) => variant.required[0]);
    assert.deepEqual(queries.filter((name) => !this.answered.has(name)), [], "queries that were not asked");
    const messages = this.schema.execute.oneOf.map((variant) => variant.required[0]);
    assert.deepEqual(messages.filter((name) => !this.accepted.has(name)), [], "messages that were not accepted");
  }
}
