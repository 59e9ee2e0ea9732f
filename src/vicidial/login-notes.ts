import type { LoginRefusal } from './login-hold.ts'

/** A call whose login is not proven, as noted before it is made. */
export type LoginNote = string

/**
 * The logins of one VICIdial user that were refused, and those whose end is not known, kept where the next process and
 * other gateways find them: together they may not lock the user out. Every method rejects with a StorageError if it can't
 * be kept.
 */
export interface LoginNotes {
  /** What was noted before this gateway began to call, oldest first. */
  readonly earlier: readonly LoginRefusal[]
  /** Notes that a call is made whose login is not proven. Until more is known, it counts as refused. */
  begin(): Promise<LoginNote>
  /** Forgets a call that showed nothing about the login. */
  forget(note: LoginNote): Promise<void>
  /** Notes that a login was refused. */
  refused(said: 'login_refused' | 'locked_out', note: LoginNote | undefined): Promise<void>
  /** Notes that the login was accepted: calls whose end is not known were not refused. */
  accepted(): Promise<void>
}
