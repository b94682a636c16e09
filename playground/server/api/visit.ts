export default defineEventHandler(async (event) => {
  const session = await useSession(event)
  session.update('visits', (visits) => visits + 1)
  return { visits: session.get('visits') }
})
