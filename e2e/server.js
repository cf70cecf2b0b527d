// The real server, as a process with a folder of its own: started, killed and started again.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "./until.js";

const BINARY = process.env.TEAHOUSE_BIN ?? fileURLToPath(new URL("../target/debug/teahouse", import.meta.url));
const START_WITHIN_MS = 20_000;

export class Server {
  /**
   * Starts on a free port with an empty folder. `settings`: the text of `settings.toml`. `configure`: gives further
   * arguments, once address and folder are known.
   */
  static async open({ settings, configure } = {}) {
    const server = new Server();
    server.folder = await mkdtemp(join(tmpdir(), "teahouse-"));
    server.port = await freePort();
    server.url = `http://127.0.0.1:${server.port}`;
    if (settings) await writeFile(join(server.folder, "settings.toml"), settings);
    server.args = (await configure?.(server)) ?? [];
    await server.start();
    return server;
  }

  async start() {
    this.log = "";
    const args = ["--listen", `127.0.0.1:${this.port}`, "--data", this.folder, ...this.args];
    this.process = spawn(BINARY, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, TEAHOUSE_LOG: "info" },
    });
    const keep = (bytes) => (this.log += bytes);
    this.process.stdout.on("data", keep);
    this.process.stderr.on("data", keep);
    await until("the server is ready", START_WITHIN_MS, async () => {
      if (this.process.exitCode !== null) throw new Error(`the server ended:\n${this.log}`);
      return (await fetch(`${this.url}/readyz`).catch(() => null))?.ok;
    });
  }

  /** As a power cut would: nothing is finished, nothing is said. */
  async kill() {
    await this.end("SIGKILL");
  }

  async close() {
    await this.end("SIGTERM");
    await rm(this.folder, { recursive: true, force: true });
  }

  async end(signal) {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, "exit");
    this.process.kill(signal);
    await ended;
  }
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
