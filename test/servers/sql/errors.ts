import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { uniqueName } from '../../services/databases.js'
import { key, record, revision, type SqlKind, type SqlStore, withStore } from './kind.js'

/** That neither store lets a parameter out in an error. */
export function sqlErrors(kind: SqlKind, database: { readonly url: string }): void {
  const { factory } = kind

  describe(`${factory} never lets a parameter out in an error`, () => {
    const secrets = ['secret-key', 'secret-bytes', 'revision-secret-bytes', 'secret-subject']
    const secret = record('secret-bytes', { subject: 'secret-subject' })
    const calls = (store: SqlStore) => [
      () => store.read(key('secret-key')),
      () => store.create(key('secret-key'), secret),
      () => store.update(key('secret-key'), secret, revision('revision-secret-bytes')),
      () => store.touch(key('secret-key'), 1, revision('revision-secret-bytes')),
      () => store.destroy(key('secret-key')),
      () => store.destroy(key('secret-key'), revision('revision-secret-bytes')),
      () => store.move(key('secret-key'), key('secret-key2'), secret, revision('revision-secret-bytes')),
      () => store.bySubject('secret-subject')[Symbol.asyncIterator]().next(),
      () => store.scan('secret-key')[Symbol.asyncIterator]().next(),
    ]
    function assertClean(error: unknown) {
      expect(error).toBeInstanceOf(Error)
      const text = `${inspect(error, { depth: 8, showHidden: true })} ${JSON.stringify(error)}`.toLowerCase()
      for (const each of secrets) {
        for (const encoding of ['utf8', 'hex', 'base64'] as const)
          expect(text).not.toContain(Buffer.from(each).toString(encoding).toLowerCase())
      }
      expect(text).not.toMatch(/<buffer|uint8array/)
    }
    const failureOf = (call: () => Promise<unknown>) =>
      call().then(
        () => 'no error',
        (error: unknown) => error,
      )

    it('when the database refuses and shows the row', async () => {
      await withStore(kind, database, async (store, table) => {
        await store.read(key('a'))
        const other = await kind.client(database.url)
        for (const statement of kind.refuseInserts(table)) await other.run(statement)
        await other.end()
        const error = await failureOf(() => store.create(key('secret-key'), secret))
        assertClean(error)
        expect(error).toMatchObject({ code: 'ERR_SESSION_STORE' })
      })
    })

    it('when every call fails', async () => {
      const store = kind.byUrl(database.url, uniqueName(), false)
      for (const call of calls(store)) assertClean(await failureOf(call))
      await store.close()
    })

    it('when the driver quotes the statement it was given', async () => {
      await withStore(kind, database, async (first, table) => {
        await first.read(key('a'))
        let broken = false
        const { store, end } = kind.watched(database.url, table, (statement) => {
          if (broken) throw Object.assign(new Error(inspect(statement, { depth: 8 })), { code: 'E_ECHO', statement })
        })
        await store.read(key('a'))
        broken = true
        for (const call of calls(store)) {
          const error = await failureOf(call)
          assertClean(error)
          expect(error).toMatchObject({ code: 'ERR_SESSION_STORE', message: expect.stringContaining('E_ECHO') })
        }
        broken = false
        await end()
      })
    })
  })
}
