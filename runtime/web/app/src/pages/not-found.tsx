import { Link } from 'react-router';

export function NotFoundPage() {
  return (
    <div className="page narrow stack">
      <h1>There is no such page</h1>
      <p>
        <Link to="/">See who is live</Link>
      </p>
    </div>
  );
}
