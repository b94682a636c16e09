import { describe, it } from 'vitest'
import { type LawName, storeLaws } from '../../../src/testing/store-laws.js'
import { uniqueName } from '../../services/databases.js'
import type { variantIt } from '../../support/long.js'
import { openStoreModule } from '../../support/store-process.js'
import type { SqlKind, SqlStore } from './kind.js'

export const slowIt = (name: string, run: () => Promise<void>) => it(name, run, 300_000)

export const severalProcesses: LawName[] = [
  'four processes of 250 increments by compare-and-set each add up to a thousand',
  'of a hundred parallel takes in four processes one gets the flash',
]

/** A store over a connection of its own. */
export type Connect = (options: { table: string; initTable: boolean }) => { store: SqlStore; end(): Promise<void> }

/**
 * The laws for a store by `url`, and for one over each of the connections that an application may bring.
 * @param partly `variantIt`, which the file itself must import: `npm run test:long` goes by that
 */
export function sqlLaws(
  { factory, server, byUrl }: SqlKind,
  database: { readonly url: string },
  partly: typeof variantIt,
  connections: Readonly<Record<string, Connect>>,
): void {
  describe.skipIf(!server.available)(`${factory}({ url }) keeps the laws on ${server.version}`, () => {
    storeLaws(slowIt, async () => {
      const table = uniqueName()
      const stores: SqlStore[] = []
      const opened = () => {
        const store = byUrl(database.url, table)
        stores.push(store)
        return store
      }
      const store = opened()
      return {
        store,
        second: async () => opened(),
        reopen: async () => {
          await store.close()
          return opened()
        },
        processes: {
          module: openStoreModule,
          args: [factory.replace('Store', ''), JSON.stringify({ url: database.url, table })],
        },
        dispose: async () => {
          for (const each of stores) await each.close()
        },
      }
    })
  })

  describe.skipIf(!server.available).each(Object.entries(connections))(
    `${factory}({ db }) keeps the laws on ${server.version} through %s`,
    (_, connect) => {
      storeLaws(
        partly(slowIt),
        async () => {
          const table = uniqueName()
          const ends: (() => Promise<void>)[] = []
          const connected = (initTable: boolean) => {
            const { store, end } = connect({ table, initTable })
            ends.push(end)
            return store
          }
          const store = connected(true)
          // The table must be there before a second connection, which does not create it, comes.
          await store.collectGarbage(0, 1)
          return {
            store,
            second: async () => connected(false),
            reopen: async () => connected(false),
            dispose: async () => {
              for (const end of ends) await end()
            },
          }
        },
        {
          exempt: [
            { reason: 'a connection that was brought belongs to its process; url is tested', laws: severalProcesses },
          ],
        },
      )
    },
  )
}
