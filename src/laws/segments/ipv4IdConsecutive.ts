import { getU16 } from "../../bytes/view.js";
import { IPV4_ID } from "../../wire/ipv4.js";
import { law } from "../law.js";
import { checkCalls, placeOf } from "./cutCall.js";

/** A partial segment uses up one identification for each unit that the device will make of it. Fragments share theirs. */
export const ipv4IdConsecutive = law({
  name: "ipv4-id-consecutive",
  law: "The IPv4 identifications of datagrams count up from the input's.",
  standsFor: ["SEG-12", "I3"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      const { headers } = cut;
      if (headers === undefined || headers.version !== 4 || cut.into !== "datagrams") return;
      let expected = headers.ipId;
      for (const segment of cut.segments) {
        if (segment.bytes !== undefined && segment.bytes.length >= cut.headerLen) {
          findings.applies();
          const received = getU16(segment.bytes, headers.l3Offset + IPV4_ID);
          if (received !== expected) {
            findings.broken({
              place: cut.path,
              expected: `${expected}`,
              received: `${received}`,
              at: placeOf(cut, segment),
            });
          }
        }
        const { gsoSize, gsoSegs } = segment.view.shinfo;
        expected = (expected + (cut.partial && gsoSize !== 0 ? gsoSegs : 1)) & 0xffff;
      }
    }),
});
