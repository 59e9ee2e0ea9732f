import { type Account, DEFAULT_ACCOUNT, isStripped } from '../../vicidial/account.ts'
import type { AccountCalls, Reply } from '../account/account-calls.ts'
import { emptyCall } from '../../vicidial/wire.ts'
import { isAfterLogin, isNothingAsked } from '../../vicidial/reply/reply-kind.ts'
import type { Finding } from './step.ts'

/** The settings that hold an account's login. */
export function loginSettings({ name }: Account): string {
  return name === DEFAULT_ACCOUNT
    ? 'VICIDIAL_USER and VICIDIAL_PASS'
    : `user and pass of the account ${name} in the gateway file`
}

/** Checks the login by the reply to its first call, the only attempt. */
export function checkLogin(account: Account, reply: Reply): Finding {
  const settings = loginSettings(account)
  const symbols = isStripped(account.user) || isStripped(account.pass)
  const strips = `VICIdial strips all but letters, digits, - and _ from user and password before it compares them, and ${settings} contain others.`
  if (reply.kind === 'login_incorrect') {
    return {
      status: 'fault',
      detail: `VICIdial refused the login: the user or the password is wrong, or the user is not active, or its User Level is under 7. VICIdial does not say which.${symbols ? ` ${strips}` : ''}`,
      remedy: `In VICIdial, look at the user's page (Active: Y, User Level: 8) and set its password again; write the same into ${settings}. Then run this again. It was tried once; ten refusals lock the user out for 15 minutes.`
    }
  }
  if (reply.kind === 'locked_out') {
    return {
      status: 'fault',
      detail: `VICIdial has locked the user out after ten refused logins. While it lasts, VICIdial does not show whether the password is right.`,
      remedy: `Stop the program that logs in with a wrong password (VICIdial's user page shows the address of the last failure), wait 15 minutes, and run this again. Give the gateway its own user, so that no other program can lock it out.`
    }
  }
  if (reply.kind === 'ip_blocked') {
    return {
      status: 'fault',
      detail: "The login is right, but VICIdial's IP list forbids this machine's address.",
      remedy:
        "Add this machine's address to the IP list of the user's group (User Groups → API IP Whitelist), or check whether it is on the system's blacklist."
    }
  }
  if (!isAfterLogin(reply.kind)) {
    return {
      status: 'fault',
      detail: `The login got no usable answer. ${reply.why ?? ''}`.trimEnd(),
      remedy:
        "Look at the error log of VICIdial's web server. It is not tried again, as the missing answer may have been a refusal."
    }
  }
  if (symbols) {
    return {
      status: 'warning',
      detail: `VICIdial accepts the login. ${strips} So the password is weaker than it looks.`,
      remedy:
        "Set a password of letters, digits, - and _ only, in VICIdial and in the gateway's configuration."
    }
  }
  return { status: 'ok', detail: 'VICIdial accepts the login.' }
}

/** Finds out why an update is not permitted, with harmless calls. */
export async function denialOf(calls: AccountCalls): Promise<Pick<Finding, 'detail' | 'remedy'>> {
  // lead_search requires level 8 and API access too, but permits users who may only view leads.
  if (isNothingAsked((await calls.ask(emptyCall('lead_search'))).kind)) {
    return {
      detail: 'The user may view leads but not change them: its Modify Leads is 5.',
      remedy: "Set Modify Leads to 1 in the user's page."
    }
  }
  // lead_field_info has the requirements of an update, except that level 7 is enough.
  const { kind } = await calls.ask(emptyCall('lead_field_info'))
  if (isNothingAsked(kind)) {
    return {
      detail: "The user's User Level is 7, which is enough for the login but not for updates.",
      remedy: "Set User Level to 8 in the user's page. (Tutorials say 7.)"
    }
  }
  const also = kind === 'no_permission' ? '' : ', or its User Level is 7'
  return {
    detail: `The user's Agent API Access is off, or its Modify Leads is 0${also}; VICIdial does not say which.`,
    remedy: "In the user's page, set Agent API Access to 1, Modify Leads to 1 and User Level to 8."
  }
}
