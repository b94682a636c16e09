import type {
  Collection,
  CommandOperationOptions,
  Document,
  Filter,
  FindOptions,
  MongoClient,
  ReadConcernLevel,
  WriteConcernSettings,
} from 'mongodb'
import { codeOf } from '../failure.js'
import type { RecordChange, StoredRecord } from '../port.js'
import { settledReads } from './elections.js'

/** A session in its collection. Short names, because every document holds them. */
export interface Row {
  readonly _id: string
  /** The revision. */
  readonly v: string
  /** The bytes. */
  readonly d: Uint8Array
  /** The deadline: a date, because only dates are removed by a TTL index. Exact to the millisecond. */
  readonly e: Date
  /** The subject, where there is one. */
  readonly s?: string
}

// Text is compared byte for byte, whatever collation the collection was made with.
const collation = { locale: 'simple' }
// `promoteBuffers` and the others undo what a collection of the caller's may have set.
const decoding = { promoteValues: true, promoteBuffers: true, raw: false } as const
// Only what a majority holds is acknowledged and only that is read: a failover takes no logout back.
const writeConcern: WriteConcernSettings = { w: 'majority', journal: true, wtimeoutMS: 10_000 }
const reading: FindOptions = {
  ...decoding,
  collation,
  readConcern: { level: 'majority' as ReadConcernLevel },
  readPreference: 'primary',
  maxTimeMS: 10_000,
}
const linearizable: FindOptions = { ...reading, readConcern: { level: 'linearizable' as ReadConcernLevel } }
const writing: CommandOperationOptions = { ...decoding, collation, writeConcern }

export type Sessions = ReturnType<typeof sessionsOf>

/**
 * The calls of the store, a command each. Text is only ever the operand of `$eq`, `$gte`, `$in` or `$literal`, so that
 * none is taken for an operator or a field.
 * @param former a client of the same servers that this one replaces
 */
export function sessionsOf(collection: Collection<Row>, former?: MongoClient) {
  const probe = async (signal?: AbortSignal) => {
    try {
      await collection.findOne({ _id: { $eq: '' } }, { ...linearizable, projection: { _id: 1 }, signal })
    } catch (error) {
      // A server on its own holds no elections.
      if (codeOf(error) !== notAReplicaSet) throw error
    }
  }
  const settled = settledReads(collection.db.client, probe, former)

  const isRevision = (revision: string) => ({ $eq: ['$v', { $literal: revision }] })

  /**
   * Changes the document if it has this revision, else leaves it as it is, and answers which revision was found: so one
   * command tells a conflict from a missing document.
   */
  async function change(key: string, expected: string, pipeline: Document[]): Promise<'ok' | 'other' | 'gone'> {
    const found = await collection.findOneAndUpdate({ _id: { $eq: key } }, pipeline, {
      ...writing,
      returnDocument: 'before',
      projection: { _id: 0, v: 1 },
      includeResultMetadata: false,
    })
    if (!found) return 'gone'
    return found.v === expected ? 'ok' : 'other'
  }

  return {
    /** The driver gives up an aborted read, and the connection with it. Writes it cannot give up. */
    read: (key: string, signal: AbortSignal | undefined) =>
      settled(() => collection.findOne({ _id: { $eq: key } }, { ...reading, signal }), signal),

    insert: (key: string, record: StoredRecord) =>
      collection.insertOne(
        { _id: key, e: new Date(record.expiresAt), ...contentsOf(record) },
        { ...decoding, writeConcern },
      ),

    replace(key: string, expected: string, next: RecordChange) {
      const deadline = next.expiresAt === 'keep' ? '$e' : { $literal: new Date(next.expiresAt) }
      const document = { $mergeObjects: [{ _id: '$_id', e: deadline }, { $literal: contentsOf(next) }] }
      return change(key, expected, [{ $replaceWith: { $cond: [isRevision(expected), document, '$$ROOT'] } }])
    },

    setDeadline(key: string, expected: string, expiresAt: number) {
      const deadline = { $cond: [isRevision(expected), { $literal: new Date(expiresAt) }, '$e'] }
      return change(key, expected, [{ $set: { e: deadline } }])
    },

    async delete(key: string, expected?: string): Promise<boolean> {
      const filter = { _id: { $eq: key }, ...(expected === undefined ? {} : { v: { $eq: expected } }) }
      return (await collection.deleteOne(filter, writing)).deletedCount > 0
    },

    async has(key: string): Promise<boolean> {
      const id: FindOptions = { ...reading, projection: { _id: 1 } }
      return (await settled(() => collection.findOne({ _id: { $eq: key } }, id))) !== null
    },

    async collect(now: number, limit: number, signal: AbortSignal | undefined): Promise<number> {
      // To the server a limit of 0 is none.
      if (limit < 1) return 0
      const expired: Filter<Row> = { e: { $lte: new Date(now) } }
      const found = await collection
        .find(expired, { ...reading, projection: { _id: 1 }, signal })
        .limit(limit)
        .toArray()
      if (found.length === 0) return 0
      signal?.throwIfAborted()
      // The deadline again: it may have moved since it was looked at.
      const ids: Filter<Row> = { _id: { $in: found.map(({ _id }) => _id) } }
      return (await collection.deleteMany({ ...ids, ...expired }, writing)).deletedCount
    },

    /** In the order of the keys, which is that of their UTF-8 bytes: from `from` on, or after `after`. */
    page(from: string, after: string | undefined, limit: number) {
      const start = after === undefined ? { $gte: from } : { $gt: after }
      return settled(() => collection.find({ _id: start }, reading).sort({ _id: 1 }).limit(limit).toArray())
    },

    subjectPage(subject: string, after: string | undefined, limit: number) {
      const start = after === undefined ? {} : { _id: { $gt: after } }
      const filter = { s: { $eq: subject }, ...start }
      return settled(() => collection.find(filter, reading).sort({ _id: 1 }).limit(limit).toArray())
    },

    /**
     * An index on the same fields that was made otherwise (another margin, another name) stays as it is.
     * @param ttlMarginSeconds how long after its deadline the server may remove a document
     */
    async createIndexes(ttlMarginSeconds: number): Promise<void> {
      await unlessThere(collection.createIndex({ e: 1 }, { expireAfterSeconds: ttlMarginSeconds }))
      const partialFilterExpression = { s: { $exists: true } }
      await unlessThere(collection.createIndex({ s: 1, _id: 1 }, { partialFilterExpression }))
    },
  }
}

function contentsOf({ bytes, revision, subject }: RecordChange): Omit<Row, '_id' | 'e'> {
  const contents = { v: revision, d: bytes }
  return subject === undefined ? contents : { ...contents, s: subject }
}

async function unlessThere(creation: Promise<string>): Promise<void> {
  try {
    await creation
  } catch (error) {
    if (codeOf(error) !== indexOptionsConflict) throw error
  }
}

const indexOptionsConflict = '85'
const notAReplicaSet = '123'
