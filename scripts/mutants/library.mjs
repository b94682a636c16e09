// Around the sessions: stores, codecs, schema, ids and deadlines, edges.
import { races, session } from './tests.mjs'

export const library = [
  [
    '5 malformed ids reach the store',
    'src/core/id.ts',
    'candidate.length === ID_LENGTH && ID_CHARACTERS.test(candidate)',
    'candidate !== undefined',
    session,
  ],
  [
    '6 absolute deadline is extended by use',
    'src/core/deadline.ts',
    'return Math.min(now + lifetime.idleMs, lifetime.absoluteExpiresAt)',
    'return now + lifetime.idleMs',
    session,
  ],
  ['6 served at the deadline', 'src/core/deadline.ts', 'return now >= expiresAt', 'return now > expiresAt', session],
  [
    '7 values are shared with the caller',
    'src/schema/key.ts',
    'const stored = guard(name, label, () => (carry && bytes ? carry.decode(bytes) : copyValue(kept, types)))',
    'const stored = kept',
    session,
  ],
  [
    'J10 older code lowers the version',
    'src/schema/migrator.ts',
    'version: Math.max(version, current)',
    'version: current',
    'test/unit',
  ],
  [
    '8 a sealed record opens under another key',
    'src/codec/seal.ts',
    'cipher.setAAD(bound(context.header, context.name, context.key))',
    'cipher.setAAD(Buffer.alloc(0))',
    'test/unit/codec',
  ],
  [
    '7 hashed names: an unknown one is dropped',
    'src/codec/binary/reader.ts',
    'object[nameOfUnknown(hash)] = read(depth + 1, NOWHERE)',
    'void [nameOfUnknown, read(depth + 1, NOWHERE)]',
    'test/unit/codec/cbor-keys.test.ts',
  ],
  [
    '1 lost update: the memory store ignores the revision',
    'src/stores/memory.ts',
    /if \((\w+\.record)\.revision !== expected\) return 'conflict'/,
    'if (false) return $1 as never',
    races,
  ],
  ['2 D1: the old id survives regenerate', 'src/stores/memory.ts', '      remove(from)\n', '', session],
  [
    'M083 a call that was aborted while it waited is begun',
    'src/stores/open-once.ts',
    '      signal?.throwIfAborted()\n',
    '',
    'test/stores/aborted.test.ts',
  ],
  [
    '2 MongoDB: a read that met an election is not repeated',
    'src/stores/mongodb/elections.ts',
    'if (elections.count === now) return answer',
    'return answer',
    'test/stores/mongodb-elections.test.ts',
  ],
  [
    '9 the response does not wait for the store',
    'src/h3/v2.ts',
    'await commit(sessions, status, responseFor(answer, status, event), answer)',
    'void commit(sessions, status, responseFor(answer, status, event), answer)',
    'test/http/paths.test.ts',
  ],
]
