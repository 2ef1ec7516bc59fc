import { Link } from 'react-router';
import { auth } from '../api/auth';
import { CredentialsForm } from '../ui/credentials-form';

export function SignInPage() {
  return (
    <CredentialsForm
      title="Sign in"
      action="Sign in"
      submit={(field) => auth.logIn({ identifier: field('identifier'), password: field('password') })}
    >
      <label>
        E-mail address or handle
        <input name="identifier" autoComplete="username" required />
      </label>
      <label>
        Password
        <input name="password" type="password" autoComplete="current-password" required />
      </label>
      <p className="quiet">
        New here? <Link to="/sign-up">Create an account</Link>
      </p>
    </CredentialsForm>
  );
}
