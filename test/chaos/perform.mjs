// What one request of the chaos tests does to its session. The servers, and the tests in one process, run this very code.
import { z } from 'zod'

const long = { saves: true, idleTimeout: 3600, maxAge: 86_400, touchAfter: 360 }

/** @type {import('./perform.mjs').policies} */
export const policies = {
  strict: long,
  loose: { ...long, saves: false },
  // Short enough to run out within a test.
  brief: { saves: false, idleTimeout: 1, maxAge: 3, touchAfter: 0.1 },
  // Used in one request with another one.
  second: long,
  // These two lock: nobody waits long for what a killed server has locked.
  signed: { ...long, signIds: true, storeTimeout: 2000 },
  header: { ...long, saves: false, header: 'x-chaos-id', storeTimeout: 2000 },
  // Ids change by themselves, and the old ones run out within a test.
  turning: { ...long, rotateEvery: 1, rotateGrace: 1 },
  oldest: { ...long, maxPerSubject: 2, onLimit: 'oldest' },
  refuse: { ...long, maxPerSubject: 2, onLimit: 'refuse' },
  // Lifetimes of their own, and a deadline that only `touch()` renews often.
  kept: { saves: true, idleTimeout: 2, maxAge: 6, touchAfter: 1.2 },
}

/** In every session, and nowhere else: whoever prints a session prints this. */
export const CANARY = 'canary.Yh3-what-sessions-hold-Zq8'
export const SECRET = 'n7Qw2-Lk9Tz_4bVx8RmE1cJp6HsUd3yGf0AaWi5oKt-'

const count = z.number().int()
export const schema = z.object({
  birth: count.optional(),
  user: z.string().optional(),
  login: count.optional(),
  log: z.array(count).default([]),
  count: count.default(0),
  a: count.optional(),
  b: count.optional(),
  c: count.optional(),
  canary: z.string().optional(),
})
export const flash = z.object({ items: z.array(count), note: count })

/** @type {import('./perform.mjs').createDefinitions} */
export function createDefinitions(defineSession, store, { names, headerTransport, ...options } = {}) {
  const possible = Object.keys(policies).filter((name) => headerTransport || !policies[name].header)
  return Object.fromEntries(
    (names ?? possible).map((name) => {
      const { header, saves: _, ...policy } = policies[name]
      const transport = header ? { transport: headerTransport(header) } : {}
      const secrets = policy.signIds ? { secrets: SECRET } : {}
      const cookie = { secure: false }
      return [
        name,
        defineSession(schema, {
          ...{ name, flash, store, subject: 'user', cookie },
          ...policy,
          ...transport,
          ...secrets,
          ...options,
        }),
      ]
    }),
  )
}

/** @type {import('./perform.mjs').perform} */
export async function perform({ definition, use, look = use, sleep, time = now }, { n, op }, report) {
  if (op.kind === 'revoke') {
    await sleep(op.before)
    report.revoked = await definition.subjects.revoke(op.user)
    return
  }
  const session = await (op.kind === 'look' ? look() : use(op.lock ? { lock: true } : undefined))
  const from = time()
  report.seen = seenIn(session)
  await sleep(op.before)
  await actions[op.kind]({ session, use, n, op, report })
  await sleep(op.after)
  if (policies[definition.name].saves && !op.fail && !UNSAVED.has(op.kind)) await session.save()
  // It is free again some time after this.
  if (op.lock && !report.seen.isNew) report.held = [from, time()]
}

/** What a handle cannot save after: it is for reading only, or its session was ended by the request itself. */
const UNSAVED = new Set(['look', 'logout', 'relog'])

const actions = {
  read() {},
  look() {},
  touch({ session }) {
    session.touch()
  },
  write({ session, n, op }) {
    named(session, n)
    session.set(op.key, n)
  },
  async add({ session, n, op }) {
    named(session, n)
    session.update('log', (log) => [...log, n])
    session.update('count', (number) => number + 1)
    if (op.save) await session.save()
  },
  item({ session, n }) {
    named(session, n)
    session.flash.add('items', n)
  },
  note({ session, n }) {
    named(session, n)
    session.flash.set('note', n)
  },
  async take({ session, report, op }) {
    if (op.all) {
      const { items = [], note } = await session.flash.takeAll()
      report.taken = { items, note }
      return
    }
    report.taken = { items: (await session.flash.take('items')) ?? [] }
    report.taken.note = await session.flash.take('note')
  },
  async keep({ session, report, op }) {
    const channel = op.all ? 'note' : 'items'
    const value = await session.flash.take(channel)
    session.flash.keep(channel)
    report.kept = op.all ? { items: [], note: value } : { items: value ?? [] }
  },
  now({ session, n, report }) {
    session.flash.now('note', n)
    report.shown = session.flash.peek('note')
  },
  clearFlash({ session, op }) {
    session.flash.clear(op.all ? undefined : 'items')
  },
  clear({ session }) {
    const birth = session.get('birth')
    session.clear()
    if (birth !== undefined) session.set('birth', birth)
  },
  delete({ session, op }) {
    session.delete(op.key)
  },
  expire({ session, n, op }) {
    named(session, n)
    session[op.how](op.seconds)
  },
  /** Refused, and thrown: what is said of it must not tell the value. */
  wrong({ session, op }) {
    if (op.all) session.flash.set('note', CANARY)
    else session.set('a', CANARY)
  },
  async login(context) {
    await renew(context, 'regenerate')
    const { session, n, op, report } = context
    // It was about whoever was logged in before.
    delete report.looked
    named(session, n)
    session.set('user', op.user)
    session.set('login', n)
    if (op.save) await session.save()
  },
  regenerate: (context) => renew(context, 'regenerate', context.op.keep && { keep: context.op.keep }),
  rotate: (context) => renew(context, 'rotate'),
  async logout({ session, report }) {
    const { isNew } = session
    await session.destroy()
    report.ended = !isNew
  },
  async relog({ session, use, n, op, report }) {
    const { isNew } = session
    await session.destroy()
    report.ended = !isNew
    const fresh = await use()
    report.afterwards = seenIn(fresh)
    named(fresh, n)
    fresh.set(op.key, n)
  },
}

async function renew({ session, report }, how, options) {
  const { isNew } = session
  await session[how](options)
  report.renewed = !isNew
}

/** Milliseconds by a clock that all processes of this machine share and nobody sets. */
export function now() {
  return Number(process.hrtime.bigint()) / 1e6
}

/**
 * A store that is slow at random, so that calls of many requests fall between each other's, and that tells when the request
 * at hand has looked whether its user was revoked.
 * @type {import('./perform.mjs').strain}
 */
export function strain(store, { before, after, report, time }) {
  return new Proxy(store, {
    get(target, name, receiver) {
      const member = Reflect.get(target, name, receiver)
      if (name === 'bySubject') return (subject) => stepwise(member.call(target, subject), before)
      if (!CALLS.has(name) || typeof member !== 'function') return member
      return async (...args) => {
        await before(name)
        // The look before the last attempt: after a conflict there is another.
        const asking = report()
        if (asking?.look !== undefined && WRITES.has(name)) asking.looked = asking.look
        const answer = await member.apply(target, args)
        const known = report()
        if (known && name === 'read' && EPOCH.test(args[0])) known.look = time()
        await after(name)
        return answer
      }
    },
  })
}

async function* stepwise(records, before) {
  await before('bySubject')
  for await (const record of records) {
    await before('bySubject')
    yield record
  }
}

/** Not `move`: a login moves the session of whoever was logged in before. */
const WRITES = new Set(['create', 'update'])
const CALLS = new Set(['read', 'create', 'update', 'touch', 'destroy', 'move'])
/** The key that a revocation changes, and a login reads before and after it is stored. */
const EPOCH = /:e1\./

/** Who began a session is part of it, so that data in the wrong session is noticed. */
function named(session, n) {
  if (!session.has('birth')) session.set('birth', n)
  session.set('canary', CANARY)
}

function seenIn(session) {
  const { birth, user, login, log, count: number, a, b, c } = session.data
  const items = session.flash.peek('items') ?? []
  return {
    isNew: session.isNew,
    birth,
    user,
    login,
    log,
    count: number,
    a,
    b,
    c,
    items,
    note: session.flash.peek('note'),
  }
}
