import { collectInParts } from '../collect.js'
import { openOnce } from '../open-once.js'
import { pages } from '../pages.js'
import type { BulkChange, BulkUpdatable, FullStore, StoreCallOptions, StoreKey } from '../port.js'
import { sqlCalls } from './calls.js'
import type { Args, Connection, Dialect, Driver } from './dialect.js'
import { explained } from './failure.js'
import { type Source, untilAborted } from './pool.js'
import { keyedOf, type PageRow, recordOf } from './rows.js'

/** What every SQL store is. `close` is final. */
export interface SqlStore extends FullStore, BulkUpdatable {
  close(): Promise<void>
}

/** The store of a dialect: one statement for each call, and what its answer means to the port. */
export function sqlStore<Opened extends Connection>(dialect: Dialect<Opened>): SqlStore {
  const { store, guarantees, binding, opening = (open) => open(), collectAtOnce = Number.POSITIVE_INFINITY } = dialect
  let driver: Driver<Opened> | undefined

  async function open(signal: AbortSignal | undefined): Promise<Source<Opened>> {
    const { connect, begin, explain } = (driver = await dialect.load())
    const source = await connect()
    try {
      await untilAborted(signal, source.use(signal, begin))
      return source
    } catch (error) {
      const told = await explained(explain, error, {}, (run) => source.use(signal, run))
      await source.close()
      throw told ?? error
    }
  }

  const connection = openOnce(
    store,
    (signal) => opening(() => open(signal)),
    (opened) => opened.close(),
  )
  const call = sqlCalls(dialect, connection, async (failure) => driver?.explain(failure))

  /** Runs a write. When it changed nothing because the row is another one, `missed` is what the port calls that. */
  async function write<Missed extends string>(
    name: WriteName,
    callOptions: StoreCallOptions | undefined,
    key: StoreKey,
    args: Args,
    missed: Missed,
  ): Promise<'ok' | 'gone' | Missed> {
    const outcome = await call(callOptions, { key, ...args }, ({ statements }) => statements[name](args))
    return outcome === 'missed' ? missed : outcome
  }

  // Async: what is refused before the call rejects, too.
  const update: SqlStore['update'] = async (key, change, expected, callOptions) =>
    write('update', callOptions, key, argsOf({ key, change, expected }), 'conflict')

  function argsOf({ key, change, expected }: BulkChange): Args {
    return { ...binding.row(key), expected: binding.text(expected), ...binding.contents(change) }
  }

  const updateMany: SqlStore['updateMany'] = async (changes, callOptions) => {
    const rows = changes.map(argsOf)
    const hits = await call(callOptions, {}, async ({ statements }) => statements.updateMany?.(rows))
    const done = new Set(hits)
    // Of the few that missed, the plain update says why.
    return Promise.all(
      changes.map(async ({ key, change, expected }) =>
        done.has(change.revision) ? 'ok' : update(key, change, expected, callOptions),
      ),
    )
  }

  function walk(name: 'page' | 'subjectPage', { from: first, ...bounds }: ReturnType<typeof binding.prefix>) {
    return pages((last: PageRow | undefined, limit) => {
      const args = { ...bounds, from: last?.cursor ?? first, limit }
      return call(undefined, args, ({ statements }) => statements[name](args))
    }, keyedOf)
  }

  return {
    guarantees,

    async read(key, callOptions) {
      const args = binding.row(key)
      const [row] = await call(callOptions, { key, ...args }, ({ statements }) => statements.read(args))
      return row && recordOf(row)
    },

    async create(key, record, callOptions) {
      const args = { ...binding.newRow(key), ...binding.contents(record) }
      return (await write('create', callOptions, key, args, 'exists')) === 'ok' ? 'ok' : 'exists'
    },

    update,
    updateMany,

    async touch(key, expiresAt, seen, callOptions) {
      return write('touch', callOptions, key, { ...binding.row(key), expected: binding.text(seen), expiresAt }, 'stale')
    },

    async destroy(key, expected, callOptions) {
      const row = binding.row(key)
      if (expected === undefined) return write('destroy', callOptions, key, row, 'conflict')
      return write('destroyRevision', callOptions, key, { ...row, expected: binding.text(expected) }, 'conflict')
    },

    async move(from, to, record, expected, callOptions) {
      const places = { ...binding.row(from), expected: binding.text(expected), ...binding.target(to) }
      return write('move', callOptions, from, { ...places, ...binding.contents(record) }, 'conflict')
    },

    collectGarbage: (now, limit, callOptions) =>
      collectInParts(limit, collectAtOnce, callOptions, (most) =>
        call(callOptions, {}, ({ statements }) => statements.collect({ now, limit: most })),
      ),

    scan: (prefix) => walk('page', binding.prefix(prefix)),
    bySubject: (subject) => walk('subjectPage', { from: binding.start, subject: binding.text(subject) }),
    close: () => connection.close(),
  }
}

type WriteName = 'create' | 'update' | 'touch' | 'destroy' | 'destroyRevision' | 'move'
