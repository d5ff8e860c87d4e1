import { GSO_BY_FRAGS } from "../../abi/features.js";
import { law } from "../law.js";
import { checkCalls, placeOf } from "./cutCall.js";

/** SCTP packs chunks into packets before it sends them: the list says where one ends, no size does. */
export const byFragsOnePerMember = law({
  name: "by-frags-one-per-member",
  law: "A packet with a gso_size of GSO_BY_FRAGS is cut into one segment for each member, as long as that.",
  standsFor: ["SEG-5", "I2"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      const { gsoSize, members } = cut.call.input.shinfo;
      if (gsoSize !== GSO_BY_FRAGS || cut.headers === undefined || cut.call.chain !== "ends") return;
      const inMembers = members.reduce((sum, member) => sum + member.len, 0);
      // With payload in the head as well, the members' lengths no longer tell where a segment ends.
      if (members.length === 0 || cut.call.input.len - inMembers !== cut.headerLen) return;
      findings.applies();
      if (cut.segments.length !== members.length) {
        const received = `${cut.segments.length} segments`;
        findings.broken({ place: `${cut.path}: count`, expected: `${members.length}`, received, at: placeOf(cut) });
      }
      for (const segment of cut.segments) {
        const due = members[segment.index]?.len;
        const size = segment.payload?.length;
        if (due === undefined || size === undefined || due === size) continue;
        findings.broken({
          place: `${cut.path}: size`,
          expected: `${due} bytes`,
          received: `${size} bytes`,
          at: placeOf(cut, segment),
        });
      }
    }),
});
