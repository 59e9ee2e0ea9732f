/** What this reads of a schema. */
interface Schema {
  readonly properties?: Readonly<Record<string, unknown>>
  readonly required?: readonly string[]
}

/** A schema of two forms, as `schemas/forms.ts` makes it. */
interface TwoForms extends Schema {
  readonly if: Schema
  readonly then: Schema
  readonly else: Schema
}

export function hasTwoForms(schema: object | boolean): schema is TwoForms {
  return typeof schema === 'object' && 'if' in schema && 'then' in schema && 'else' in schema
}

/** The forms of a schema, each as a schema. A member that a form must not have is `false`. */
export function formsOf({ if: condition, then, else: otherwise, ...all }: TwoForms): Schema[] {
  return [[condition, then], [otherwise]].map((parts) => {
    const members = parts.flatMap(({ properties = {} }) => Object.entries(properties))
    return {
      ...all,
      properties: {
        ...all.properties,
        ...Object.fromEntries(members.filter(([, member]) => member !== true))
      },
      required: [...(all.required ?? []), ...parts.flatMap(({ required = [] }) => required)]
    }
  })
}
