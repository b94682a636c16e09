import { type AppSessions, RequestSessions } from '../edge/request-sessions.js'
import type { WebRequestLike } from '../edge/requests.js'

const SESSIONS = Symbol('zession')

/** On the request rather than in a WeakMap, whose entries survive every minor garbage collection. */
interface Holder {
  [SESSIONS]?: RequestSessions
}

/** Gives a request its sessions. */
export function openSessions(request: WebRequestLike, app: AppSessions): RequestSessions {
  const sessions = new RequestSessions(app)
  ;(request as Holder)[SESSIONS] = sessions
  return sessions
}

/** The sessions of a request. A copy of it (`new Request(request)`, `clone()`) has none: it may go elsewhere. */
export function sessionsOf(request: WebRequestLike): RequestSessions | undefined {
  return (request as Holder)[SESSIONS]
}

/** Whether a request asks for a WebSocket: its answer is the runtime's own, and carries no cookie everywhere. */
export function isUpgrade({ headers }: WebRequestLike): boolean {
  return headers.get('upgrade')?.toLowerCase() === 'websocket'
}
