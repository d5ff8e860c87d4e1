import { CHECKSUM_PARTIAL } from "../../abi/features.js";
import { foldedPseudoSum } from "../../wire/frame.js";
import { TCP_CHECK } from "../../wire/tcp.js";
import { UDP_CHECK } from "../../wire/udp.js";
import { law } from "../law.js";
import { sameSum } from "../segments/checksumGround.js";
import { type Aggregate, checkAggregates, layerOfFrame, placeIn } from "./batch.js";

/** A list keeps the sum of its first datagram, since that is what its head will be again. */
export const mergedChecksumReady = law({
  name: "merged-checksum-ready",
  law: "A merged packet has the checksum that whoever cuts it again goes on from.",
  standsFor: ["GRO-7", "I4"],
  check: (run) =>
    checkAggregates(run, (aggregate, findings) => {
      findings.applies();
      for (const { place, expected, received } of aggregate.isList ? ofList(aggregate) : ofPayload(aggregate)) {
        if (sameSum(expected, received)) continue;
        const [due, found] = [expected, received].map((value) => `0x${value.toString(16)}`);
        const at = placeIn(aggregate);
        findings.broken({ place: place + aggregate.kind, expected: due ?? "", received: found ?? "", at });
      }
    }),
});

interface Comparison {
  readonly place: string;
  readonly expected: number;
  readonly received: number;
}

function ofList(aggregate: Aggregate): Comparison[] {
  const [first] = aggregate.frames;
  const was = first && layerOfFrame(aggregate, first);
  const expected = was?.udp?.check ?? was?.tcp?.check;
  const received = aggregate.layer.udp?.check ?? aggregate.layer.tcp?.check;
  if (expected === undefined || received === undefined) return [];
  return [{ place: "the first one's sum", expected, received }];
}

function ofPayload({ layer, delivery }: Aggregate): Comparison[] {
  const { view, frame } = delivery;
  const { l4Offset, udp, tcp } = layer;
  const check = udp?.check ?? tcp?.check;
  if (check === undefined) return [];
  return [
    { place: "ip_summed", expected: CHECKSUM_PARTIAL, received: view.ipSummed },
    { place: "csum_start", expected: l4Offset, received: view.csumStart - view.macHeader },
    { place: "csum_offset", expected: udp === undefined ? TCP_CHECK : UDP_CHECK, received: view.csumOffset },
    {
      place: "pseudo-header sum",
      expected: foldedPseudoSum(frame, layer, frame.length - l4Offset),
      received: check,
    },
  ];
}
