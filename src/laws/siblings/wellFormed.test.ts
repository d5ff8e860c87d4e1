import { describe, expect, test } from "vitest";
import { sampleRun, sampleView } from "../testing/sampleRun.js";
import { malformationOf } from "./wellFormed.js";

describe("malformationOf", () => {
  test("finds nothing wrong with an honest aggregate", () => {
    const view = sampleRun().packet.view;
    expect(view && malformationOf(view)).toBeUndefined();
  });
  test("names the first field that disagrees", () => {
    const view = sampleView();
    const { shinfo } = view;
    expect(malformationOf({ ...view, tail: view.end + 1 })?.field).toBe("tail");
    expect(malformationOf({ ...view, len: view.len + 1 })?.field).toBe("headlen");
    expect(malformationOf({ ...view, len: view.len + 5, dataLen: 5 })?.field).toBe("data_len");
    const frags = Array.from({ length: 18 }, () => ({ page: 1, offset: 0, len: 0 }));
    expect(malformationOf({ ...view, shinfo: { ...shinfo, frags } })?.field).toBe("nr_frags");
    expect(malformationOf({ ...view, shinfo: { ...shinfo, frags: frags.slice(0, 1) } })?.field).toBe("frags");
  });
  test("looks into the list", () => {
    const view = sampleView();
    const member = sampleView({ users: 0 });
    const whole = { ...view, len: view.len + member.len, dataLen: member.len };
    expect(malformationOf({ ...whole, shinfo: { ...view.shinfo, members: [member] } })?.field).toBe("member users");
    const short = { ...member, users: 1, tail: member.tail - 1 };
    expect(malformationOf({ ...whole, shinfo: { ...view.shinfo, members: [short] } })?.field).toBe("member headlen");
  });
});
