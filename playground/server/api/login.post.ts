import { Money } from '../../shared/money'

export default defineEventHandler(async (event) => {
  const { name = 'Ada', next } = (await readBody<{ name?: string; next?: string }>(event)) ?? {}
  const session = await useSession(event)
  // A new id for what the session may do from now on.
  await session.regenerate()
  session.assign({
    userId: name,
    seenAt: new Date(),
    tags: new Set(['reader', 'author']),
    counts: new Map([['atoms', 12_345_678_901_234_567_890n]]),
    credit: new Money(1250),
    token: 'KEPT-ON-THE-SERVER',
  })
  session.flash.set('notice', `Welcome, ${name}.`)
  return answer(event, next, { welcome: name })
})
