/** The recorded cases in which the model is known to do something else. */
import { z } from "zod";

/**
 * The file is a list in the order of its cases. A reason says what the model leaves out; it is printed with the case.
 */
export const divergencesParser = z
  .array(z.strictObject({ id: z.string().min(1), reason: z.string().min(1) }))
  .superRefine((all, context) => {
    const seen = new Set<string>();
    for (const [i, { id }] of all.entries()) {
      if (seen.has(id)) context.addIssue({ code: "custom", path: [i, "id"], message: `${id} is listed twice` });
      seen.add(id);
    }
  });

/** One listed case. */
export type Divergence = z.infer<typeof divergencesParser>[number];
