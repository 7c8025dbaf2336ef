/** The web app's entry: the only place of the web that opens the list of platforms. */
import './lib/zod-policy.ts'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { faces } from '#platforms/registry/web.gen.ts'
import './app.css'
import { App } from './app.tsx'
import { FacesProvider } from './lib/registry.tsx'

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <FacesProvider faces={faces}>
      <App />
    </FacesProvider>
  </StrictMode>,
)
