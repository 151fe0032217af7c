/**
 * The real program, started for one test file: on a port of its own, with data of its own, a
 * simulated pool and a test clock.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

import { until } from "./until";

const PROGRAM = resolve(process.env.OPENPEX_BIN ?? "../target/debug/openpex");
const ADMIN_PASSWORD = "correct horse battery staple";

/** When every test begins, by the test clock: a Monday. */
export const BEGIN = "2026-10-05T08:00:00Z";

export interface Credentials {
  username: string;
  password: string;
}

export const ADMIN: Credentials = { username: "admin", password: ADMIN_PASSWORD };

/** A running service. */
export class Service {
  readonly url: string;
  readonly #folder: string;
  readonly #flags: string[];
  #process: ChildProcess;

  private constructor(url: string, folder: string, flags: string[], process: ChildProcess) {
    this.url = url;
    this.#folder = folder;
    this.#flags = flags;
    this.#process = process;
  }

  /** Starts one; `flags` are those of `openpex serve` beside the usual ones. */
  static async start(flags: string[] = []): Promise<Service> {
    const folder = await mkdtemp(join(tmpdir(), "openpex-e2e-"));
    const { url, process } = await launch(folder, "127.0.0.1:0", flags);
    return new Service(url, folder, flags, process);
  }

  /** Ends it as an operator would, and starts it again at the same address with the same data. */
  async restart(): Promise<void> {
    await this.#end();
    const listen = new URL(this.url).host;
    this.#process = (await launch(this.#folder, listen, this.#flags)).process;
  }

  /** Ends it and forgets its data. */
  async stop(): Promise<void> {
    await this.#end();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #end(): Promise<void> {
    const process = this.#process;
    if (process.exitCode !== null) return;
    const ended = new Promise((resolve) => process.once("exit", resolve));
    process.kill("SIGTERM");
    await ended;
  }

  /** Sends one request as `who`; the answer's JSON. Fails where the service refuses. */
  async ask<T>(who: Credentials | null, method: string, path: string, body?: unknown): Promise<T> {
    const headers: Record<string, string> = { Accept: "application/json" };
    if (who) {
      const basic = Buffer.from(`${who.username}:${who.password}`).toString("base64");
      headers.Authorization = `Basic ${basic}`;
    }
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const response = await fetch(`${this.url}/OpenPEX${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  /** Makes an account. */
  async register(username: string): Promise<Credentials> {
    const who = { username, password: `a password of ${username}` };
    await this.ask(null, "POST", "/users", who);
    return who;
  }

  /** The service's time in milliseconds. */
  async now(): Promise<number> {
    return Date.parse((await this.ask<{ now: string }>(ADMIN, "GET", "/clock")).now);
  }

  /** Moves the test clock; returns when everything that became due is done. */
  async advance(ms: number): Promise<void> {
    await this.ask(ADMIN, "POST", "/clock", { advance_ms: ms });
  }

  /** A proposal that starts `inMs` from now. */
  async proposal(inMs: number, terms: Record<string, unknown> = {}) {
    const [template] = await this.ask<{ name: string }[]>(ADMIN, "GET", "/templates");
    return {
      type: "SMALL",
      numInstancesFixed: 1,
      duration: 3_600_000,
      template: template?.name,
      startTime: new Date((await this.now()) + inMs).toISOString(),
      ...terms,
    };
  }

  /** A confirmed reservation of `who`. */
  async reserve(who: Credentials, inMs: number, terms: Record<string, unknown> = {}) {
    const proposal = await this.proposal(inMs, terms);
    const answer = await this.ask<{ reply: string; proposal: { id: string } }>(
      who,
      "POST",
      "/reservations",
      proposal,
    );
    if (answer.reply !== "ACCEPT") throw new Error(`not accepted: ${JSON.stringify(answer)}`);
    const { id } = answer.proposal;
    await this.ask(who, "PUT", `/reservations/${id}`, { reply: "CONFIRM" });
    return id;
  }
}

async function launch(folder: string, listen: string, flags: string[]) {
  const clock = flags.some((flag) => flag.startsWith("--test-clock"))
    ? []
    : [`--test-clock=${BEGIN}`];
  const args = ["serve", "--listen", listen, "--data", folder, ...clock, ...flags];
  const env = { ...process.env, OPENPEX_ADMIN_PASSWORD: ADMIN_PASSWORD, OPENPEX_LOG: "error" };
  const child = spawn(PROGRAM, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  let url: string | undefined;
  createInterface({ input: child.stdout }).on("line", (line) => {
    url ??= line.match(/ready at (http:\/\/127\.0\.0\.1:\d+)/)?.[1];
  });
  await until(`${PROGRAM} says where it is`, () => {
    if (child.exitCode !== null) throw new Error(`the service ended with ${child.exitCode}`);
    return url !== undefined;
  });
  await until("the service is ready", async () => {
    const ready = await fetch(`${url}/readyz`).catch(() => null);
    return ready?.ok === true;
  });
  return { url: url as string, process: child };
}
