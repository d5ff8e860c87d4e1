/**
 * Which frames receive offload may merge, stated anew: what cannot be restored when the packet is cut again must be alike,
 * and what is not well formed is left alone. The answers are reasons, made for places.
 */
import { CHECKSUM_COMPLETE, CHECKSUM_NONE } from "../../abi/features.js";
import { equalBytes } from "../../bytes/diff.js";
import { getU16, getU32 } from "../../bytes/view.js";
import { ipv4HeaderChecksumOk, tcpChecksumState, udpChecksumState } from "../../wire/frame.js";
import type { FrameLayer } from "../../wire/frameLayers.js";
import { IP_DF, IPV4_FRAG_OFF, IPV4_HLEN, IPV4_TOS, IPV4_TTL } from "../../wire/ipv4.js";
import { IPV6_HLEN, IPV6_HOP_LIMIT } from "../../wire/ipv6.js";
import { TCP_HLEN, TCPHDR_CWR, TCPHDR_FIN, TCPHDR_PSH } from "../../wire/tcp.js";
import type { ArrivedFrame } from "./batch.js";

/** Why a frame may not be merged with any other; `depth` is how many layers of it a packet has in common. */
export function aloneBecause(frame: ArrivedFrame, depth: number): string | undefined {
  const { bytes, layers } = frame;
  const layer = layers[depth - 1];
  if (layer === undefined) return "unreadable headers";
  for (const one of layers.slice(0, depth)) {
    const reason = networkFault(bytes, one);
    if (reason !== undefined) return reason;
  }
  if (layer.udp === undefined && layer.tcp === undefined) return "a transport that nobody merges";
  if (layer.udp !== undefined && layer.udp.length !== bytes.length - layer.l4Offset) return "UDP length";
  return checksumFault(frame, layer, depth);
}

/** IPv6 hop limit and traffic class have no sum; options of IPv4 are for the slow path. */
function networkFault(bytes: Uint8Array, layer: FrameLayer): string | undefined {
  const { version, l3Offset, l3HeaderLen, ipTotalLen, fragment } = layer;
  if (version === 0) return undefined;
  if (fragment !== undefined) return "fragment";
  const fixed = version === 4 ? 0 : IPV6_HLEN;
  if (ipTotalLen !== bytes.length - l3Offset - fixed) return "padding";
  if (version === 4 && l3HeaderLen !== IPV4_HLEN) return "IPv4 options";
  return ipv4HeaderChecksumOk(bytes, layer) ? undefined : "IPv4 checksum";
}

/** A driver that says that it has verified the sum is believed. One sum verified says nothing of a second inside. */
function checksumFault({ bytes, frame }: ArrivedFrame, layer: FrameLayer, depth: number): string | undefined {
  if (layer.udp?.check === 0) return "no checksum";
  const isSummed = frame.ipSummed === CHECKSUM_NONE || frame.ipSummed === CHECKSUM_COMPLETE;
  return isSummed && depth === 1 && transportState(bytes, layer) !== "ok" ? "wrong checksum" : undefined;
}

/** The state of a UDP or TCP checksum. */
export const transportState = (bytes: Uint8Array, layer: FrameLayer): "ok" | "partial" | "zero" | "bad" =>
  layer.udp === undefined ? tcpChecksumState(bytes, layer) : udpChecksumState(bytes, layer);

/** Why a frame may not follow `first` in one packet. */
export function apartBecause(first: ArrivedFrame, other: ArrivedFrame, depth: number): string | undefined {
  const [a, b] = [first.layers[0], other.layers[0]];
  if (a === undefined || b === undefined || a.macLen !== b.macLen) return "link header";
  if (!equalBytes(first.bytes.subarray(0, a.macLen), other.bytes.subarray(0, b.macLen))) return "link header";
  for (let i = 0; i < depth; i += 1) {
    const reason = layersApart(first, other, i, i === depth - 1);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function layersApart(first: ArrivedFrame, other: ArrivedFrame, i: number, isInnermost: boolean): string | undefined {
  const [a, b] = [first.layers[i], other.layers[i]];
  if (a === undefined || b === undefined || a.version !== b.version || a.l4Proto !== b.l4Proto) return "protocol";
  const same = (from: number, to: number): boolean =>
    equalBytes(first.bytes.subarray(a.start + from, a.start + to), other.bytes.subarray(b.start + from, b.start + to));
  const at = (offset: number): number => offset - a.start;
  if (a.l4Offset - a.start !== b.l4Offset - b.start) return "header length";
  if (i > 0 && !same(0, a.macLen)) return "inner link header";
  if (a.version !== 0 && !same(at(a.saddrOffset), at(a.daddrOffset) + a.addrLen)) return "addresses";
  if (a.version === 4) {
    if (first.bytes[a.l3Offset + IPV4_TOS] !== other.bytes[b.l3Offset + IPV4_TOS]) return "TOS";
    if (first.bytes[a.l3Offset + IPV4_TTL] !== other.bytes[b.l3Offset + IPV4_TTL]) return "TTL";
    if (dontFragment(first, a) !== dontFragment(other, b)) return "DF";
  }
  if (a.version === 6) {
    if (getU32(first.bytes, a.l3Offset) !== getU32(other.bytes, b.l3Offset)) return "traffic class or flow label";
    if (first.bytes[a.l3Offset + IPV6_HOP_LIMIT] !== other.bytes[b.l3Offset + IPV6_HOP_LIMIT]) return "hop limit";
    if (!same(at(a.l3Offset) + IPV6_HLEN, at(a.l4Offset))) return "extension headers";
  }
  if ((a.udp !== undefined || a.tcp !== undefined) && !same(at(a.l4Offset), at(a.l4Offset) + 4)) return "ports";
  if (isInnermost || a.carries === undefined) return undefined;
  const { offset, length, checksumOffset } = a.carries;
  const end = checksumOffset === undefined ? offset + length : checksumOffset;
  if (a.udp !== undefined && (a.udp.check === 0) !== (b.udp?.check === 0)) return "outer checksum";
  return same(at(offset), at(end)) ? undefined : "tunnel header";
}

const dontFragment = ({ bytes }: ArrivedFrame, { l3Offset }: FrameLayer): boolean =>
  (getU16(bytes, l3Offset + IPV4_FRAG_OFF) & IP_DF) !== 0;

/** Why frames that are alike may not follow each other in this order: the numbers in their headers have to count. */
export function outOfStepBecause(frames: readonly ArrivedFrame[], depth: number, isList: boolean): string | undefined {
  for (let i = 0; i < depth; i += 1) {
    const reason = idsOutOfStep(frames, i, i === depth - 1);
    if (reason !== undefined) return reason;
  }
  return frames[0]?.layers[depth - 1]?.tcp === undefined ? undefined : streamOutOfStep(frames, depth, isList);
}

/** Identifications count, or are all the same. Where nobody may fragment, those around a tunnel mean nothing. */
function idsOutOfStep(frames: readonly ArrivedFrame[], i: number, isInnermost: boolean): string | undefined {
  const [first] = frames;
  const layer = first?.layers[i];
  if (first === undefined || layer === undefined || layer.version !== 4) return undefined;
  if (!isInnermost && dontFragment(first, layer)) return undefined;
  const steps = frames.map((frame) => ((frame.layers[i]?.ipId ?? 0) - layer.ipId) & 0xffff);
  const inOrder = steps.every((step, k) => step === k) || steps.every((step) => step === 0);
  return inOrder ? undefined : "identification";
}

function streamOutOfStep(frames: readonly ArrivedFrame[], depth: number, isList: boolean): string | undefined {
  const [first] = frames;
  const was = first?.layers[depth - 1];
  if (first === undefined || was?.tcp === undefined) return undefined;
  let due = was.tcp.seq;
  for (const [k, { bytes, layers }] of frames.entries()) {
    const layer = layers[depth - 1];
    const tcp = layer?.tcp;
    if (layer === undefined || tcp === undefined) return "protocol";
    if (tcp.seq !== due) return "sequence number";
    due = (due + bytes.length - layer.payloadOffset) >>> 0;
    if (tcp.ack !== was.tcp.ack) return "acknowledgement";
    if (tcp.window !== was.tcp.window) return "window";
    if (tcp.headerLen !== was.tcp.headerLen) return "header length";
    const options = bytes.subarray(layer.l4Offset + TCP_HLEN, layer.payloadOffset);
    if (!equalBytes(options, first.bytes.subarray(was.l4Offset + TCP_HLEN, was.payloadOffset))) return "options";
    const ends = TCPHDR_FIN | TCPHDR_PSH;
    const free = isList ? 0 : TCPHDR_CWR | (k === frames.length - 1 ? ends : 0);
    if (((tcp.flags ^ was.tcp.flags) & ~free) !== 0) return "flags";
    if (k > 0 && !isList && (tcp.flags & TCPHDR_CWR) !== 0) return "CWR";
    if (k < frames.length - 1 && (tcp.flags & ends) !== 0) return "FIN or PSH in the middle";
  }
  return undefined;
}
