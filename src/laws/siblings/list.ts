/** The laws on clones of one packet, in the order of the specification. */
import type { Law } from "../law.js";
import { aloneMeansNoCopy } from "./aloneMeansNoCopy.js";
import { deliveredStaysUnchanged } from "./deliveredStaysUnchanged.js";
import { inputLeftSharedInfo } from "./inputLeftSharedInfo.js";
import { keptCloneIntact } from "./keptCloneIntact.js";
import { outputsAgree } from "./outputsAgree.js";
import { referencesCounted } from "./referencesCounted.js";
import { siblingBytesUnchanged } from "./siblingBytesUnchanged.js";
import { siblingFieldsUnchanged } from "./siblingFieldsUnchanged.js";
import { siblingMembersUnchanged } from "./siblingMembersUnchanged.js";
import { siblingSharedInfoUnchanged } from "./siblingSharedInfoUnchanged.js";
import { siblingWellFormed } from "./siblingWellFormed.js";
import { socketsAgree } from "./socketsAgree.js";

export const siblingLaws: readonly Law[] = [
  siblingFieldsUnchanged,
  siblingSharedInfoUnchanged,
  siblingBytesUnchanged,
  siblingMembersUnchanged,
  siblingWellFormed,
  keptCloneIntact,
  deliveredStaysUnchanged,
  outputsAgree,
  socketsAgree,
  inputLeftSharedInfo,
  aloneMeansNoCopy,
  referencesCounted,
];
