/** The decisions of virtio_net_hdr validation that differ between releases. */
export const virtioNetSeams = {
  /** The least offset of a transport header: an IP header has to fit in front of it. */
  minNetworkHeader: (ipv6: boolean): number => (ipv6 ? 40 : 20),

  /** What a TCP gso_size below the least MSS becomes. */
  leastTcpGsoSize: (gsoSize: number): number => gsoSize,
};
export type VirtioNetSeams = typeof virtioNetSeams;
