/** Errors of modelled functions: 0 for success, or the negated number of the kernel's errno. */
export type Errno = number;

export const EPERM = 1;
export const ENOENT = 2;
export const EIO = 5;
export const E2BIG = 7;
export const ENOMEM = 12;
export const EFAULT = 14;
export const EBUSY = 16;
export const EINVAL = 22;
export const ENOSYS = 38;
export const EMSGSIZE = 90;
export const EPROTONOSUPPORT = 93;
export const EOPNOTSUPP = 95;
export const ENETUNREACH = 101;
export const ETOOMANYREFS = 109;
export const EINPROGRESS = 115;
export const EHOSTUNREACH = 113;
export const EALREADY = 114;
export const ENOTSUPP = 524;

const NAMES: Readonly<Record<number, string>> = {
  [EPERM]: "EPERM",
  [ENOENT]: "ENOENT",
  [EIO]: "EIO",
  [E2BIG]: "E2BIG",
  [ENOMEM]: "ENOMEM",
  [EFAULT]: "EFAULT",
  [EBUSY]: "EBUSY",
  [EINVAL]: "EINVAL",
  [ENOSYS]: "ENOSYS",
  [EMSGSIZE]: "EMSGSIZE",
  [EPROTONOSUPPORT]: "EPROTONOSUPPORT",
  [EOPNOTSUPP]: "EOPNOTSUPP",
  [ENETUNREACH]: "ENETUNREACH",
  [ETOOMANYREFS]: "ETOOMANYREFS",
  [EINPROGRESS]: "EINPROGRESS",
  [EHOSTUNREACH]: "EHOSTUNREACH",
  [EALREADY]: "EALREADY",
  [ENOTSUPP]: "ENOTSUPP",
};

/** `EINVAL` for -22; the empty string for 0. */
export function errnoName(errno: Errno): string {
  if (errno === 0) return "";
  return NAMES[-errno] ?? `E${-errno}`;
}
