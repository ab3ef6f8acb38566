// Every query and every message of the mixnet contract by the generated client, on a running chain.
//
//   node dist/test/session.js <input.json>
//
// The input holds what a signature of an identity key is needed for; tests/tests/contract_client.rs writes it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { SigningCosmWasmClient } from "@cosmjs/cosmwasm-stargate";
import { DirectSecp256k1HdWallet, makeCosmoshubPath } from "@cosmjs/proto-signing";
import { GasPrice } from "@cosmjs/stargate";

import { MixnetClient, MixnetQueryClient } from "../src/mixnet.client.js";
import type {
  BeaconKey, BondGatewayArgs, BondMixnodeArgs, Coin, EpochStatusResponse, InstantiateMsg, MixNodeCostParams,
  MixnodeDetailsResponse, NodeReport, UpdateNodeKeysArgs,
} from "../src/mixnet.types.js";
import * as group from "./group.js";
import { attribute, Wire } from "./wire.js";

/** The accounts, in the order of their paths under the mnemonic. */
const ACCOUNTS = ["owner", "nextOwner", "monitor", "operator1", "operator2", "operator3", "gatewayOperator", "delegator"] as const;
type Account = (typeof ACCOUNTS)[number];

interface Input {
  readonly rpc: string;
  readonly mnemonic: string;
  readonly wasm: string;
  readonly schema: string;
  /** Address that the contract will have. */
  readonly contract: string;
  /** Signed for `operator1` to `operator3`, each with a pledge of 100 NYM. */
  readonly mixnodes: readonly BondMixnodeArgs[];
  /** Signed for `gatewayOperator`, with the same pledge. */
  readonly gateway: BondGatewayArgs;
  /** Keys of the first node's coming period, signed for `operator1`. */
  readonly nodeKeys: UpdateNodeKeysArgs;
}

const path = process.argv[2];
assert.ok(path, "usage: node dist/test/session.js <input.json>");
const input: Input = JSON.parse(readFileSync(path, "utf8"));

const NYM = 1_000_000;
const nym = (amount: number): Coin => ({ denom: "unym", amount: String(amount * NYM) });
const PLEDGE = nym(100);
/** With a fee of its own a transaction is not simulated: it is refused in its block, not before. */
const FEE = { amount: [{ denom: "unyx", amount: "25000" }], gas: "1000000" };
/** Members of the issuing group, by their indices from 1 on. */
const MEMBERS = ["monitor", "nextOwner"] as const;

const hdPaths = ACCOUNTS.map((_, index) => makeCosmoshubPath(index));
const wallet = await DirectSecp256k1HdWallet.fromMnemonic(input.mnemonic, { prefix: "n", hdPaths });
const addresses = await wallet.getAccounts();
const address = (name: Account): string => {
  const account = addresses[ACCOUNTS.indexOf(name)];
  assert.ok(account);
  return account.address;
};
const wire = new Wire(input.schema);
const signer = wire.tap(
  await SigningCosmWasmClient.connectWithSigner(input.rpc, wallet, {
    gasPrice: GasPrice.fromString("0.025unyx"),
    broadcastPollIntervalMs: 50,
  }),
);
const as = (name: Account): MixnetClient => new MixnetClient(signer, address(name), input.contract);
const ask = new MixnetQueryClient(signer, input.contract);
const key: BeaconKey = {
  key: group.publicKey(0),
  threshold: MEMBERS.length,
  members: MEMBERS.map((name, position) => ({ account: address(name), index: position + 1, key: group.publicKey(position + 1) })),
};

/** What must be there. */
function there<T>(value: T | null | undefined): T {
  assert.ok(value !== null && value !== undefined);
  return value;
}

/** A balance in `unym`. */
async function balance(name: Account): Promise<bigint> {
  return BigInt((await signer.getBalance(address(name), "unym")).amount);
}

/** The epoch, once a block has this time. */
async function statusAt(time: number): Promise<EpochStatusResponse> {
  let status = await ask.getEpochStatus();
  while (status.current_blocktime < time) {
    await sleep(100);
    status = await ask.getEpochStatus();
  }
  return status;
}

/** The members post their shares of the coming epoch's seed; whoever is none of them brings what these make. */
async function bringSeed(): Promise<string> {
  const asked = await ask.getBeacon();
  const { epoch } = asked;
  assert.deepEqual([asked.open, asked.key, asked.shares, asked.seed], [true, key, [], null]);
  for (const [position, name] of MEMBERS.entries()) {
    const posted = await as(name).submitSeedShare({ epoch, share: group.share(position + 1, asked.message) });
    assert.deepEqual([attribute(posted, "epoch"), attribute(posted, "member")], [String(epoch), String(position + 1)]);
  }
  const { shares } = await ask.getBeacon();
  assert.deepEqual(shares.map(({ index }) => index), [1, 2]);
  const [first, second] = shares.map(({ share }) => share);

  const anyone = as("delegator");
  const others = new RegExp(`the signature is not by the group over the message of epoch ${epoch}`);
  await assert.rejects(anyone.submitSeed({ epoch, signature: there(first) }), others);
  await assert.rejects(anyone.submitSeed({ epoch, signature: there(second) }, { fee: FEE }), others);
  const zeros = Buffer.alloc(48).toString("base64");
  await assert.rejects(anyone.submitSeed({ epoch, signature: zeros }), /signature is not a compressed point of its group/);
  assert.equal((await ask.getBeacon()).seed, null);

  const seed = group.combine(there(first), there(second));
  const brought = await anyone.submitSeed({ epoch, signature: seed });
  assert.equal(attribute(brought, "epoch"), String(epoch));
  assert.equal((await ask.getBeacon()).seed, seed);
  return seed;
}

/** Waits for the epoch's end, has the monitor report, and takes the transition to its end, with a seed of the group. */
async function turn(reports: NodeReport[]): Promise<EpochStatusResponse> {
  const { epoch } = await statusAt((await ask.getEpochStatus()).ends_at);
  await as("monitor").submitPerformance({ epoch, reports });
  assert.deepEqual((await ask.getMonitors()).monitors, [[address("monitor"), true]]);
  const reported = await ask.getPerformanceReports({ monitor: address("monitor") });
  assert.deepEqual([reported.epoch, reported.reports], [epoch, reports]);
  await as("delegator").beginEpochTransition();
  const seed = await bringSeed();
  let status: EpochStatusResponse;
  do {
    await as("delegator").advanceEpoch({ epoch, limit: 100 });
    status = await ask.getEpochStatus();
  } while (status.epoch === epoch);
  assert.equal(status.state, "in_progress");
  assert.equal((await ask.getLottery()).seed, seed);
  return status;
}

const settings: InstantiateMsg = {
  rewarding_denom: "unym",
  monitors: [address("monitor")],
  epochs: {
    epoch_length: 2, epochs_in_interval: 100, report_grace: 1_000, seed_grace: 15, stale_epochs: 24, bootstrap_seed: false, key_period: 24,
  },
  first_epoch_length: 0,
  initial_rewarding_params: {
    initial_reward_pool: nym(1_000_000).amount,
    initial_staking_supply: nym(10_000).amount,
    staking_supply_scale_factor: "1",
    sybil_resistance: "0.3",
    active_set_work_factor: "10",
    interval_pool_emission: "0.02",
    rewarded_set_size: 10,
    active_set_size: 3,
  },
  params: { minimum_mixnode_pledge: PLEDGE, minimum_gateway_pledge: PLEDGE, minimum_mixnode_delegation: nym(1) },
  mixing: { payload_size: 2_048, mean_hop_delay_ms: 50, max_hop_delay_ms: 10_000 },
  allow_loopback: true,
};

async function deploy(): Promise<void> {
  const { codeId } = await signer.upload(address("owner"), readFileSync(input.wasm), 1.5);
  const { contractAddress } = await signer.instantiate(address("owner"), codeId, settings, "mixnet", 1.5, {
    funds: [nym(1_000_000)],
  });
  assert.equal(contractAddress, input.contract, "signatures are for another contract");

  const version = await ask.getContractVersion();
  assert.match(version.build_version, /^\d+\.\d+\.\d+$/);
  assert.match(version.rustc_version, /^\d+\.\d+/);
  assert.equal((await ask.getCw2ContractVersion()).version, version.build_version);
  const state = await ask.getState();
  assert.deepEqual([state.owner, state.rewarding_denom, state.epochs], [address("owner"), "unym", settings.epochs]);
  const unbounded = { profit_margin: null, interval_operating_cost: null };
  assert.deepEqual(await ask.getStateParams(), { ...settings.params, ...unbounded });
  const params = await ask.getRewardingParams();
  assert.deepEqual([params.rewarded_set_size, params.active_set_size], [10, 3]);
  assert.equal(params.interval.reward_pool, nym(1_000_000).amount);
  assert.equal(await ask.admin(), address("owner"));
  assert.deepEqual(await ask.getPoolChange(), { removed: "0", added: "0" });
  const solvency = await ask.getSolvency();
  assert.deepEqual([solvency.solvent, solvency.balance], [true, nym(1_000_000)]);
  assert.deepEqual(await ask.getMonitors(), { epoch: 0, monitors: [[address("monitor"), false]], quorum: 1 });
  assert.deepEqual(await ask.getNumberOfPendingEvents(), { epoch_events: 0, interval_events: 0, complete: true });
  assert.equal((await ask.getKeyRotationId()).rotation_id, 0);
  assert.equal((await ask.getKeyRotationState()).validity_epochs, 24);
  const { interval } = await ask.getCurrentIntervalDetails();
  assert.deepEqual([interval.epochs_in_interval, interval.epoch_length], [100, { secs: 2, nanos: 0 }]);
}

/** Announces the group's key and ends the first epoch. The key does not sign for the second yet: the set stays when nobody may bring a seed any more. */
async function announceKey(): Promise<void> {
  await as("owner").updateBeaconKey({ key });
  const beacon = await ask.getBeacon();
  assert.deepEqual([beacon.key, beacon.announced], [null, { counts_from: 2, key }]);
  const anyone = as("delegator");
  await anyone.beginEpochTransition();
  await assert.rejects(anyone.advanceEpoch(), /the draw for epoch 1 awaits its seed until \d+/);
  await statusAt(there((await ask.getBeacon()).until));
  await anyone.advanceEpoch();
  const { epoch, draw, seed_source } = await ask.getEpochStatus();
  assert.deepEqual([epoch, draw, seed_source], [1, "kept_no_seed", "beacon"]);
}

async function bondNodes(): Promise<void> {
  const operators = ["operator1", "operator2", "operator3"] as const;
  for (const [index, operator] of operators.entries()) {
    const bonding = there(input.mixnodes[index]);
    assert.equal((await ask.getSigningNonce({ address: address(operator) })).nonce, 0);
    const bonded = await as(operator).bondMixnode(bonding, { funds: [PLEDGE], memo: "my node" });
    assert.equal(attribute(bonded, "mix_id"), String(index + 1));
    assert.equal((await ask.getSigningNonce({ address: address(operator) })).nonce, 1);
  }
  const first = there(input.mixnodes[0]);
  const { identity_key } = first.mix_node;
  const page = await ask.getMixNodeBonds({ limit: 2 });
  assert.deepEqual([page.nodes.map((bond) => bond.mix_id), page.start_next_after], [[1, 2], 2]);
  const rest = await ask.getMixNodesDetailed({ start_after: page.start_next_after ?? null });
  assert.deepEqual([rest.nodes.map((node) => node.bond_information.mix_id), rest.start_next_after], [[3], null]);
  const details: MixnodeDetailsResponse = await ask.getMixnodeDetails({ mix_id: 1 });
  const node = there(details.mixnode_details);
  assert.deepEqual(node.bond_information.mix_node, first.mix_node);
  assert.deepEqual([node.bond_information.owner, node.bond_information.original_pledge], [address("operator1"), PLEDGE]);
  assert.deepEqual((await ask.getBondedMixnodeDetailsByIdentity({ mix_identity: identity_key })).mixnode_details, node);
  assert.deepEqual((await ask.getOwnedMixnode({ address: address("operator1") })).mixnode_details, node);
  const rewarding = there((await ask.getMixnodeRewardingDetails({ mix_id: 1 })).rewarding_details);
  assert.deepEqual(rewarding.cost_params, first.cost_params);
  assert.equal((await ask.getMixnodeDetails({ mix_id: 99 })).mixnode_details, null);

  await as("operator1").updateNodeKeys(input.nodeKeys);
  const { signature: _, ...keys } = input.nodeKeys;
  assert.deepEqual((await ask.getNodeKeys({ identity: identity_key })).coming, keys);
  assert.equal((await ask.getAllNodeKeys({ limit: 1 })).nodes.length, 1);
  const new_config = { host: "127.0.0.2", mix_port: 1_800, verloc_port: 0, http_api_port: 8_080, version: "0.2.0" };
  await as("operator1").updateMixnodeConfig({ new_config });
  const moved = there((await ask.getMixnodeDetails({ mix_id: 1 })).mixnode_details);
  assert.deepEqual(moved.bond_information.mix_node, { ...first.mix_node, ...new_config });
}

async function bondGateway(): Promise<void> {
  const operator = as("gatewayOperator");
  const identity = input.gateway.gateway.identity_key;
  await operator.bondGateway(input.gateway, { funds: [PLEDGE] });
  const bond = there((await ask.getGatewayBond({ identity })).gateway);
  assert.deepEqual([bond.gateway, bond.pledge_amount], [input.gateway.gateway, PLEDGE]);
  assert.deepEqual((await ask.getOwnedGateway({ address: operator.sender })).gateway, bond);
  assert.deepEqual(await ask.getGateways({ limit: 1 }), { nodes: [bond], start_next_after: null });
  const new_config = { host: "127.0.0.3", mix_port: 1_801, clients_port: 9_001, location: "Neuchâtel", version: "0.2.0" };
  await operator.updateGatewayConfig({ new_config });
  assert.equal(there((await ask.getGatewayBond({ identity })).gateway).gateway.location, "Neuchâtel");
}

async function stake(): Promise<void> {
  const delegator = as("delegator");
  const owner = delegator.sender;
  for (const mix_id of [1, 2, 2]) await delegator.delegateToMixnode({ mix_id }, { funds: [nym(50)] });
  await as("operator1").pledgeMore({ funds: [nym(10)] });
  const costs: MixNodeCostParams = { profit_margin_percent: "0.2", interval_operating_cost: nym(1) };
  await as("operator1").updateMixnodeCostParams({ new_costs: costs });

  const { delegation, mixnode_still_bonded } = await ask.getDelegationDetails({ mix_id: 2, delegator: owner });
  assert.deepEqual([there(delegation).amount, there(delegation).pending, mixnode_still_bonded], [nym(100), nym(100).amount, true]);
  assert.deepEqual((await ask.getMixnodeDelegations({ mix_id: 2 })).delegations, [delegation]);
  const own = await ask.getDelegatorDelegations({ delegator: owner, limit: 1 });
  assert.deepEqual([own.delegations.length, own.start_next_after], [1, [1, owner]]);
  const all = await ask.getAllDelegations({ start_after: there(own.start_next_after) });
  assert.deepEqual(all.delegations, [delegation]);
  assert.deepEqual(await ask.getNumberOfPendingEvents(), { epoch_events: 3, interval_events: 1, complete: true });
  const { events } = await ask.getPendingEpochEvents();
  assert.deepEqual(events.map(({ id, event }) => [id, ...Object.keys(event.kind)]), [[1, "pledge_more"], [1, "delegate"], [2, "delegate"]]);
  const second = there((await ask.getPendingEpochEvent({ event_id: 2 })).event);
  assert.deepEqual(second.kind, { delegate: { owner, mix_id: 2, amount: nym(100) } });
  const change = { change_mix_cost_params: { mix_id: 1, new_costs: costs } };
  assert.deepEqual((await ask.getPendingIntervalEvents()).events.map(({ event }) => event.kind), [change]);
  assert.deepEqual(there((await ask.getPendingIntervalEvent({ event_id: 1 })).event).kind, change);

  // What does not count yet is taken back, and staked again.
  const before = await balance("delegator");
  await delegator.cancelPendingDelegation({ mix_id: 2 });
  assert.equal((await ask.getDelegationDetails({ mix_id: 2, delegator: owner })).delegation, null);
  assert.equal((await balance("delegator")) - before, BigInt(nym(100).amount));
  await as("operator1").cancelPledgeMore();
  await delegator.delegateToMixnode({ mix_id: 2 }, { funds: [nym(100)] });
  await as("operator1").pledgeMore({ funds: [nym(10)] });
}

async function earn(): Promise<void> {
  const perfect = [1, 2, 3].map((node_id) => ({ node_id, performance: "1" }));
  const first = await turn(perfect);
  assert.deepEqual([first.epoch, first.draw, first.seed_source], [2, "drawn", "beacon"]);
  const set = await ask.getRewardedSet();
  assert.deepEqual(set.nodes.map(({ mix_id, status }) => [mix_id, status]), [[1, "active"], [2, "active"], [3, "active"]]);
  assert.deepEqual(await ask.getLayerDistribution(), { layer1: 1, layer2: 1, layer3: 1 });
  const lottery = await ask.getLottery();
  assert.deepEqual([lottery.epoch, lottery.outcome, lottery.candidates], [2, "drawn", 3]);
  const { candidates } = await ask.getCandidates({ limit: 500 });
  assert.deepEqual(candidates.map(({ node_id }) => node_id), [1, 2, 3]);
  assert.ok(candidates.every(({ weight }) => BigInt(weight) > 0n));
  assert.deepEqual(await ask.getNodePerformance({ mix_id: 1 }), { node_id: 1, last_known: { epoch: 1, value: "1" }, stale: false });
  assert.ok(Number(there((await ask.getStakeSaturation({ mix_id: 1 })).current_saturation)) > 0);
  assert.deepEqual((await ask.getParkedNodes()).nodes, []);
  const delegator = address("delegator");
  const hoped = await ask.getEstimatedCurrentEpochDelegatorReward({ address: delegator, mix_id: 2, estimated_performance: "1" });
  assert.deepEqual(hoped.original_stake, nym(100));
  const wage = await ask.getEstimatedCurrentEpochOperatorReward({ mix_id: 1, estimated_performance: "1" });
  assert.deepEqual(wage.original_stake, nym(110));

  assert.equal((await turn(perfect)).epoch, 3);
  // What was foreseen is what was earned.
  const earned = await ask.getPendingDelegatorReward({ address: delegator, mix_id: 2 });
  assert.deepEqual([earned.amount_staked, earned.amount_earned], [nym(100), hoped.estimation]);
  assert.ok(BigInt(there(earned.amount_earned).amount) > 0n);
  const operator = await ask.getPendingOperatorReward({ address: address("operator1") });
  assert.deepEqual(operator.amount_earned, wage.estimation);
  assert.deepEqual(await ask.getPendingMixNodeOperatorReward({ mix_id: 1 }), operator);
  assert.ok(Number((await ask.getPoolChange()).removed) > 0);

  const reward = BigInt(there(earned.amount_earned).amount);
  const before = await balance("delegator");
  await as("delegator").withdrawDelegatorReward({ mix_id: 2 });
  assert.equal((await balance("delegator")) - before, reward);
  await as("delegator").withdrawRewards({ mix_ids: [1] });
  const purse = await balance("operator1");
  await as("operator1").withdrawOperatorReward();
  assert.equal((await balance("operator1")) - purse, BigInt(there(operator.amount_earned).amount));
  await as("operator2").withdrawRewards({ mix_ids: [], operator: true });
  assert.deepEqual((await ask.getPendingOperatorReward({ address: address("operator2") })).amount_earned, nym(0));
}

async function refusals(): Promise<void> {
  const poor = "the delegation to mix node 1 is 1unym, but at least 1000000unym is required";
  const one = { denom: "unym", amount: "1" };
  const simulated = as("delegator").delegateToMixnode({ mix_id: 1 }, { funds: [one] });
  await assert.rejects(simulated, (error: Error) => error.message.includes(poor));
  const sent = as("delegator").delegateToMixnode({ mix_id: 1 }, { funds: [one], fee: FEE });
  await assert.rejects(sent, (error: Error) => error.message.includes(poor));
  await assert.rejects(as("delegator").unbondMixnode(), /n1\w+ has no bonded mix node/);
  await assert.rejects(ask.getOwnedMixnode({ address: "nobody" }), /query wasm contract failed/);
  const share = Buffer.alloc(48).toString("base64");
  const { epoch } = await ask.getBeacon();
  const refused = as("delegator").submitSeedShare({ epoch, share });
  await assert.rejects(refused, /no seed of epoch 4 is accepted: the transition has not begun/);
  // @ts-expect-error A message without an argument that it needs does not compile.
  await assert.rejects(as("delegator").delegateToMixnode({}), /missing field `mix_id`/);
  // @ts-expect-error Nor does one with an argument that it does not know.
  await assert.rejects(as("delegator").undelegateFromMixnode({ mix_id: 1, amount: "1" }), /unknown field `amount`/);
}

async function leave(): Promise<void> {
  await as("operator1").decreasePledge({ decrease_by: nym(10) });
  const before = await balance("delegator");
  await as("delegator").undelegateFromMixnode({ mix_id: 2 });
  assert.equal((await balance("delegator")) - before, BigInt(nym(100).amount));
  const { mix_node } = there(input.mixnodes[2]);
  await as("operator3").unbondMixnode();
  const left = there((await ask.getUnbondedMixNodeInformation({ mix_id: 3 })).unbonded_info);
  assert.deepEqual([left.owner, left.identity_key], [address("operator3"), mix_node.identity_key]);
  const nodes = [[3, left]];
  assert.deepEqual((await ask.getUnbondedMixNodes()).nodes, nodes);
  assert.deepEqual((await ask.getUnbondedMixNodesByOwner({ owner: address("operator3") })).nodes, nodes);
  assert.deepEqual((await ask.getUnbondedMixNodesByIdentityKey({ identity_key: mix_node.identity_key })).nodes, nodes);
  await as("gatewayOperator").unbondGateway();
  assert.deepEqual((await ask.getGateways()).nodes, []);
}

async function govern(): Promise<void> {
  const owner = as("owner");
  await as("delegator").fundRewardPool({ funds: [nym(5)] });
  assert.equal((await ask.getPoolChange()).added, nym(5).amount);
  await owner.updateActiveSetSize({ active_set_size: 6 });
  await owner.updateRewardingParams({ updated_params: { rewarded_set_size: 12 } });
  await owner.updateIntervalConfig({ epochs_in_interval: 50, epoch_duration_secs: 3 });
  await owner.updateAdmin({ admin: address("nextOwner") });
  const { rewarding, ...pending } = await ask.getPendingParams();
  assert.deepEqual(pending, { active_set_size: 6, admin: address("nextOwner"), epoch_length: 3, epochs_in_interval: 50 });
  assert.equal(rewarding.rewarded_set_size, 12);
  await as("nextOwner").acceptAdmin();
  assert.equal(await ask.admin(), address("nextOwner"));
  const next = as("nextOwner");
  const updated_parameters = {
    ...settings.params,
    minimum_mixnode_delegation: null,
    profit_margin: { minimum: "0.05", maximum: "0.5" },
    interval_operating_cost: null,
  };
  await next.updateContractStateParams({ updated_parameters });
  assert.deepEqual(await ask.getStateParams(), updated_parameters);
  await next.updateBeaconKey({ key });
  assert.deepEqual((await ask.getBeacon()).announced, { counts_from: 5, key });
  await next.handOverBeacon({ authority: address("monitor") });
  assert.equal((await ask.getBeacon()).offered, address("monitor"));
  // The seed of an epoch that is over is not needed any more.
  const late = await as("monitor").submitSeed({ epoch: 1, signature: Buffer.alloc(48).toString("base64") });
  assert.equal(attribute(late, "nothing_to_do"), "true");
  await next.updateMonitors({ monitors: [] });
  assert.deepEqual((await ask.getMonitors()).monitors, []);
  assert.equal((await ask.getSolvency()).solvent, true);
}

await deploy();
await announceKey();
await bondNodes();
await bondGateway();
await stake();
await earn();
await refusals();
await leave();
await govern();
wire.assertComplete();
signer.disconnect();
console.log("every query answered, every message sent");
