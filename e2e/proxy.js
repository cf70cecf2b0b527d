// A proxy in front of the server, as hosts have one: it says which address a browser comes from.
import { once } from "node:events";
import { createServer, request } from "node:http";
import { connect } from "node:net";

export class Proxy {
  /** Passes everything on to `port` of this machine, as coming from `address`. */
  static async to(port, address) {
    const proxy = new Proxy();
    const told = ({ headers }) => ({ ...headers, "x-forwarded-for": address });
    proxy.sockets = new Set();
    proxy.listener = createServer((asked, answer) => {
      const options = { host: "127.0.0.1", port, method: asked.method, path: asked.url, headers: told(asked) };
      const passed = request(options, (given) => {
        answer.writeHead(given.statusCode, given.headers);
        given.pipe(answer);
      });
      passed.on("error", () => answer.destroy());
      asked.pipe(passed);
    });
    proxy.listener.on("upgrade", (asked, browser, head) => proxy.join(asked, told(asked), browser, head, port));
    proxy.listener.on("connection", (socket) => {
      proxy.sockets.add(socket);
      socket.on("close", () => proxy.sockets.delete(socket));
    });
    proxy.listener.listen(0, "127.0.0.1");
    await once(proxy.listener, "listening");
    proxy.url = `http://127.0.0.1:${proxy.listener.address().port}`;
    return proxy;
  }

  /** A socket: what the browser asked, with the address, and then bytes. */
  join(asked, headers, browser, head, port) {
    const server = connect(port, "127.0.0.1");
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    server.write(`${asked.method} ${asked.url} HTTP/1.1\r\n${lines.join("")}\r\n`);
    server.write(head);
    for (const socket of [browser, server]) socket.on("error", () => (browser.destroy(), server.destroy()));
    browser.pipe(server).pipe(browser);
  }

  close() {
    this.listener.close();
    for (const socket of this.sockets) socket.destroy();
  }
}
