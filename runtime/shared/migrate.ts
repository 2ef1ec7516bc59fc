import { runner } from 'node-pg-migrate';
import type { Database } from './postgres';

/**
 * Brings the schema up to date with the SQL files of `directory`, forward only. Two pods that start together are safe:
 * the second waits for the first's advisory lock and finds nothing left to do.
 */
export async function migrate(database: Database, directory: string): Promise<void> {
  await database.withUntimedClient((client) =>
    runner({
      dbClient: client,
      dir: directory,
      direction: 'up',
      migrationsTable: 'migrations',
      advisoryLockMode: 'wait',
      // The runner's messages repeat the SQL; a failure is thrown.
      log: () => {},
    }),
  );
}
