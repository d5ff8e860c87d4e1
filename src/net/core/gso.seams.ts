/** The decisions of the GSO dispatcher that differ between releases. */
export const gsoSeams = {
  /** How many IPv4 and IPv6 handlers one packet may pass. @kernel IP_TUNNEL_RECURSION_LIMIT include/net/ip_tunnels.h */
  ipRecursionLimit: (): number => 5,
};
export type GsoSeams = typeof gsoSeams;
