/** Sign-in and sign-out: the auth library's own addresses, which are not in the route table. */
import { ApiProblem, Offline, problemFrom } from './client.ts'

const post = async (path: string, body: unknown): Promise<void> => {
  let response: Response
  try {
    response = await fetch(path, {
      method: 'POST',
      credentials: 'same-origin',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(body),
    })
  } catch {
    throw new Offline()
  }
  if (response.ok) return
  const text = await response.text()
  if (response.status === 401 || response.status === 400 || response.status === 403) {
    throw new ApiProblem({ type: 'about:blank', code: 'unauthenticated', title: '', status: response.status, fix: '' })
  }
  if (response.status === 429) {
    throw new ApiProblem({ type: 'about:blank', code: 'rate-limited', title: '', status: 429, fix: '' })
  }
  throw problemFrom(response.status, text)
}

/** Raises `unauthenticated` when mail and password do not fit, `rate-limited` after too many tries. */
export const signIn = (email: string, password: string) => post('/api/auth/sign-in/email', { email, password })
export const signOut = () => post('/api/auth/sign-out', {})
