import { Money } from '../../shared/money'

export default defineEventHandler(async (event) => {
  const session = await useSession(event)
  await session.regenerate()
  session.assign({
    userId: 7,
    seenAt: new Date('2026-01-02T03:04:05Z'),
    tags: new Set(['a']),
    counts: new Map([['big', 12345678901234567890n]]),
    credit: new Money(1250),
    token: 'SECRET-TOKEN',
  })
  session.flash.set('notice', 'Welcome back')
  if (getQuery(event).stay) return { welcome: true }
  return sendRedirect(event, '/', 303)
})
