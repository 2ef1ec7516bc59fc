import { Link } from 'react-router';
import { auth } from '../api/auth';
import { CredentialsForm } from '../ui/credentials-form';

export function SignUpPage() {
  return (
    <CredentialsForm
      title="Create an account"
      action="Create account"
      submit={(field) => auth.signUp({ email: field('email'), handle: field('handle'), password: field('password') })}
    >
      <label>
        E-mail address
        <input name="email" type="email" autoComplete="email" required />
      </label>
      <label>
        Handle
        <input
          name="handle"
          pattern="[a-zA-Z][a-zA-Z0-9_\-]{2,29}"
          title="3 to 30 letters, digits, _ and -, beginning with a letter"
          autoComplete="username"
          required
        />
      </label>
      <label>
        Password, at least 8 characters
        <input name="password" type="password" minLength={8} autoComplete="new-password" required />
      </label>
      <p className="quiet">
        Have an account? <Link to="/sign-in">Sign in</Link>
      </p>
    </CredentialsForm>
  );
}
