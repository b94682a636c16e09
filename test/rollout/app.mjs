// The releases of one app. Environment: ROLLOUT is { dist, store: { kind, options }, release, fault? }.
// The servers of the rollout import it, and the `zession` command loads it as the app's own file.
import { z } from 'zod'

const { dist, store: place, release, fault } = JSON.parse(process.env.ROLLOUT)
const load = (path) => import(new URL(path, dist).href)
const { cbor, defineSession, json, migration } = await load('index.js')
const { [`${place.kind}Store`]: openStore } = await load(`stores/${place.kind}.js`)

const hits = z.number().int().default(0)
const v1 = z.object({
  uid: z.string(),
  hits,
  name: z.string(),
  prefs: z.object({ lang: z.string() }),
})
/** A user's number comes beside his text, and both are set until no server of version 1 is left; `name` is renamed at once. */
const v2 = z.object({
  uid: z.string(),
  userId: z.number().int(),
  hits,
  nick: z.string(),
  theme: z.string(),
  seenAt: z.codec(z.string(), z.date(), { decode: (text) => new Date(text), encode: (date) => date.toISOString() }),
  prefs: z.object({ lang: z.string() }),
})
const v3 = z.object({
  userId: z.number().int(),
  hits,
  nick: z.string(),
  theme: z.string(),
  seenAt: v2.shape.seenAt,
  prefs: z.object({ lang: z.string(), size: z.number().optional() }),
})
const toV2 = migration(v1, v2, ({ uid, name }) => ({
  uid,
  userId: uid === undefined ? undefined : Number(uid),
  nick: name,
}))
const toV3 = migration(v2, v3, ({ userId }) => ({ userId }))

const notes = z.array(z.string())
const [first, second] = ['kX9#mQ2$vL5&wT8!pR3^zN6*cB1@hJ4d', 'aZ4!sX7@dC1#fV5$gB9^hN2&jM6*kL8q']
const releases = {
  // As it was.
  a1: { schema: v1, flash: { notes }, codec: [json()], secrets: [first] },
  // Reads what the next one writes.
  a2: { schema: v1, flash: { notes }, codec: [json(), cbor()], secrets: [first, second] },
  b: { schema: v2, version: 2, migrations: [toV2], codec: [cbor(), json()], secrets: [second, first] },
  c: { schema: v3, version: 3, migrations: [toV2, toV3], codec: [cbor(), json()], secrets: [second, first] },
  // When nothing old is left.
  d: { schema: v3, version: 3, migrations: [toV3], codec: [cbor()], secrets: [second] },
}

const { schema, flash = { notes, alert: z.string() }, ...options } = releases[release]
/** Mistakes of an app, which a run has to report. */
const faults = {
  'resets what is newer': { onNewerVersion: 'reset' },
  'forgets the old secret': release === 'b' ? { secrets: [second] } : {},
}

export const version = options.version ?? 1
export const app = defineSession(schema, {
  name: 'app',
  flash: z.object(flash),
  encrypt: true,
  signIds: true,
  // Soon enough for renewals to happen between the deploys.
  touchAfter: 5,
  ...options,
  ...(fault && faults[fault]),
  store: openStore(place.options),
})
