// What the clients of the chaos tests do next: everything random is drawn here, from a seed.

/** @type {import('./plan.mjs').createRandom} */
export function createRandom(seed) {
  // mulberry32
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (end) => Math.floor(next() * end)
  return {
    below,
    chance: (share) => next() < share,
    pick: (list) => list[below(list.length)],
    weighted(weights) {
      let rest = next() * Object.values(weights).reduce((sum, weight) => sum + weight, 0)
      for (const [name, weight] of Object.entries(weights)) if ((rest -= weight) < 0) return name
      return Object.keys(weights)[0]
    },
  }
}

const USUAL = {
  read: 18,
  look: 3,
  write: 14,
  add: 24,
  item: 8,
  note: 4,
  take: 10,
  keep: 3,
  now: 1,
  clearFlash: 1,
  login: 7,
  regenerate: 4,
  rotate: 4,
  logout: 4,
  relog: 2,
  revoke: 2,
  clear: 1,
  delete: 6,
  wrong: 1,
}
/** What clients of a definition do, where that is something else. */
const WEIGHTS = {
  signed: { ...USUAL, add: 70 },
  header: { ...USUAL, add: 70 },
  // Without ids that change by request, a logout must end the session under all of them.
  turning: { read: 24, look: 3, write: 8, add: 24, item: 6, take: 6, keep: 2, logout: 6, delete: 1 },
  oldest: { read: 12, add: 8, login: 30, rotate: 4, regenerate: 4, logout: 4, clear: 2, revoke: 1 },
  refuse: { read: 8, add: 4, login: 40, logout: 16, clear: 3, revoke: 2 },
  fresh: { add: 1 },
  // What restarts the clocks of a session in its own way would leave no lifetime to be sure of.
  kept: { read: 20, look: 10, touch: 20, add: 10, expire: 12, rotate: 2, logout: 1 },
}
/** What `regenerate` may keep: keys that are written together stay together. */
const KEEPS = [['birth'], ['birth', 'a', 'b'], ['birth', 'user', 'login'], ['birth', 'log', 'count', 'canary']]

/** @type {import('./plan.mjs').drawOp} */
export function drawOp(random, { users, slowest, def }) {
  const kind = random.weighted(WEIGHTS[def] ?? USUAL)
  const op = { kind, before: pause(), after: pause(), reply: random.pick(['value', 'value', 'stream', 'raw']) }
  if (kind === 'write' || kind === 'relog' || kind === 'delete') op.key = random.pick(['a', 'a', 'b', 'c'])
  if (kind === 'login' || kind === 'revoke') op.user = random.pick(users)
  if (kind === 'take' || kind === 'keep' || kind === 'clearFlash' || kind === 'wrong') op.all = random.chance(0.3)
  if (kind === 'add' || kind === 'login') op.save = random.chance(kind === 'add' ? 0.15 : 0.5)
  if (kind === 'add' && LOCKING.has(def)) op.lock = random.chance(0.5)
  if (kind === 'regenerate' && random.chance(0.4)) op.keep = random.pick(KEEPS)
  if (kind === 'expire') {
    op.how = random.pick(['remember', 'setExpiry'])
    op.seconds = op.how === 'remember' && random.chance(0.3) ? false : random.pick([1, 2, 3, 5])
  }
  if (kind !== 'revoke' && random.chance(0.07)) op.fail = random.pick(['return', 'throw'])
  if (random.chance(0.03)) op.abort = random.below(slowest)
  return op

  /** Most handlers are quick; some sleep long enough that others begin and end meanwhile. */
  function pause() {
    return random.chance(0.5) ? 0 : random.below(random.chance(0.2) ? slowest : slowest / 6)
  }
}

/**
 * What one request does to each of its two sessions.
 * @type {import('./plan.mjs').drawPair}
 */
export function drawPair(random, { slowest }) {
  const first = drawWrite()
  const second = drawWrite()
  if (random.chance(0.07)) first.fail = second.fail = random.pick(['return', 'throw'])
  if (random.chance(0.03)) first.abort = random.below(slowest)
  return [first, second]

  function drawWrite() {
    const kind = random.pick(['add', 'add', 'write', 'item'])
    const [before, after] = [random.below(slowest / 4), random.below(slowest / 4)]
    return { kind, before, after, reply: 'value', ...(kind === 'write' ? { key: random.pick(['a', 'b', 'c']) } : {}) }
  }
}

/** A lock that a killed server held is free again after half a minute: few browsers wait for it. */
const LOCKING = new Set(['signed', 'header'])

const TEXT = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** @type {import('./plan.mjs').foreignId} */
export function foreignId(random) {
  // 43 characters are a well-formed id.
  const length = random.pick([43, 43, 43, 1, 21, 44, 300])
  const text = Array.from({ length }, () => random.pick(TEXT)).join('')
  return random.chance(0.2) ? `${text.slice(1)}.%00` : text
}

/**
 * A real id with another signature, or with none.
 * @type {import('./plan.mjs').forgedId}
 */
export function forgedId(random, id) {
  const [raw, tag] = id.split('.')
  const other = random.pick(tag.startsWith('A') ? ['B', 'x'] : ['A'])
  return random.pick([raw, `${raw}.${other}${tag.slice(1)}`, `${raw}.`])
}
