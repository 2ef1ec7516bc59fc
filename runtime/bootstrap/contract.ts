import { z } from 'zod';
import { field, hostPort, mongoEnvironment, postgresEnvironment } from '../shared/environment';

/** Services that own a PostgreSQL database; database and role carry the service's name. */
export const postgresOwners = ['auth', 'stream'] as const;
/** Services that own a database of the document store, named likewise. */
export const mongoOwners = ['chat', 'analytics'] as const;

/** What the bootstrap Job is told. It runs once per deployment, before the services, and ends. */
export const bootstrapEnvironment = z.object({
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  PG_WRITER: hostPort,
  PG_CA_FILE: postgresEnvironment.PG_CA_FILE,
  /** Each JSON `{ "username", "password" }`. */
  PG_ADMIN_CREDENTIALS_FILE: field.secretFile,
  PG_AUTH_CREDENTIALS_FILE: field.secretFile,
  PG_STREAM_CREDENTIALS_FILE: field.secretFile,
  MONGO_URL: mongoEnvironment.MONGO_URL,
  MONGO_CA_FILE: mongoEnvironment.MONGO_CA_FILE,
  MONGO_ADMIN_CREDENTIALS_FILE: field.secretFile,
  MONGO_CHAT_CREDENTIALS_FILE: field.secretFile,
  MONGO_ANALYTICS_CREDENTIALS_FILE: field.secretFile,
  /** JSON `{ "email", "handle", "password" }`. */
  FIRST_ADMIN_FILE: field.secretFile,
});

export type BootstrapEnvironment = Readonly<z.output<typeof bootstrapEnvironment>>;
