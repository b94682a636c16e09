export default defineEventHandler(async (event) => {
  const session = await useSession(event)
  session.update('visits', (visits) => visits + 100)
  const kind = getRouterParam(event, 'kind')
  if (kind === '422') throw createError({ statusCode: 422, message: 'That is no address.' })
  throw new Error('A mistake of the app.')
})
