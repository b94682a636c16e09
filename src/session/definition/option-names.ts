/**
 * What express-session, cookie-session, koa-session, iron-session, h3, nuxt-auth-utils and their stores call an option, and
 * what to do about it here. The remedy follows "is no option of ...: ".
 */

const secrets = 'ours is `secrets`, with `signIds: true` to sign ids or `encrypt: true` to encrypt records'
const lifetime = 'ours are `maxAge` (absolute) and `idleTimeout` (since the last use), both in seconds'
const idName = 'ours is `cookie: { name }`'
const header = 'ours is `transport: headerTransport(name)`'
const store = 'ours is `store`, such as `redisStore({ url })`'
const codec = 'ours is `codec`'
const ids = 'ours is `generateId`'
const renewed = 'leave it out, a session in use is renewed as `idleTimeout` and `touchAfter` say'
const needless = 'leave it out, only what has changed is stored, and never an empty session'
const browser =
  'the lifetime is `maxAge` beside `cookie`, in seconds, and `cookie: { persistent: true }` keeps the cookie as long'

export const elsewhere: Readonly<Record<string, string>> = {
  secret: secrets,
  password: secrets,
  keys: secrets,
  keygrip: secrets,
  signed: 'ours is `signIds`, with `secrets`',
  encrypted: 'ours is `encrypt`, with `secrets`',
  encryption: 'ours is `encrypt`, with `secrets`',
  seal: 'ours is `encrypt`, with `secrets`',
  transforms: 'ours are `compress`, and `encrypt` with `secrets`',
  compression: 'ours is `compress`',
  key: idName,
  cookieName: idName,
  cookieOptions: 'ours is `cookie`',
  sessionHeader: header,
  header,
  ttl: lifetime,
  expires: lifetime,
  expiration: lifetime,
  expiresIn: lifetime,
  lifetime,
  duration: lifetime,
  activeDuration: lifetime,
  idle: 'ours is `idleTimeout`, in seconds',
  absolute: 'ours is `maxAge`, in seconds',
  rolling: renewed,
  renew: renewed,
  autoTouch: renewed,
  disableTouch: renewed,
  resave: needless,
  saveUninitialized: needless,
  autoCommit: needless,
  unset: 'leave it out, and call `session.destroy()`',
  genid: ids,
  genId: ids,
  generateSessionId: ids,
  proxy: 'leave it out, nothing depends on how a request came: see `cookie: { secure }`',
  trustProxy: 'leave it out, nothing depends on how a request came: see `cookie: { secure }`',
  storage: store,
  client: store,
  driver: store,
  adapter: store,
  db: store,
  redis: store,
  serializer: codec,
  serialize: codec,
  encode: codec,
  externalKey: header,
  prefix: 'ours is `cookie: { prefix }`, or an option of the store',
  expires_in: lifetime,
}

export const elsewhereInCookie: Readonly<Record<string, string>> = {
  maxAge: browser,
  expires: browser,
  ttl: browser,
  originalMaxAge: browser,
  idleTimeout: 'it belongs beside `cookie`',
  signed: 'ours is `signIds: true` beside `cookie`, with `secrets`',
  secret: 'ours is `secrets` beside `cookie`',
  encode: 'leave it out, an id needs no encoding',
  decode: 'leave it out, an id needs no decoding',
  overwrite: 'leave it out, an earlier Set-Cookie of the same name is replaced',
  priority: 'leave it out, browsers have given it up',
}

export const elsewhereInHooks: Readonly<Record<string, string>> = {
  onLoad: 'ours is `loaded`',
  onSave: 'ours is `saved`',
  onClear: 'ours is `destroyed`',
  onUpdate: 'ours is `saved`',
  error: 'ours is `storeError`',
  onError: 'ours is `storeError`',
}

/** A setting of the cookie that is the definition's alone. */
const ofDefinition = 'one session cannot override it. Set it in `cookie` of the definition'

export const elsewhereForOneSession: Readonly<Record<string, string>> = {
  secure: ofDefinition,
  httpOnly: ofDefinition,
  name: ofDefinition,
  prefix: ofDefinition,
  persistent: 'for one session there is `session.remember(seconds)`',
  maxAge: 'for one session there is `session.remember(seconds)`',
  expires: 'for one session there is `session.setExpiry(seconds)`',
}
