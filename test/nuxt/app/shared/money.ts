export class Money {
  constructor(readonly cents: number) {}
  get euros(): string {
    return (this.cents / 100).toFixed(2)
  }
}
