/**
 * What of a drawn packet can occur in a kernel. Fields of a recipe are independent of each other; what does not fit
 * together is changed here, so that every recipe builds.
 */
import type { PacketRecipe, TunnelRecipe } from "../../recipe/Recipe.js";
import { TCPHDR_ECE, TCPHDR_RST, TCPHDR_SYN } from "../../wire/tcp.js";

/** Whether the datagrams come in as frames of their own, and receive offload makes the aggregate, if any. */
export const arrivesOneByOne = ({ arrival }: PacketRecipe): boolean => arrival !== "stack" && arrival !== "tap";

/** Whether every sk_buff of the aggregate is a whole packet with headers of its own. */
export const isFraglist = (recipe: PacketRecipe): boolean =>
  (recipe.gso === "fraglist" || recipe.gso === "tcp-fraglist") && !arrivesOneByOne(recipe);

/** Whether members are what classic GRO chains: pieces of a byte stream, each a whole number of segments but the last. */
export const isClassic = (recipe: PacketRecipe): boolean =>
  (recipe.gso === "udp-l4" || recipe.gso === "tcp") && recipe.members.length > 0 && !arrivesOneByOne(recipe);

/**
 * A tap with its ten-byte header knows neither lists nor SCTP nor tunnels, nobody makes a frag_list for a datagram that
 * is to be cut into IP fragments, only a packet from outside has its checksum start elsewhere than at the transport
 * header (and none that a tunnel took in), no hardware summed up what was looped back, and no aggregate keeps a complete
 * sum when it is encapsulated.
 *
 * @param entersTunnel a holder sends it into a tunnel device, where the tunnel's rules hold for what is around it already
 */
export function possiblePacket(asDrawn: PacketRecipe, entersTunnel = false): PacketRecipe {
  const drawn = entersTunnel ? withoutServiceHeaders(asDrawn) : asDrawn;
  const { gso } = drawn;
  const oneByOne = arrivesOneByOne(drawn);
  const tunnels = oneByOne ? possibleTunnels(drawn.tunnels) : tunnelsAround(drawn);
  const tapKnows = gso !== "fraglist" && gso !== "tcp-fraglist" && gso !== "sctp" && tunnels.length === 0;
  const arrival = oneByOne || tapKnows ? drawn.arrival : "stack";
  const mayStartElsewhere = !oneByOne && tunnels.length === 0 && (drawn.dodgy || arrival === "tap");
  const recipe: PacketRecipe = {
    ...drawn,
    arrival,
    // Receive offload looks at nothing that was looped back.
    cast: oneByOne && drawn.cast === "loopback" ? "unicast" : drawn.cast,
    tunnels,
    members: gso === "ufo" && !oneByOne ? [] : drawn.members,
    checksum: possibleChecksum(drawn, tunnels),
    checksumStart: mayStartElsewhere ? drawn.checksumStart : 0,
  };
  if (gso === "tcp" || gso === "tcp-fraglist") return possibleTcp(recipe);
  return gso === "sctp" ? possibleSctp(recipe) : recipe;
}

function possibleChecksum(recipe: PacketRecipe, tunnels: readonly TunnelRecipe[]): PacketRecipe["checksum"] {
  if (recipe.checksum !== "complete") return recipe.checksum;
  if (recipe.cast === "loopback") return "unnecessary";
  return tunnels.length > 0 && recipe.gso !== "none" && !arrivesOneByOne(recipe) ? "none" : "complete";
}

/**
 * Tunnels that a packet can be in as a whole. A second UDP or GRE tunnel cuts the packet before it takes it in, so there is
 * at most one, and no IP tunnel around it; IP inside IP nests as deep as drawn, as packets from outside do that were
 * written with such headers. Labels stand in one stack and never together with a tunnel (skb_mpls_push refuses, and both
 * want inner_protocol). Nor do service headers, which stand in front of frames: both handlers would put all outer headers
 * in front again (skb_tnl_header_len counts from the outermost).
 */
function possibleTunnels(drawn: readonly TunnelRecipe[]): readonly TunnelRecipe[] {
  if (drawn.length === 0) return drawn;
  const kinds = drawn.map(({ kind }) => kind);
  const encapsulates = kinds.some((kind) => !isLabelOrService(kind));
  const firstLabel = kinds.indexOf("mpls");
  const endOfStack = kinds.findIndex((kind, i) => i > firstLabel && kind !== "mpls");
  return drawn.filter(({ kind }, i) => {
    if (isLabelOrService(kind)) return !encapsulates && (kind === "nsh" || endOfStack === -1 || i < endOfStack);
    return kind === "ip" || !kinds.slice(0, i).some((outer) => !isLabelOrService(outer));
  });
}

/**
 * Only a program outside the kernel writes nested headers in front of an aggregate, and knows no lists, SCTP or UFO. No
 * tunnel device takes UFO whole (NETIF_F_GSO_SOFTWARE): but for labels and service headers, what is put around it comes
 * from a load balancer, which does not ask devices and puts one header around IP.
 *
 * @kernel ip_vs_tunnel_xmit net/netfilter/ipvs/ip_vs_xmit.c v6.12
 */
function tunnelsAround({ gso, tunnels }: PacketRecipe): readonly TunnelRecipe[] {
  const isNested = gso === "none" || gso === "tcp" || gso === "udp-l4";
  const possible = possibleTunnels(
    gso === "ufo" ? tunnels.filter(({ kind }) => kind !== "vxlan" && kind !== "gre") : tunnels,
  );
  const [outermost] = possible;
  return isNested || outermost === undefined || isLabelOrService(outermost.kind) ? possible : [outermost];
}

/** Labels may stay: tunnel devices declare no mpls_features, so that a packet with labels is cut before. */
const withoutServiceHeaders = (recipe: PacketRecipe): PacketRecipe => ({
  ...recipe,
  tunnels: recipe.tunnels.filter(({ kind }) => kind !== "nsh"),
});

const isLabelOrService = (kind: TunnelRecipe["kind"]): boolean => kind === "mpls" || kind === "nsh";

/**
 * Receive offload holds no packet with IPv4 options, and chains only headers that are alike, in a list only payloads as
 * long as the first; senders cut no SYN or RST. Who asks for a time stamp is a sender, and chains nothing.
 */
function possibleTcp(recipe: PacketRecipe): PacketRecipe {
  const isList = isFraglist(recipe);
  const fromOutside = recipe.dodgy || recipe.arrival !== "stack";
  const { flags } = recipe.tcp;
  const alike = isList ? flags & TCPHDR_ECE : flags;
  return {
    ...recipe,
    // The loopback device has no receive offload that could make a list.
    cast: isList && recipe.cast === "loopback" ? "unicast" : oneReceiver(recipe.cast),
    zeroChecksum: false,
    optionWords: isList ? 0 : recipe.optionWords,
    evenMembers: recipe.evenMembers || isList,
    head: { ...recipe.head, timestamp: recipe.head.timestamp && recipe.members.length === 0 },
    tcp: { ...recipe.tcp, flags: fromOutside ? alike : alike & ~(TCPHDR_SYN | TCPHDR_RST) },
  };
}

const oneReceiver = (cast: PacketRecipe["cast"]): PacketRecipe["cast"] => (cast === "multicast" ? "unicast" : cast);

/**
 * Only local senders aggregate SCTP: fresh linear buffers, the members' headers given up, the checksum left for later.
 * Tunnel devices do not compute CRC32c, so a packet that is not cut enters them with its checksum in place.
 *
 * @kernel sctp_packet_pack net/sctp/output.c v6.12
 */
function possibleSctp(recipe: PacketRecipe): PacketRecipe {
  const plain = { ...recipe, cast: oneReceiver(recipe.cast), dodgy: false, zeroChecksum: false, checksumStart: 0 };
  // From a wire it comes with its CRC.
  if (arrivesOneByOne(recipe)) return { ...plain, checksum: recipe.checksum === "partial" ? "none" : recipe.checksum };
  const entersTunnel = recipe.tunnels.length > 0 && recipe.checksum === "partial";
  const fresh = { paged: 0, headFrag: false, sharedFrag: false } as const;
  return {
    ...plain,
    checksum: recipe.members.length > 0 ? "partial" : entersTunnel ? "none" : recipe.checksum,
    head: { ...recipe.head, ...fresh, nohdr: false, zerocopy: "no", timestamp: false },
    members: recipe.members.map((one) => ({ ...one, ...fresh, cloned: false, nohdr: true, state: false })),
  };
}
