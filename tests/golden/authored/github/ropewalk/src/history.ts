import { Rope } from "./index.js";

/** What an editor can undo: the ropes themselves, since they never change. */
export class History {
  private readonly past: Rope[] = [];
  private readonly future: Rope[] = [];

  constructor(private present: Rope, private readonly limit = 1000) {}

  get text(): string {
    return this.present.toString();
  }

  push(next: Rope): void {
    this.past.push(this.present);
    if (this.past.length > this.limit) this.past.shift();
    this.future.length = 0;
    this.present = next;
  }

  undo(): boolean {
    const previous = this.past.pop();
    if (previous === undefined) return false;
    this.future.push(this.present);
    this.present = previous;
    return true;
  }

  redo(): boolean {
    const next = this.future.pop();
    if (next === undefined) return false;
    this.past.push(this.present);
    this.present = next;
    return true;
  }
}
