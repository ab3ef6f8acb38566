// A contract's life: made, used, asked, migrated, left without an admin.

import { fromUtf8, toBase64, toUtf8 } from "@cosmjs/encoding";

import { coins, fee, simulated } from "../run.mjs";

const FEE = fee(1_000_000);

export async function contracts(run) {
  const { client, dave, erin } = run;
  const code = run.plain.codeId;

  const made = await run.step("instantiate", () =>
    client.instantiate(dave, code, { greeting: "hello" }, "from CosmJS", FEE, { admin: dave, funds: coins(500), memo: "made" }),
  );
  run.contract = made.contractAddress;
  const { contract } = run;
  await run.step("instantiate with the fee worked out by simulation", () =>
    simulated(client.instantiate(dave, code, { greeting: "auto" }, "auto", "auto")),
  );
  await run.step("instantiate, refused by the contract", () =>
    client.instantiate(dave, code, { greeting: "", fail: "I will not" }, "refused", FEE),
  );
  await run.step("instantiate an unknown code", () => client.instantiate(dave, 999, {}, "unknown", FEE));

  const salt = toUtf8("cosmjs");
  const second = await run.step("instantiate2", () =>
    client.instantiate2(dave, code, salt, { greeting: "predicted" }, "predicted", FEE, { admin: dave }),
  );
  await run.step("instantiate2 again", () =>
    client.instantiate2(dave, code, salt, { greeting: "predicted" }, "predicted", FEE),
  );

  await execute(run);
  await ask(run);

  const newCode = run.second.codeId;
  await run.step("migrate", () => client.migrate(dave, contract, newCode, { greeting: "moved" }, FEE));
  await run.step("the version after", () => client.queryContractSmart(contract, { version: {} }));
  await run.step("migrate, unknown code", () => client.migrate(dave, contract, 999, { greeting: "x" }, FEE));
  await run.step("migrate, refused by the contract", () =>
    client.migrate(dave, contract, code, { greeting: "x", fail: "stay" }, FEE),
  );
  await run.step("history", () => client.getContractCodeHistory(contract));
  await run.step("update admin", () => client.updateAdmin(dave, contract, erin, FEE));
  await run.step("update admin by one who is not", () => client.updateAdmin(dave, contract, dave, FEE));
  await run.step("contract with another admin", () => client.getContract(contract));
  await run.step("clear admin", () => client.clearAdmin(dave, second.contractAddress, FEE));
  await run.step("contract without an admin", () => client.getContract(second.contractAddress));
}

async function execute(run) {
  const { client, dave, contract } = run;
  const execute = (msg, gas = FEE, memo, funds) => client.execute(dave, contract, msg, gas, memo, funds);

  await run.step("execute", () => execute({ put: { key: "a", value: "1" } }));
  await run.step("execute with money and a memo", () => execute({ put: { key: "b", value: "2" } }, FEE, "a memo", coins(7)));
  await run.step("execute with the fee worked out by simulation", () => simulated(execute({ put: { key: "c", value: "3" } }, 1.5)));
  await run.step("execute several", () =>
    client.executeMultiple(
      dave,
      [
        { contractAddress: contract, msg: { put: { key: "d", value: "4" } } },
        { contractAddress: contract, msg: { nest: { depth: 1 } }, funds: coins(1) },
      ],
      FEE,
    ),
  );
  const msg = toBase64(toUtf8(JSON.stringify({ fail: { reason: "inner failure" } })));
  const action = { execute: { contract: null, msg, funds: [] } };
  await run.step("execute with a reply", () =>
    execute({ calls: { calls: [{ id: 1, action, when: "always", gas_limit: null }], data: null } }),
  );
  await run.step("execute, refused by the contract", () => execute({ fail: { reason: "I will not" } }));
  await run.step("execute, refused in simulation", () => execute({ fail: { reason: "I will not" } }, "auto"));
  await run.step("execute, out of gas", () => execute({ spin: {} }, fee(300_000)));
  await run.step("execute, a panic", () => execute({ panic: {} }));
  await run.step("execute on no contract", () => client.execute(dave, run.erin, { put: {} }, FEE));
}

async function ask(run) {
  const { client, dave, contract } = run;
  await run.step("query", () => client.queryContractSmart(contract, { get: { key: "a" } }));
  await run.step("query, refused by the contract", () => client.queryContractSmart(contract, { fail: { reason: "no" } }));
  await run.step("query that the contract does not know", () => client.queryContractSmart(contract, { nonsense: {} }));
  await run.step("query to no contract", () => client.queryContractSmart(run.erin, { get: { key: "a" } }));
  await run.step("raw", async () => fromUtf8((await client.queryContractRaw(contract, toUtf8("a"))) ?? new Uint8Array()));
  await run.step("raw, a key that is not there", () => client.queryContractRaw(contract, toUtf8("nothing")));
  await run.step("contract", () => client.getContract(contract));
  await run.step("contract that is none", () => client.getContract(run.erin));
  await run.step("contracts of a code", () => client.getContracts(run.plain.codeId));
  await run.step("contracts of a creator", () => client.getContractsByCreator(dave));
}
