/** One recorded case of a real kernel: frames written into a tap, and everything that came out. */
import { z } from "zod";

const u16 = z.int().min(0).max(0xffff);
const u8 = z.int().min(0).max(0xff);
const length = z.int().min(0);
const bytes = z.string().regex(/^(?:[0-9a-fA-F]{2})*$/, "expected bytes in hexadecimal");

const vnet = z.object({
  flags: u8,
  gsoType: u8,
  hdrLen: u16,
  gsoSize: u16,
  csumStart: u16,
  csumOffset: u16,
  /** In the 24-byte form of the header alone. */
  outerThOffset: u16.optional(),
  innerNhOffset: u16.optional(),
});

const frameOut = z.object({
  vnet,
  frame: bytes,
  /** Byte ranges `[offset, length]` that the kernel chose at random. */
  varies: z.array(z.tuple([z.int().min(0), z.int().min(1)])).nullish(),
});

/** The fields that are compared; the others of a record are for readers. */
export const vectorRecordParser = z.object({
  id: z.string().min(1),
  topology: z.string().min(1),
  group: z.string().optional(),
  title: z.string().optional(),
  /** Per egress port the offloads that TUNSETOFFLOAD set. */
  egress: z.record(z.string(), z.array(z.string())),
  in: z.array(z.object({ vnet, frame: bytes })).min(1),
  write: z.array(z.string()),
  out: z.record(z.string(), z.array(frameOut)),
  /** Payloads that each UDP socket received, in hexadecimal. */
  sockets: z.record(z.string(), z.array(bytes)).optional(),
  /** Per device the lengths of the buffers that were given to it to send. */
  queued: z.record(z.string(), z.array(length)).optional(),
});

export type VectorRecord = z.infer<typeof vectorRecordParser>;
export type RecordedFrame = z.infer<typeof frameOut>;
export type RecordedVnet = z.infer<typeof vnet>;
