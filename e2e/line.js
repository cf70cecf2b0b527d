// A line between browser and server that can be cut, and that can swallow what the server says.
import { once } from "node:events";
import { connect, createServer } from "node:net";

export class Line {
  /** Opens a line to `port` of this machine. */
  static async to(port) {
    const line = new Line();
    line.pairs = new Set();
    line.mode = "open";
    line.listener = createServer((browser) => line.join(browser, port)).listen(0, "127.0.0.1");
    await once(line.listener, "listening");
    line.url = `http://127.0.0.1:${line.listener.address().port}`;
    return line;
  }

  join(browser, port) {
    if (this.mode === "cut") return browser.destroy();
    const server = connect(port, "127.0.0.1");
    const pair = { browser, server };
    this.pairs.add(pair);
    const end = () => {
      this.pairs.delete(pair);
      browser.destroy();
      server.destroy();
    };
    for (const socket of [browser, server]) socket.on("error", end).on("close", end);
    browser.on("data", (bytes) => server.write(bytes));
    server.on("data", (bytes) => this.mode === "open" && browser.write(bytes));
  }

  /** From now on the server hears everything, and nobody hears the server. */
  swallow() {
    this.mode = "swallow";
  }

  /** Ends every connection and takes no new one. */
  cut() {
    this.mode = "cut";
    for (const { browser, server } of this.pairs) {
      browser.destroy();
      server.destroy();
    }
  }

  mend() {
    this.mode = "open";
  }

  close() {
    this.cut();
    this.listener.close();
  }
}
