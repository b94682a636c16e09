/** In the place of shared/session-types.ts, for apps without classes of their own. */
export const types = undefined
