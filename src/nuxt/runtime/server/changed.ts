import type { AnyOpen } from '../../../edge/request-sessions.js'
import type { EdgeResponse } from '../../../edge/response.js'
import { CHANGED } from '../../names.js'
import { type AnySession, type SessionFile, sessionFiles } from './definitions.js'
import { viewOf } from './view.js'

/** What each response has said so far. */
const told = new WeakMap<EdgeResponse, Map<string, string>>()

/** Says on a response what its request has changed of what pages see, so that the page that made it asks once. */
export function tellChange(definition: object, open: AnyOpen, response: EdgeResponse): void {
  if (!open.changed()) return
  const found = [...sessionFiles()].find(([, file]) => file.definition === definition)
  if (!found) return
  const [name, file] = found
  const all = told.get(response) ?? new Map<string, string>()
  told.set(response, all.set(name, open.ended() ? 'ended' : hashOf(file, open.session as AnySession)))
  response.setHeader(CHANGED, [...all].map(([each, hash]) => `${each}=${hash}`).join(', '))
}

/** The response is on its way: what goes wrong with its view here, the next page says. */
function hashOf(file: SessionFile, session: AnySession): string {
  try {
    return viewOf(file, session).hash
  } catch {
    return 'unknown'
  }
}
