// The websocket's frames as they are: what answers a call, what an event looks like, what is refused.

import WebSocket from "ws";

import { coins, fee } from "../run.mjs";

/** How long a frame may take. */
const PATIENCE_MS = 5_000;

export async function socket(run) {
  const frames = await Frames.open(`${run.rpc.replace(/^http/, "ws")}/websocket`);
  const call = async (step, method, params, id = 1) => {
    frames.send({ jsonrpc: "2.0", id, method, params });
    run.noteAsIs(step, answer(await frames.next((frame) => frame.id === id && !isEvent(frame))));
  };

  await call("a call", "health", {});
  await call("an id that is a text", "health", {}, "text");
  await call("an unknown method", "nonsense", {});
  await call("a call that fails", "block", { height: "99999999" });
  await call("subscribe without a query", "subscribe", {});
  await call("subscribe to a query that is none", "subscribe", { query: "tm.event =" });
  await call("unsubscribe from what was not subscribed", "unsubscribe", { query: "tm.event = 'NewBlock'" });
  await call("unsubscribe from everything without a subscription", "unsubscribe_all", {});

  await call("subscribe", "subscribe", { query: "tm.event = 'NewBlock'" }, 5);
  await call("subscribe to the same again", "subscribe", { query: "tm.event = 'NewBlock'" }, 6);
  const block = await frames.next(isEvent);
  // Whether a block holds transactions, and what the chain's own modules did in it, is left out.
  run.noteAsIs("a block", { id: block.id, keys: Object.keys(block.result).sort(), query: block.result.query, data: shape(block.result.data, BLOCK_PARTS) });
  await call("unsubscribe", "unsubscribe", { query: "tm.event = 'NewBlock'" }, 7);

  for (const event of ["NewBlockHeader", "NewBlockEvents"]) {
    const query = `tm.event = '${event}'`;
    await call(`subscribe to ${event}`, "subscribe", { query }, 8);
    await run.step(event, async () => {
      const found = await frames.next((frame) => isEvent(frame) && frame.result.query === query);
      return { id: found.id, query: found.result.query, data: shape(found.result.data, BLOCK_PARTS) };
    });
    await call(`unsubscribe from ${event}`, "unsubscribe", { query }, 9);
  }

  const query = `tm.event = 'Tx' AND message.sender = '${run.dave}'`;
  await call("subscribe to one sender's transactions", "subscribe", { query }, 10);
  const sent = await run.client.sendTokens(run.dave, run.erin, coins(5001), fee(200_000));
  const paid = await frames.next(isEvent);
  const { height, result, ...rest } = paid.result.data.value.TxResult;
  run.noteAsIs("a transaction", {
    id: paid.id,
    query: paid.result.query,
    type: paid.result.data.type,
    height: height === String(sent.height),
    gas_used: Number(result.gas_used),
    gas_wanted: result.gas_wanted,
    "keys of the result": Object.keys(result).sort(),
    "other keys": Object.keys(rest).sort(),
    index: Object.fromEntries(Object.entries(paid.result.events).filter(([key]) => !["tx.hash", "tx.height", "tx.signature"].includes(key))),
  });
  await call("unsubscribe from everything", "unsubscribe_all", {}, 11);

  frames.sendText("{");
  run.noteAsIs("no JSON", answer(await frames.next(() => true)));
  frames.sendText("5");
  run.noteAsIs("a number", answer(await frames.next(() => true)));
  frames.send([
    { jsonrpc: "2.0", id: 21, method: "health", params: {} },
    { jsonrpc: "2.0", id: 22, method: "health", params: {} },
  ]);
  run.noteAsIs("several calls at once", answer(await frames.next(() => true)));
  frames.close();
}

/** Parts of block events that the validators' own modules fill. */
const BLOCK_PARTS = new Set(["events", "txs", "tx_results", "txs_results", "validator_updates", "evidence", "num_txs"]);

/** A frame that is no JSON-RPC call. What the error's data says then is the parser's own. */
const PARSE_ERROR = -32700;

/** An answer's id, its result and its error, of whose data the first words count. */
function answer(frame) {
  const { code, message, data } = frame.error ?? {};
  const error = frame.error ? { code, message, data: code === PARSE_ERROR ? "" : data?.split(":")[0] } : null;
  return { id: frame.id ?? null, result: frame.result ?? null, error };
}

function isEvent(frame) {
  return frame.result?.data !== undefined;
}

/** The keys and kinds of a value; `leftOut` names keys whose contents do not matter. */
function shape(value, leftOut) {
  if (Array.isArray(value)) return value.slice(0, 1).map((item) => shape(item, leftOut));
  if (value === null || typeof value !== "object") return value === null ? null : typeof value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !leftOut.has(key))
      .map(([key, item]) => [key, shape(item, leftOut)]),
  );
}

/** A websocket whose frames are asked for one by one. */
class Frames {
  #received = [];
  #waiting = [];

  static open(url) {
    const frames = new Frames();
    frames.socket = new WebSocket(url);
    frames.socket.on("message", (data) => frames.#receive(JSON.parse(data.toString())));
    return new Promise((resolve, reject) => {
      frames.socket.on("open", () => resolve(frames));
      frames.socket.on("error", reject);
    });
  }

  #receive(frame) {
    const index = this.#waiting.findIndex(({ wanted }) => wanted(frame));
    if (index < 0) this.#received.push(frame);
    else this.#waiting.splice(index, 1)[0].resolve(frame);
  }

  send(value) {
    this.sendText(JSON.stringify(value));
  }

  sendText(text) {
    // What came before is an event that nobody asked for.
    this.#received = [];
    this.socket.send(text);
  }

  /** The next frame that is wanted. */
  next(wanted) {
    const index = this.#received.findIndex(wanted);
    if (index >= 0) return Promise.resolve(this.#received.splice(index, 1)[0]);
    return new Promise((resolve, reject) => {
      setTimeout(() => reject(new Error("no frame came")), PATIENCE_MS).unref();
      this.#waiting.push({ wanted, resolve });
    });
  }

  close() {
    this.socket.close();
  }
}
