import pg from 'pg';

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** Suffix of the second user of a role, as Secrets Manager's alternating-users rotation names it. */
const twinSuffix = '_clone';

/**
 * Makes a role and its database, or brings them to the state they should be in. The role has a twin with the same
 * rights: rotation gives the two new passwords in turn, so the one in a pod's hands stays valid. Whatever the twin makes
 * belongs to the role.
 * @param admin connected to any database as a user that may create roles and databases
 * @param login what the service's secret says now; its user is the role or the twin
 */
export async function ensureDatabase(admin: pg.Client, owner: string, login: Login): Promise<void> {
  const twin = `${owner}${twinSuffix}`;
  if (login.username !== owner && login.username !== twin) {
    throw new Error(`the secret of ${owner} names the user ${login.username}; expected ${owner} or ${twin}`);
  }
  for (const name of [owner, twin]) {
    if (!(await exists(admin, 'pg_roles', 'rolname', name))) await admin.query(`CREATE ROLE ${id(name)} LOGIN`);
  }
  await admin.query(`GRANT ${id(owner)} TO ${id(twin)}`);
  await admin.query(`ALTER ROLE ${id(twin)} SET role TO ${id(owner)}`);
  await admin.query(`ALTER ROLE ${id(login.username)} PASSWORD ${pg.escapeLiteral(login.password)}`);
  // The owner of a database must be a role that its creator may act as.
  await admin.query(`GRANT ${id(owner)} TO CURRENT_USER`);
  if (!(await exists(admin, 'pg_database', 'datname', owner))) {
    await admin.query(`CREATE DATABASE ${id(owner)} OWNER ${id(owner)}`);
  }
  // Otherwise every role may connect to every database.
  await admin.query(`REVOKE ALL ON DATABASE ${id(owner)} FROM PUBLIC`);
}

const id = (name: string) => pg.escapeIdentifier(name);

async function exists(admin: pg.Client, table: string, column: string, name: string): Promise<boolean> {
  const { rowCount } = await admin.query(`SELECT FROM ${table} WHERE ${column} = $1`, [name]);
  return rowCount === 1;
}
