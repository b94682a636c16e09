import { SessionError, StoreError } from '../../core/errors.js'
import { shows } from '../../core/shows.js'
import type { Adoption } from '../definition/adoption.js'
import type { AdoptOptions } from '../definition/options.js'
import type { DefinitionRuntime } from '../definition/runtime.js'

/**
 * A call of a reader, with a limit of time; what it fails with is a StoreError, unless it says better.
 * @param ids what the client has sent, or what it is called in its store: no error shows them
 */
export function asked<T>(
  { records }: DefinitionRuntime,
  { call }: Adoption,
  { reader }: AdoptOptions,
  ids: readonly (string | undefined)[],
  run: () => Promise<T>,
): Promise<T> {
  const discreet = () =>
    run().catch((error: unknown) => {
      if (error instanceof SessionError || (error instanceof Error && !shows(error, ids))) throw error
      throw new StoreError(
        `The reader \`${reader.name}\` failed. Its own message is withheld because it holds the id of a session.`,
      )
    })
  return call(`adopt from ${reader.name}`, discreet, (error) => {
    if (error instanceof StoreError) records.emit('storeError', undefined, { error })
  })
}
