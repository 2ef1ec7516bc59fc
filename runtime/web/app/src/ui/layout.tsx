import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { useSession } from '../session';
import icon from './icon.svg';

export function Layout({ children }: { readonly children: ReactNode }) {
  const { user, signOut } = useSession();
  return (
    <>
      <header className="top-bar">
        <Link className="brand" to="/">
          <img src={icon} alt="" />
          Headend
        </Link>
        {user && (
          <>
            <span className="quiet">{user.handle}</span>
            {user.role === 'admin' && <Link to="/admin">Admin</Link>}
            <Link className="button" to="/studio">
              Studio
            </Link>
            <button type="button" className="plain" onClick={() => void signOut()}>
              Sign out
            </button>
          </>
        )}
        {user === null && (
          <>
            <Link to="/sign-in">Sign in</Link>
            <Link className="button primary" to="/sign-up">
              Sign up
            </Link>
          </>
        )}
      </header>
      <main>{children}</main>
    </>
  );
}
