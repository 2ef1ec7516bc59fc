import { z } from 'zod';

/** What the custom resource is told. CloudFormation makes every value a string or a list of strings. */
export const mediaZoneSettings = z.object({
  accountId: z.string(),
  zoneId: z.string(),
  /** Name of the secret that holds the API token. */
  tokenSecret: z.string(),
  /** Marks the rules as ours: the first part of their `ref`. */
  owner: z.string().regex(/^[a-z][a-z0-9-]*$/),
  /** Host name that serves the media. */
  host: z.string(),
  /** R2 bucket behind it. */
  bucket: z.string(),
  /** Origins whose pages may play the media. */
  allowedOrigins: z.array(z.string()),
});

export type MediaZoneSettings = z.infer<typeof mediaZoneSettings>;
