import { html } from 'ghtml'
import { OPS, page } from './page.ts'

/** The sign-in form; `problem` says why the previous attempt failed. */
export function signInPage(problem?: string): string {
  const content = html`<p>
      For operators: whoever has a key whose caller has the permission <code>operator</code>. The key is asked
      for once; you are signed out after 8 hours.
    </p>
    <form class="card" method="post" action="${OPS}/sign-in">
      !${problem === undefined ? '' : html`<p class="alert" role="alert" id="problem">${problem}</p>`}
      <label for="key">Key</label>
      <input
        id="key"
        name="key"
        type="password"
        autocomplete="current-password"
        required
        maxlength="1000"
        !${problem === undefined ? '' : 'aria-invalid="true" aria-describedby="problem"'}
      />
      <button class="main">Sign in</button>
    </form>`
  return page({ title: 'Sign in', content, caller: null })
}
