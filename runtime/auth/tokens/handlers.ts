import type { Handlers } from '../../shared/http';
import type { authContract } from '../contract';
import { publicKeys, type SigningKeys } from './signing-keys';

export function createKeyHandlers(signingKeys: () => SigningKeys): Pick<Handlers<typeof authContract>, 'getJwks'> {
  return {
    async getJwks() {
      return {
        status: 200,
        headers: { 'Cache-Control': 'public, max-age=600' },
        body: publicKeys(signingKeys()),
      };
    },
  };
}
