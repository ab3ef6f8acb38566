// Takes code that cannot run out of a contract: node contract-trim.mjs BINARYEN IN OUT
//
// Errors of cosmwasm_std hold a backtrace, which is only captured when an environment variable says so. A contract has no
// environment, but the code that would print one, the demangler of symbols above all, cannot be told from code that runs.
// Here it is emptied by name, and wasm-opt removes what nothing leads to any more.
import { readFileSync, writeFileSync } from 'node:fs';

const [folder, from, to] = process.argv.slice(2);
const { default: binaryen } = await import(`${folder}/index.js`);

// The path of a mangled name begins with the crate that defines the function: its name after its length.
const path = (name) => {
  const [, length, rest] = /^_R[A-Za-z0-9_]*?Cs[0-9A-Za-z]*_(\d+)(\w+)$/.exec(name) ?? [];
  return length ? [rest.slice(0, Number(length)), rest.slice(Number(length))] : ['', ''];
};
const parts = {
  'the demangler': (crate) => crate === 'rustc_demangle',
  'the printer of backtraces': (crate, rest) => crate === 'std' && rest.startsWith('12backtrace_rs'),
};

const module = binaryen.readBinary(readFileSync(from));
const emptied = Object.fromEntries(Object.keys(parts).map((part) => [part, 0]));
for (let index = 0; index < module.getNumFunctions(); index++) {
  const reference = module.getFunctionByIndex(index);
  const { name, base } = binaryen.getFunctionInfo(reference);
  if (base) continue;
  const part = Object.keys(parts).find((part) => parts[part](...path(name)));
  if (!part) continue;
  binaryen.Function.setBody(reference, module.unreachable());
  emptied[part] += 1;
}
// A compiler that names things otherwise would silently bring all of it back.
for (const [part, count] of Object.entries(emptied)) {
  if (count > 0) continue;
  console.error(`error: ${part} is not found in the contract`);
  console.error('  cause: the compiler names functions otherwise than the one this was written for');
  console.error('  help:  look at the names in the module (wasm-dis) and change scripts/contract-trim.mjs');
  process.exit(1);
}
writeFileSync(to, module.emitBinary());
