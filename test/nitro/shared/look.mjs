import { useReadonlySession, useSession } from 'zession/h3'
import { appSession } from './session.mjs'

/** Asks for the session in one of the ways; answers what it saw, or the code of the error. */
export async function look(event, how) {
  try {
    if (how.endsWith('late')) await new Promise((resolve) => setTimeout(resolve, 1))
    if (how.startsWith('readonly')) return { user: (await useReadonlySession(event, appSession)).get('user') ?? null }
    const session = await useSession(event, appSession)
    if (how.startsWith('write')) session.update('visits', (visits) => visits + 1)
    return { user: session.get('user') ?? null }
  } catch (error) {
    if (how.startsWith('throw')) throw error
    return { code: error.code ?? String(error), message: error.message }
  }
}

/** Used by middleware before the route, when the query says `opened`. */
export const openBefore = async (event, { opened }) => {
  if (opened === undefined) return
  const session = await useSession(event, appSession)
  if (opened === 'set') session.set('visits', 1)
}
