/** Thrown when Clarion may not or cannot start: `message` says what is wrong, `fix` what a person does about it. */
export class CannotStart extends Error {
  readonly fix: string
  constructor(message: string, fix: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'CannotStart'
    this.fix = fix
  }
}
