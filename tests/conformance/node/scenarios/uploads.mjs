// Uploads. CosmJS compresses whatever it uploads, so compressed files go as messages of their own.

import { fee, simulated } from "../run.mjs";

const FEE = fee(6_000_000);

export async function uploads(run) {
  const { client, dave } = run;
  const upload = (wasm, gas = FEE) => client.upload(dave, wasm, gas);

  run.plain = await run.step("plain, compressed by CosmJS", () => upload(run.wasm("probe.wasm")));
  await run.step("plain as it is", () => client.signAndBroadcast(dave, [store(run, "probe.wasm")], FEE));
  run.second = await run.step("the second version", () => upload(run.wasm("probe-second.wasm")));
  await run.step("the fee worked out by simulation", () => simulated(upload(run.wasm("probe.wasm"), 1.5)));
  await run.step("with a memo and a permission", () =>
    client.upload(dave, run.wasm("probe.wasm"), FEE, "a memo", { permission: 3, addresses: [] }),
  );

  for (const file of ["too-many-locals", "memory-copy", "no-exports", "unknown-import", "garbage"]) {
    await run.step(`refused: ${file}`, () => upload(run.wasm(`${file}.wasm`)));
  }
  await run.step("refused: a compressed file that grows too large", () =>
    client.signAndBroadcast(dave, [store(run, "bomb.wasm.gz")], FEE),
  );
}

function store(run, file) {
  return {
    typeUrl: "/cosmwasm.wasm.v1.MsgStoreCode",
    value: { sender: run.dave, wasmByteCode: run.wasm(file) },
  };
}
