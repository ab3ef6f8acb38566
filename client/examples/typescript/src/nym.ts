// A client of nym-client's local interface, written from docs/client-api.md alone.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import WebSocket from "ws";

/** A message that came over the mixnet. */
export interface Message {
  id: string;
  bytes: Buffer;
  /** What to reply to, if the sender enclosed reply blocks. */
  senderTag?: string;
  /** Whose reply it is, if it is one. */
  replyFrom?: string;
  receivedAt: Date;
}

/** A request that the client did not carry out. */
export class NymError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

interface Frame {
  type: string;
  request_id?: string;
  [field: string]: unknown;
}

interface Waiting {
  resolve(frame: Frame): void;
  reject(error: Error): void;
}

/** Is called for each message, with the connection that it came over. */
export type Handler = (message: Message, nym: Nym) => Promise<void>;

/** A connection to the nym-client that runs in a home folder. */
export class Nym {
  /** What others send to. */
  readonly address: string;

  private nextRequest = 1;
  private readonly answers = new Map<string, Waiting>();
  private readonly outcomes = new Map<string, Waiting>();
  private readonly receiving = new Set<Promise<void>>();
  /** Outcomes that were told before the application asked for them; the oldest are forgotten. */
  private readonly early = new Map<string, Frame>();

  private constructor(
    private readonly socket: WebSocket,
    ready: Frame,
    private readonly onMessage: Handler,
  ) {
    this.address = ready["address"] as string;
    socket.on("message", (data, isBinary) => {
      if (!isBinary) this.take(JSON.parse(data.toString()) as Frame);
    });
    socket.on("close", () => this.fail(new Error("the client closed the connection")));
    socket.on("error", (error) => this.fail(error));
  }

  /** Connects and proves the token. `onMessage` is called for each message; when it is done, the message is confirmed. */
  static async connect(home: string, onMessage: Handler): Promise<Nym> {
    const read = (name: string) => readFileSync(join(home, name), "utf8").trim();
    const socket = new WebSocket(`ws://${read("api-address")}/v1/ws`, {
      headers: { authorization: `Bearer ${read("api-token")}` },
    });
    return new Promise((resolve, reject) => {
      socket.once("error", reject);
      socket.once("message", (data) => {
        const ready = JSON.parse(data.toString()) as Frame;
        if (ready.type !== "ready") return reject(new Error(`unexpected first frame: ${ready.type}`));
        socket.off("error", reject);
        resolve(new Nym(socket, ready, onMessage));
      });
    });
  }

  /** Sends a message and returns its id once it is on the client's disk. */
  async send(recipient: string, bytes: Uint8Array, replySurbs = 0): Promise<string> {
    const data = Buffer.from(bytes).toString("base64");
    const accepted = await this.request({ type: "send", recipient, data, reply_surbs: replySurbs });
    return accepted["id"] as string;
  }

  /** Replies to a message that came with a sender tag. */
  async reply(senderTag: string, bytes: Uint8Array): Promise<string> {
    const data = Buffer.from(bytes).toString("base64");
    const accepted = await this.request({ type: "reply", sender_tag: senderTag, data });
    return accepted["id"] as string;
  }

  /** Waits until a message is delivered; throws if it is given up. */
  async delivered(id: string): Promise<void> {
    const outcome =
      this.early.get(id) ??
      (await new Promise<Frame>((resolve, reject) => this.outcomes.set(id, { resolve, reject })));
    this.early.delete(id);
    if (outcome.type === "failed") throw new NymError(outcome["reason"] as string, outcome["message"] as string);
  }

  /** Waits for what is being confirmed, then disconnects. */
  async close(): Promise<void> {
    await Promise.all(this.receiving);
    this.socket.close();
  }

  private request(frame: Frame): Promise<Frame> {
    const request_id = String(this.nextRequest++);
    return new Promise((resolve, reject) => {
      this.answers.set(request_id, { resolve, reject });
      this.socket.send(JSON.stringify({ ...frame, request_id }));
    });
  }

  private take(frame: Frame): void {
    switch (frame.type) {
      case "accepted":
      case "confirmed":
      case "status":
        this.settle(frame)?.resolve(frame);
        break;
      case "error":
        this.settle(frame)?.reject(new NymError(frame["error_code"] as string, frame["message"] as string));
        break;
      case "delivered":
      case "failed": {
        const id = frame["id"] as string;
        const waiting = this.outcomes.get(id);
        if (waiting) {
          this.outcomes.delete(id);
          waiting.resolve(frame);
        } else {
          this.early.set(id, frame);
          const oldest = this.early.keys().next().value;
          if (this.early.size > 1000 && oldest !== undefined) this.early.delete(oldest);
        }
        break;
      }
      case "received":
        this.track(this.receive(frame));
        break;
    }
  }

  private track(work: Promise<void>): void {
    this.receiving.add(work);
    void work.finally(() => this.receiving.delete(work));
  }

  private async receive(frame: Frame): Promise<void> {
    const id = frame["id"] as string;
    const message: Message = {
      id,
      bytes: Buffer.from(frame["data"] as string, "base64"),
      receivedAt: new Date(frame["received_at"] as string),
    };
    if (frame["sender_tag"] !== undefined) message.senderTag = frame["sender_tag"] as string;
    if (frame["reply_from"] !== undefined) message.replyFrom = frame["reply_from"] as string;
    try {
      await this.onMessage(message, this);
      // Only now: a program that dies before this is offered the message again.
      await this.request({ type: "confirm", id });
    } catch (error) {
      console.error(`message ${id} is not confirmed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private settle(frame: Frame): Waiting | undefined {
    const id = frame.request_id;
    if (id === undefined) return undefined;
    const waiting = this.answers.get(id);
    this.answers.delete(id);
    return waiting;
  }

  private fail(error: Error): void {
    for (const waiting of [...this.answers.values(), ...this.outcomes.values()]) waiting.reject(error);
    this.answers.clear();
    this.outcomes.clear();
  }
}
