import type { authContract } from '../../../../auth/contract';
import type { AnswerOf, BodyOf } from './contract-types';
import { request } from './http';

type Routes = (typeof authContract)['routes'];

export type AccessGrant = AnswerOf<Routes['logIn']>;
export type User = AccessGrant['user'];
export type ManagedUser = AnswerOf<Routes['listUsers']>['users'][number];

export const auth = {
  signUp: (body: BodyOf<Routes['signUp']>) => request<AccessGrant>('/api/auth/signup', { method: 'POST', body }),
  logIn: (body: BodyOf<Routes['logIn']>) => request<AccessGrant>('/api/auth/login', { method: 'POST', body }),
  refresh: () => request<AccessGrant>('/api/auth/refresh', { method: 'POST', withCookies: true }),
  users: (token: string | undefined, prefix: string, signal?: AbortSignal) =>
    request<AnswerOf<Routes['listUsers']>>(`/api/auth/users?${new URLSearchParams(prefix === '' ? {} : { prefix })}`, {
      token,
      signal,
    }),
  updateUser: (userId: string, body: BodyOf<Routes['updateUser']>, token: string | undefined) =>
    request<ManagedUser>(`/api/auth/users/${userId}`, { method: 'PATCH', body, token }),
  logout: () => request<void>('/api/auth/logout', { method: 'POST', withCookies: true }),
};
