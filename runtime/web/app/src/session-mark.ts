/** Says that this browser may hold a refresh cookie, so that visitors without an account are not asked for one. */
const key = 'headend-signed-in';

export const sessionMark = {
  isSet: () => localStorage.getItem(key) !== null,
  set: () => localStorage.setItem(key, 'yes'),
  clear: () => localStorage.removeItem(key),
};
