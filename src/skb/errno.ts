/** Errors of modelled functions: 0 for success, or the negated number of the kernel's errno. */
export type Errno = number;

export const EPERM = 1;
export const EIO = 5;
export const ENOMEM = 12;
export const EFAULT = 14;
export const EINVAL = 22;
export const EPROTONOSUPPORT = 93;
export const EOPNOTSUPP = 95;

const NAMES: Readonly<Record<number, string>> = {
  [EPERM]: "EPERM",
  [EIO]: "EIO",
  [ENOMEM]: "ENOMEM",
  [EFAULT]: "EFAULT",
  [EINVAL]: "EINVAL",
  [EPROTONOSUPPORT]: "EPROTONOSUPPORT",
  [EOPNOTSUPP]: "EOPNOTSUPP",
};

/** `EINVAL` for -22; the empty string for 0. */
export function errnoName(errno: Errno): string {
  if (errno === 0) return "";
  return NAMES[-errno] ?? `E${-errno}`;
}
