// The issuing group of the session: two members' shares of one secret, signatures with them, and the group's, which these two make.
// BLS as docs/protocol/beacon.md has it, by a library of its own.

import { bls12_381 } from "@noble/curves/bls12-381.js";

const { G1, G2, shortSignatures } = bls12_381;
const DOMAIN = "nym-beacon-v1_BLS12381G1_XMD:SHA-256_SSWU_RO_";

/** Where the group's polynomial is evaluated: from 1 on for members, at 0 for the group itself. Two of its values make the others. */
const secret = (index: number): bigint => 1_000_003n + 77_003n * BigInt(index);
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const bytes = (text: string): Uint8Array => Buffer.from(text, "base64");

/** Public key of a member or, of index 0, of the group. */
export function publicKey(index: number): string {
  return base64(G2.Point.BASE.multiply(secret(index)).toBytes());
}

/** A member's signature. */
export function share(index: number, message: string): string {
  return base64(shortSignatures.hash(bytes(message), DOMAIN).multiply(secret(index)).toBytes());
}

/** The group's signature from those of members 1 and 2: the line through them, at 0. */
export function combine(first: string, second: string): string {
  return base64(G1.Point.fromBytes(bytes(first)).double().subtract(G1.Point.fromBytes(bytes(second))).toBytes());
}
