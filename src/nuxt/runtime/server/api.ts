import { createError, defineEventHandler, getQuery, readRawBody, setResponseHeader } from '#imports'
import { SessionValidationError } from '../../../core/errors.js'
import { isObject } from '../../../core/value.js'
import { type H3EventLike, requestOf } from '../../../h3/event.js'
import { useSession } from '../../../h3/use-session.js'
import type { TransportRequest } from '../../../session/transport/transport.js'
import { wayOut } from '../../guards.js'
import { MAIN } from '../../names.js'
import { parse, stringify } from '../app/wire.js'
import { type AnySession, sessionFile, sessionFiles } from './definitions.js'
import { refusalOf } from './guard.js'
import { viewOf } from './view.js'

/**
 * What pages ask for: GET what is exposed, PATCH to set a key of `writable`, POST to take a flash or to ask whether a page may be shown, DELETE to log out. In the
 * format of Nuxt's payload, which keeps Date, Map, Set and BigInt.
 */
export default defineEventHandler(async (given) => {
  const event = given as H3EventLike
  const request = requestOf(event)
  const method = request.method?.()
  setResponseHeader(event, 'cache-control', 'no-store')
  setResponseHeader(event, 'content-type', 'application/json')
  const { name = MAIN } = getQuery(event)
  if (typeof name !== 'string' || !sessionFiles().has(name)) throw refused(404, 'There is no session of that name.')
  const file = sessionFile(name)
  if (method !== 'GET') assertSameOrigin(request)
  const session: AnySession = await useSession(event, file.definition)
  switch (method) {
    case 'GET':
      return stringify(viewOf(file, session))
    case 'DELETE':
      await session.destroy()
      return stringify(viewOf(file, await useSession(event, file.definition)))
    case 'PATCH': {
      const { key, value } = await bodyOf(event)
      if (!file.writable.includes(key as string)) throw refused(403, 'Pages may not set that key.')
      setByPage(session, key as string, value)
      return stringify(viewOf(file, session))
    }
    case 'POST': {
      const { channel, path } = await bodyOf(event)
      if (typeof path === 'string') {
        const refusal = await refusalOf(event, path)
        const wayTo = refusal && wayOut(refusal.guard, path)
        return stringify({ may: refusal === undefined, wayTo, view: viewOf(file, session) })
      }
      if (!file.channels.includes(channel as string)) throw refused(404, 'There is no flash channel of that name.')
      const value: unknown = await session.flash.take(channel as never)
      return stringify({ value, view: viewOf(file, session) })
    }
    default:
      throw refused(405, 'GET, PATCH, POST or DELETE.')
  }
})

/** What a schema refuses is no mistake of the app here. */
function setByPage(session: AnySession, key: string, value: unknown): void {
  try {
    if (value === undefined) session.delete(key as never)
    else session.set(key as never, value as never)
  } catch (error) {
    if (error instanceof SessionValidationError) throw refused(422, error.message)
    throw error
  }
}

async function bodyOf(event: H3EventLike): Promise<Readonly<Record<string, unknown>>> {
  let body: unknown
  try {
    body = parse((await readRawBody(event)) ?? '')
  } catch {
    body = undefined
  }
  if (isObject(body)) return body
  throw refused(400, 'The body is not what a page of this app sends.')
}

/** Browsers say where a request comes from; pages of other sites may not change anything, and neither may those of a sibling. */
function assertSameOrigin(request: TransportRequest): void {
  const site = request.header('sec-fetch-site')
  const host = request.header('host')
  if (site === 'same-origin') return
  if (site === undefined && host !== undefined && hostOf(request.header('origin')) === host) return
  throw refused(403, 'Only pages of this app may do that.')
}

function hostOf(origin: string | undefined): string | undefined {
  return origin !== undefined && URL.canParse(origin) ? new URL(origin).host : undefined
}

function refused(statusCode: number, message: string): Error {
  return createError({ statusCode, message })
}
