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

const WEIGHTS = {
  read: 18,
  write: 14,
  add: 24,
  item: 8,
  note: 4,
  take: 10,
  login: 7,
  regenerate: 3,
  rotate: 4,
  logout: 4,
  relog: 2,
  revoke: 2,
}

/** @type {import('./plan.mjs').drawOp} */
export function drawOp(random, { users, slowest }) {
  const kind = random.weighted(WEIGHTS)
  const op = { kind, before: pause(), after: pause(), reply: random.pick(['value', 'value', 'stream', 'raw']) }
  if (kind === 'write' || kind === 'relog') op.key = random.pick(['a', 'b', 'c'])
  if (kind === 'login' || kind === 'revoke') op.user = random.pick(users)
  if (kind === 'take') op.all = random.chance(0.3)
  if (kind === 'add' || kind === 'login') op.save = random.chance(kind === 'add' ? 0.15 : 0.5)
  if (kind !== 'revoke' && random.chance(0.07)) op.fail = random.pick(['return', 'throw'])
  if (random.chance(0.03)) op.abort = random.below(slowest)
  return op

  /** Most handlers are quick; some sleep long enough that others begin and end meanwhile. */
  function pause() {
    return random.chance(0.5) ? 0 : random.below(random.chance(0.2) ? slowest : slowest / 6)
  }
}

const TEXT = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** @type {import('./plan.mjs').foreignId} */
export function foreignId(random) {
  // 43 characters are a well-formed id.
  const length = random.pick([43, 43, 43, 1, 21, 44, 300])
  const text = Array.from({ length }, () => random.pick(TEXT)).join('')
  return random.chance(0.2) ? `${text.slice(1)}.%00` : text
}
