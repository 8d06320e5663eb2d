/**
 * Which window plays: one at a time, since two would number their actions alike. The browser gives the turn back when
 * a window is closed, or dies. Where it keeps no locks (plain http on a network), every window plays, and the server
 * refuses what two do at once.
 */
const NAME = "safelight play";
/** How long a window that plays is given to put its things in order before the turn is taken from it. */
const PATIENCE_MS = 3_000;

export class Turn {
  private readonly locks = (navigator as { readonly locks?: LockManager }).locks;
  private readonly channel = this.locks && new BroadcastChannel(NAME);
  private held = this.locks === undefined;

  /** @param give another window takes over: resolves when it may begin; `late` if it has begun already */
  constructor(private readonly give: (late: boolean) => Promise<void>) {}

  /** Takes the turn if no other window has it; whether this one has it now. */
  async ask(): Promise<boolean> {
    return this.held || (await this.hold({ ifAvailable: true }));
  }

  /** Takes the turn over from the window that has it. */
  async take(): Promise<void> {
    if (this.held) return;
    this.channel?.postMessage("give");
    try {
      await this.hold({ signal: AbortSignal.timeout(PATIENCE_MS) });
    } catch {
      // It does not answer: a window in the background may be asleep.
      await this.hold({ steal: true });
    }
  }

  /** Resolves once it is known whether the turn is ours, which is then held until another window asks for it. */
  private hold(options: LockOptions): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const asked = this.locks?.request(NAME, options, (lock) => {
        this.held = lock !== null;
        resolve(this.held);
        return this.held ? this.given() : undefined;
      });
      asked?.catch((error: unknown) => {
        if (!this.held) reject(error instanceof Error ? error : new Error(String(error)));
        else {
          this.held = false;
          void this.give(true);
        }
      });
    });
  }

  private given(): Promise<void> {
    return new Promise((release) => {
      if (this.channel === undefined) return;
      this.channel.onmessage = () => {
        if (!this.held) return;
        this.held = false;
        void this.give(false).finally(release);
      };
    });
  }
}
