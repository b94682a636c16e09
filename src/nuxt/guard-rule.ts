import { group, number, test, text } from '../core/options/rule.js'
import type { SessionGuard } from './guards.js'

/** What `session` in a route rule may be. */
export const guardRule = group<SessionGuard>({
  require: test('a key of the session, or a list of them', isKeys),
  recent: number('seconds, more than 0', (seconds) => seconds > 0),
  redirectTo: text('a path of this app', (path) => /^\/(?![/\\])/.test(path)),
  name: text('the name of a file in server/sessions'),
})

function isKeys(value: unknown): boolean {
  const keys: unknown[] = Array.isArray(value) ? value : [value]
  return keys.length > 0 && keys.every((key) => typeof key === 'string' && key !== '')
}
