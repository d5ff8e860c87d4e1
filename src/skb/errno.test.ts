import { expect, test } from "vitest";
import { EFAULT, EINVAL, EIO, ENOMEM, EOPNOTSUPP, EPERM, EPROTONOSUPPORT, errnoName } from "./errno.js";

test("errors are named as in C", () => {
  const errors = [EPERM, EIO, ENOMEM, EFAULT, EINVAL, EPROTONOSUPPORT, EOPNOTSUPP];
  expect(errors.map((errno) => errnoName(-errno))).toEqual([
    "EPERM",
    "EIO",
    "ENOMEM",
    "EFAULT",
    "EINVAL",
    "EPROTONOSUPPORT",
    "EOPNOTSUPP",
  ]);
});

test("success has no name, and an unknown error its number", () => {
  expect([errnoName(0), errnoName(-71)]).toEqual(["", "E71"]);
});
