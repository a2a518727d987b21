import type { Appliance } from "../../lib/shapes";

const FIRST_REST_MS = 30_000;
const LONGEST_REST_MS = 300_000;

type Death = { at: number; times: number };

/** The appliances of one play answer, and which of them did not answer. All serve the same paths, so that each request can
 * name every one of them: the steered one first, those found dead last until they have rested. */
export class Appliances {
  readonly #bases: string[];
  readonly #now: () => number;
  readonly #deaths = new Map<string, Death>();

  constructor(appliances: Appliance[], now: () => number = () => performance.now()) {
    this.#bases = [...appliances].sort((a, b) => a.rank - b.rank).map(({ url }) => url.replace(/\/+$/, ""));
    this.#now = now;
  }

  get count(): number {
    return this.#bases.length;
  }

  get bases(): readonly string[] {
    return this.#bases;
  }

  baseOf(url: string): string | undefined {
    return this.#bases.find((base) => url.startsWith(`${base}/`));
  }

  /** The same file on every appliance, in the order to try them. A URL of no appliance stays alone. */
  addresses(url: string): string[] {
    const base = this.baseOf(url);
    if (base === undefined) return [url];
    const path = url.slice(base.length);
    const order = [base, ...this.#bases.filter((other) => other !== base)];
    const [alive, resting] = [order.filter((one) => !this.#rests(one)), order.filter((one) => this.#rests(one))];
    resting.sort((a, b) => (this.#deaths.get(a)?.at ?? 0) - (this.#deaths.get(b)?.at ?? 0));
    return [...alive, ...resting].map((one) => one + path);
  }

  failed(url: string): void {
    const base = this.baseOf(url);
    if (base !== undefined) this.#deaths.set(base, { at: this.#now(), times: (this.#deaths.get(base)?.times ?? 0) + 1 });
  }

  answered(url: string): void {
    const base = this.baseOf(url);
    if (base !== undefined) this.#deaths.delete(base);
  }

  get allFailed(): boolean {
    return this.#bases.length > 0 && this.#bases.every((base) => this.#deaths.has(base));
  }

  #rests(base: string): boolean {
    const death = this.#deaths.get(base);
    if (!death) return false;
    return this.#now() - death.at < Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** (death.times - 1));
  }
}
