export default defineEventHandler(async (event) => {
  const session = await useSession(event, 'admin')
  session.set('name', 'Ada')
  return { name: session.get('name') }
})
