/** A class of this app, which sessions carry as it is. */
export class Money {
  constructor(readonly cents: number) {}
  get euros(): string {
    return `€ ${(this.cents / 100).toFixed(2)}`
  }
}
