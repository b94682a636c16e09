// The handle, records, cookies and the store with its time limits: the other rooms of `src/session`.
import { races, session } from './tests.mjs'

export const others = [
  [
    '1 update runs again although its input is the same',
    'src/session/handle/data-changes.ts',
    '!last || !sameValue(last.input?.stored, input?.stored, types)',
    'true',
    session,
  ],
  [
    "3 flash: with 'next-request' a conflict shows what is for the next request",
    'src/session/handle/flash.ts',
    'const swept =',
    'const swept = false &&',
    session,
  ],
  ['J15 a prefetch takes a flash', 'src/session/handle/flash.ts', '|| !this.#unit.isReader()', '', session],
  [
    '8 unknown keys are lost',
    'src/session/record/format.ts',
    'for (const [key, value] of migrator.carriedBeside(contents.data, contents.carried)) put(stored, key, value)',
    '',
    session,
  ],
  [
    'C-9 unsigned ids come first',
    'src/session/transport/signing.ts',
    '[...signed, ...unsigned]',
    '[...unsigned, ...signed]',
    session,
  ],
  [
    '1 twice: an unanswered write is reported as failed',
    'src/session/store/settled-store.ts',
    "if (found.revision === change.revision) return 'ok'",
    '',
    session,
  ],
  [
    '2 resurrection: regenerate creates although the claim says gone',
    'src/session/store/settled-store.ts',
    "if (claim !== 'ok') return claim",
    "if (claim === 'conflict') return claim",
    races,
  ],
]
