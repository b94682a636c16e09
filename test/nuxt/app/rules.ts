import type { NitroRouteConfig } from 'nitropack/types'

// Compiled by the ring: what must not compile says so.
export const rules: Record<string, NitroRouteConfig> = {
  '/a': { session: { require: 'userId', recent: 60 } },
  '/b': { session: { require: ['userId', 'token'], redirectTo: '/login' } },
  '/c': { session: { require: 'name', name: 'admin' } },
  // @ts-expect-error no key of the session
  '/d': { session: { require: 'usrId' } },
  // @ts-expect-error no session of that name
  '/e': { session: { require: 'userId', name: 'nobody' } },
}
