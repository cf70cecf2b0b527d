// How far the viewer has read: told at most every two seconds, and when the page goes.

export const TELL_EVERY_MS = 2000;

/** When to tell that everything up to `seen` was read: in so many milliseconds, or null when that is known. */
export function tellIn({ told, toldAt }, seen, now) {
  if (seen <= told) return null;
  return Math.max(0, toldAt + TELL_EVERY_MS - now);
}

/** Tells `tell(number)`; with `leave(number)` when nothing can be awaited any more. */
export class Reading {
  constructor(told, tell, leave) {
    this.state = { told, toldAt: -Infinity };
    this.seen = told;
    this.tell = tell;
    this.leave = leave;
    this.timer = null;
  }

  /** The message `number` and everything before it was in view. */
  saw(number) {
    this.seen = Math.max(this.seen, number);
    const delay = tellIn(this.state, this.seen, Date.now());
    if (delay !== null) this.timer ??= setTimeout(() => this.due(), delay);
  }

  due() {
    this.timer = null;
    if (this.seen <= this.state.told) return;
    this.state = { told: this.seen, toldAt: Date.now() };
    this.tell(this.seen);
  }

  end() {
    clearTimeout(this.timer);
    this.timer = null;
    if (this.seen > this.state.told) this.leave(this.seen);
    this.state = { told: this.seen, toldAt: Date.now() };
  }
}
