// node dist/main.js HOME echo              answers every message that can be answered
// node dist/main.js HOME ping ADDRESS TEXT sends a text and prints the answer

import { Nym, type Message } from "./nym.js";

async function echo(home: string): Promise<void> {
  const nym = await Nym.connect(home, async (message, from) => {
    if (message.senderTag === undefined) return;
    await from.reply(message.senderTag, Buffer.concat([Buffer.from("echo: "), message.bytes]));
  });
  console.log(nym.address);
}

async function ping(home: string, recipient: string, text: string): Promise<void> {
  let answered: (message: Message) => void = () => {};
  const answer = new Promise<Message>((resolve) => (answered = resolve));
  const nym = await Nym.connect(home, async (message) => {
    if (message.replyFrom === recipient) answered(message);
  });
  try {
    const id = await nym.send(recipient, Buffer.from(text), 5);
    await nym.delivered(id);
    console.log(`delivered ${id}`);
    console.log((await answer).bytes.toString());
  } finally {
    await nym.close();
  }
}

const [home, command, ...rest] = process.argv.slice(2);
const [recipient, text] = rest;
try {
  if (home !== undefined && command === "echo") {
    await echo(home);
  } else if (home !== undefined && command === "ping" && recipient !== undefined && text !== undefined) {
    await ping(home, recipient, text);
  } else {
    console.error("usage: node dist/main.js HOME echo | HOME ping ADDRESS TEXT");
    process.exitCode = 2;
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
