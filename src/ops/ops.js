// Refreshes the overview regularly. Without this script the operator reloads the page.
const EVERY_MS = 10_000
const live = document.querySelector('[data-refresh]')
const choice = document.querySelector('#refresh')
const status = document.querySelector('#refresh-status')

if (live && choice && status) {
  choice.closest('[hidden]').hidden = false
  setInterval(() => void refresh(), EVERY_MS)
}

async function refresh() {
  // Don't replace what has the keyboard focus or is selected.
  const isRead = live.contains(document.activeElement) || !document.getSelection().isCollapsed
  if (!choice.checked || document.hidden || isRead) return
  try {
    const answer = await fetch(location.href)
    if (answer.redirected) location.reload()
    if (!answer.ok) throw new Error(`status ${answer.status}`)
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
    const open = [...live.querySelectorAll('details[open]')].map(({ id }) => id)
    live.replaceChildren(...page.querySelector('[data-refresh]').childNodes)
    for (const id of open) document.getElementById(id)?.setAttribute('open', '')
    say('')
  } catch {
    say('The gateway does not answer; this page is not up to date.')
  }
}

function say(text) {
  if (status.textContent !== text) status.textContent = text
}
