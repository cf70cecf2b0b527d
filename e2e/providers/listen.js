// Listens on a free port of this machine, and prints the address for whoever started this.
import { once } from "node:events";

export async function listen(server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${server.address().port}`;
}

/** The addresses that people may be sent back to: the arguments of the program. */
export function callbacks() {
  const callbacks = process.argv.slice(2);
  if (callbacks.length === 0) {
    console.error("usage: node <provider>.js <address of the callback>...");
    process.exit(2);
  }
  return callbacks;
}
