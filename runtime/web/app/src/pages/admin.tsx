import { useCallback, useState } from 'react';
import { auth, type ManagedUser } from '../api/auth';
import { useSession } from '../session';
import { ErrorNotice } from '../ui/notice';
import { usePolled } from '../ui/use-polled';

const assignable = ['viewer', 'broadcaster', 'moderator', 'admin'] as const;

export function AdminPage() {
  const { user, token } = useSession();
  const [prefix, setPrefix] = useState('');
  const [error, setError] = useState<unknown>();
  const load = useCallback(
    async (signal: AbortSignal) => (await auth.users(await token(), prefix, signal)).users,
    [token, prefix],
  );
  const { value: users, error: loadError, reload } = usePolled(load, 0);

  const update = async (id: string, change: Parameters<typeof auth.updateUser>[1]) => {
    setError(undefined);
    try {
      await auth.updateUser(id, change, await token());
    } catch (problem) {
      setError(problem);
    }
    reload();
  };

  if (user === undefined) return null;
  if (user?.role !== 'admin') {
    return (
      <div className="page narrow">
        <h1>Only administrators see this page</h1>
      </div>
    );
  }
  return (
    <div className="page stack">
      <h1>Accounts</h1>
      <label>
        Handle begins with
        <input value={prefix} onChange={(event) => setPrefix(event.target.value)} />
      </label>
      <ErrorNotice error={error ?? loadError} />
      <table className="keys">
        <thead>
          <tr>
            <th>Handle</th>
            <th>E-mail</th>
            <th>Since</th>
            <th>Role</th>
            <th>Access</th>
          </tr>
        </thead>
        <tbody>
          {users?.map((one) => (
            <AccountRow key={one.id} user={one} onChange={(change) => void update(one.id, change)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface AccountRowProps {
  readonly user: ManagedUser;
  readonly onChange: (change: Parameters<typeof auth.updateUser>[1]) => void;
}

function AccountRow({ user, onChange }: AccountRowProps) {
  return (
    <tr>
      <td>{user.handle}</td>
      <td>{user.email}</td>
      <td className="quiet">{new Date(user.createdAt).toLocaleDateString()}</td>
      <td>
        <select
          aria-label={`Role of ${user.handle}`}
          value={user.role}
          onChange={(event) => onChange({ role: event.target.value as (typeof assignable)[number] })}
        >
          {assignable.map((role) => (
            <option key={role}>{role}</option>
          ))}
        </select>
      </td>
      <td>
        <button type="button" onClick={() => onChange({ disabled: !user.disabled })}>
          {user.disabled ? 'Enable' : 'Disable'}
        </button>
      </td>
    </tr>
  );
}
