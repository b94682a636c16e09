// Breaks the code on purpose, one law at a time, and fails unless the tests notice: `npm run mutants [-- text of a name | -- --check]`.
// Each mutant is planted in a copy of the sources, so that an interrupted run leaves nothing behind.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const races = 'test/property/races.test.ts'
const model = 'test/property/model.test.ts'
const session = 'test/unit/session'

/** [the law that is broken, file, text, what it becomes, tests that must notice] */
const mutants = [
  [
    '1 lost update: the memory store ignores the revision',
    'src/stores/memory.ts',
    /if \((\w+\.record)\.revision !== expected\) return 'conflict'/,
    'if (false) return $1 as never',
    races,
  ],
  [
    '1 lost update: a conflict is not replayed',
    'src/session/request/unit-of-work.ts',
    '      this.settle(applied ?? [])\n',
    '      if (applied) this.settle(applied)\n',
    races,
  ],
  [
    '1 twice: an unanswered write is reported as failed',
    'src/session/store/settled-store.ts',
    "if (found.revision === change.revision) return 'ok'",
    '',
    session,
  ],
  [
    '1 update runs again although its input is the same',
    'src/session/handle/data-changes.ts',
    '!last || !sameValue(last.input?.stored, input?.stored, types)',
    'true',
    session,
  ],
  [
    '2 resurrection: update inserts',
    'src/session/request/compare-and-set.ts',
    "if (outcome === 'gone') throw gone(unit)",
    "if (outcome === 'gone') { await records.store().create(stored.key, record); return stored }",
    races,
  ],
  [
    '2 resurrection: regenerate creates although the claim says gone',
    'src/session/store/settled-store.ts',
    "if (claim !== 'ok') return claim",
    "if (claim === 'conflict') return claim",
    races,
  ],
  ['2 D1: the old id survives regenerate', 'src/stores/memory.ts', '      remove(from)\n', '', session],
  [
    '2 resurrection: a touch after expiry',
    'src/session/request/touch.ts',
    'if (isExpired(expiresAt, now)) return undefined',
    '',
    session,
  ],
  [
    '2 resurrection: a write that arrives after the deadline',
    'src/session/request/in-time.ts',
    'if (!isExpired(deadline, records.clock())) return',
    'return',
    session,
  ],
  [
    '2 resurrection: a new id after expiry',
    'src/session/request/rotation.ts',
    'if (!stored || isExpired(stored.expiresAt, records.clock())) return',
    'if (!stored) return',
    session,
  ],
  [
    '2 resurrection: a new id that arrives after the deadline',
    'src/session/request/rotation.ts',
    'await assertInTime(unit, stored.expiresAt)',
    '',
    session,
  ],
  [
    '6 a renewal that is late ends one that was in time',
    'src/session/request/touch.ts',
    'return expiresAt - runtime.clock() <= 2 * runtime.records.storeTimeout',
    'return false',
    session,
  ],
  [
    '6 a late write ends what another request has built on it',
    'src/session/request/in-time.ts',
    "if ((await records.store().destroy(key, revision)) !== 'conflict') throw gone(unit)",
    'await records.store().destroy(key, revision)\n  throw gone(unit)',
    session,
  ],
  [
    '2 resurrection: a renewal that fails after it has reached the store',
    'src/session/request/touch.ts',
    '  } finally {\n    // What has failed may have reached the store all the same.\n',
    '  } catch (error) {\n    throw error\n  }\n  {\n',
    session,
  ],
  [
    '1 a change that fails on replay leaves its view over what others have stored',
    'src/session/request/unit-of-work.ts',
    '      this.drop(this.#log)\n',
    '',
    session,
  ],
  [
    '1 an update is applied again that turns out to be stored',
    'src/session/request/reload.ts',
    '  unit.reloaded(found, over)',
    '  unit.reloaded(found, [])',
    session,
  ],
  [
    '1 an update is applied again that arrives while it is repeated',
    'src/session/request/compare-and-set.ts',
    '    unit.refused(earlier)\n',
    '    unit.refused([])\n',
    session,
  ],
  [
    '1 nobody hears of a write of which nobody knows whether it was stored',
    'src/session/request/reload.ts',
    'if (!applied && isPending)',
    'if (false)',
    session,
  ],
  [
    '9 nobody hears of a failed call that was not awaited',
    'src/session/request/end.ts',
    'if (failure !== undefined) throw failure',
    '',
    session,
  ],
  ['10 a slow answer tells a dead id', 'src/session/request/end.ts', 'await confirmId(unit)', '', session],
  [
    '2 resurrection: a save beside a destroy',
    'src/session/request/calls.ts',
    'return this.#queue.inTurn(run)',
    'return run()',
    session,
  ],
  [
    '3 flash: shown before it is claimed',
    'src/session/request/flash-claim.ts',
    'draft.flash.delete(channel)',
    'void channel',
    races,
  ],
  ['3 flash: not put back after a 5xx', 'src/session/request/end.ts', 'await putBackFlash(unit)', '', session],
  [
    '4 a read writes',
    'src/session/request/commit.ts',
    'if (sameContents(unit.view, contents, types)) return undefined',
    '',
    session,
  ],
  [
    '5 an unknown id is adopted',
    'src/session/request/load.ts',
    '    if (!found) continue\n',
    '    if (!found) return createState({ phase, view: freshContents(engine, engine.clock()), id: candidate, lookedAt })\n',
    session,
  ],
  [
    '5 malformed ids reach the store',
    'src/core/id.ts',
    'candidate.length === ID_LENGTH && ID_CHARACTERS.test(candidate)',
    'candidate !== undefined',
    session,
  ],
  [
    '6 idle deadline not checked',
    'src/session/request/read-session.ts',
    'if (isExpired(record.expiresAt, now)) return expired()',
    '',
    model,
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
    '9 the response does not wait for an immediate call',
    'src/session/request/calls.ts',
    '    await this.#queue.ended()\n',
    '',
    session,
  ],
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
    "3 flash: with 'next-request' a conflict shows what is for the next request",
    'src/session/handle/flash.ts',
    'const swept =',
    'const swept = false &&',
    session,
  ],
  [
    '1 a save that met too many conflicts is stored by the response that says so',
    'src/session/request/commit.ts',
    'if (!mayBeMended) unit.drop(asked)',
    '',
    session,
  ],
  [
    '2 D1: a login whose regenerate failed is stored under the old id',
    'src/session/request/regenerate.ts',
    'if (wanted.restart) unit.drop(unit.log)',
    'if (false) unit.drop(unit.log)',
    session,
  ],
  [
    'a hook is told the id',
    'src/session/request/regenerate.ts',
    '{ previousRef })',
    '{ previousRef: unit.id })',
    session,
  ],
  [
    '8 damaged bytes throw',
    'src/session/request/read-session.ts',
    "if (records.reading.onUnreadable === 'throw') throw error",
    'throw error',
    session,
  ],
  [
    '8 unknown keys are lost',
    'src/session/record/format.ts',
    'for (const [key, value] of migrator.carriedBeside(contents.data, contents.carried)) put(stored, key, value)',
    '',
    session,
  ],
  [
    '10 5xx commits',
    'src/session/request/end.ts',
    'if (status >= 500) return await undeliver(unit)',
    'if (false) return',
    session,
  ],
  [
    '10 destroy leaves the cookie',
    'src/session/request/unit-of-work.ts',
    "this.announcement = this.stored ? 'clear' : 'none'",
    "this.announcement = 'none'",
    session,
  ],
  [
    '1 a write during the commit is swallowed',
    'src/session/request/end.ts',
    '  unit.seal()\n  const renewed',
    '  const renewed',
    'test/http/failures.test.ts',
  ],
  [
    '1 save() swallows what came meanwhile',
    'src/session/request/unit-of-work.ts',
    'this.#keep((change) => !written.includes(change))',
    'this.#keep(() => false)',
    session,
  ],
  [
    '9 the response does not wait for the store',
    'src/h3/v2.ts',
    'await commit(sessions, status, responseFor(answer, status, event), answer)',
    'void commit(sessions, status, responseFor(answer, status, event), answer)',
    'test/http/paths.test.ts',
  ],
  [
    'J12 a login slips past a revocation',
    'src/session/coordination/epoch.ts',
    'return after !== undefined && after.id !== before?.id',
    'return false',
    session,
  ],
  [
    'J12 a revocation lists before it begins an epoch',
    'src/session/admin/subject-sessions.ts',
    'const revocation = await beginEpoch(records, named)',
    'const revocation = { end: async () => (await beginEpoch(records, named)).end() }',
    session,
  ],
  [
    'maxPerSubject goes by creation, not by login',
    'src/session/subjects/limit.ts',
    'live.login ??',
    'undefined ??',
    session,
  ],
  [
    'maxPerSubject ends what has changed since it was listed',
    'src/session/subjects/limit.ts',
    'destroy(key, record.revision)',
    'destroy(key)',
    session,
  ],
  [
    "onLimit 'refuse' lets two logins look at once",
    'src/session/coordination/lease.ts',
    "if ((await store.create(key, record)) === 'ok') return taken",
    'if ((await store.create(key, record)) !== undefined) return taken',
    session,
  ],
  [
    'a login that is answered with an error stays logged in',
    'src/session/subjects/admission.ts',
    'await takeBack(records, current, before)',
    'false',
    session,
  ],
  [
    'a rotation that failed leaves a record that nobody has the id of',
    'src/session/request/rotation.ts',
    "if (await redirectsTo(unit, place.key, isLate(error))) return 'ok' as const",
    '',
    session,
  ],
  [
    'a lock is left behind when the id changes',
    'src/session/request/lock.ts',
    'if (unit.stored.key !== key) await unlock(unit)',
    '',
    session,
  ],
  [
    'J12 a login that arrives late stays',
    'src/session/subjects/admission.ts',
    'await fenceOff(records, written, before)',
    'false',
    session,
  ],
  ['J15 a prefetch takes a flash', 'src/session/handle/flash.ts', '|| !this.#unit.isReader()', '', session],
  [
    'J1 a logout with the old id ends only the forward',
    'src/session/coordination/redirects.ts',
    'if (next !== undefined) return isExpired(',
    'if (next === key) return isExpired(',
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
    'a circle of forwards is followed for ever',
    'src/session/coordination/redirects.ts',
    'if (hops < MAX_HOPS) return true',
    'if (hops < Number.POSITIVE_INFINITY) return true',
    'test/unit/session/ids/forward-circles.test.ts',
  ],
  [
    '2 a login beside another one begins with what was somebody’s',
    'src/session/request/twins.ts',
    'if (runtime.records.subjects.of(old) === undefined)',
    'if (runtime.records.subjects.of(old) !== null)',
    'test/unit/session/ids/twins.test.ts',
  ],
  [
    '2 a login comes back after a logout in between',
    'src/session/request/twins.ts',
    'if (!twin) return undefined',
    `if (!twin) {
      const contents = begin(false, engine.clock()) as Contents
      const record = toRecord(engine, place, contents, engine.clock())
      await engine.backend().create(place.key, record)
      return toStored({ place, contents, record })
    }`,
    'test/unit/session/ids/twins.test.ts',
  ],
  [
    '1 a login beside another one begins with what others have changed since',
    'src/session/coordination/moves.ts',
    'destinations.every(({ mark }) => known.includes(mark))',
    'true',
    'test/unit/session/ids/twins.test.ts',
  ],
  [
    '1 a login beside another one brings back what that has dropped',
    'src/session/coordination/moves.ts',
    'const digest = kept ?',
    'const digest = kept && !kept ?',
    'test/unit/session/ids/twins.test.ts',
  ],
  [
    '2 a new id that a revocation has ended replaces the login that came between',
    'src/session/request/regenerate.ts',
    'finish(isMissing ? await takePlaceOfTwin() : undefined)',
    'finish(await takePlaceOfTwin())',
    'test/unit/session/ids/twins.test.ts',
  ],
  [
    'a logout in flight ends only what was moved once',
    'src/session/coordination/moves.ts',
    'keys.push(to)',
    'void keys',
    'test/unit/session/ids/twins.test.ts',
  ],
  [
    '6 forwards that have expired are followed',
    'src/session/coordination/redirects.ts',
    "isExpired(record.expiresAt, records.clock()) ? 'gone' : { next }",
    '{ next }',
    'test/unit/session/ids/forward-circles.test.ts',
  ],
  [
    '3 a login beside another one shows its flash again',
    'src/session/request/twins.ts',
    '{ ...whole(), flash: NONE, carriedFlash: NONE }',
    '{ ...whole(), carriedFlash: NONE }',
    'test/unit/session/ids/twins.test.ts',
  ],
  [
    'a lock is free by the waiter’s clock',
    'src/session/coordination/lease.ts',
    'records.sightings.unchangedFor(key, holder.revision) >= LEASE_MS',
    'holder.expiresAt - RECORD_LIFE_MS + LEASE_MS <= records.clock()',
    'test/unit/session/coordination/skewed-clocks.test.ts',
  ],
  [
    'a revocation that was taken for dead does not list again',
    'src/session/admin/subject-sessions.ts',
    'if (alone) return ended',
    'return ended',
    'test/unit/session/coordination/skewed-clocks.test.ts',
  ],
  [
    'a revocation shows no sign of life',
    'src/session/coordination/epoch.ts',
    'beating = beating.then(sign)',
    'beating = beating',
    'test/unit/session/coordination/skewed-clocks.test.ts',
  ],
  [
    'a login ends any number of sessions',
    'src/session/subjects/limit.ts',
    'surplus.slice(0, MAX_ENDED)',
    'surplus',
    'test/unit/session/subjects/revoke-one.test.ts',
  ],
  [
    'J5 regenerate keeps the old clocks',
    'src/session/request/regenerate.ts',
    'restart ? policies.restart(before, now) : before.lifetime',
    'before.lifetime',
    session,
  ],
]

const root = fileURLToPath(new URL('..', import.meta.url))
const [, , wanted = ''] = process.argv
let survived = 0
let killed = 0
for (const [name, file, text, replacement] of mutants) {
  const original = readFileSync(join(root, file), 'utf8')
  if (original.replace(text, replacement) === original)
    throw new Error(`mutant "${name}": its text is no longer in ${file}`)
}
// The linter asks for no more: whoever changes what a mutant breaks has to change the mutant.
if (wanted === '--check') process.exit()
const chosen = mutants.filter(([name]) => name.includes(wanted))
const whole = tried([...new Set(chosen.map(([, , , , tests]) => tests))])
if (whole.failed) throw new Error(`the tests fail on the code as it is, so they can notice nothing:\n${whole.output}`)
for (const [name, file, text, replacement, tests] of chosen) {
  const { failed, output } = tried([tests], { file, change: (original) => original.replace(text, replacement) })
  if (failed) killed++
  else survived++
  const by = /FAIL\s+(.*)/.exec(output)?.[1]?.split(' > ').slice(1).join(' > ')
  console.log(
    `${failed ? 'noticed ' : 'SURVIVED'} | law ${name}${failed ? ` | by: ${by}` : `\n${output.slice(-1500)}`}`,
  )
}
console.log(`\n${killed} noticed, ${survived} survived`)
if (survived > 0 || killed === 0) process.exitCode = 1

/** Runs tests on a copy of the project, with one file changed. */
function tried(tests, breaking) {
  const folder = mkdtempSync(join(tmpdir(), 'zession-mutant-'))
  try {
    for (const part of ['src', 'test', 'docs', 'vitest.config.ts', 'package.json', 'tsconfig.json'])
      cpSync(join(root, part), join(folder, part), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    if (breaking) {
      const file = join(folder, breaking.file)
      writeFileSync(file, breaking.change(readFileSync(file, 'utf8')))
    }
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--bail=1', ...tests],
      { cwd: folder, encoding: 'utf8', timeout: 300_000, env: { ...process.env, NO_COLOR: '1' } },
    )
    // A file may fail as a whole: the watch for leaks looks at what all of its tests have brought about.
    return { failed: status !== 0 && /Test(s| Files) .*failed/.test(stdout), output: stdout + stderr }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
