import { SessionConfigError } from '../../core/errors.js'
import { say } from '../../core/say.js'
import { hasSubjectIndex, type SessionStore, type StoreGuarantees } from '../../stores/port.js'

/** What a store may lack if the app says that it knows. */
export type StoreWeakness = keyof Pick<StoreGuarantees, 'atomicUpdate' | 'revocable'>

export interface StoreNeeds {
  readonly name: string
  readonly development: boolean
  /** Whether the app chose the store. */
  readonly chosen: boolean
  readonly hasSubject: boolean
  readonly acceptWeakStore: readonly StoreWeakness[]
}

/**
 * Refuses a store that cannot do what its definition needs, and says aloud what is fine in development and a hole in production.
 * @throws SessionConfigError naming what is missing
 */
export function checkStore(store: SessionStore, needs: StoreNeeds): SessionStore {
  const { name, acceptWeakStore } = needs
  for (const [weakness, [cannot, so]] of Object.entries(WEAKNESSES) as [StoreWeakness, [string, string]][]) {
    if (store.guarantees[weakness]) continue
    if (!acceptWeakStore.includes(weakness)) {
      throw new SessionConfigError(
        `The store of session \`${name}\` cannot ${cannot}, so ${so}. Use another store, or accept that with \`acceptWeakStore: ['${weakness}']\`.`,
      )
    }
    say(`the store of session \`${name}\` cannot ${cannot}, so ${so} (\`acceptWeakStore\`).`)
  }
  if (needs.hasSubject && !hasSubjectIndex(store)) {
    throw new SessionConfigError(
      `Session \`${name}\` has a \`subject\`, but its store cannot find the sessions of one. Use another store, or leave \`subject\` out.`,
    )
  }
  warn(needs)
  return store
}

const WEAKNESSES: Readonly<Record<StoreWeakness, readonly [cannot: string, so: string]>> = {
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
