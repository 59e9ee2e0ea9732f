import type { UpstreamState } from '../vicidial/guard.ts'

/** A state in words, its colour, and what the operator should do. */
export interface StateWords {
  readonly words: string
  readonly mood: 'good' | 'bad' | 'plain'
  readonly advice: string
}

/** What each state of a VICIdial account means. */
export const STATE_WORDS: Readonly<Record<UpstreamState['state'], StateWords>> = {
  unknown: {
    words: 'not called yet',
    mood: 'plain',
    advice: 'Nothing to do: the first update will show whether VICIdial answers.'
  },
  reachable: { words: 'answers, login accepted', mood: 'good', advice: 'Nothing to do.' },
  unreachable: {
    words: 'does not answer, the circuit is open',
    mood: 'bad',
    advice:
      'Check VICIDIAL_URL, the network, and the web server of VICIdial. The gateway tries every second; stored updates wait and use up no try, direct requests are refused.'
  },
  login_refused: {
    words: 'refuses the login',
    mood: 'bad',
    advice:
      'Check the user and the password of this account, and its user level and API permission in VICIdial. The gateway tries once a minute, so that it is not locked out; a new password in its file is tried at once.'
  },
  locked_out: {
    words: 'has locked the account',
    mood: 'bad',
    advice:
      'VICIdial locks an account for 15 minutes after ten refused logins. Find out who uses it with a wrong password. The gateway tries again automatically.'
  }
}
