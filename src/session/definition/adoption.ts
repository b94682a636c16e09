import { createHmac } from 'node:crypto'
import { digestKey, type SessionId } from '../../core/id.js'
import type { Keyring } from '../../core/keyring.js'
import type { NoFlash, SessionSchema } from '../../schema/types.js'
import type { StoreKey } from '../../stores/port.js'
import type { Place } from '../record/format.js'
import { type BoundedCall, createBoundedCall } from '../store/bounded-call.js'
import type { AdoptOptions } from './options.js'
import type { Settings } from './settings.js'
import { createShares, type Share } from './sharing.js'

/** What `adopt` of a definition comes down to. */
export interface Adoption {
  readonly sources: readonly AdoptOptions[]
  /** Those whose old cookie is written beside ours; undefined for none. */
  readonly shares: readonly Share[] | undefined
  /** A call of a reader, which asks another library's store: as bounded as one of our own. */
  readonly call: BoundedCall
  /**
   * Where it is noted what became of an old session. It is made with a secret, so that whoever has the old library's store cannot
   * find the new session in ours. The oldest secret makes it: on all servers the same one while secrets are rotated.
   */
  doorOf(reader: string, oldId: string): Place
}

export function createAdoption(
  { name, adopt, storeTimeout }: Settings<SessionSchema | NoFlash>,
  keyring: () => Keyring,
): Adoption | undefined {
  if (!adopt || adopt.length === 0) return undefined
  const shares = createShares(name, adopt)
  return {
    sources: adopt,
    shares: shares.length > 0 ? shares : undefined,
    call: createBoundedCall(name, storeTimeout),
    doorOf(reader, oldId) {
      const oldest = keyring().derive('adopt').at(-1)
      const id = createHmac('sha256', oldest?.key ?? '')
        .update(`${name}\0${reader}\0${oldId}`)
        .digest('base64url') as SessionId
      // Beside the sessions, so that `destroyAll` leaves it: what it has ended must not be adopted again.
      return { id, key: digestKey(name, 'a1', id) as StoreKey }
    },
  }
}
