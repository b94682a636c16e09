import { SessionConfigError } from '../../core/errors.js'
import { say } from '../../core/say.js'
import { hasSubjectIndex, type SessionStore } from '../../stores/port.js'

export interface StoreNeeds {
  readonly name: string
  readonly development: boolean
  /** Whether the app chose the store. */
  readonly chosen: boolean
  readonly hasSubject: boolean
}

/**
 * Refuses a store that cannot do what its definition needs, and warns of what is fine in development and a hole in production.
 * @throws SessionConfigError naming what is missing
 */
export function checkStore(store: SessionStore, needs: StoreNeeds): SessionStore {
  const { name } = needs
  const { guarantees } = store
  for (const weakness of ['atomicUpdate', 'revocable'] as const) {
    if (guarantees[weakness]) continue
    const [cannot, so] = WEAKNESSES[weakness]
    if (!guarantees.accepted?.includes(weakness)) {
      throw new SessionConfigError(
        `The store of session \`${name}\` cannot ${cannot}, so ${so}. Use another store, or accept that where the store is made: \`acceptLostUpdates: true\` of unstorageStore(), \`guarantees: { accepted: ['${weakness}'] }\` of a store of your own.`,
      )
    }
    say(`the store of session \`${name}\` cannot ${cannot}, so ${so}.`)
  }
  if (needs.hasSubject && !hasSubjectIndex(store)) {
    throw new SessionConfigError(
      `Session \`${name}\` has a \`subject\`, but its store cannot find the sessions of one. Use another store, or leave \`subject\` out.`,
    )
  }
  warn(needs)
  return store
}

const WEAKNESSES: Readonly<Record<'atomicUpdate' | 'revocable', readonly [cannot: string, so: string]>> = {
  atomicUpdate: [
    'compare and update in one step between processes',
    'parallel requests on several servers may lose a change, or undo a logout',
  ],
  revocable: ['end a session at once', 'a session that was logged out may be used again'],
}

function warn({ name, development, chosen }: StoreNeeds): void {
  if (!chosen && !development)
    say(`session \`${name}\` lives in the memory of this process: a restart logs everybody out. Set \`store\`.`)
}
