import { defineSession } from 'zession'
import { createCsrf } from 'zession/csrf'
import { cookieStore } from 'zession/stores/cookie'
import { z } from 'zod'

const definition = defineSession(z.object({ user: z.string().optional() }), {
  store: cookieStore({ secrets: 'q8Zr1vXw5sYt9uBn3mKe7jHg2fDa6cLp4oIi0UyTtRr' }),
})

/**
 * What every app serves, whatever it is made with: `read` is what a GET answers with, and `act` what a POST does behind the
 * middleware.
 * @param useSession of the edge, given what the framework calls a request
 * @param pathOf the path of such a request
 */
export function siteOf(useSession, pathOf, options = {}) {
  const open = (source) => useSession(source, definition)
  const csrf = createCsrf({
    session: open,
    trustedOrigins: ['https://partner.example'],
    form: (source) => (pathOf(source) === '/transfer' ? 'transfer' : undefined),
    ...options,
  })
  let runs = 0
  const read = {
    '/form': (source) => csrf.field(source),
    '/transfer-form': (source) => csrf.field(source, 'transfer'),
    '/token': (source) => csrf.token(source),
    '/runs': () => String(runs),
    '/socket': (source) => (csrf.verifyOrigin(source), 'open'),
  }
  const act = {
    '/buy': () => `bought ${++runs}`,
    '/transfer': () => `sent ${++runs}`,
    async '/login'(source) {
      const session = await open(source)
      await session.regenerate()
      session.set('user', 'ann')
      return 'in'
    },
    async '/rotate'(source) {
      await (await open(source)).rotate()
      return 'rotated'
    },
  }
  return { csrf, read, act }
}

/** For the handlers below: a POST to /echo answers with what its form has in `note`, so the body is still there for it. */
export const noted = (body) => `note: ${body?.note}`
