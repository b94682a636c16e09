// Whether the time of a comparison tells how much of a secret was guessed right: npm run build && node scripts/timing.mjs [rounds]
// For each place two kinds of wrong guesses, one wrong in its first byte and one in its last, take turns in random order. Printed is
// Welch's t of their times, cropped at the slowest tenth; over 4.5 the times differ (the bound of dudect). A comparison that stops at
// the first difference goes along, to show that the test would see one.
import { createHmac, randomBytes, randomInt } from 'node:crypto'
import { cookieSeal } from '../dist/codec/cookie-seal.js'
import { createKeyring } from '../dist/core/keyring.js'
import { isToken, maskedToken } from '../dist/csrf/token.js'
import { signedTransport } from '../dist/session/transport/signing.js'

const rounds = Number(process.argv[2] ?? 200_000)
const BOUND = 4.5
const keyring = () => createKeyring('q8Zr1vXw5sYt9uBn3mKe7jHg2fDa6cLp4oIi0UyTtRr')
const ring = keyring()

/** A text of base64url with one byte of it changed. */
function changed(text, at) {
  const bytes = Buffer.from(text, 'base64url')
  bytes[at < 0 ? bytes.length + at : at] ^= 1
  return bytes.toString('base64url')
}

function seal(mode) {
  const made = cookieSeal(() => ring, { definition: 'session', cookie: '__Host-session' }, mode)
  const text = made.seal(randomBytes(200))
  const tag = mode === 'signed' ? 32 : 16
  return { run: (guess) => made.open(guess), first: changed(text, -tag), last: changed(text, -1) }
}

function csrf() {
  const seed = randomBytes(32).toString('base64url')
  const token = maskedToken(seed, '')
  return { run: (guess) => isToken(guess, seed, ''), first: changed(token, 32), last: changed(token, -1) }
}

function signedId() {
  let cookie = ''
  const inner = { read: () => cookie, write: (_response, id) => void (cookie = id), clear() {} }
  const transport = signedTransport(inner, 'session', () => ring, true, Date.now)
  transport.write(undefined, 'A'.repeat(43), 0, {})
  const [id, tag] = cookie.split('.')
  const run = (guess) => {
    cookie = guess
    return transport.read(undefined).length > 0
  }
  return { run, first: `${id}.${changed(tag, 0)}`, last: `${id}.${changed(tag, -1)}` }
}

function control() {
  const secret = createHmac('sha256', 'x').update('y').digest()
  const run = (guess) => {
    for (let i = 0; i < secret.length; i++) if (guess[i] !== secret[i]) return false
    return true
  }
  const wrong = (at) => Buffer.from(changed(secret.toString('base64url'), at), 'base64url')
  return { run, first: wrong(0), last: wrong(-1) }
}

function welch(a, b) {
  const [x, y] = [a, b].map((times) => {
    const kept = times.toSorted((p, q) => p - q).slice(0, Math.floor(times.length * 0.9))
    const mean = kept.reduce((sum, time) => sum + time, 0) / kept.length
    const variance = kept.reduce((sum, time) => sum + (time - mean) ** 2, 0) / (kept.length - 1)
    return { mean, error: variance / kept.length }
  })
  return { t: Math.abs(x.mean - y.mean) / Math.sqrt(x.error + y.error), means: [x.mean, y.mean] }
}

const places = {
  'CSRF token': csrf(),
  'signed id': signedId(),
  'sealed cookie': seal('encrypted'),
  'signed cookie': seal('signed'),
  'control, stops at the first difference': control(),
}
console.log('| place | wrong first byte, ns | wrong last byte, ns | t |\n| --- | --- | --- | --- |')
let failed = false
for (const [name, { run, first, last }] of Object.entries(places)) {
  const times = [[], []]
  const guesses = [first, last]
  for (let i = -20_000; i < rounds; i++) {
    const which = randomInt(2)
    const begin = process.hrtime.bigint()
    const passed = run(guesses[which])
    const took = Number(process.hrtime.bigint() - begin)
    if (passed) throw new Error(`${name}: a wrong guess passed`)
    if (i >= 0) times[which].push(took)
  }
  const { t, means } = welch(...times)
  const isControl = name.startsWith('control')
  if (t > BOUND !== isControl) failed = true
  console.log(`| ${name} | ${means.map((mean) => mean.toFixed(0)).join(' | ')} | ${t.toFixed(1)} |`)
}
if (failed) {
  console.error(
    'A time differs that must not, or the control shows none: run it again on a quiet machine before you believe it.',
  )
  process.exitCode = 1
}
