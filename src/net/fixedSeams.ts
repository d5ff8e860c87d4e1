/** Every decision as the fixed kernel takes it. */
import { brForwardSeams } from "./bridge/brForward.seams.js";
import { devSeams } from "./core/dev.seams.js";
import { filterSeams } from "./core/filter.seams.js";
import { groSeams } from "./core/gro/gro.seams.js";
import { groMergeSeams } from "./core/gro/merge.seams.js";
import { groFlushSeams } from "./core/gro/networkFlush.seams.js";
import { gsoSeams } from "./core/gso.seams.js";
import { skbSegmentSeams } from "./core/skbSegment.seams.js";
import { skbSegmentListSeams } from "./core/skbSegmentList.seams.js";
import { virtioNetSeams } from "./drivers/virtioNet.seams.js";
import { greGroSeams } from "./ipv4/greGro.seams.js";
import { greOffloadSeams } from "./ipv4/greOffload.seams.js";
import { tcpGroSeams } from "./ipv4/tcpGro.seams.js";
import { tcpOffloadSeams } from "./ipv4/tcpOffload.seams.js";
import { udpSeams } from "./ipv4/udp.seams.js";
import { udpGroSeams } from "./ipv4/udpGro.seams.js";
import { udpOffloadSeams } from "./ipv4/udpOffload.seams.js";
import { ip6OutputSeams } from "./ipv6/ip6Output.seams.js";
import { mplsGsoSeams } from "./mpls/mplsGso.seams.js";
import type { NetSeams } from "./NetKernel.js";
import { natSeams } from "./netfilter/nat.seams.js";
import { nshSeams } from "./nsh/nsh.seams.js";

export const fixedSeams: NetSeams = {
  gso: gsoSeams,
  dev: devSeams,
  filter: filterSeams,
  gro: groSeams,
  groFlush: groFlushSeams,
  groMerge: groMergeSeams,
  skbSegment: skbSegmentSeams,
  skbSegmentList: skbSegmentListSeams,
  tcpOffload: tcpOffloadSeams,
  udpOffload: udpOffloadSeams,
  udp: udpSeams,
  ip6Output: ip6OutputSeams,
  brForward: brForwardSeams,
  nat: natSeams,
  udpGro: udpGroSeams,
  tcpGro: tcpGroSeams,
  greGro: greGroSeams,
  greOffload: greOffloadSeams,
  mplsGso: mplsGsoSeams,
  nsh: nshSeams,
  virtioNet: virtioNetSeams,
};
