type Members = Readonly<Record<string, boolean>>

/** One of the forms of a body. */
interface Form {
  readonly has: string
  readonly without: readonly string[]
}

/**
 * The keywords of a body that has two forms: the first if it has the member of that form, else the second. The members of
 * both are `properties` of one schema, which generators of clients make one named type of; an `anyOf` of two schemas has no
 * name in most of them.
 */
export function eitherForm(first: Form, second: Form) {
  return {
    if: { properties: { [first.has]: true }, required: [first.has] },
    then: { properties: membersOf(first) },
    else: {
      properties: membersOf({ ...second, without: [first.has, ...second.without] }),
      required: [second.has]
    }
  }
}

function membersOf({ has, without }: Form): Members {
  return { [has]: true, ...Object.fromEntries(without.map((name) => [name, false])) }
}
